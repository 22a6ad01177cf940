"""Proof of the default strategy on data sets that it was not tuned on."""

"""Measurements of the labelling room."""

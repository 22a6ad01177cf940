"""Measuring with few labels."""

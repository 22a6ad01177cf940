"""Experiments: they run sessions, and add no second loop."""

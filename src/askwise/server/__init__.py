"""The labelling page and its HTTP routes."""

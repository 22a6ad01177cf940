"""Other tools of the field."""

"""The arithmetic that picks share."""

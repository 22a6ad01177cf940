"""From answers to labels."""

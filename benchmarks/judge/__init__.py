"""What the judge says, compared with the truth on real sessions."""

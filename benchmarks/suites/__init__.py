"""What every shipped suite costs, and what it says."""

"""Truth inference over sessions of real crowds."""

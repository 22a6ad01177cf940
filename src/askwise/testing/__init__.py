"""Contract suites and toy learners for people who write methods."""

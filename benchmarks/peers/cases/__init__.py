"""The cases, a file for each peer, each with a list CASES and a list BUGS."""

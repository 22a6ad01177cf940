"""Arrays and nothing else: evidence vocabulary, registry, top-n, keyed noise, errors."""

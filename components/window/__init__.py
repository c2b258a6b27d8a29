"""Window: the examples of several spans as one set."""

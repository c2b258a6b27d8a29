"""The Beam steps of ExampleGen: read, drop duplicates, divide into splits, limit, write, summarize."""

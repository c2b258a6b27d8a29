"""The Beam steps of ExampleGen: read, drop duplicates, choose strata, divide into splits, limit, write, summarize."""

"""Schema: what the records of a data set must be like, as an artifact."""

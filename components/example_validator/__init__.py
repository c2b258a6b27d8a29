"""ExampleValidator: holds statistics against the schema, against those of before, and the splits against each other."""

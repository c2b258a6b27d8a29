"""A naive Bayes model on n-grams, which may stand beside the network in the served model."""

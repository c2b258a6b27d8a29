"""Cleaning and tokenizing as one TensorFlow graph, used by Transform and by the served model."""

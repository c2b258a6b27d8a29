"""Evaluator: judges a model, and refuses to bless what does not hold its bounds."""

"""Measurements against the alternatives: `make bench`, or `python -m tests.benchmarks NAME...`."""

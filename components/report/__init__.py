"""Report: a run, told to a person."""

"""Pusher: publishes a blessed model to a serving directory, atomically and once."""

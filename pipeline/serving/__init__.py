"""Asking a model: from its directory on disk."""

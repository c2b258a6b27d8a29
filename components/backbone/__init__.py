"""Imports a pretrained encoder."""

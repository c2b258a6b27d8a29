"""Sending a compiled pipeline to Vertex AI."""

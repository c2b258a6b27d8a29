"""A server for laptops and tests that speaks TF Serving's APIs: ``tfx-bert serve``."""

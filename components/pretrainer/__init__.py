"""Pretrains a BERT by masked language modelling."""

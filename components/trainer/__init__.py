"""Trainer: a classification head on frozen features, exported as a SavedModel that takes raw text."""

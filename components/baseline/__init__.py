"""Baseline: TF-IDF and a linear model on the same split, the figure that BERT has to beat."""

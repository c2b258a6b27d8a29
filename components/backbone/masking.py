"""What Hugging Face's encoders do with positions that are not to be seen."""

HIDDEN_SCORE = -10_000.0  # added to their attention scores

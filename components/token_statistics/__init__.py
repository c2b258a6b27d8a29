"""The TokenStatistics node: what the tokenizer made of the texts, counted."""

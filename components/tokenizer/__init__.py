"""Makes the tokenizer of a pipeline: trains a subword vocabulary, or imports one."""

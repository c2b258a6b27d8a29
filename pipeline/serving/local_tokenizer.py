"""Asks the text graph of a tokenizer directory: what ``tfx-bert tokenize --tokenizer`` does."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from pipeline.serving.local_model import Tokenized, tokenize_with


def tokenize(directory: str | Path, texts: Iterable[str]) -> Iterator[Tokenized]:
    """Shows how a tokenizer reads texts, whole, in order, in constant memory.

    Args:
        directory: A Tokenizer artifact, or any directory with its text graph.
        texts: Raw texts; read as they are needed.

    Yields:
        The tokens of each text.

    Raises:
        DataError: If the directory has no text graph.
    """
    import tensorflow as tf

    from components.text_transform.graph import TextGraph
    from components.text_transform.signature import tokenize_signature

    function = tokenize_signature(TextGraph.load(directory), max_length=None)

    def ask(batch: list[str]) -> dict[str, np.ndarray]:
        outputs = function(tf.constant([text.encode() for text in batch]))
        return {name: value.numpy() for name, value in outputs.items()}

    return tokenize_with(ask, texts)

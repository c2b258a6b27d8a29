"""Comparing the graph's ids with those of reference libraries."""

from collections.abc import Callable, Sequence
from pathlib import Path

import sentencepiece
import tensorflow as tf
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from components.text_transform.graph import TextGraph

Encode = Callable[[list[str], int | None], list[list[int]]]


def graph_encode(directory: Path) -> Encode:
    """The graph, inside a tf.function."""
    graph = TextGraph.load(directory)
    functions = {}

    def encode(texts: list[str], max_length: int | None) -> list[list[int]]:
        if max_length not in functions:
            spec = [tf.TensorSpec([None], tf.string)]
            functions[max_length] = tf.function(lambda rows: graph.tokenize(rows, max_length), input_signature=spec)
        return functions[max_length](tf.constant([text.encode() for text in texts])).to_list()

    return encode


def hugging_face_encode(tokenizer: PreTrainedTokenizerBase) -> Encode:
    """Transformers, with special tokens around the text but none in it."""
    tokenizer.split_special_tokens = True  # slow tokenizers do not look at the argument

    def encode(texts: list[str], max_length: int | None) -> list[list[int]]:
        limit = {} if max_length is None else {"truncation": True, "max_length": max_length}
        return tokenizer(texts, split_special_tokens=True, **limit)["input_ids"]

    return encode


def auto_encode(directory: Path) -> Encode:
    """What ``AutoTokenizer`` makes of a directory."""
    return hugging_face_encode(AutoTokenizer.from_pretrained(directory))


def sentencepiece_encode(model: bytes, cls_id: int = 2, sep_id: int = 3) -> Encode:
    """The SentencePiece library."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)

    def encode(texts: list[str], max_length: int | None) -> list[list[int]]:
        end = None if max_length is None else max_length - 2
        return [[cls_id, *processor.encode(text)[:end], sep_id] for text in texts]

    return encode


def differing(texts: Sequence[str], one: Encode, other: Encode, max_length: int | None = None) -> list[str]:
    """The texts to which two encoders give different ids."""
    rows = list(texts)
    pairs = zip(rows, one(rows, max_length), other(rows, max_length), strict=True)
    return [text for text, ids, reference in pairs if ids != reference]

"""Comparing the graph's ids with those of reference libraries."""

import itertools
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import sentencepiece
import tensorflow as tf
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from components.text_transform.graph import TextGraph

Text = str | bytes
Encode = Callable[[list[Text], int | None], list[list[int]]]
"""Texts and the most ids of one (None: no limit) to the ids of each; bytes need not be UTF-8."""

_BATCH = 1_000
_SHOWN = 3
_WIDTH = 60


ties_as_in_tf_text = pytest.mark.skipif(
    sentencepiece.__version__ != "0.2.0",
    reason="sentencepiece from 0.2.1 on chooses otherwise than TF Text where two divisions score the same: of 9,282 "
    "Japanese texts 80 differ",
)


def as_bytes(text: Text) -> bytes:
    """What the graph reads."""
    return text if isinstance(text, bytes) else text.encode()


def as_text(text: Text) -> str:
    """What a library reads."""
    return text.decode(errors="replace") if isinstance(text, bytes) else text


def graph_encode(directory: Path) -> Encode:
    """The graph, inside a tf.function."""
    graph = TextGraph.load(directory)
    functions = {}

    def encode(texts: list[Text], max_length: int | None) -> list[list[int]]:
        if max_length not in functions:
            spec = [tf.TensorSpec([None], tf.string)]
            functions[max_length] = tf.function(lambda rows: graph.tokenize(rows, max_length), input_signature=spec)
        return functions[max_length](tf.constant([as_bytes(text) for text in texts], tf.string)).to_list()

    return encode


def hugging_face_encode(tokenizer: PreTrainedTokenizerBase) -> Encode:
    """Transformers, with special tokens around the text but none in it."""
    tokenizer.split_special_tokens = True  # slow tokenizers do not look at the argument

    def encode(texts: list[Text], max_length: int | None) -> list[list[int]]:
        limit = {} if max_length is None else {"truncation": True, "max_length": max_length}
        return tokenizer([as_text(text) for text in texts], split_special_tokens=True, **limit)["input_ids"]

    return encode


def auto_encode(directory: Path) -> Encode:
    """What ``AutoTokenizer`` makes of a directory."""
    return hugging_face_encode(AutoTokenizer.from_pretrained(directory))


def slow_encode(directory: Path) -> Encode:
    """What ``AutoTokenizer`` makes of a directory when it is asked for a slow tokenizer."""
    return hugging_face_encode(AutoTokenizer.from_pretrained(directory, use_fast=False))


def sentencepiece_encode(model: bytes, cls_id: int = 2, sep_id: int = 3) -> Encode:
    """The SentencePiece library."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)

    def encode(texts: list[Text], max_length: int | None) -> list[list[int]]:
        end = None if max_length is None else max_length - 2
        return [[cls_id, *processor.encode(as_text(text))[:end], sep_id] for text in texts]

    return encode


def assert_equal_ids(texts: Iterable[Text], one: Encode, other: Encode, max_length: int | None = None) -> None:
    """Fails if two encoders give different ids to a text; tells how many texts and shows the first three.

    Args:
        texts: Read once, in batches.
        one: An encoder.
        other: The one that is right.
        max_length: Ids of a text at most; None: no limit.
    """
    __tracebackhide__ = True
    rest = iter(texts)
    count = 0
    shown: list[str] = []
    differing = 0
    while batch := list(itertools.islice(rest, _BATCH)):
        count += len(batch)
        for text, ids, right in zip(batch, one(batch, max_length), other(batch, max_length), strict=True):
            if ids != right:
                differing += 1
                if len(shown) < _SHOWN:
                    shown.append(_difference(text, ids, right))
    if differing:
        pytest.fail("\n".join([f"{differing} of {count} documents differ (max_length {max_length}):", *shown]))


def _difference(text: Text, ids: list[int], right: list[int]) -> str:
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(ids, right, strict=False))
    at = sum(1 for _ in same)
    short = ascii(text)
    short = short if len(short) <= _WIDTH else f"{short[:_WIDTH]}... ({len(text)} long)"
    return f"  {short}: from id {at} on {ids[at : at + 5]}, expected {right[at : at + 5]}"

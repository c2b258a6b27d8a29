"""Reads what a server logged: requests, or facts of them, see `pipeline.serving.server.request_log`."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from components.errors import ConfigError, DataError
from components.text_facts import TextFacts, describe, joined
from pipeline.serving.logged import texts_and_labels
from pipeline.serving.protos import example_pb2, prediction_log_pb2
from pipeline.serving.server.request_log import FACTS, REQUESTS

Tokenize = Callable[[Sequence[bytes]], Mapping[str, np.ndarray]]
_BATCH = 64


def read_log(directory: Path, open_tokenizer: Callable[[], Tokenize]) -> TextFacts:
    """Reads all files of a log, oldest first; one that is being written may end in half a record.

    Args:
        directory: What ``serve --log-requests`` names.
        open_tokenizer: Loads what gives ``length`` and ``unknown`` of n texts; called if whole requests were logged.

    Returns:
        Facts of every text; requests for anything but labels are left out.

    Raises:
        ConfigError: If there is no log.
        DataError: If a file is damaged.
    """
    files = sorted(directory.glob("*.tfrecord")) if directory.is_dir() else []
    kinds = {file: file.name.partition("-")[0] for file in files}
    if not set(kinds.values()) & {REQUESTS, FACTS}:
        raise ConfigError("", f"{directory} holds no log: name the directory of `serve --log-requests`")
    facts = joined(_facts(file) for file, kind in kinds.items() if kind == FACTS)
    pairs = itertools.chain.from_iterable(_pairs(file) for file, kind in kinds.items() if kind == REQUESTS)
    return joined([facts, *_described(pairs, open_tokenizer)])


def _described(pairs: Iterator[tuple[bytes, str]], open_tokenizer: Callable[[], Tokenize]) -> Iterator[TextFacts]:
    tokenize: Tokenize | None = None
    while batch := list(itertools.islice(pairs, _BATCH)):
        tokenize = tokenize or open_tokenizer()
        texts, labels = zip(*batch, strict=True)
        tokens = tokenize(texts)
        yield describe(texts, tokens["length"].tolist(), tokens["unknown"].tolist(), labels)


def _pairs(file: Path) -> Iterator[tuple[bytes, str]]:
    for record in _records(file):
        yield from texts_and_labels(prediction_log_pb2.PredictionLog.FromString(record))


def _facts(file: Path) -> TextFacts:
    columns: dict[str, list] = {field.name: [] for field in dataclasses.fields(TextFacts)}
    for record in _records(file):
        features = example_pb2.Example.FromString(record).features.feature
        for name, values in columns.items():
            feature = features[name]
            kind = feature.WhichOneof("kind")
            (value,) = getattr(feature, kind).value
            values.append(value.decode() if kind == "bytes_list" else value)
    return TextFacts(**columns)


def _records(file: Path) -> Iterator[bytes]:
    import tensorflow as tf

    count = 0
    try:
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            count += 1
            yield record
    except tf.errors.DataLossError as error:
        if "truncated" not in str(error):
            raise DataError(f"{file}: damaged after record {count}: move it away") from None

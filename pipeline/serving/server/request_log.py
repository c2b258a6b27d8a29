"""Keeps a share of the requests with their answers, or only what can be said of them without their texts.

Whole ones are TF Serving's PredictionLogs; facts are Examples with the features of `components.text_facts.TextFacts`.
Both go to TFRecord files, which `tfx-bert drift` reads.
"""

import concurrent.futures
import dataclasses
import datetime
import logging
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from components.errors import first_line
from components.text_facts import TextFacts
from pipeline.serving.protos import example_pb2, prediction_log_pb2

_LOGGER = logging.getLogger(__name__)
_LARGEST_FILE = 64 << 20
REQUESTS, FACTS = "requests", "facts"  # what a file's name begins with


@dataclasses.dataclass(frozen=True)
class Logging:
    """What is logged.

    Attributes:
        directory: Where the files go; made if it is not there.
        rate: The share of requests, above 0, at most 1.
        texts: Whether texts and answers are kept, or only facts of them.
    """

    directory: Path
    rate: float = 0.01
    texts: bool = True


class RequestLog:
    """Writes in a thread of its own; what cannot be written, on a full disk say, is told once and given up."""

    def __init__(self, how: Logging) -> None:
        """Makes the directory.

        Args:
            how: What, and where.

        Raises:
            OSError: If the directory cannot be made.
        """
        how.directory.mkdir(parents=True, exist_ok=True)
        self.keeps_texts = how.texts
        self._how = how
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "request-log")
        self._writer: Any = None
        self._bytes = 0
        self._broken = False

    def is_sampled(self) -> bool:
        """Whether the next request is to be logged."""
        return not self._broken and random.random() < self._how.rate

    def write_request(self, log: prediction_log_pb2.PredictionLog) -> None:
        """Keeps a request and its answer.

        Args:
            log: Both; which share of all requests is kept is added.
        """
        log.log_metadata.sampling_config.sampling_rate = self._how.rate
        self._thread.submit(self._write, [log.SerializeToString()])

    def write_facts(self, facts: TextFacts) -> None:
        """Keeps facts of the texts of a request, a record each."""
        self._thread.submit(self._write, [record.SerializeToString() for record in _examples(facts)])

    def close(self) -> None:
        """Writes what is left."""
        self._thread.submit(self._close)
        self._thread.shutdown()

    def _write(self, records: Sequence[bytes]) -> None:
        if self._broken:
            return
        try:
            for record in records:
                self._open().write(record)
                self._bytes += len(record)
            self._open().flush()
        except Exception as error:  # TensorFlow raises kinds of its own
            _LOGGER.error("requests are no longer logged: %s", first_line(error))
            self._broken = True

    def _open(self) -> Any:
        import tensorflow as tf

        if self._writer is None or self._bytes >= _LARGEST_FILE:
            self._close()
            kind = REQUESTS if self.keeps_texts else FACTS
            now = datetime.datetime.now(datetime.timezone.utc)
            file = self._how.directory / f"{kind}-{now:%Y%m%dT%H%M%S.%f}-{os.getpid()}.tfrecord"
            self._writer, self._bytes = tf.io.TFRecordWriter(str(file)), 0
        return self._writer

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _examples(facts: TextFacts) -> list[example_pb2.Example]:
    columns = dataclasses.asdict(facts)
    return [_example({name: values[row] for name, values in columns.items()}) for row in range(len(facts.label))]


def _example(row: dict[str, int | float | str]) -> example_pb2.Example:
    example = example_pb2.Example()
    for name, value in row.items():
        feature = example.features.feature[name]
        if isinstance(value, str):
            feature.bytes_list.value.append(value.encode())
        elif isinstance(value, float):
            feature.float_list.value.append(value)
        else:
            feature.int64_list.value.append(value)
    return example

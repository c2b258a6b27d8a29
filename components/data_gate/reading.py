"""Reads what ExampleGen, StatisticsGen and ExampleValidator wrote.

Only the protos are parsed: importing tensorflow_data_validation for its loaders would take seconds.
"""

import json
from collections.abc import Iterator, Mapping

import tensorflow as tf
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2
from tfx.dsl.io import fileio

from components import files
from components.data_gate.gate import DATASET, Counts
from components.data_gate.label_facts import LabelledRow
from components.errors import DataError
from components.example_gen.names import COUNTS_FILE, REJECTED_FILE
from components.example_gen.rows import Rejection
from components.examples import read_records, split_files

_ANOMALIES_FILE = "SchemaDiff.pb"
_STATISTICS_FILE = "FeatureStats.pb"
_MOST_VALUES = 5
_MOST_ROWS = 3
_LONGEST_VALUE = 60
_BATCH = 4096


def read_counts(examples_uri: str) -> dict[str, Counts]:
    """Reads the rows by split from ``counts.json`` of an Examples artifact.

    Args:
        examples_uri: Directory of the artifact.

    Returns:
        Counts by split.

    Raises:
        DataError: If the file is absent or not what ExampleGen writes.
    """
    path = f"{examples_uri}/{COUNTS_FILE}"
    if not files.is_there(path):
        raise DataError(f"{path} is not there: the gate judges Examples that this project's ExampleGen wrote")
    try:
        content = json.loads(_read(path))
        return {
            split: Counts(int(c["rows"]), int(c["rejected"]), int(c.get("left_out", 0))) for split, c in content.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: expected rows and rejected of every split, found {error!r}") from error


def read_rejected(examples_uri: str) -> dict[tuple[str, str], list[str]]:
    """Reads the first rejected rows of each split from ``rejected.jsonl`` of an Examples artifact.

    Args:
        examples_uri: Directory of the artifact.

    Returns:
        By split and `DATASET`: up to three rows, each with its file, its number and the reason.
    """
    path = f"{examples_uri}/{REJECTED_FILE}"
    found: dict[tuple[str, str], list[str]] = {}
    for line in _read(path).splitlines() if files.is_there(path) else []:
        row = json.loads(line)
        rows = found.setdefault((row["split"], DATASET), [])
        if len(rows) < _MOST_ROWS:
            place = Rejection(row["file"], row["row"], row["reason"], row.get("record", 0)).place
            rows.append(f"{row['file']}, {place}: {row['reason']}")
    return found


def read_anomalies(split_uri: str) -> anomalies_pb2.Anomalies:
    """Reads the anomalies of one split.

    Args:
        split_uri: Directory of the split in an ExampleAnomalies artifact.
    """
    return anomalies_pb2.Anomalies.FromString(_read(f"{split_uri}/{_ANOMALIES_FILE}"))


def read_labelled_rows(folders: Mapping[str, str]) -> Iterator[LabelledRow]:
    """Reads the rows of all splits.

    Args:
        folders: By split, its folder of an Examples artifact.
    """
    spec = {
        "id": tf.io.FixedLenFeature([], tf.string, ""),
        "text": tf.io.FixedLenFeature([], tf.string, ""),
        "label": tf.io.RaggedFeature(tf.string),
    }
    for split, folder in folders.items():
        for serialized in read_records(split_files(folder)).batch(_BATCH):
            parsed = tf.io.parse_example(serialized, spec)
            labels = [_decode(label) for label in parsed["label"].flat_values.numpy()]
            ends = parsed["label"].row_limits().numpy().tolist()
            rows = zip(parsed["id"].numpy(), parsed["text"].numpy(), [0, *ends], ends, strict=False)
            for name, text, start, end in rows:
                yield LabelledRow(split, _decode(name), _decode(text), tuple(labels[start:end]))


def _decode(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def read_values(split_uri: str) -> dict[str, list[str]]:
    """Reads the most frequent values of each string feature of one split.

    Args:
        split_uri: Directory of the split in an ExampleStatistics artifact.

    Returns:
        Up to five values by feature, shortened, each with its count.
    """
    statistics = statistics_pb2.DatasetFeatureStatisticsList.FromString(_read(f"{split_uri}/{_STATISTICS_FILE}"))
    values: dict[str, list[str]] = {}
    for dataset in statistics.datasets:
        for feature in dataset.features:
            name = feature.name or ".".join(feature.path.step)
            top = list(feature.string_stats.top_values)[:_MOST_VALUES]
            values[name] = [f"{_short(item.value)} ({item.frequency:,.0f})" for item in top]
    return values


def _short(value: str) -> str:
    return repr(value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…")


def _read(path: str) -> bytes:
    with fileio.open(path, "rb") as file:
        return file.read()

"""The files in a ModelEvaluation artifact: ``metrics.json``, and ``verdict.json`` of a judged model."""

import json
from pathlib import Path
from typing import Any

import tensorflow as tf

from components.errors import DataError
from components.evaluator.gates import Verdict
from components.metrics import ClassificationMetrics

METRICS_FILE = "metrics.json"
VERDICT_FILE = "verdict.json"


def write_metrics(uri: str | Path, metrics: dict[str, Any]) -> None:
    """Writes ``metrics.json``.

    Args:
        uri: The artifact's folder, local or remote; made if it is not there.
        metrics: What to write, as JSON knows it.
    """
    _write(f"{uri}/{METRICS_FILE}", json.dumps(metrics, ensure_ascii=False, indent=2))


def read_metrics(uri: str | Path) -> ClassificationMetrics:
    """Reads the metrics of a classifier, from the Evaluator or from the Baseline.

    Args:
        uri: The ModelEvaluation artifact's folder.

    Raises:
        DataError: If there is no ``metrics.json``.
    """
    return ClassificationMetrics.model_validate_json(_read(f"{uri}/{METRICS_FILE}"))


def read_raw_metrics(uri: str | Path) -> dict[str, Any]:
    """Reads a ``metrics.json`` of any form.

    Args:
        uri: The artifact's folder.

    Raises:
        DataError: If there is none.
    """
    return json.loads(_read(f"{uri}/{METRICS_FILE}"))


def write_verdict(uri: str | Path, verdict: Verdict) -> None:
    """Writes ``verdict.json``.

    Args:
        uri: The ModelEvaluation artifact's folder, local or remote.
        verdict: What to write.
    """
    _write(f"{uri}/{VERDICT_FILE}", json.dumps(verdict.model_dump(), ensure_ascii=False, indent=2))


def read_verdict(uri: str | Path) -> Verdict:
    """Reads what `write_verdict` wrote.

    Args:
        uri: The ModelEvaluation artifact's folder.

    Raises:
        DataError: If there is none.
    """
    return Verdict.model_validate_json(_read(f"{uri}/{VERDICT_FILE}"))


def _write(path: str, text: str) -> None:
    tf.io.gfile.makedirs(path.rpartition("/")[0])
    with tf.io.gfile.GFile(path, "w") as file:
        file.write(text)


def _read(path: str) -> str:
    if not tf.io.gfile.exists(path):
        raise DataError(f"{path} is not there: the node that writes it did not finish; run the pipeline again")
    with tf.io.gfile.GFile(path) as file:
        return file.read()

"""The JSON files in a ModelEvaluation artifact.

``metrics.json``; and of a judged classifier ``slices.json``, ``comparisons.json`` and ``verdict.json``, of which a
judged masked language model has the last.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from components import files
from components.errors import DataError
from components.evaluator.comparing import Comparison
from components.evaluator.gates import Verdict
from components.metrics import ClassificationMetrics, SliceMetrics

METRICS_FILE = "metrics.json"
SLICES_FILE = "slices.json"
COMPARISONS_FILE = "comparisons.json"
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


def write_slices(uri: str | Path, slices: Mapping[str, Mapping[str, SliceMetrics]]) -> None:
    """Writes ``slices.json``.

    Args:
        uri: The ModelEvaluation artifact's folder, local or remote.
        slices: Metrics by slice name and value.
    """
    content = {
        name: {value: metrics.model_dump() for value, metrics in measured.items()} for name, measured in slices.items()
    }
    _write(f"{uri}/{SLICES_FILE}", json.dumps(content, ensure_ascii=False, indent=2))


def read_slices(uri: str | Path) -> dict[str, dict[str, SliceMetrics]]:
    """Reads what `write_slices` wrote.

    Args:
        uri: The ModelEvaluation artifact's folder.

    Raises:
        DataError: If there is none.
    """
    content = json.loads(_read(f"{uri}/{SLICES_FILE}"))
    return {
        name: {value: SliceMetrics.model_validate(metrics) for value, metrics in measured.items()}
        for name, measured in content.items()
    }


def write_comparisons(uri: str | Path, comparisons: Mapping[str, Comparison | None]) -> None:
    """Writes ``comparisons.json``.

    Args:
        uri: The ModelEvaluation artifact's folder, local or remote.
        comparisons: By what the model was compared with; None where there was nothing.
    """
    content = {name: one.model_dump() for name, one in comparisons.items() if one}
    _write(f"{uri}/{COMPARISONS_FILE}", json.dumps(content, ensure_ascii=False, indent=2))


def read_comparisons(uri: str | Path) -> dict[str, Comparison]:
    """Reads what `write_comparisons` wrote, without what was not there.

    Args:
        uri: The ModelEvaluation artifact's folder.

    Raises:
        DataError: If there is none.
    """
    content = json.loads(_read(f"{uri}/{COMPARISONS_FILE}"))
    return {name: Comparison.model_validate(one) for name, one in content.items()}


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
    if not files.is_there(path):
        raise DataError(f"{path} is not there: the node that writes it did not finish; run the pipeline again")
    with tf.io.gfile.GFile(path) as file:
        return file.read()

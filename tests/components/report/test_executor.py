"""Do of Report reads what there is and writes text and figure."""

import json
from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components import artifacts
from components.report.executor import Executor

pytestmark = pytest.mark.slow  # imports TFX

EVALUATION = {
    "accuracy": 0.5,
    "loss": None,
    "labels": ["京都", "グルメ"],
    "confusion_matrix": [[1, 1], [0, 2]],
    "per_class": {"京都": {"precision": 1.0, "recall": 0.5, "f1": 0.667, "support": 2}},
}


def artifact(kind: type, folder: Path, metrics: dict | None = None) -> object:
    folder.mkdir()
    if metrics is not None:
        (folder / "metrics.json").write_text(json.dumps(metrics, ensure_ascii=False), encoding="utf-8")
    made = kind()
    made.uri = str(folder)
    return made


def test_sections_of_what_was_measured(tmp_path: Path) -> None:
    pushed = artifact(standard_artifacts.PushedModel, tmp_path / "pushed")
    pushed.set_int_custom_property("pushed", 1)
    pushed.set_string_custom_property("pushed_destination", "/serving/demo/7")
    refused = artifact(standard_artifacts.PushedModel, tmp_path / "refused")
    refused.set_int_custom_property("pushed", 0)
    run = {"perplexity": 12.0, "history": {"loss": [3.0, 2.0]}}
    inputs = {
        "pretrainer_run": [artifact(standard_artifacts.ModelRun, tmp_path / "run", run)],
        "evaluation": [artifact(standard_artifacts.ModelEvaluation, tmp_path / "evaluation", EVALUATION)],
        "pushed_model": [pushed],
        "pushed_fill_mask": [refused],
    }
    report = artifact(artifacts.Report, tmp_path / "report")

    Executor().Do(inputs, {"report": [report]}, {"name": "demo"})

    text = (tmp_path / "report" / "report.txt").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line in ("Pretrainer", "Evaluator", "Baseline")] == [
        "Pretrainer",
        "Evaluator",
    ]
    assert "perplexity                   12" in text
    assert text.endswith("Pushed\n  /serving/demo/7\n")
    figure = (tmp_path / "report" / "figures.svg").read_text(encoding="utf-8")
    assert "京都" in figure
    assert "Pretrainer: loss" in figure

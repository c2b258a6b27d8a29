"""Do of Report reads what there is and writes page and card."""

import json
from pathlib import Path

import numpy as np
import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx.types import standard_artifacts

from components import artifacts, predictions
from components.evaluator import results
from components.evaluator.config import EvaluatorConfig
from components.evaluator.gates import judge
from components.evaluator.measuring import measure, measure_slices
from components.predictions import read_predictions
from components.report.executor import Executor
from components.token_statistics.statistics import write_statistics
from tests.components import tiny
from tests.components.report.stories import story

pytestmark = pytest.mark.slow  # imports TFX


def artifact(kind: type, folder: Path, **files: object):  # type: ignore[no-untyped-def]
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    made = kind()
    made.uri = str(folder)
    return made


def judged(folder: Path):  # type: ignore[no-untyped-def]
    """An Evaluator's artifact: of two texts one is wrong."""
    made = artifact(standard_artifacts.ModelEvaluation, folder)
    rows = [("京都の寺", 0, 0), ("京都のラーメン", 1, 0)]
    predictions.write_labels(f"{folder}/predictions", ["京都", "グルメ"], False)
    predictions.write_rows(
        f"{folder}/predictions",
        [
            predictions.to_example(
                {"id": b"%d" % number, "text": text.encode()}, [actual], [chosen], np.array([0.9, 0.1], np.float32)
            )
            for number, (text, actual, chosen) in enumerate(rows)
        ],
    )
    answers = read_predictions(f"{folder}/predictions")
    metrics = measure(answers)
    results.write_metrics(folder, metrics.model_dump())
    results.write_slices(folder, measure_slices(answers))
    results.write_comparisons(folder, {"blessed": None, "baseline": None})
    results.write_verdict(folder, judge(metrics, None, None, EvaluatorConfig()))
    return made


def statistics(folder: Path):  # type: ignore[no-untyped-def]
    made = artifact(standard_artifacts.ExampleStatistics, folder)
    made.split_names = tiny.split_names("train")
    found = statistics_pb2.DatasetFeatureStatisticsList()
    feature = found.datasets.add().features.add(name="label")
    for label, count in (("京都", 7), ("グルメ", 9)):
        feature.string_stats.rank_histogram.buckets.add(label=label, sample_count=count)
    (folder / "Split-train").mkdir()
    (folder / "Split-train" / "FeatureStats.pb").write_bytes(found.SerializeToString())
    return made


def test_what_was_measured_is_told(tmp_path: Path) -> None:
    pushed = artifact(standard_artifacts.PushedModel, tmp_path / "pushed")
    pushed.set_int_custom_property("pushed", 1)
    pushed.set_int_custom_property("pushed_new", 1)
    pushed.set_string_custom_property("pushed_destination", "/serving/評判/7")
    tokens = artifact(artifacts.TokenStatistics, tmp_path / "tokens")
    write_statistics(str(tmp_path / "tokens"), story().data[0].tokens)
    check = dict(story().served[0].check)
    finding = {"split": "train", "feature": "text", "summary": "Odd", "detail": "Quite.", "blocks": False}
    inputs = {
        "labelled_examples": [
            artifact(
                standard_artifacts.Examples,
                tmp_path / "examples",
                counts={"train": {"rows": 16, "rejected": 1, "left_out": 0}},
                window={"spans": [7, 8]},
            )
        ],
        "labelled_statistics": [statistics(tmp_path / "statistics")],
        "labelled_verdict": [artifact(artifacts.DataVerdict, tmp_path / "verdict", verdict={"findings": [finding]})],
        "labelled_tokens": [tokens],
        "pretrainer_run": [artifact(standard_artifacts.ModelRun, tmp_path / "run", metrics=dict(story().pretraining))],
        "evaluation": [judged(tmp_path / "evaluation")],
        "classifier_check": [artifact(standard_artifacts.InfraBlessing, tmp_path / "check", servable_check=check)],
        "classifier_pushed": [pushed],
    }
    report = artifact(artifacts.Report, tmp_path / "report")
    origins = json.dumps({"labelled": ["csv: 評判.csv"]})

    Executor().Do(
        inputs,
        {"report": [report]},
        {"name": "評判", "config": "name: 評判\n", "origins": origins, "tf_serving": "2.16.1", "stopped": ""},
    )

    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    for said in [
        "csv: 評判.csv",
        "Spans 7, 8",
        "Quite.",
        "京都のラーメン",
        "/serving/評判/7",
        "7,926",
        "Good enough, and served.",
    ]:
        assert said in page
    card = (tmp_path / "report" / "model_card.md").read_text(encoding="utf-8")
    assert "Classifies raw text into 2 classes: 京都, グルメ." in card
    assert "TF Serving 2.16.1" in card
    assert "/serving/" not in card


def test_a_run_that_measured_nothing_has_a_report_too(tmp_path: Path) -> None:
    report = artifact(artifacts.Report, tmp_path / "report")
    properties = {"name": "demo", "config": "", "origins": "{}", "tf_serving": "2.16.1", "stopped": ""}

    Executor().Do({}, {"report": [report]}, properties)

    assert "There is no model to serve." in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")


def test_a_run_that_was_refused_says_why_and_has_no_model_card(tmp_path: Path) -> None:
    report = artifact(artifacts.Report, tmp_path / "report")
    examples = artifact(
        standard_artifacts.Examples, tmp_path / "examples", counts={"eval": {"rows": 1, "rejected": 9, "left_out": 0}}
    )
    reason = "the data was refused:\n  評判.csv, row 3: <no label>"
    properties = {"name": "評判", "config": "", "origins": "{}", "tf_serving": "2.16.1", "stopped": reason}

    Executor().Do({"labelled_examples": [examples]}, {"report": [report]}, properties)

    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "The run ended early." in page and "評判.csv, row 3: &lt;no label&gt;" in page
    assert "The gates found nothing." not in page and "Good enough" not in page
    assert not (tmp_path / "report" / "model_card.md").exists()

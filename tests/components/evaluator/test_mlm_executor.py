"""MlmEvaluator on real artifacts."""

import json
from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components.errors import DataError
from components.evaluator import results
from components.evaluator.config import MlmEvaluatorConfig
from components.evaluator.mlm_executor import Executor


def run(folder: Path, metrics: dict[str, float], **bounds: float):
    artifacts = {
        "model": standard_artifacts.Model(),
        "model_run": standard_artifacts.ModelRun(),
        "evaluation": standard_artifacts.ModelEvaluation(),
        "blessing": standard_artifacts.ModelBlessing(),
    }
    for number, (name, artifact) in enumerate(artifacts.items()):
        artifact.uri, artifact.id = str(folder / name), number + 1
    (folder / "model_run").mkdir()
    (folder / "model_run" / "metrics.json").write_text(json.dumps(metrics))
    Executor().Do(
        {name: [artifacts[name]] for name in ("model", "model_run")},
        {name: [artifacts[name]] for name in ("evaluation", "blessing")},
        {"config": MlmEvaluatorConfig(**bounds).model_dump_json()},
    )
    return artifacts["evaluation"], artifacts["blessing"]


METRICS = {"loss": 2.0, "perplexity": 7.389, "masked_accuracy": 0.4, "epochs": 3}


def test_good_model_is_blessed(tmp_path):
    evaluation, blessing = run(tmp_path, METRICS, max_perplexity=8, min_masked_accuracy=0.4)

    assert [path.name for path in Path(blessing.uri).iterdir()] == ["BLESSED"]
    assert blessing.get_int_custom_property("blessed") == 1
    assert blessing.get_string_custom_property("current_model") == str(tmp_path / "model")
    assert blessing.get_int_custom_property("current_model_id") == 1
    assert results.read_raw_metrics(evaluation.uri) == {
        "loss": 2.0,
        "perplexity": 7.389,
        "masked_accuracy": 0.4,
    }


def test_bad_model_is_not(tmp_path):
    evaluation, blessing = run(tmp_path, METRICS, max_perplexity=7)

    assert [path.name for path in Path(blessing.uri).iterdir()] == ["NOT_BLESSED"]
    assert blessing.get_int_custom_property("blessed") == 0
    message = "not blessed: perplexity 7.3890 is above the bound 7 (mlm_evaluator.max_perplexity)"
    assert blessing.get_string_custom_property("blessing_message") == message
    assert results.read_verdict(evaluation.uri).message == message


def test_missing_figure_is_named(tmp_path):
    with pytest.raises(DataError, match="lacks masked_accuracy"):
        run(tmp_path, {"loss": 1.0, "perplexity": 2.7})

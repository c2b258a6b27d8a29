"""The node on real artifacts."""

import json
import re
from pathlib import Path

import pytest
import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts

from components.servable_check.component import ServableCheck
from components.servable_check.config import ServableCheckConfig
from components.servable_check.executor import Executor
from tests.components.servable_check import models
from tests.components.servable_check.examples import write_examples


def _artifact(kind: type, path: Path):  # type: ignore[no-untyped-def]
    artifact = kind()
    artifact.uri = str(path)
    path.mkdir(parents=True, exist_ok=True)
    return artifact


def _properties(**config: float) -> dict[str, str]:
    return {"config": ServableCheckConfig(warmup_requests=2, **config).model_dump_json()}


@pytest.mark.slow
def test_a_sound_model_is_blessed_and_copied_with_its_warmup(tmp_path: Path) -> None:
    model = _artifact(standard_artifacts.Model, tmp_path / "model")
    models.save_classifier(tmp_path / "model" / "Format-Serving")
    examples = _artifact(standard_artifacts.Examples, tmp_path / "examples")
    examples.split_names = artifact_utils.encode_split_names(["train", "eval"])
    write_examples(tmp_path / "examples" / "Split-train" / "a.gz", [{"text": "京都の寺"}, {"text": "a"}])
    blessing = _artifact(standard_artifacts.InfraBlessing, tmp_path / "blessing")

    Executor().Do({"model": [model], "examples": [examples]}, {"blessing": [blessing]}, _properties())

    assert blessing.get_int_custom_property("blessed") == 1
    assert blessing.get_int_custom_property("has_model") == 1
    assert (tmp_path / "blessing" / "INFRA_BLESSED").is_file()
    result = json.loads((tmp_path / "blessing" / "servable_check.json").read_text(encoding="utf-8"))
    assert (result["servable"], result["failures"], result["signatures"]) == (True, [], ["serving_default"])
    assert result["tensorflow"] == tf.__version__
    copies = list((tmp_path / "blessing").rglob("saved_model.pb"))
    assert [c.read_bytes() for c in copies] == [(tmp_path / "model/Format-Serving/saved_model.pb").read_bytes()]
    warmup = copies[0].parent / "assets.extra" / "tf_serving_warmup_requests"
    assert len(list(tf.data.TFRecordDataset(str(warmup)))) == 3  # two texts alone, then both
    assert not (tmp_path / "model" / "Format-Serving" / "assets.extra").exists()


@pytest.mark.slow
def test_a_model_that_is_too_slow_is_not_blessed_and_says_why(tmp_path: Path) -> None:
    model = _artifact(standard_artifacts.Model, tmp_path / "model")
    models.save_fill_mask(tmp_path / "model" / "Format-Serving")
    blessing = _artifact(standard_artifacts.InfraBlessing, tmp_path / "blessing")
    Executor().Do({"model": [model]}, {"blessing": [blessing]}, _properties(max_latency_ms=1e-6))
    assert (tmp_path / "blessing" / "INFRA_NOT_BLESSED").is_file()
    assert blessing.get_int_custom_property("blessed") == 0
    message = blessing.get_string_custom_property("blessing_message")
    assert re.match(r"cannot be served: fill_mask: a short text takes .*max_latency_ms is 1e-06", message)


def test_the_node_runs_again_when_the_probe_is_edited() -> None:
    from tfx.types import channel

    node = ServableCheck(ServableCheckConfig(), channel.Channel(type=standard_artifacts.Model))
    assert set(node.inputs) == {"model"}
    assert ServableCheckConfig.model_validate_json(node.exec_properties["config"]) == ServableCheckConfig()
    assert len(node.exec_properties["code"]) == 64

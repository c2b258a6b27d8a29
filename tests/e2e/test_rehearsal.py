"""A compiled pipeline, run as the cloud would run it, gives the model that a run on this machine gives."""

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Workplace
from tests.e2e.test_gates import write, write_encoder
from tests.e2e.test_labels import rows

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SMALL = """
name: small
labelled:
  sources: [{format: csv, files: {train: DATA/train.csv, eval: DATA/eval.csv}, label_column: label}]
  gate: {tokens: {max_unknown_share: 0.5}}
tokenizer: {kind: import}
backbone: {source: DATA/encoder}
text: {max_length: 32}
trainer: {epochs: 30, learning_rate: 0.02, validation_share: 0.2}
baseline: null
"""
TEXTS = ["嵐山の紅葉がきれいでした。", "電池がすぐ切れる。", "Hello", ""]


def answers(place: Workplace, model: Path) -> list[dict]:
    done = place.command("predict", "--model", model, *TEXTS)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def assert_rehearsal_equals_run(
    here: Workplace, name: str, configuration: str | Path, in_the_cloud: str | Path, *settings: str
) -> None:
    """Runs a pipeline here and rehearses it as compiled for the cloud, where the data is in ``gs://bucket/data``."""
    run = here.run(str(configuration), *settings)
    buckets = here.root.parent / "バケツ"
    (buckets / "bucket").mkdir(parents=True)
    (buckets / "bucket" / "data").symlink_to(here.data)
    elsewhere = dataclasses.replace(here, data="gs://bucket/data")
    spec = here.root.parent / "pipeline.json"
    target = ["--target", "vertex", "--root", "gs://bucket/tfx-bert", "--image", "registry.example/tfx-bert:1"]
    compiled = elsewhere.command("compile", in_the_cloud, *target, "--output", spec, *settings)
    assert compiled.returncode == 0 and compiled.stderr == "", compiled.stderr

    done = elsewhere.command("rehearse", spec, "--buckets", buckets)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert not list(here.temporary.iterdir())
    assert len(re.findall("^✓", done.stdout, re.M)) == len(run.nodes) - 1  # all but LastBlessed
    figures = {node.name: node.metrics for node in run.nodes}["Evaluator"]
    (metrics,) = buckets.glob(f"bucket/tfx-bert/artifacts/{name}/*/Evaluator/evaluation/metrics.json")
    rehearsed = json.loads(metrics.read_text(encoding="utf-8"))
    assert rehearsed["weighted_f1"] == pytest.approx(figures["weighted_f1"], abs=1e-6)
    assert rehearsed["loss"] == pytest.approx(figures["loss"], abs=1e-4)

    serving = buckets / "bucket" / "tfx-bert" / "serving"
    for one, other in zip(answers(here, here.root / "serving" / name), answers(here, serving / name), strict=True):
        assert one["label"] == other["label"]
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-4)
    assert not (buckets / ".rehearsals").joinpath("image").exists()


def test_the_rehearsal_of_a_small_pipeline_equals_the_run(
    workplace: Callable[[Path], Workplace], tmp_path: Path
) -> None:
    write_encoder(tmp_path / "encoder")
    for split, seed in (("train", 0), ("eval", 1)):
        write(tmp_path / f"{split}.csv", rows({"京都": 60, "携帯電話": 40}, seed))
    for name, data in (("here", tmp_path), ("cloud", "gs://bucket/data")):
        (tmp_path / f"{name}.yaml").write_text(SMALL.replace("DATA", str(data)), encoding="utf-8")
    assert_rehearsal_equals_run(workplace(tmp_path), "small", tmp_path / "here.yaml", tmp_path / "cloud.yaml")


@pytest.mark.full
@pytest.mark.data
def test_the_rehearsal_of_knbc_equals_the_run(workplace: Callable[[Path], Workplace], data_dir: Path) -> None:
    here = workplace(data_dir)
    assert_rehearsal_equals_run(here, "knbc", "knbc", "knbc", "--set", "size=smoke", "--set", "pretrainer.minutes=null")
    assert list(here.root.parent.glob("バケツ/bucket/tfx-bert/serving/knbc-fill-mask/*/saved_model.pb"))

"""A compiled pipeline, run as the cloud would run it, gives the model that a run on this machine gives."""

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Workplace

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.data]

SMOKE = ["--set", "size=smoke", "--set", "pretrainer.minutes=null"]
TEXTS = ["嵐山の紅葉がきれいでした。", "電池がすぐ切れる。", "Hello", ""]


def answers(place: Workplace, model: Path) -> list[dict]:
    done = place.command("predict", "--model", model, *TEXTS)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_rehearsal_of_knbc_equals_the_run(
    workplace: Callable[[Path], Workplace], data_dir: Path, tmp_path: Path
) -> None:
    here = workplace(data_dir)
    run = here.run("knbc", *SMOKE)
    buckets = tmp_path / "バケツ"
    (buckets / "bucket").mkdir(parents=True)
    (buckets / "bucket" / "data").symlink_to(data_dir)
    elsewhere = dataclasses.replace(here, data="gs://bucket/data")
    spec = tmp_path / "pipeline.json"
    target = ["--target", "vertex", "--root", "gs://bucket/tfx-bert", "--image", "registry.example/tfx-bert:1"]
    compiled = elsewhere.command("compile", "knbc", *target, "--output", spec, *SMOKE)
    assert compiled.returncode == 0 and compiled.stderr == "", compiled.stderr

    done = elsewhere.command("rehearse", spec, "--buckets", buckets)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert not list(here.temporary.iterdir())
    assert len(re.findall("^✓", done.stdout, re.M)) == len(run.nodes) - 1  # all but LastBlessed
    figures = {node.name: node.metrics for node in run.nodes}["Evaluator"]
    (metrics,) = buckets.glob("bucket/tfx-bert/artifacts/knbc/*/Evaluator/evaluation/metrics.json")
    rehearsed = json.loads(metrics.read_text(encoding="utf-8"))
    assert rehearsed["weighted_f1"] == pytest.approx(figures["weighted_f1"], abs=1e-6)
    assert rehearsed["loss"] == pytest.approx(figures["loss"], abs=1e-4)

    serving = buckets / "bucket" / "tfx-bert" / "serving"
    for one, other in zip(answers(here, here.root / "serving" / "knbc"), answers(here, serving / "knbc"), strict=True):
        assert one["label"] == other["label"]
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-4)
    assert list(serving.glob("knbc-fill-mask/*/saved_model.pb"))
    assert not (buckets / ".rehearsals").joinpath("image").exists()

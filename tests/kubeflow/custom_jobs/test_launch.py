"""A container starts a custom job and ends as it ends; the jobs run here, as processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubeflow.custom_jobs import LAUNCHER
from kubeflow.custom_jobs.launch import main
from kubeflow.custom_jobs.request import Launch
from kubeflow.rehearsal.custom_jobs import training_service
from kubeflow.rehearsal.launching import Machine
from pipeline.kubeflow_config import CustomJobConfig

pytestmark = pytest.mark.slow

TELL = (
    "import json, os, sys; told = [json.loads(os.environ['TF_CONFIG']), sys.argv[1:]]; "
    "print(json.dumps(told, ensure_ascii=False), flush=True)"
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("job", "logs", "home"):
        (tmp_path / name).mkdir()
    python = os.path.dirname(sys.executable)
    with training_service(Machine(tmp_path / "job", tmp_path / "logs", tmp_path / "home", python, {})) as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield tmp_path


def arguments(code: str, workers: int = 1, output: str = "gs://b/1.json") -> list[str]:
    config = CustomJobConfig(machine_type="m", workers=workers)
    given = Launch(name="reviews-Trainer", image="i", command=["python", "-c", code], custom_job=config)
    executor = json.dumps({"outputs": {"outputFile": output}, "場所": "京都"}, ensure_ascii=False)
    return [given.model_dump_json(exclude_none=True), "--json_serialized_invocation_args", executor]


def test_every_machine_knows_the_others_and_gets_the_executors_arguments(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(TELL + "; import time; time.sleep(4)", workers=3), poll_seconds=0.1) == 0

    logs = sorted((place / "logs").iterdir())
    told = [json.loads(log.read_text(encoding="utf-8")) for log in logs]
    assert [one["task"] for one, _ in told] == [
        {"type": "chief", "index": 0}, {"type": "worker", "index": 0}, {"type": "worker", "index": 1},
    ]  # fmt: skip
    clusters = [one["cluster"] for one, _ in told]
    assert clusters[0] == clusters[1] == clusters[2] and [len(clusters[0][kind]) for kind in clusters[0]] == [1, 2]
    assert all(given == arguments("")[1:] for _, given in told)
    first, *states = capsys.readouterr().out.splitlines()
    assert first.endswith("projects/rehearsal/locations/here/customJobs/1")
    assert [line.split()[1] for line in states] == ["running", "succeeded"]


def test_a_machine_that_fails_ends_the_job(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = (
        "import json, os, sys\n"
        "if json.loads(os.environ['TF_CONFIG'])['task']['type'] == 'worker': sys.exit('tfx-bert: 記憶が足りない')\n"
        "sys.exit('tfx-bert: another worker has ended: start all of them again')"
    )
    start = time.monotonic()

    assert main(arguments(code, workers=2), poll_seconds=2) == 1  # both have ended before it is looked at

    assert time.monotonic() - start < 30
    said = capsys.readouterr().err
    assert said == (
        "tfx-bert: the custom job projects/rehearsal/locations/here/customJobs/1 failed: worker-0 ended with 1: "
        "記憶が足りない\n"
    )


def start_launcher(code: str, output: str) -> subprocess.Popen[str]:
    command = [sys.executable, *LAUNCHER[1:], *arguments(code, output=output)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_launcher_that_is_started_again_finds_its_job_and_one_that_is_stopped_stops_it(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wait = f"import pathlib, time\nwhile not pathlib.Path({str(place / 'go')!r}).exists(): time.sleep(0.05)"
    first = start_launcher(wait, "gs://b/1.json")
    assert first.stdout and first.stdout.readline().endswith("customJobs/1\n")
    first.kill()
    first.communicate()
    (place / "go").touch()
    assert main(arguments("must not be started", output="gs://b/1.json"), poll_seconds=0.1) == 0
    assert "customJobs/1\n" in capsys.readouterr().out

    (place / "go").unlink()
    second = start_launcher(wait, "gs://b/2.json")
    assert second.stdout and second.stdout.readline().endswith("customJobs/2\n")
    assert any("running" in line for line in second.stdout)  # it may be queued for a moment
    second.send_signal(signal.SIGTERM)
    assert second.wait(timeout=30) == 143
    assert main(arguments("pass", output="gs://b/2.json"), poll_seconds=0.1) == 0  # a new one: that was cancelled
    assert "customJobs/3\n" in capsys.readouterr().out


def test_where_nobody_says_where_it_is_to_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CLOUD_ML_PROJECT_ID", raising=False)

    assert main(arguments("pass")) == 2

    assert capsys.readouterr().err.startswith("tfx-bert: CLOUD_ML_PROJECT_ID is not set")

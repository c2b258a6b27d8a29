"""What is sent to Vertex AI, and what is told of a run, against its API on loopback."""

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format

from components.errors import ConfigError, TfxBertError
from kubeflow.submission.request import Submission
from kubeflow.submission.submit import submit
from tests.kubeflow.golden import golden_file
from tests.kubeflow.submission.fake import State, TaskState, Vertex, run_state, vertex

pytestmark = pytest.mark.slow

GIVEN = Submission("my-project", "europe-west4")
JOBS = "projects/my-project/locations/europe-west4/pipelineJobs"


@pytest.fixture
def fake() -> Iterator[Vertex]:
    with vertex() as found:
        yield found


def spec() -> dict:
    return yaml.safe_load(golden_file("vertex").read_text(encoding="utf-8"))


def sent(fake: Vertex) -> dict:
    (request,) = fake.jobs
    return json_format.MessageToDict(type(request).pb(request))


def test_a_run_is_started_as_compiled(fake: Vertex, capsys: pytest.CaptureFixture[str]) -> None:
    assert submit(golden_file("vertex"), GIVEN, endpoint=fake.endpoint) == 0
    request = sent(fake)
    assert request["parent"] == "projects/my-project/locations/europe-west4"
    assert re.fullmatch(r"demo-\d{14}", request["pipelineJobId"])
    assert request["pipelineJob"] == spec()
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"Started: {JOBS}/{request['pipelineJobId']}"
    assert out[1].endswith(f"/locations/europe-west4/pipelines/runs/{request['pipelineJobId']}?project=my-project")


def test_whom_it_runs_as_and_what_it_is_labelled_with(fake: Vertex) -> None:
    given = Submission(
        "my-project", "europe-west4", "runner@my-project.iam.gserviceaccount.com", "projects/1/global/networks/vpc",
        "projects/p/locations/l/keyRings/r/cryptoKeys/k", ("team=nlp", "empty="), cache=False,
    )  # fmt: skip
    submit(golden_file("vertex"), given, endpoint=fake.endpoint)
    job = sent(fake)["pipelineJob"]
    assert job["serviceAccount"] == given.service_account and job["network"] == given.network
    assert job["encryptionSpec"] == {"kmsKeyName": given.kms_key}
    assert job["labels"] == {**spec()["labels"], "team": "nlp", "empty": ""}
    assert all(task["cachingOptions"] == {} for task in job["pipelineSpec"]["root"]["dag"]["tasks"].values())


def test_parameters_that_the_pipeline_has(fake: Vertex, tmp_path: Path) -> None:
    document = spec()
    document["pipelineSpec"]["root"]["inputDefinitions"] = {"parameters": {"言語": {"parameterType": "STRING"}}}
    file = tmp_path / "pipeline.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    given = Submission("my-project", "europe-west4", parameters=("言語=日本語=ja",))
    submit(file, given, endpoint=fake.endpoint)
    assert sent(fake)["pipelineJob"]["runtimeConfig"]["parameterValues"] == {"言語": "日本語=ja"}
    with pytest.raises(ConfigError, match=r"--parameter: '言誤=1'.*did you mean '言語'"):
        submit(file, dataclasses.replace(GIVEN, parameters=("言誤=1",)), dry_run=True)


def test_a_dry_run_prints_what_would_be_sent(fake: Vertex, capsys: pytest.CaptureFixture[str]) -> None:
    assert submit(golden_file("vertex"), GIVEN, dry_run=True) == 0
    printed = json.loads(capsys.readouterr().out)
    submit(golden_file("vertex"), GIVEN, endpoint=fake.endpoint)
    request = sent(fake)
    assert {**printed, "pipelineJobId": ""} == {**request, "pipelineJobId": ""}


def test_waiting_tells_every_change(fake: Vertex, capsys: pytest.CaptureFixture[str]) -> None:
    running, done = TaskState.RUNNING, TaskState.SUCCEEDED
    fake.course = [
        run_state(State.PIPELINE_STATE_RUNNING, ExampleGen=running),
        run_state(State.PIPELINE_STATE_RUNNING, ExampleGen=running),
        run_state(State.PIPELINE_STATE_RUNNING, ExampleGen=done, Trainer=running),
        run_state(State.PIPELINE_STATE_SUCCEEDED, ExampleGen=done, Trainer=done),
    ]
    fake.unavailable = 1
    assert submit(golden_file("vertex"), GIVEN, endpoint=fake.endpoint, wait=True, poll_seconds=0.01) == 0
    told = [line.split()[1:] for line in capsys.readouterr().out.splitlines()[2:]]
    assert told == [
        ["run", "pending"], ["ExampleGen", "running"], ["run", "running"], ["ExampleGen", "succeeded"],
        ["Trainer", "running"], ["Trainer", "succeeded"], ["run", "succeeded"],
    ]  # fmt: skip


def test_a_run_that_fails_says_where(fake: Vertex, capsys: pytest.CaptureFixture[str]) -> None:
    failed = run_state(State.PIPELINE_STATE_FAILED, "the replica exited with 3", DataGate=TaskState.FAILED)
    fake.course = [failed]
    assert submit(golden_file("vertex"), GIVEN, endpoint=fake.endpoint, wait=True, poll_seconds=0.01) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "tfx-bert: DataGate: the replica exited with 3"


def test_a_schedule(fake: Vertex, capsys: pytest.CaptureFixture[str]) -> None:
    assert submit(golden_file("vertex"), GIVEN, schedule="TZ=Asia/Tokyo 0 3 * * 1", endpoint=fake.endpoint) == 0
    (request,) = fake.schedules
    assert (request.schedule.cron, request.schedule.max_concurrent_run_count) == ("TZ=Asia/Tokyo 0 3 * * 1", 1)
    job = request.schedule.create_pipeline_job_request
    assert job.parent == request.parent == "projects/my-project/locations/europe-west4"
    assert json_format.MessageToDict(type(job).pb(job))["pipelineJob"] == spec()
    assert capsys.readouterr().out == "Scheduled: projects/my-project/locations/europe-west4/schedules/7\n"


@pytest.mark.parametrize(
    ("given", "schedule", "said"),
    [
        ({"labels": ("Team=nlp",)}, None, "--label: 'Team': a label's key is a letter, then letters, digits"),
        ({"labels": ("team=NLP",)}, None, "--label: 'NLP': a label's value is lower-case"),
        ({"labels": (f"{'a' * 64}=b",)}, None, "has 64 characters: 63 are the most"),
        ({"labels": (f"a={'b' * 64}",)}, None, "has 64 characters: 63 are the most"),
        ({"labels": tuple(f"a{number}=" for number in range(65))}, None, "--label: 65 are given: 64 are the most"),
        ({"labels": ("team",)}, None, "--label: 'team'"),
        ({"parameters": ("a=1",)}, None, "this pipeline has none"),
        ({"project": "My Project"}, None, "--project: 'My Project': write it like my-project"),
        ({"region": "europe"}, None, "--region: 'europe': write it like europe-west4"),
        ({"service_account": "太郎"}, None, "--service-account: '太郎': write it like runner@"),
        ({"network": "default"}, None, "--network: 'default': write it like projects/1234567/global/networks/default"),
        ({"kms_key": "key"}, None, "--kms-key: 'key': write it like projects/"),
        ({}, "TZ=Asia/Tokio 0 3 * * 1", "--schedule: 'TZ=Asia/Tokio 0 3 * * 1': 'Asia/Tokio' is no time zone"),
    ],
)
def test_what_cannot_be_sent(given: dict[str, Any], schedule: str | None, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        submit(golden_file("vertex"), dataclasses.replace(GIVEN, **given), schedule=schedule, dry_run=True)
    assert said in str(refused.value)


def test_what_was_compiled_for_kubeflow_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_text(yaml.safe_dump(spec()["pipelineSpec"]), encoding="utf-8")
    with pytest.raises(ConfigError, match="compiled for Kubeflow"):
        submit(file, GIVEN, dry_run=True)


def test_refused_unreachable_and_unknown(fake: Vertex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(TfxBertError) as refused:
        submit(golden_file("vertex"), Submission("forbidden", "europe-west4"), endpoint=fake.endpoint)
    assert "refuses: 403 Permission 'aiplatform.pipelineJobs.create' denied" in str(refused.value)
    assert "\n" not in str(refused.value)
    with pytest.raises(TfxBertError, match="cannot be reached"):
        submit(golden_file("vertex"), GIVEN, endpoint="http://127.0.0.1:1")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    with pytest.raises(TfxBertError, match="there are no credentials for Google Cloud: run `gcloud auth"):
        submit(golden_file("vertex"), GIVEN)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "鍵.json")
    with pytest.raises(TfxBertError, match=r"GOOGLE_APPLICATION_CREDENTIALS is '鍵.json', which is no key file: .*not"):
        submit(golden_file("vertex"), GIVEN)
    assert not fake.jobs

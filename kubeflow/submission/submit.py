"""The verb `submit`."""

import datetime
import time
from pathlib import Path

from google.cloud.aiplatform_v1 import PipelineJob, PipelineState, PipelineTaskDetail

from kubeflow.documents import read
from kubeflow.submission.client import Client
from kubeflow.submission.request import Submission, job_request, schedule_request, to_json
from pipeline.run import EXIT_FAILED, EXIT_OK

_ENDED = (
    PipelineState.PIPELINE_STATE_SUCCEEDED,
    PipelineState.PIPELINE_STATE_FAILED,
    PipelineState.PIPELINE_STATE_CANCELLED,
)
_CONSOLE = "https://console.cloud.google.com/vertex-ai/locations/{}/pipelines/runs/{}?project={}"


def submit(
    specification: Path,
    given: Submission,
    *,
    schedule: str | None = None,
    dry_run: bool = False,
    wait: bool = False,
    endpoint: str | None = None,
    poll_seconds: float = 10.0,
) -> int:
    """Starts a run on Vertex AI, or makes a schedule of runs, and says so.

    Args:
        specification: What `tfx-bert compile --target vertex` wrote.
        given: Where and as whom.
        schedule: When runs start; None: one, now.
        dry_run: Print the request and send nothing.
        wait: Show how the run goes on until it ends.
        endpoint: See `Client`.
        poll_seconds: How often it is asked for.

    Returns:
        The process exit code: 0, or 1 if the run that was waited for did not succeed.

    Raises:
        ConfigError: If the request cannot be made.
        TfxBertError: If there are no credentials, or Vertex AI refuses or cannot be reached.
    """
    documents = read(specification)
    if schedule is not None:
        scheduled = schedule_request(documents, given, schedule)
        if dry_run:
            print(to_json(scheduled))
        else:
            print(f"Scheduled: {Client(given.region, endpoint).schedule(scheduled).name}")
        return EXIT_OK
    request = job_request(documents, given, datetime.datetime.now(datetime.timezone.utc))
    if dry_run:
        print(to_json(request))
        return EXIT_OK
    client = Client(given.region, endpoint)
    job = client.start(request)
    print(f"Started: {job.name}\n{_CONSOLE.format(given.region, request.pipeline_job_id, given.project)}", flush=True)
    return _follow(client, job, poll_seconds) if wait else EXIT_OK


def _follow(client: Client, job: PipelineJob, poll_seconds: float) -> int:
    """Prints each change of state, of the run and of its nodes."""
    seen: dict[str, str] = {}
    while True:
        for name, state in _states(job).items():
            if seen.get(name) != state:
                print(f"{datetime.datetime.now():%H:%M:%S}  {name:<24} {state}", flush=True)
        seen = _states(job)
        if job.state in _ENDED:
            break
        time.sleep(poll_seconds)
        job = client.get(job.name)
    if job.state == PipelineState.PIPELINE_STATE_SUCCEEDED:
        return EXIT_OK
    failed = [task for task in job.job_detail.task_details if task.state == PipelineTaskDetail.State.FAILED]
    for task in failed:
        print(f"tfx-bert: {task.task_name}: {task.error.message or 'failed'}", flush=True)
    if not failed and job.error.message:
        print(f"tfx-bert: {job.error.message}", flush=True)
    return EXIT_FAILED


def _states(job: PipelineJob) -> dict[str, str]:
    tasks = {task.task_name: task.state.name.lower() for task in job.job_detail.task_details}
    return {**tasks, "run": job.state.name.removeprefix("PIPELINE_STATE_").lower()}

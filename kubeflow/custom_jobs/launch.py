"""What the container of a node with a ``custom_job`` starts: it starts the job, and ends as the job ends.

``python -m kubeflow.custom_jobs.launch LAUNCH ARGUMENTS``: LAUNCH is a `Launch` as JSON, the rest are the arguments of
`kubeflow.container`, which each machine of the job is given.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

from google.cloud.aiplatform_v1 import CustomJob, JobState

from components.errors import ConfigError, TfxBertError
from kubeflow.custom_jobs.client import ENDED, Jobs
from kubeflow.custom_jobs.request import Launch, custom_job, display_name

PROJECT, REGION = "CLOUD_ML_PROJECT_ID", "CLOUD_ML_REGION"  # Vertex AI sets them in every container
ENDPOINT = "TFX_BERT_VERTEX_ENDPOINT"
_PREFIX = "JOB_STATE_"
_TRIES = 5  # each takes up to two minutes where Vertex AI cannot be reached


def main(arguments: list[str], poll_seconds: float = 10.0) -> int:
    """Starts a job, or finds the one that an earlier try of the same node has started, and waits for its end.

    Args:
        arguments: See the module.
        poll_seconds: How often the job is asked for.

    Returns:
        The exit code: 0, 1 if the job failed, or that of the error.
    """
    launch, given = Launch.model_validate_json(arguments[0]), arguments[1:]
    name = display_name(launch, given)
    try:
        project, region = (_variable(variable) for variable in (PROJECT, REGION))
        jobs = Jobs(project, region, os.environ.get(ENDPOINT))
        _stop_with_the_job(jobs, name)
        job = _patiently(lambda: jobs.find(name) or jobs.start(custom_job(launch, given)), poll_seconds)
        print(f"{name}: {job.name}", flush=True)
        return _follow(jobs, job, poll_seconds)
    except TfxBertError as error:
        print(f"tfx-bert: {error}", file=sys.stderr)
        return error.exit_code


def _variable(name: str) -> str:
    if value := os.environ.get(name):
        return value
    raise ConfigError(
        "", f"{name} is not set, as it is in the containers of Vertex AI: it says where the job is to run"
    )


def _stop_with_the_job(jobs: Jobs, name: str) -> None:
    """If this container is stopped, the job is too, also if it is just being started."""

    def stop(number: int, frame: FrameType | None) -> None:
        if job := jobs.find(name):
            jobs.cancel(job.name)
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, stop)


def _patiently(ask: Callable[[], CustomJob], poll_seconds: float) -> CustomJob:
    """Asks again and again, since a job must not be left alone because Vertex AI was out of reach for a while."""
    for _ in range(_TRIES - 1):
        try:
            return ask()
        except TfxBertError as error:
            print(f"{time.strftime('%H:%M:%S')}  {error}", flush=True)
            time.sleep(poll_seconds)
    return ask()


def _follow(jobs: Jobs, job: CustomJob, poll_seconds: float) -> int:
    """Prints each change of state."""
    name, state = job.name, None
    while True:
        if job.state != state:
            state = job.state
            print(f"{time.strftime('%H:%M:%S')}  {state.name.removeprefix(_PREFIX).lower()}", flush=True)
        if state in ENDED:
            break
        time.sleep(poll_seconds)
        job = _patiently(lambda: jobs.get(name), poll_seconds)
    if state == JobState.JOB_STATE_SUCCEEDED:
        return 0
    raise TfxBertError(f"the custom job {name} {state.name.removeprefix(_PREFIX).lower()}: {job.error.message}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

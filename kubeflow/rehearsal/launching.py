"""Starts the containers of a compiled pipeline as processes of this machine."""

import dataclasses
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kubeflow.rehearsal.specification import Task

_INPUT = "{{$}}"
_LAST_LINE = "tfx-bert: "

Artifact = dict[str, Any]
Artifacts = dict[tuple[str, str], Artifact]  # by task and output key


class TaskFailed(Exception):
    """A container ended with an error.

    Attributes:
        exit_code: The container's.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        """Keeps the exit code beside the message."""
        super().__init__(message)
        self.exit_code = exit_code


@dataclasses.dataclass(frozen=True)
class Machine:
    """What stands for a machine of the cloud.

    Attributes:
        job: Folder of the run's artifacts, in what stands for the bucket.
        logs: Folder of what containers print, a file a task.
        home: An empty folder, in which containers start.
        path: Folders of programs, first of all the image's ``python``.
        environment: The image's variables.
    """

    job: Path
    logs: Path
    home: Path
    path: str
    environment: Mapping[str, str]


def launch(task: Task, made: Artifacts, machine: Machine) -> dict[str, Artifact]:
    """Runs a task to its end, as the launcher of the cloud does.

    Args:
        task: What to run.
        made: The outputs of the tasks before it.
        machine: Where.

    Returns:
        Its outputs by key, with the metadata that the executor has given them.

    Raises:
        TaskFailed: If the container ends with an error, or says nothing of its outputs.
    """
    executor_input = _executor_input(task, made, machine.job)
    outputs = executor_input["outputs"]
    log = machine.logs / f"{task.name}.log"
    text = json.dumps(executor_input, ensure_ascii=False)
    for key in task.outputs:
        (machine.job / task.name / key).mkdir(parents=True)  # a bucket has no folders to be made
    with log.open("wb") as file:
        ended = subprocess.run(
            [*task.command, *(argument.replace(_INPUT, text) for argument in task.arguments)],
            env={"PATH": machine.path, "HOME": str(machine.home), **machine.environment, **task.environment},
            cwd=machine.home, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    if ended.returncode:
        raise TaskFailed(_reason(log), ended.returncode)
    output_file = Path(outputs["outputFile"])
    if not output_file.is_file():
        raise TaskFailed(f"wrote no {output_file}", 1)
    told = json.loads(output_file.read_text(encoding="utf-8")).get("artifacts", {})
    return {key: _with_type(told.get(key, made_for), made_for) for key, made_for in outputs["artifacts"].items()}


def _executor_input(task: Task, made: Artifacts, job: Path) -> dict[str, Any]:
    """See ``ExecutorInput`` in the specification."""
    folder = job / task.name
    artifacts = {
        key: {"name": f"{folder.name}/{key}", "type": kind, "uri": str(folder / key), "metadata": {}}
        for key, kind in task.outputs.items()
    }
    return {
        "inputs": {
            "artifacts": {key: {"artifacts": [made[source]]} for key, source in task.inputs.items()},
            "parameterValues": task.parameters,
        },
        "outputs": {
            "artifacts": {key: {"artifacts": [artifact]} for key, artifact in artifacts.items()},
            "outputFile": str(folder / "executor_output.json"),
        },
    }


def _with_type(told: dict[str, Any], made_for: dict[str, Any]) -> Artifact:
    (artifact,), (planned,) = told["artifacts"], made_for["artifacts"]
    return {**planned, **artifact}


def _reason(log: Path) -> str:
    """The line that is meant for people; or else the last."""
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    known = [line.removeprefix(_LAST_LINE) for line in lines if line.startswith(_LAST_LINE)]
    return (known or lines or ["it printed nothing"])[-1]

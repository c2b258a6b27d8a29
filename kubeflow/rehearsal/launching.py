"""Starts the containers of a compiled pipeline as processes of this machine."""

import dataclasses
import itertools
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kubeflow.rehearsal.specification import Task

INPUT = "{{$}}"
_LAST_LINE = "tfx-bert: "
_FINDING = ("- ", "    ")

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
        environment: The image's variables, and those that the cloud sets.
    """

    job: Path
    logs: Path
    home: Path
    path: str
    environment: Mapping[str, str]

    @property
    def variables(self) -> dict[str, str]:
        """All variables of a container."""
        return {"PATH": self.path, "HOME": str(self.home), **self.environment}


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
    written = executor_input(task, made, str(machine.job))
    output_file = Path(written["outputs"]["outputFile"])
    log = machine.logs / f"{task.name}.log"
    text = json.dumps(written, ensure_ascii=False)
    for key in task.outputs:
        (machine.job / task.name / key).mkdir(parents=True)  # a bucket has no folders to be made
    with log.open("wb") as file:
        ended = subprocess.run(
            [*task.command, *(argument.replace(INPUT, text) for argument in task.arguments)],
            env=machine.variables | task.environment,
            cwd=machine.home, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    if ended.returncode:
        raise TaskFailed(last_words(log), ended.returncode)
    if not output_file.is_file():
        raise TaskFailed(f"wrote no {output_file}", 1)
    return read_outputs(written, output_file.read_text(encoding="utf-8"))


def executor_input(task: Task, made: Artifacts, job: str) -> dict[str, Any]:
    """What an executor is told, ``ExecutorInput`` in the specification, as JSON.

    Args:
        task: What is to run.
        made: The outputs of the tasks before it.
        job: Folder of the run's artifacts.
    """
    folder = f"{job}/{task.name}"
    artifacts = {
        key: {"name": f"{task.name}/{key}", "type": kind, "uri": f"{folder}/{key}", "metadata": {}}
        for key, kind in task.outputs.items()
    }
    return {
        "inputs": {
            "artifacts": {key: {"artifacts": [made[source]]} for key, source in task.inputs.items()},
            "parameterValues": task.parameters,
        },
        "outputs": {
            "artifacts": {key: {"artifacts": [artifact]} for key, artifact in artifacts.items()},
            "outputFile": f"{folder}/executor_output.json",
        },
    }


def read_outputs(written: dict[str, Any], told: str) -> dict[str, Artifact]:
    """A task's outputs by key: as they were planned, and what the executor has said of them.

    Args:
        written: The `executor_input`.
        told: What is in its ``outputFile``, ``ExecutorOutput`` in the specification.
    """
    said = json.loads(told).get("artifacts", {})
    outputs = written["outputs"]["artifacts"]
    return {
        key: {**planned["artifacts"][0], **said.get(key, planned)["artifacts"][0]} for key, planned in outputs.items()
    }


def last_words(log: Path) -> str:
    """What of a container's log is meant for people, with the findings below it; or else the last line.

    Args:
        log: What the container has printed.
    """
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    told = [number for number, line in enumerate(lines) if line.startswith(_LAST_LINE)]
    if not told:
        return (lines or ["it printed nothing"])[-1]
    first, *more = lines[told[-1] :]
    findings = itertools.takewhile(lambda line: line.startswith(_FINDING), more)
    return "\n".join([first.removeprefix(_LAST_LINE), *findings])

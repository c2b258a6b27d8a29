"""The tasks of a compiled pipeline: https://github.com/kubeflow/pipelines/blob/master/api/v2alpha1/pipeline_spec.proto."""

import dataclasses
import graphlib
import re
from typing import Any

from components.errors import ConfigError
from pipeline import yaml_reading

_URI = re.compile(r"\b(?!https?:)[a-z][a-z0-9+.-]*://(?=[^/\s\"'\\])")
_RUNNER, _HERE = "--runner=", "--runner=DirectRunner"


@dataclasses.dataclass(frozen=True)
class Task:
    """A node that starts a container.

    Attributes:
        name: The node's.
        image: Of the container.
        command: What the container starts.
        arguments: Its arguments, among them ``{{$}}``, which stands for the executor's input.
        environment: Variables of the container.
        inputs: By input key, which task's which output is taken.
        parameters: By name.
        outputs: By output key, the artifact's type, as the specification has it.
        after: The tasks that must have run.
    """

    name: str
    image: str
    command: list[str]
    arguments: list[str]
    environment: dict[str, str]
    inputs: dict[str, tuple[str, str]]
    parameters: dict[str, Any]
    outputs: dict[str, dict[str, Any]]
    after: list[str]


def read_tasks(spec: dict[str, Any]) -> list[Task]:
    """The tasks of a pipeline, each after those that it waits for.

    Args:
        spec: A ``PipelineSpec``, as JSON.

    Raises:
        ConfigError: If a task is none that a container runs on constants and artifacts alone.
    """
    executors = spec["deploymentSpec"]["executors"]
    tasks = {
        name: _task(name, task, spec["components"], executors) for name, task in spec["root"]["dag"]["tasks"].items()
    }
    order = graphlib.TopologicalSorter({name: task.after for name, task in tasks.items()})
    return [tasks[name] for name in order.static_order()]


def type_name(artifact_type: dict[str, Any]) -> str:
    """The name of an artifact's type, without the package: ``Examples`` for ``tfx.Examples``.

    Args:
        artifact_type: As the specification has it.
    """
    title = artifact_type.get("schemaTitle") or yaml_reading.read_value(artifact_type["instanceSchema"])["title"]
    return str(title).rpartition(".")[2]


def in_folder(value: Any, folder: str) -> Any:
    """The same JSON with every URI turned into a path: ``gs://bucket/data`` into ``FOLDER/bucket/data``.

    Args:
        value: Anything that JSON can hold.
        folder: What stands for all buckets.
    """
    if isinstance(value, str):
        return _URI.sub(lambda _: f"{folder}/", value)
    if isinstance(value, list):
        return [in_folder(one, folder) for one in value]
    if isinstance(value, dict):
        return {key: in_folder(one, folder) for key, one in value.items()}
    return value


def _task(name: str, task: dict[str, Any], components: dict[str, Any], executors: dict[str, Any]) -> Task:
    component = components[task["componentRef"]["name"]]
    executor = executors.get(component.get("executorLabel", ""), {})
    container = executor.get("container")
    if container is None:
        raise ConfigError(
            "", f"{name}: {next(iter(executor), 'a group of tasks')} cannot be rehearsed, only containers"
        )
    for argument in container.get("args", []):
        if argument.startswith(_RUNNER) and argument != _HERE:
            raise ConfigError(
                "beam.runner", f"{name} would leave this machine ({argument}): compile it with --set beam.runner=direct"
            )
    inputs = task.get("inputs", {})
    try:
        return Task(
            name=name,
            image=container["image"],
            command=container.get("command", []),
            arguments=container.get("args", []),
            environment={one["name"]: one["value"] for one in container.get("env", [])},
            inputs={key: _producer(one["taskOutputArtifact"]) for key, one in inputs.get("artifacts", {}).items()},
            parameters={key: one["runtimeValue"]["constant"] for key, one in inputs.get("parameters", {}).items()},
            outputs={
                key: one["artifactType"]
                for key, one in component.get("outputDefinitions", {}).get("artifacts", {}).items()
            },
            after=task.get("dependentTasks", []),
        )
    except KeyError as error:
        raise ConfigError(
            "", f"{name}: has no {error}: only constants and other tasks' artifacts can be rehearsed"
        ) from None


def _producer(source: dict[str, str]) -> tuple[str, str]:
    return source["producerTask"], source["outputArtifactKey"]

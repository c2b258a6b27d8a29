"""What a container of a compiled pipeline starts: one node's executor, with what TFX's own entry point takes.

TFX's ``kubeflow_v2_run_executor`` does the work. Before it, the variables are set that TensorFlow and transformers read
when they are imported, and the input is completed; after it, an error that is meant for people is one line at the end
of the container's log, and its exit code is that of `tfx-bert run`. Of several workers the chief alone says what was
made.
"""

import json
import sys
import tempfile
from typing import Any

from components.errors import ConfigError
from components.training.cluster import read_cluster
from pipeline import environment, variables, yaml_reading

_INPUT, _SPECIFIED = "--json_serialized_invocation_args", "--json_serialized_inputs_spec_args"


def main(arguments: list[str]) -> int:
    """Runs an executor.

    Args:
        arguments: Those of ``tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor``, and Beam's.

    Returns:
        The exit code: 0, or of the error.
    """
    environment.prepare()
    try:
        variables.check_container()  # before TFX is loaded, which takes half a minute
    except ConfigError as error:
        print(f"tfx-bert: {error}", file=sys.stderr)
        return error.exit_code
    from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

    from components.errors import known_error

    try:
        kubeflow_v2_run_executor.main(kubeflow_v2_run_executor._parse_flags(["", *complete(arguments)]))
    except Exception as error:
        environment.log_error(error)
        if known := known_error(error):
            print(f"tfx-bert: {known}", file=sys.stderr)
            return known.exit_code
        return 1
    return 0


def complete(arguments: list[str]) -> list[str]:
    """Makes of what Kubeflow Pipelines gives what TFX expects; what Vertex AI gives is that already.

    Kubeflow Pipelines leaves out the types of input artifacts (https://github.com/tensorflow/tfx/issues/7768), which
    the component's specification has, and adds outputs of its own, such as logs, whose types are not TFX's.

    A worker that is not the chief says what it has made in a file that nobody reads.

    Args:
        arguments: As for `main`.

    Returns:
        The same with another input.
    """
    if not {_INPUT, _SPECIFIED} <= set(arguments):
        return arguments
    place = arguments.index(_INPUT) + 1
    given = json.loads(arguments[place])
    specified = json.loads(arguments[arguments.index(_SPECIFIED) + 1]).get("artifacts", {})
    for key, found in given.get("inputs", {}).get("artifacts", {}).items():
        for artifact in found.get("artifacts", []):
            if not _title(artifact.get("type", {})) and key in specified:
                artifact["type"] = specified[key]["artifactType"]
    outputs = given.get("outputs", {})
    cluster = read_cluster()
    if cluster and not cluster.is_chief:
        outputs["outputFile"] = f"{tempfile.mkdtemp()}/executor_output.json"
    outputs["artifacts"] = {key: one for key, one in outputs.get("artifacts", {}).items() if not _is_foreign(one)}
    return [*arguments[:place], json.dumps(given, ensure_ascii=False), *arguments[place + 1 :]]


def _is_foreign(output: dict[str, Any]) -> bool:
    return any(_title(artifact.get("type", {})).startswith("system.") for artifact in output.get("artifacts", []))


def _title(kind: dict[str, Any]) -> str:
    schema = yaml_reading.read_value(kind.get("instanceSchema") or "{}")
    return str(kind.get("schemaTitle") or schema.get("title", ""))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

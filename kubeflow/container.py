"""What a container of a compiled pipeline starts: one node's executor, with what TFX's own entry point takes.

TFX's ``kubeflow_v2_run_executor`` does the work. Before it, the variables are set that TensorFlow and transformers read
when they are imported; after it, an error that is meant for people is one line at the end of the container's log, and
its exit code is that of `tfx-bert run`.
"""

import sys

from pipeline import environment


def main(arguments: list[str]) -> int:
    """Runs an executor.

    Args:
        arguments: Those of ``tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor``, and Beam's.

    Returns:
        The exit code: 0, or of the error.
    """
    environment.prepare()
    from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

    from components.errors import known_error

    try:
        kubeflow_v2_run_executor.main(kubeflow_v2_run_executor._parse_flags(["", *arguments]))
    except Exception as error:
        environment.log_error(error)
        if known := known_error(error):
            print(f"tfx-bert: {known}", file=sys.stderr)
            return known.exit_code
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

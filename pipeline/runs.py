"""What ML Metadata knows of the runs below a root."""

import shutil
from pathlib import Path
from typing import Any

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

from components.errors import ConfigError
from components.report.names import PAGE, STOPPED
from pipeline import lock, record
from pipeline.metadata import no_runs, open_store, told
from pipeline.outcome import Node, Run, read_metrics, take_output
from pipeline.record import RUN_CONTEXT

NODE_CONTEXT = "node"
ARTIFACTS = "artifacts"


def read_runs(root: Path) -> list[Run]:
    """All runs below a root, oldest first.

    Args:
        root: The folder given to ``tfx-bert run --root``.

    Raises:
        ConfigError: If there are none, or the metadata cannot be read.
    """
    with told(str(root)):
        store = open_store(root)
        # By id, which grows even when the clock goes back.
        contexts = sorted(store.get_contexts_by_type(RUN_CONTEXT), key=lambda context: context.id)
        if not contexts:
            raise no_runs(root)
        return [_read(store, context) for context in contexts]


def read_run(root: Path, name: str) -> Run:
    """One run.

    Args:
        root: The folder given to ``tfx-bert run --root``.
        name: As in `Run.run_id`; or a pipeline's name, for its last run.

    Raises:
        ConfigError: If there is no such run.
    """
    with told(str(root)):
        store = open_store(root)
        context = store.get_context_by_type_and_name(RUN_CONTEXT, name)
        if context is not None:
            return _read(store, context)
    found = [run for run in read_runs(root) if run.pipeline == name]
    if not found:
        there = ", ".join(dict.fromkeys(run.pipeline for run in read_runs(root)))
        raise ConfigError("", f"no run {name} below {root}: `tfx-bert runs` lists them; their pipelines: {there}")
    return found[-1]


def find_report(root: Path, name: str | None) -> Path:
    """The report of a run.

    Args:
        root: The folder given to ``tfx-bert run --root``.
        name: As for `read_run`; None: the last run.

    Returns:
        The HTML file; the model card is beside it.

    Raises:
        ConfigError: If there is no such run, or it has no report.
    """
    run = read_run(root, name) if name else read_runs(root)[-1]
    if not run.reports:
        raise ConfigError("", f"run {run.run_id} of {run.pipeline} ended before its report; logs are in {root}/logs")
    return Path(run.reports[-1]) / PAGE


def cancel(root: Path, run_id: str | None = None) -> None:
    """Marks nodes that were running as canceled, and removes the files that they had begun to write.

    Only the run that holds the root may call this. Checkpoints stay: training goes on from them.

    Args:
        root: The folder given to ``tfx-bert run --root``.
        run_id: The run whose nodes have stopped; None: those of all runs, which must have ended.

    Raises:
        ConfigError: If the metadata cannot be written.
    """
    with told(str(root)):
        store = open_store(root, write=True)
        ended = [
            execution
            for run in store.get_contexts_by_type(RUN_CONTEXT)
            if _is_meant(run, root, run_id)
            for execution in store.get_executions_by_context(run.id)
            if execution.last_known_state == pb.Execution.RUNNING
        ]
        for execution in ended:
            execution.last_known_state = pb.Execution.CANCELED
            pipeline, node = _node_name(store, execution.id)
            _remove_outputs(root / ARTIFACTS / pipeline / node, execution.id)
        store.put_executions(ended)


def _is_meant(run: pb.Context, root: Path, run_id: str | None) -> bool:
    if run_id is not None:
        return run.name == run_id
    known = record.read(run)
    return known is not None and known.root == str(root)


def _remove_outputs(node: Path, execution_id: int) -> None:
    system = node / ".system"
    for folder in [*node.glob(f"*/{execution_id}"), *system.glob(f"*/{execution_id}"), system / "stateful_working_dir"]:
        shutil.rmtree(folder, ignore_errors=True)


def _read(store: metadata_store.MetadataStore, context: Any) -> Run:
    executions = sorted(store.get_executions_by_context(context.id), key=lambda execution: execution.id)
    names = [_node_name(store, execution.id) for execution in executions]
    stopped = [execution.custom_properties[STOPPED].string_value for execution in executions]
    known = record.read(context)
    holder = lock.holder(Path(known.root)) if known and known.ended is None else None
    run = Run(
        context.name,
        known.pipeline if known else names[-1][0] if names else "",
        next(filter(None, stopped), ""),
        record=known,
        alive=holder is not None and holder.run_id == context.name,
    )
    killed = not run.alive and (known is None or known.ended is None)
    for execution, (_, name) in zip(executions, names, strict=True):
        state = pb.Execution.State.Name(execution.last_known_state).lower()
        if killed and (state == "running" or (state == "canceled" and known)):
            state = "killed"
        metrics: dict[str, Any] = {}
        for artifact in _outputs(store, execution.id):
            metrics |= read_metrics(Path(artifact.uri))
            kind = artifact.type.removeprefix("components.")
            take_output(run, name, kind, artifact.uri, _properties(artifact), state == "cached")
        seconds = (execution.last_update_time_since_epoch - execution.create_time_since_epoch) / 1000
        run.nodes.append(Node(name, state, execution.create_time_since_epoch / 1000, seconds, metrics))
    return run


def _node_name(store: metadata_store.MetadataStore, execution_id: int) -> tuple[str, str]:
    contexts = store.get_contexts_by_execution(execution_id)
    name = next(context.name for context in contexts if context.type == NODE_CONTEXT)
    pipeline, _, node = name.rpartition(".")
    return pipeline, node


def _outputs(store: metadata_store.MetadataStore, execution_id: int) -> list[Any]:
    events = store.get_events_by_execution_ids([execution_id])
    found: list[Any] = store.get_artifacts_by_id(
        [event.artifact_id for event in events if event.type == pb.Event.OUTPUT]
    )
    return found


def _properties(artifact: Any) -> dict[str, Any]:
    both = [*artifact.properties.items(), *artifact.custom_properties.items()]
    return {key: getattr(value, value.WhichOneof("value")) for key, value in both if value.WhichOneof("value")}

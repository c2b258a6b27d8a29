"""What ML Metadata knows of the runs below a root: nodes, cached or not, times, metrics, verdicts, pushed models."""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

from components.errors import ConfigError
from components.report.names import PAGE, STOPPED
from pipeline.inferred import inferred_line

DATABASE = "metadata.sqlite"
RUN_CONTEXT, NODE_CONTEXT = "pipeline_run", "node"
COMPARED = "weighted_f1"
# What is shown of each node's metrics.json, in this order.
SHOWN = (
    "accuracy", "macro_f1", "weighted_f1", "perplexity", "masked_accuracy", "validation_accuracy", "loss",
    "useful_tokens_per_second", "cv_accuracy", "cv_macro_f1", "cv_weighted_f1", "cv_weighted_f1_std",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Node:
    """One node of one run.

    Attributes:
        name: The node's id.
        state: ``complete``, ``cached``, ``failed``, …: ML Metadata's word in lower case.
        started: Seconds since the epoch.
        seconds: From its registration to its last update.
        metrics: What its ``metrics.json`` holds; empty if it wrote none.
    """

    name: str
    state: str
    started: float
    seconds: float
    metrics: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Push:
    """A pushed model: whether this run pushed it, and where it is."""

    new: bool
    path: str


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of one pipeline.

    `verdict` says which nodes refused and why, empty if `blessed`; `notes` what else was not pushed, and why;
    `stopped` why it ended early, if it was refused; `examples` the folders of its Examples, by node.
    """

    run_id: str
    pipeline: str
    nodes: list[Node]
    pushes: list[Push]
    reports: list[str]
    blessed: bool
    verdict: str
    notes: list[str] = dataclasses.field(default_factory=list)
    stopped: str = ""
    examples: dict[str, Path] = dataclasses.field(default_factory=dict)

    @property
    def state(self) -> str:
        """What became of it, in a word or two."""
        broken = [node for node in self.nodes if node.state not in ("complete", "cached")]
        if broken:
            return f"{broken[0].name} {broken[0].state}"
        if not self.blessed:
            return "not blessed"
        return "pushed" if any(push.new for push in self.pushes) else "nothing new"


def read_runs(root: Path) -> list[Run]:
    """All runs below a root, oldest first.

    Args:
        root: The folder given to ``tfx-bert run --root``.

    Raises:
        ConfigError: If there is no metadata below it.
    """
    store = _open(root)
    contexts = sorted(store.get_contexts_by_type(RUN_CONTEXT), key=lambda context: context.create_time_since_epoch)
    return [_read(store, context) for context in contexts]


def read_run(root: Path, name: str) -> Run:
    """One run.

    Args:
        root: The folder given to ``tfx-bert run --root``.
        name: As in `Run.run_id`; or a pipeline's name, for its last run.

    Raises:
        ConfigError: If there is no such run.
    """
    store = _open(root)
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


def cancel(root: Path, run_id: str) -> None:
    """Marks the nodes of a run that were running as canceled: the run has ended.

    Args:
        root: The folder given to ``tfx-bert run --root``.
        run_id: As in `Run.run_id`.

    Raises:
        ConfigError: If there is no metadata below the root.
    """
    store = _open(root)
    context = store.get_context_by_type_and_name(RUN_CONTEXT, run_id)
    executions = store.get_executions_by_context(context.id) if context else []
    running = [execution for execution in executions if execution.last_known_state == pb.Execution.RUNNING]
    for execution in running:
        execution.last_known_state = pb.Execution.CANCELED
    store.put_executions(running)


def outcome_lines(run: Run) -> list[str]:
    """What was pushed, what was not and why, a line each."""
    pushed = [f"{'Pushed' if push.new else 'Nothing new to push; serving'}: {push.path}" for push in run.pushes]
    refused = [*run.notes, *([run.verdict] if not run.blessed else [])]
    stopped = [f"Ended early: {run.stopped}"] if run.stopped else []
    answered = inferred_line(run.examples)
    return pushed + ([answered] if answered else []) + [f"Not pushed: {reason}" for reason in refused] + stopped


def _open(root: Path) -> metadata_store.MetadataStore:
    database = root / DATABASE
    if not database.is_file():
        raise ConfigError("", f"no runs below {root}: `tfx-bert run PRESET --root {root}` makes some")
    connection = pb.ConnectionConfig()
    connection.sqlite.filename_uri = str(database)
    connection.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE
    return metadata_store.MetadataStore(connection)


def _read(store: metadata_store.MetadataStore, context: Any) -> Run:
    nodes: list[Node] = []
    pushes: list[Push] = []
    reports: list[str] = []
    refusals: list[str] = []
    notes: list[str] = []
    examples: dict[str, Path] = {}
    pipeline = stopped = ""
    executions = sorted(store.get_executions_by_context(context.id), key=lambda execution: execution.id)
    for execution in executions:
        pipeline, name = _node_name(store, execution.id)
        state = pb.Execution.State.Name(execution.last_known_state).lower()
        stopped = stopped or execution.custom_properties[STOPPED].string_value
        metrics: dict[str, Any] = {}
        for kind, artifact in _outputs(store, execution.id):
            metrics |= _metrics(Path(artifact.uri))
            if kind == "PushedModel" and _number(artifact, "pushed"):
                new = state != "cached" and bool(_number(artifact, "pushed_new"))
                pushes.append(Push(new, _text(artifact, "pushed_destination")))
            elif kind == "PushedModel" and _number(artifact, "withdrawn"):
                notes.append(_text(artifact, "reason"))
            elif kind == "Examples":
                examples[name] = Path(artifact.uri)
            elif kind == "Report":
                reports.append(artifact.uri)
            elif kind in ("ModelBlessing", "MaskedModelBlessing", "InfraBlessing") and not _number(artifact, "blessed"):
                reason = _text(artifact, "blessing_message").removeprefix("not blessed: ")
                refusals.append(f"{name}: {reason or 'not blessed'}")
        seconds = (execution.last_update_time_since_epoch - execution.create_time_since_epoch) / 1000
        nodes.append(Node(name, state, execution.create_time_since_epoch / 1000, seconds, metrics))
    verdict = "; ".join(refusals)
    return Run(context.name, pipeline, nodes, pushes, reports, not refusals, verdict, notes, stopped, examples)


def _node_name(store: metadata_store.MetadataStore, execution_id: int) -> tuple[str, str]:
    contexts = store.get_contexts_by_execution(execution_id)
    name = next(context.name for context in contexts if context.type == NODE_CONTEXT)
    pipeline, _, node = name.rpartition(".")
    return pipeline, node


def _outputs(store: metadata_store.MetadataStore, execution_id: int) -> Iterator[tuple[str, Any]]:
    events = store.get_events_by_execution_ids([execution_id])
    ids = [event.artifact_id for event in events if event.type == pb.Event.OUTPUT]
    for artifact in store.get_artifacts_by_id(ids):
        yield artifact.type.removeprefix("components."), artifact


def _metrics(folder: Path) -> dict[str, Any]:
    file = folder / "metrics.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _number(artifact: Any, key: str) -> int:
    return artifact.custom_properties[key].int_value or artifact.properties[key].int_value


def _text(artifact: Any, key: str) -> str:
    return artifact.custom_properties[key].string_value or artifact.properties[key].string_value


def summary_rows(run: Run) -> list[dict[str, str]]:
    """Table rows of the nodes that measured something: node, and each of its main figures."""
    return [{"node": node.name, "figures": figures(node)} for node in run.nodes if figures(node)]


def figures(node: Node) -> str:
    """The main metrics of a node in one line, for example ``accuracy 0.912, macro_f1 0.908``."""
    parts = [f"{key} {node.metrics[key]:.4g}" for key in SHOWN if _is_figure(node.metrics.get(key))]
    if stage := node.metrics.get("unfreeze"):
        outcome = "kept" if stage["kept"] else "not kept"
        parts.append(f"unfrozen {stage['metric']} {stage['before']:.4g} to {stage['after']:.4g} ({outcome})")
    if joint := node.metrics.get("ngrams"):
        alone = ", ".join(f"{part} {value:.4g}" for part, value in joint[COMPARED].items())
        parts.append(f"{COMPARED} on {joint['unseen_examples']:,} unseen texts: {alone}")
    return ", ".join(parts)


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float)


def run_rows(run: Run) -> list[dict[str, str]]:
    """Table rows of all nodes of a run: name, state, time, figures."""
    return [
        {"node": node.name, "state": node.state, "seconds": f"{node.seconds:.1f}", "figures": figures(node)}
        for node in run.nodes
    ]


def overview_rows(found: Sequence[Run]) -> list[dict[str, str]]:
    """Table rows of runs: when, which pipeline, what became of it, how long it took, its main figure."""
    return [
        {
            "run": run.run_id,
            "pipeline": run.pipeline,
            "outcome": run.state,
            "minutes": f"{sum(node.seconds for node in run.nodes) / 60:.1f}",
            "figures": next((figures(node) for node in run.nodes if node.name == "Evaluator"), ""),
        }
        for run in found
    ]

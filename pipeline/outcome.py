"""What became of a run, and how it is told: nodes, times, metrics, verdicts, pushed models."""

import dataclasses
import datetime
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from components.data_gate.names import VERDICT_FILE, warnings_in_words
from components.memory import readable
from components.rounding import apart
from components.trainer.begun import warm_start_in_words
from components.window.names import WINDOW_FILE
from pipeline.inferred import inferred_line
from pipeline.record import ENDED, FAILED, STOPPED, Record

COMPARED = "weighted_f1"
# What is shown of each node's metrics.json, in this order.
SHOWN = (
    "accuracy", "macro_f1", "weighted_f1", "perplexity", "masked_accuracy", "validation_accuracy", "loss",
    "useful_tokens_per_second", "cv_accuracy", "cv_macro_f1", "cv_weighted_f1", "cv_weighted_f1_std",
)  # fmt: skip

_DONE = ("complete", "cached")
_OLD_ENDS = {"failed": FAILED, "canceled": STOPPED}  # of runs without a record
_LAST_NODE = "Report"  # of runs without a record, which were complete if they have it


@dataclasses.dataclass(frozen=True)
class Node:
    """One node of one run.

    Attributes:
        name: The node's id.
        state: ML Metadata's word in lower case, such as ``complete``, ``cached`` or ``failed``; ``killed`` if its
            process ended without a word.
        started: Seconds since the epoch.
        seconds: From its registration to its last update.
        metrics: What its ``metrics.json`` holds, of a Window its ``window.json``; empty if it wrote neither.
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

    `refusals` says which nodes refused and why; `notes` what else was not pushed, and why; `warnings` what the gates
    found in data that they let pass; `stopped` why the run ended early, if it was refused; `examples` the folders of
    its Examples, by node; `record` is None for a run of an earlier version; `alive` says whether its process works now.
    """

    run_id: str
    pipeline: str
    stopped: str = ""
    nodes: list[Node] = dataclasses.field(default_factory=list)
    pushes: list[Push] = dataclasses.field(default_factory=list)
    reports: list[str] = dataclasses.field(default_factory=list)
    refusals: list[str] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)
    examples: dict[str, Path] = dataclasses.field(default_factory=dict)
    record: Record | None = None
    alive: bool = False

    @property
    def blessed(self) -> bool:
        """Whether no node refused."""
        return not self.refusals

    @property
    def state(self) -> str:
        """What became of it, in a few words."""
        if self.alive:
            return "running" if self._open is None else f"running {self._open.name}"
        how = self.record.how if self.record else ""
        if not how and self._open and self._open.state in _OLD_ENDS:
            how = _OLD_ENDS[self._open.state]
        if how == ENDED or (not how and self._is_complete):
            if not self.blessed:
                return "not blessed"
            return "pushed" if any(push.new for push in self.pushes) else "nothing new"
        return f"{how or 'killed'} {self._place}"

    @property
    def minutes(self) -> float:
        """From its start to its end; of a run that was killed, to its last sign of life."""
        last = time.time() if self.alive else max((node.started + node.seconds for node in self.nodes), default=0.0)
        if self.record is None:
            return (last - min((node.started for node in self.nodes), default=0.0)) / 60
        return ((self.record.ended or max(last, self.record.started)) - self.record.started) / 60

    @property
    def _open(self) -> Node | None:
        return next((node for node in self.nodes if node.state not in _DONE), None)

    @property
    def _is_complete(self) -> bool:
        done = {node.name for node in self.nodes if node.state in _DONE}
        return self._open is None and done >= (set(self.record.nodes) if self.record else {_LAST_NODE})

    @property
    def _place(self) -> str:
        if self._open:
            return f"in {self._open.name}"
        return f"after {self.nodes[-1].name}" if self.nodes else "before its first node"


def take_output(run: Run, node: str, kind: str, uri: str, properties: Mapping[str, Any], cached: bool) -> None:
    """Adds what an artifact of a run tells.

    Args:
        run: Gets it.
        node: Who wrote the artifact.
        kind: Its type's name, without the package.
        uri: Where it is.
        properties: Its custom properties.
        cached: Whether an earlier run wrote it.
    """
    if kind == "PushedModel" and properties.get("pushed"):
        run.pushes.append(Push(not cached and bool(properties.get("pushed_new")), properties["pushed_destination"]))
    elif kind == "PushedModel" and properties.get("withdrawn"):
        run.notes.append(properties["reason"])
    elif kind == "Examples":
        run.examples[node] = Path(uri)
    elif kind == "DataVerdict":
        run.warnings.extend(warnings_in_words(Path(uri) / VERDICT_FILE, node))
    elif kind == "Report":
        run.reports.append(uri)
    elif kind in ("ModelBlessing", "MaskedModelBlessing", "InfraBlessing") and not properties.get("blessed"):
        reason = properties.get("blessing_message", "").removeprefix("not blessed: ")
        run.refusals.append(f"{node}: {reason or 'not blessed'}")


def read_metrics(folder: Path) -> dict[str, Any]:
    """The ``metrics.json`` or ``window.json`` of an artifact; empty if it has neither."""
    there = [folder / name for name in ("metrics.json", WINDOW_FILE) if (folder / name).is_file()]
    return json.loads(there[0].read_text(encoding="utf-8")) if there else {}


def outcome_lines(run: Run) -> list[str]:
    """What was pushed, what was not and why, a line each."""
    pushed = [f"{'Pushed' if push.new else 'Nothing new to push; serving'}: {push.path}" for push in run.pushes]
    refused = [*run.notes, *(["; ".join(run.refusals)] if run.refusals else [])]
    stopped = [f"Ended early: {run.stopped}"] if run.stopped else []
    answered = inferred_line(run.examples)
    return pushed + ([answered] if answered else []) + [f"Not pushed: {reason}" for reason in refused] + stopped


def summary_rows(run: Run) -> list[dict[str, str]]:
    """Table rows of the nodes that measured something: node, and each of its main figures."""
    return [{"node": node.name, "figures": figures(node)} for node in run.nodes if figures(node)]


def figures(node: Node) -> str:
    """The main metrics of a node in one line, for example ``accuracy 0.912, macro_f1 0.908``."""
    parts = [f"{key} {node.metrics[key]:.4g}" for key in SHOWN if _is_figure(node.metrics.get(key))]
    if spans := node.metrics.get("spans"):
        parts.append(f"spans {', '.join(map(str, spans))}")
    if begun := node.metrics.get("warm_start"):
        parts += [f"warm start: {what}" for what in warm_start_in_words(begun)]
    parts += _parts(node.metrics)
    if stage := node.metrics.get("unfreeze"):
        parts += _parts(stage)
        outcome = "kept" if stage["kept"] else "not kept"
        before, after = apart([stage["before"], stage["after"]])
        parts.append(f"unfrozen {stage['metric']} {before} to {after} ({outcome})")
    if joint := node.metrics.get("ngrams"):
        alone = ", ".join(f"{part} {value:.4g}" for part, value in joint[COMPARED].items())
        parts.append(f"{COMPARED} on {joint['unseen_examples']:,} unseen texts: {alone}")
    return ", ".join(parts)


def _parts(metrics: Mapping[str, Any]) -> list[str]:
    """In how many parts batches were computed; nothing if they were not divided."""
    memory = metrics.get("memory") or {}
    count = memory.get("accumulation_steps", 1)
    if count == 1:
        return []
    return [f"batches in {count} parts (about {readable(memory['step_bytes'])} a step, {memory['memory']})"]


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float)


def history_lines(run: Run) -> list[str]:
    """State, start, end and log of a run, a line each; those that are not known are left out."""
    lines = [f"outcome: {run.state}"]
    if run.record:
        lines.append(f"started: {_at(run.record.started)}")
        if run.record.ended is not None:
            lines.append(f"ended:   {_at(run.record.ended)}")
        lines.append(f"log:     {run.record.log}")
    return lines


def _at(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds).isoformat(" ", "seconds")


def run_rows(run: Run) -> list[dict[str, str]]:
    """Table rows of all nodes of a run: name, state, time, figures."""
    return [
        {"node": node.name, "state": node.state, "seconds": f"{node.seconds:.1f}", "figures": figures(node)}
        for node in run.nodes
    ]


def overview_rows(found: Sequence[Run]) -> list[dict[str, str]]:
    """Table rows of runs: id, pipeline, outcome, duration, main figure."""
    return [
        {
            "run": run.run_id,
            "pipeline": run.pipeline,
            "outcome": run.state,
            "minutes": f"{run.minutes:.1f}",
            "figures": next((figures(node) for node in run.nodes if node.name == "Evaluator"), ""),
        }
        for run in found
    ]

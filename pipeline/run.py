"""The verb `run`: from a configuration to an exit code, with everything that libraries print in a log file."""

import contextlib
import datetime
import errno
import itertools
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TextIO

from components import progress
from components.errors import ConfigError, DataError, Terminated, causes, first_line, known_error
from components.example_gen.files import nearest
from components.shortage import lacks_memory, lacks_space, out_of_memory
from pipeline import environment, lock, record
from pipeline.config import PipelineConfig
from pipeline.time_limit import TimedOut

if TYPE_CHECKING:
    from pipeline.display import Display
    from pipeline.local_runner import LocalRunner
    from pipeline.outcome import Run

_LEAST_SPACE = 1 << 20  # bytes: the log and the metadata of a run
EXIT_OK, EXIT_FAILED, EXIT_NOT_BLESSED, EXIT_STOPPED, EXIT_TERMINATED = 0, 1, 4, 130, 143


def run_pipeline(config: PipelineConfig, root: Path, wait: bool = False) -> int:
    """Runs a pipeline on this machine and tells the person how it went.

    Args:
        config: What to run.
        root: Folder of all runs. One run at a time works there.
        wait: Whether to wait while another run works below the root.

    Returns:
        The process exit code: 0 pushed or nothing new to push, 2 configuration, 3 data gate, 4 not blessed, 130
        stopped by the person (Ctrl-C), 143 stopped by SIGTERM, 1 anything else.

    Raises:
        ConfigError: If nothing can be written to the root, or another run works there.
    """
    _make_writable(root)
    with lock.hold(root, config.name, _tell_wait if wait else None) as held:
        log = _new_log(root / "logs", config.name)
        with environment.output_to(log) as terminal, environment.temporary_folder() as folder:
            return _run(config, root, held, log, terminal, folder)


def _run(config: PipelineConfig, root: Path, held: lock.Lock, log: Path, terminal: TextIO, folder: str) -> int:
    from rich.console import Console

    console = Console(file=terminal, highlight=False, soft_wrap=True)
    with console.status("Loading TFX"):
        from pipeline import runs
        from pipeline.dag import create_pipeline
        from pipeline.display import Display
        from pipeline.local_runner import LocalRunner
        from pipeline.metadata import connect, connection

    store = connect(connection(root))  # a database that cannot be reached ends the run before anything else
    runs.cancel(root)  # what killed runs left half-done
    display = Display(terminal)
    run_id = record.unused_id(store, datetime.datetime.now().isoformat())

    def give_up(error: TimedOut) -> None:
        environment.end_processes(folder)
        with contextlib.suppress(Exception):
            runs.cancel(root, run_id)
            record.end(connect(connection(root)), run_id, record.TIMED_OUT)
        display.message(f"tfx-bert: {error}\nlog:    {log}")
        os._exit(error.exit_code)

    runner = LocalRunner(display, run_id, config.timeout_minutes, give_up)
    try:
        pipeline = create_pipeline(config, root)
        nodes = [node.id for node in pipeline.components]
        _check_names(config, nodes)
        _forget_stale_pushes(pipeline)
        held.name(run_id)
        record.begin(store, run_id, config.name, root, log, nodes)
        with progress.listen(display.advanced), terminated_in_order(folder):
            runner.run(pipeline)
    except (Exception, KeyboardInterrupt, Terminated) as error:
        with _uninterrupted():
            _note_end(root, run_id, _how(error))
            return _failed(error, root, run_id, display, log)
    record.end(store, run_id, record.ENDED)
    return _finished(config, root, runner, display, log)


def _tell_wait(who: str) -> None:
    print(f"tfx-bert: waiting for {who}", file=sys.stderr)


def _new_log(folder: Path, name: str) -> Path:
    """An empty log file that no other run has."""
    stem = f"{name}-{datetime.datetime.now():%Y%m%d-%H%M%S}"
    for suffix in itertools.chain([""], (f"-{number}" for number in itertools.count(2))):
        path = folder / f"{stem}{suffix}.log"
        with contextlib.suppress(FileExistsError):
            path.touch(exist_ok=False)
            break
    return path


def _check_names(config: PipelineConfig, nodes: list[str]) -> None:
    from pipeline.local_runner import DEFAULT

    for name in config.timeout_minutes:
        if name not in (*nodes, DEFAULT):
            raise ConfigError(
                f"timeout_minutes.{name}",
                f"this pipeline has no such node{nearest(name, nodes)}; its nodes: {', '.join(nodes)}",
            )


def _how(error: BaseException) -> str:
    known = known_error(error)
    if isinstance(known, TimedOut):
        return record.TIMED_OUT
    if isinstance(known, DataError):
        return record.REFUSED
    return record.STOPPED if known is None and stopped_by(error) else record.FAILED


def _make_writable(root: Path) -> None:
    try:
        (root / "logs").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root) as file:
            file.write(bytes(_LEAST_SPACE))
    except OSError as error:
        remedy = "free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "change its permissions"
        raise ConfigError(
            "--root", f"{root} cannot be written to ({error.strerror}): {remedy}, or choose another folder"
        ) from None


def _note_end(root: Path, run_id: str, how: str) -> None:
    """Notes that a run has ended, and that nodes which were running do so no longer."""
    from pipeline import runs
    from pipeline.metadata import open_store

    try:
        runs.cancel(root, run_id)
        record.end(open_store(root, write=True), run_id, how)
    except Exception as error:  # whatever it is, the error that ended the run is the one to tell
        environment.log_error(error)


@contextlib.contextmanager
def terminated_in_order(folder: str | None = None) -> Iterator[None]:
    """Lets SIGTERM end the run like Ctrl-C; a node that trains handles both itself and saves first.

    Args:
        folder: Temporary folder of this process and those that it starts, which end first: Beam waits for its workers
            for ever. None: they are left to themselves.
    """

    def end(number: int, frame: FrameType | None) -> None:
        if folder:
            environment.end_processes(folder)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise Terminated

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        if (
            number == signal.SIGTERM or before[number] is not signal.SIG_IGN
        ):  # in the background of a shell it is ignored
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Asked again to stop, goes on with what is left to do: it takes a moment."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stopped_by(error: BaseException) -> KeyboardInterrupt | Terminated | None:
    """The Ctrl-C or SIGTERM at the bottom of an error, if there is one: Beam makes a RuntimeError of it."""
    return next((one for one in causes(error) if isinstance(one, KeyboardInterrupt | Terminated)), None)


def _forget_stale_pushes(pipeline: Any) -> None:
    from components.hub_pusher.component import HubPusher
    from components.hub_pusher.stale import forget_stale_directories
    from components.pusher.component import Pusher
    from components.pusher.stale import forget_stale_pushes

    for node in pipeline.components:
        folder = Path(pipeline.pipeline_info.pipeline_root) / node.id
        if isinstance(node, Pusher):
            forget_stale_pushes(folder)
        elif isinstance(node, HubPusher):
            forget_stale_directories(folder)


def _failed(error: BaseException, root: Path, run_id: str, display: "Display", log: Path) -> int:
    from pipeline import runs
    from pipeline.metadata import explain

    stop, node = stopped_by(error), display.node
    display.node_ended("stopped" if stop else "failed")
    environment.log_error(error)
    if known := known_error(error):
        display.message(f"tfx-bert: {known}")
        with contextlib.suppress(ConfigError):  # refused before there was anything to tell
            display.message(f"report: {runs.find_report(root, run_id)}")
        display.message(f"log:    {log}")
        return known.exit_code
    if stop:
        terminated = isinstance(stop, Terminated)
        what = "stopped by SIGTERM" if terminated else "stopped"
        saved = f" ({stop})" if str(stop) else ""
        goes_on = f"the same command goes on with what is not done yet{saved}"
        display.message(f"tfx-bert: {what}; {goes_on}\nlog:    {log}")
        return EXIT_TERMINATED if terminated else EXIT_STOPPED
    if lacks_memory(error):
        reason = f"{out_of_memory(error)}; {_less_memory(node)}"
    elif lacks_space(error):
        place = min((root, Path(tempfile.gettempdir())), key=lambda folder: shutil.disk_usage(folder).free)
        reason = f"the disk of {place} is full: free some space; the same command goes on with what is not done yet"
    elif why := explain(error):
        reason = f"the metadata of {root} {why}"
    else:
        reason = f"the run failed: {type(error).__name__}: {first_line(error) or 'no message'}"
    display.message(f"tfx-bert: {reason}\nlog:    {log}")
    return EXIT_FAILED


def _less_memory(node: str) -> str:
    """What makes a node need less memory."""
    if node == "FeatureGen":
        return "lower feature_gen.batch_tokens or text.max_length"
    return "lower beam.workers if it is above 1, or use a machine with more memory"


def _finished(config: PipelineConfig, root: Path, runner: "LocalRunner", display: "Display", log: Path) -> int:
    from components.report.names import PAGE
    from pipeline import outcome, runs

    story = runs.read_run(root, runner.run_id)
    display.summary(f"{config.name}: {len(runner.results)} nodes", outcome.summary_rows(story))
    for report in story.reports:
        display.message(f"report: {Path(report) / PAGE}")
    display.message(f"log:    {log}")
    notes = [f"Note: {one}" for one in [*story.warnings, *_remarks(config, story)]]
    for line in [*notes, *outcome.outcome_lines(story)]:
        display.message(line)
    return EXIT_OK if story.blessed else EXIT_NOT_BLESSED


def _remarks(config: PipelineConfig, story: "Run") -> list[str]:
    from components.evaluator.comparing import LabelChanges
    from components.evaluator.remarks import remarks
    from components.metrics import ClassificationMetrics

    measured = {node.name: node.metrics for node in story.nodes}
    if not measured.get("Evaluator"):
        return []
    metric = config.evaluator.compared_metric
    metrics = ClassificationMetrics.model_validate(measured["Evaluator"])
    changes = LabelChanges.model_validate(measured["Evaluator"].get("label_changes", {}))
    settings = {
        "trainer.ngrams": config.trainer.ngrams, "evaluator.baseline_margin": config.evaluator.baseline_margin
    }  # fmt: skip
    unset = [key for key, value in settings.items() if value is None]
    return remarks(metrics, metric, measured.get("Baseline", {}).get(metric), changes, unset)

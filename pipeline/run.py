"""The verb `run`: from a configuration to an exit code, with everything that libraries print in a log file."""

import contextlib
import datetime
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from components import progress
from components.errors import ConfigError, Terminated, known_error
from pipeline import environment
from pipeline.config import PipelineConfig

if TYPE_CHECKING:
    from pipeline.display import Display
    from pipeline.local_runner import LocalRunner
    from pipeline.outcome import Run

_LEAST_SPACE = 1 << 20  # bytes: the log and the metadata of a run
EXIT_OK, EXIT_FAILED, EXIT_NOT_BLESSED, EXIT_STOPPED, EXIT_TERMINATED = 0, 1, 4, 130, 143


def run_pipeline(config: PipelineConfig, root: Path) -> int:
    """Runs a pipeline on this machine and tells the person how it went.

    Args:
        config: What to run.
        root: Folder of all runs.

    Returns:
        The process exit code: 0 pushed or nothing new to push, 2 configuration, 3 data gate, 4 not blessed, 130
        stopped by the person (Ctrl-C), 143 stopped by SIGTERM, 1 anything else.

    Raises:
        ConfigError: If nothing can be written to the root.
    """
    _make_writable(root)
    log = root / "logs" / f"{config.name}-{datetime.datetime.now():%Y%m%d-%H%M%S}.log"
    with environment.output_to(log) as terminal, environment.temporary_folder():
        from rich.console import Console

        console = Console(file=terminal, highlight=False, soft_wrap=True)
        with console.status("Loading TFX"):
            from pipeline.dag import create_pipeline
            from pipeline.display import Display
            from pipeline.local_runner import LocalRunner
            from pipeline.metadata import connect, connection

        connect(connection(root))  # a database that cannot be reached ends the run before anything else
        display = Display(terminal)
        runner = LocalRunner(display)
        try:
            pipeline = create_pipeline(config, root)
            _forget_stale_pushes(pipeline)
            with progress.listen(display.advanced), terminated_in_order():
                runner.run(pipeline)
        except (Exception, KeyboardInterrupt, Terminated) as error:
            with _uninterrupted():
                _cancel(root, runner.run_id)
                return _failed(error, root, runner.run_id, display, log)
        return _finished(config, root, runner, display, log)


def _make_writable(root: Path) -> None:
    try:
        (root / "logs").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root) as file:
            file.write(bytes(_LEAST_SPACE))
    except OSError as error:
        raise ConfigError("--root", f"{root} cannot be written to ({error.strerror}): choose another folder") from None


def _cancel(root: Path, run_id: str) -> None:
    """Notes that nodes which were running do so no longer."""
    from pipeline import runs

    try:
        runs.cancel(root, run_id)
    except Exception as error:  # whatever it is, the error that ended the run is the one to tell
        environment.log_error(error)


@contextlib.contextmanager
def terminated_in_order() -> Iterator[None]:
    """Lets SIGTERM end the run like Ctrl-C; a node that trains handles it itself and saves first."""

    def end(number: int, frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Asked again to stop, goes on with what is left to do: it takes a moment."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stopped_by(error: BaseException | None) -> KeyboardInterrupt | Terminated | None:
    """The Ctrl-C or SIGTERM at the bottom of an error, if there is one: Beam makes a RuntimeError of it."""
    if error is None or isinstance(error, KeyboardInterrupt | Terminated):
        return error
    return stopped_by(error.__cause__ or error.__context__)


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

    stop = stopped_by(error)
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
    display.message(f"tfx-bert: the run failed: {type(error).__name__}: {_first_line(error)}\nlog:    {log}")
    return EXIT_FAILED


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no message")


def _finished(config: PipelineConfig, root: Path, runner: "LocalRunner", display: "Display", log: Path) -> int:
    from components.report.names import PAGE
    from pipeline import outcome, runs

    story = runs.read_run(root, runner.run_id)
    display.summary(f"{config.name}: {len(runner.results)} nodes", outcome.summary_rows(story))
    for report in story.reports:
        display.message(f"report: {Path(report) / PAGE}")
    display.message(f"log:    {log}")
    for line in [*(f"Note: {remark}" for remark in _remarks(config, story)), *outcome.outcome_lines(story)]:
        display.message(line)
    return EXIT_OK if story.blessed else EXIT_NOT_BLESSED


def _remarks(config: PipelineConfig, story: "Run") -> list[str]:
    from components.evaluator.remarks import remarks
    from components.metrics import ClassificationMetrics

    measured = {node.name: node.metrics for node in story.nodes}
    if not measured.get("Evaluator"):
        return []
    metric = config.evaluator.compared_metric
    metrics = ClassificationMetrics.model_validate(measured["Evaluator"])
    return remarks(metrics, metric, measured.get("Baseline", {}).get(metric))

"""What a person sees of a run: a line a node with its time, a bar for training, a summary table at the end."""

import time
from collections.abc import Mapping, Sequence
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from pipeline.observer import NodeResult

NODE_WIDTH = 24
_SECONDS_TO_FIRST_LINE, _SECONDS_BETWEEN_LINES = 10.0, 60.0


class Display:
    """Shows a run on a terminal; on anything else a line for each finished node, and for long ones some before.

    Attributes:
        node: The running node; empty between two of them.
    """

    def __init__(self, terminal: TextIO) -> None:
        """Keeps the stream.

        Args:
            terminal: Where the person reads.
        """
        self.console = Console(file=terminal, highlight=False, soft_wrap=True)
        self._progress: Progress | None = None
        self.node = ""
        self._detail = ""
        self._started = self._next_line = 0.0

    def node_started(self, node: str) -> None:
        """Shows a spinner with the node's name."""
        self.node, self._detail = node, ""
        self._started = time.monotonic()
        self._next_line = self._started + _SECONDS_TO_FIRST_LINE
        if self.console.is_terminal:
            self._progress = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                TimeElapsedColumn(table_column=Column(no_wrap=True, min_width=7)),
                BarColumn(bar_width=24),
                TextColumn("{task.fields[detail]}"),
                console=self.console,
                transient=True,
            )
            self._progress.add_task(f"{node:<{NODE_WIDTH}}", total=None, detail="")
            self._progress.start()

    def advanced(self, done: int, total: int, detail: str) -> None:
        """Moves the running node's bar; has the signature of a `components.progress.Listener`."""
        self._detail = detail
        if self._progress:
            self._progress.update(self._progress.task_ids[0], completed=done, total=total, detail=detail)
        elif (now := time.monotonic()) >= self._next_line:
            self._next_line = now + _SECONDS_BETWEEN_LINES
            self._line("…", self.node, now - self._started, f"{done / max(total, 1):.0%}  {detail}")

    def node_finished(self, result: NodeResult) -> None:
        """Replaces the spinner by the node's line."""
        self._stop()
        state = "cached" if result.cached else ""
        self._line("✓", result.node, result.seconds, state or self._detail)
        self.node = ""

    def node_ended(self, how: str) -> None:
        """Replaces the spinner by a line that marks the running node, if there is one.

        Args:
            how: What became of it, such as "failed".
        """
        self._stop()
        if self.node:
            self._line("✗", self.node, time.monotonic() - self._started, how)
            self.node = ""

    def summary(self, title: str, rows: Sequence[Mapping[str, str]]) -> None:
        """Prints a table.

        Args:
            title: Above it.
            rows: Columns in the order of the first row's keys; all rows have the same.
        """
        self.console.print(table(title, rows))

    def message(self, text: str) -> None:
        """Prints a line as it is."""
        self.console.print(text, markup=False)

    def _line(self, mark: str, node: str, seconds: float, detail: str) -> None:
        self.console.print(f"{mark} {node:<{NODE_WIDTH}} {seconds:7.1f} s  {detail}".rstrip(), markup=False)

    def _stop(self) -> None:
        if self._progress:
            self._progress.stop()
            self._progress = None


def table(title: str, rows: Sequence[Mapping[str, str]]) -> Table:
    """A rich table of rows that all have the same keys."""
    result = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for number, column in enumerate(rows[0] if rows else ()):
        result.add_column(column, overflow="fold", no_wrap=number == 0)  # names are there to be copied
    for row in rows:
        result.add_row(*row.values())
    return result

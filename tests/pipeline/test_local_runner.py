"""Nodes that take too long, in a real run."""

from pathlib import Path

import pytest

from pipeline import runs
from pipeline.observer import NodeResult
from pipeline.run import terminated_in_order
from pipeline.time_limit import TimedOut
from tests.pipeline.data_pipeline import Silent, run_data_pipeline


class Started(Silent):
    """Keeps the names of the nodes that began."""

    def __init__(self) -> None:
        self.nodes: list[str] = []

    def node_started(self, node: str) -> None:
        self.nodes.append(node)

    def node_finished(self, result: NodeResult) -> None: ...


@pytest.mark.slow
def test_a_node_that_takes_too_long_ends_the_run_and_the_next_one_goes_on(tmp_path: Path) -> None:
    started = Started()
    with terminated_in_order(), pytest.raises(TimedOut, match=r"timeout_minutes\.StatisticsGen"):
        run_data_pipeline("reviews", tmp_path, started, StatisticsGen=0.001, default=10)
    assert started.nodes[-1] == "StatisticsGen" and "ExampleGen" in started.nodes
    (stopped,) = runs.read_runs(tmp_path)
    runs.cancel(tmp_path, stopped.run_id)
    again = run_data_pipeline("reviews", tmp_path, Silent(), StatisticsGen=10)
    assert {result.node for result in again.results if result.cached} == {"ExampleGen", "Schema"}

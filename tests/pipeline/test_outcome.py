"""What the summary tells of a node's figures."""

import pytest

from pipeline.outcome import Node, figures

MEMORY = {
    "accumulation_steps": 8,
    "rows_at_once": 8,
    "step_bytes": 9_250_000_000,
    "budget_bytes": 12_600_000_000,
    "memory": "this machine",
}
SAID = "batches in 8 parts (about 9.25 GB a step, this machine)"


def told(metrics):
    return figures(Node("Node", "complete", 0.0, 1.0, metrics))


def test_batches_in_parts_are_told():
    assert told({"perplexity": 12.0, "memory": MEMORY}) == f"perplexity 12, {SAID}"


def test_so_are_those_of_the_second_stage():
    stage = {"metric": "accuracy", "before": 0.5, "after": 0.75, "kept": True, "memory": MEMORY}
    assert told({"unfreeze": stage}) == f"{SAID}, unfrozen accuracy 0.5000 to 0.7500 (kept)"


@pytest.mark.parametrize("memory", [{}, {"memory": MEMORY | {"accumulation_steps": 1}}])
def test_whole_batches_are_not_spoken_of(memory):
    assert told({"perplexity": 12.0} | memory) == "perplexity 12"

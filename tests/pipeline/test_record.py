"""What a run sets out to do and how it ended, and the state that follows from it."""

from pathlib import Path

import pytest
from ml_metadata import metadata_store

from pipeline import record
from pipeline.metadata import connect, connection
from pipeline.outcome import Node, Push, Run
from pipeline.record import Record

NODES = ["ExampleGen", "DataGate", "Report"]


@pytest.fixture
def store(tmp_path: Path) -> metadata_store.MetadataStore:
    return connect(connection(tmp_path))


def read(store: metadata_store.MetadataStore, run_id: str) -> Record:
    found = record.read(store.get_context_by_type_and_name(record.RUN_CONTEXT, run_id))
    assert found
    return found


def test_start_and_end_are_kept(store: metadata_store.MetadataStore, tmp_path: Path) -> None:
    record.begin(store, "一", "評判", tmp_path, tmp_path / "評判.log", NODES)
    begun = read(store, "一")
    assert (begun.pipeline, begun.nodes, begun.ended, begun.how) == ("評判", NODES, None, "")
    record.end(store, "一", record.STOPPED)
    ended = read(store, "一")
    assert ended.ended is not None and ended.ended >= begun.started == ended.started
    assert ended.how == "stopped"
    record.end(store, "never begun", record.ENDED)


def test_no_two_runs_have_one_id(store: metadata_store.MetadataStore, tmp_path: Path) -> None:
    for expected in ("now", "now-2", "now-3"):
        run_id = record.unused_id(store, "now")
        assert run_id == expected
        record.begin(store, run_id, "demo", tmp_path, tmp_path / "log", NODES)


def node(name: str, state: str = "complete") -> Node:
    return Node(name, state, started=120.0, seconds=60.0, metrics={})


READ, GATE, REPORT = map(node, NODES)
BROKEN, KILLED, FAILED = (node("DataGate", state) for state in ("canceled", "killed", "failed"))


@pytest.mark.parametrize(
    ("how", "nodes", "state"),
    [
        ("", [], "killed before its first node"),
        ("", [READ], "killed after ExampleGen"),
        ("", [READ, KILLED], "killed in DataGate"),
        ("", [READ, GATE, REPORT], "nothing new"),  # killed when all was done
        (record.ENDED, [READ, GATE, REPORT], "nothing new"),
        (record.REFUSED, [READ, FAILED, REPORT], "refused in DataGate"),
        (record.FAILED, [READ, FAILED], "failed in DataGate"),
        (record.FAILED, [READ], "failed after ExampleGen"),
        (record.STOPPED, [READ, BROKEN], "stopped in DataGate"),
        (record.STOPPED, [], "stopped before its first node"),
        (record.TIMED_OUT, [READ, BROKEN], "timed out in DataGate"),
    ],
)
def test_states_of_runs_that_ended(how: str, nodes: list[Node], state: str) -> None:
    kept = Record(pipeline="demo", root="", host="", log="", nodes=NODES, started=60.0, how=how)
    assert Run("run", "demo", nodes=nodes, record=kept).state == state


@pytest.mark.parametrize(
    ("nodes", "state"),
    [([], "running"), ([READ], "running"), ([READ, node("DataGate", "running")], "running DataGate")],
)
def test_states_of_a_run_that_works(nodes: list[Node], state: str) -> None:
    assert Run("run", "demo", nodes=nodes, alive=True).state == state


@pytest.mark.parametrize(
    ("nodes", "state"),
    [
        ([READ, GATE], "killed after DataGate"),
        ([READ, KILLED], "killed in DataGate"),
        ([READ, FAILED, REPORT], "failed in DataGate"),
        ([READ, BROKEN], "stopped in DataGate"),
        ([READ, GATE, REPORT], "pushed"),
    ],
)
def test_states_of_runs_without_a_record(nodes: list[Node], state: str) -> None:
    assert Run("run", "demo", nodes=nodes, pushes=[Push(True, "/1")]).state == state


def test_minutes_go_from_start_to_end_or_to_the_last_sign_of_life() -> None:
    kept = Record(pipeline="demo", root="", host="", log="", nodes=NODES, started=60.0)
    assert Run("run", "demo", nodes=[READ], record=kept).minutes == 2.0
    assert Run("run", "demo", nodes=[READ], record=kept.model_copy(update={"ended": 360.0})).minutes == 5.0
    assert Run("run", "demo", nodes=[READ]).minutes == 1.0
    assert Run("run", "demo", record=kept).minutes == 0.0

"""Reading ML Metadata: nodes, states, figures, verdicts, pushes. The metadata is written with ML Metadata itself."""

import json
from pathlib import Path

import pytest
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

from components.errors import ConfigError
from pipeline import metadata, outcome, runs


class Writer:
    """Writes runs as TFX does: an execution a node, in a run's and a node's context, with output events."""

    def __init__(self, root: Path) -> None:
        connection = pb.ConnectionConfig()
        connection.sqlite.filename_uri = str(root / metadata.FILE)
        connection.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self.store = metadata_store.MetadataStore(connection)

    def context(self, kind: str, name: str) -> int:
        found = self.store.get_context_by_type_and_name(kind, name)
        if found:
            return found.id
        type_id = self.store.put_context_type(pb.ContextType(name=kind), can_add_fields=True)
        return self.store.put_contexts([pb.Context(type_id=type_id, name=name)])[0]

    def node(self, run: str, name: str, state: str, kind: str, folder: Path, **numbers: int | str) -> None:
        execution_type = self.store.put_execution_type(pb.ExecutionType(name=name))
        execution = pb.Execution(type_id=execution_type, last_known_state=getattr(pb.Execution, state))
        artifact_type = self.store.put_artifact_type(pb.ArtifactType(name=kind))
        artifact = pb.Artifact(type_id=artifact_type, uri=str(folder), state=pb.Artifact.LIVE)
        for key, value in numbers.items():
            field = "int_value" if isinstance(value, int) else "string_value"
            setattr(artifact.custom_properties[key], field, value)
        contexts = [
            pb.Context(id=self.context(runs.RUN_CONTEXT, run)),
            pb.Context(id=self.context(runs.NODE_CONTEXT, f"demo.{name}")),
        ]
        contexts = self.store.get_contexts_by_id([context.id for context in contexts])
        self.store.put_execution(execution, [(artifact, pb.Event(type=pb.Event.OUTPUT))], contexts)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    writer = Writer(tmp_path)
    evaluation = tmp_path / "evaluation"
    evaluation.mkdir()
    metrics = {"accuracy": 0.75, "labels": ["京都"], "loss": None}
    (evaluation / "metrics.json").write_text(json.dumps(metrics, ensure_ascii=False), encoding="utf-8")
    writer.node("first", "Evaluator", "COMPLETE", "ModelEvaluation", evaluation)
    writer.node(
        "first", "Pusher", "COMPLETE", "PushedModel", tmp_path, pushed=1, pushed_new=1, pushed_destination="/serving/1"
    )
    writer.node("second", "Evaluator", "CACHED", "ModelEvaluation", evaluation)
    writer.node(
        "second", "Pusher", "CACHED", "PushedModel", tmp_path, pushed=1, pushed_new=1, pushed_destination="/serving/1"
    )
    writer.node("third", "Gate", "COMPLETE", "ModelBlessing", evaluation, blessed=0, blessing_message="too low")
    for run in ("first", "second", "third"):
        writer.node(run, "Report", "COMPLETE", "Report", tmp_path)
    return tmp_path


def test_runs_come_in_order_with_nodes_states_and_figures(root: Path) -> None:
    first, second, third = runs.read_runs(root)
    assert [run.run_id for run in (first, second, third)] == ["first", "second", "third"]
    assert first.pipeline == "demo"
    assert [(node.name, node.state) for node in second.nodes] == [
        ("Evaluator", "cached"),
        ("Pusher", "cached"),
        ("Report", "complete"),
    ]
    assert outcome.figures(first.nodes[0]) == "accuracy 0.75"
    assert [row["node"] for row in outcome.summary_rows(first)] == ["Evaluator"]


def test_figures_tell_what_second_stage_and_ngrams_brought() -> None:
    metrics = {
        "unfreeze": {"metric": "weighted_f1", "before": 0.8256, "after": 0.92141, "kept": True},
        "ngrams": {"unseen_examples": 1905, "weighted_f1": {"network": 0.92141, "ngrams": 0.9152, "both": 0.9458}},
    }
    assert outcome.figures(outcome.Node("Trainer", "complete", 0.0, 1.0, metrics)) == (
        "unfrozen weighted_f1 0.8256 to 0.9214 (kept), "
        "weighted_f1 on 1,905 unseen texts: network 0.9214, ngrams 0.9152, both 0.9458"
    )


def test_figures_tell_the_window_and_what_training_began_with(tmp_path: Path) -> None:
    (tmp_path / "window.json").write_text('{"spans": [2, 4, 5]}', encoding="utf-8")
    window = outcome.Node("Window", "complete", 0.0, 1.0, outcome.read_metrics(tmp_path))
    assert outcome.figures(window) == "spans 2, 4, 5"
    metrics = {"accuracy": 0.75, "warm_start": {"model": "runs/3", "head": "taken"}}
    trainer = outcome.Node("Trainer", "complete", 0.0, 1.0, metrics)
    assert outcome.figures(trainer) == "accuracy 0.75, warm start: head taken"


def test_a_push_is_new_in_the_run_that_made_it_only(root: Path) -> None:
    first, second, _ = runs.read_runs(root)
    assert first.pushes == [outcome.Push(new=True, path="/serving/1")]
    assert second.pushes == [outcome.Push(new=False, path="/serving/1")]


def test_a_refused_model_is_not_blessed(root: Path) -> None:
    assert runs.read_run(root, "first").blessed
    third = runs.read_run(root, "third")
    assert not third.blessed
    assert third.refusals == ["Gate: too low"]


def test_no_runs_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no runs below"):
        runs.read_runs(tmp_path)
    with pytest.raises(ConfigError):
        runs.read_run(tmp_path, "x")


def test_nodes_that_were_running_are_canceled_in_that_run_only(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    writer.node("first", "Pretrainer", "RUNNING", "Model", tmp_path)
    writer.node("second", "Trainer", "RUNNING", "Model", tmp_path)
    writer.node("second", "FeatureGen", "COMPLETE", "Features", tmp_path)
    runs.cancel(tmp_path, "second")
    assert [node.state for node in runs.read_run(tmp_path, "first").nodes] == ["killed"]
    assert [node.state for node in runs.read_run(tmp_path, "second").nodes] == ["canceled", "complete"]
    runs.cancel(tmp_path, "never was")


def test_what_a_canceled_node_had_begun_to_write_goes_and_checkpoints_stay(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    writer.node("run", "Trainer", "COMPLETE", "Model", tmp_path)
    writer.node("run", "Trainer", "RUNNING", "Model", tmp_path)
    node = tmp_path / runs.ARTIFACTS / "demo" / "Trainer"
    kept = [
        node / "model" / "1",
        node / "checkpoints" / "ebed48ac2ccd2eb3",
        node / ".system" / "executor_execution" / "1",
    ]
    gone = [node / "model" / "2", node / "model_run" / "2", node / ".system" / "executor_execution" / "2"]
    for folder in (*kept, *gone):
        (folder / "中身").mkdir(parents=True)
    runs.cancel(tmp_path, "run")
    assert all(folder.exists() for folder in kept)
    assert not any(folder.exists() for folder in gone)


def test_a_model_that_was_rolled_back_from_is_noted(tmp_path: Path) -> None:
    Writer(tmp_path).node(
        "run", "Pusher", "COMPLETE", "PushedModel", tmp_path, pushed=0, withdrawn=1, reason="it was rolled back from"
    )
    run = runs.read_run(tmp_path, "run")
    assert (run.notes, run.pushes, run.blessed) == (["it was rolled back from"], [], True)


def test_what_a_gate_let_pass_is_told_with_the_rows(tmp_path: Path) -> None:
    finding = {"split": "train", "feature": "label", "kind": "RARE_LABELS", "summary": "少ない", "detail": "'旅' (1)."}
    findings = [
        finding | {"blocks": False, "rows": ["'旅' in rows.csv:3 (train)"]},
        finding | {"blocks": True, "rows": []},
        finding | {"blocks": False, "ignored": True},
    ]
    (tmp_path / "verdict.json").write_text(json.dumps({"findings": findings}), encoding="utf-8")
    run = outcome.Run("id", "p")
    outcome.take_output(run, "DataGate", "DataVerdict", str(tmp_path), {}, cached=False)
    assert run.warnings == ["DataGate: 少ない (train, label): '旅' (1). For example: '旅' in rows.csv:3 (train)."]


@pytest.mark.parametrize("kind", ["ModelBlessing", "MaskedModelBlessing", "InfraBlessing"])
def test_every_refusal_is_told(tmp_path: Path, kind: str) -> None:
    Writer(tmp_path).node("run", "Judge", "COMPLETE", kind, tmp_path, blessed=0, blessing_message="悪い")
    assert runs.read_run(tmp_path, "run").refusals == ["Judge: 悪い"]


def test_the_outcome_of_a_run_in_lines(root: Path) -> None:
    first, second, third = runs.read_runs(root)
    assert outcome.outcome_lines(first) == ["Pushed: /serving/1"]
    assert outcome.outcome_lines(second) == ["Nothing new to push; serving: /serving/1"]
    assert outcome.outcome_lines(third) == ["Not pushed: Gate: too low"]


def test_what_was_answered_in_bulk_and_what_could_not_be_read(tmp_path: Path) -> None:
    read, answers = tmp_path / "read", tmp_path / "answers"
    read.mkdir()
    counts = {"unlabelled": {"rows": 1200, "rejected": 1, "left_out": 0}}
    (read / "counts.json").write_text(json.dumps(counts), encoding="utf-8")
    writer = Writer(tmp_path)
    for run in ("refused", "blessed"):
        writer.node(run, "UnlabelledExampleGen", "COMPLETE", "Examples", read)
    answers.mkdir()
    writer.node("refused", "BulkInferrer", "COMPLETE", "Examples", answers)
    assert outcome.outcome_lines(runs.read_run(tmp_path, "refused")) == [
        "Not answered: 1,200 texts of bulk_inferrer, since the classifier was refused"
    ]
    (answers / "Split-unlabelled").mkdir()
    (answers / "Split-unlabelled" / "examples.gz").touch()
    writer.node("blessed", "BulkInferrer", "COMPLETE", "Examples", answers)
    assert outcome.outcome_lines(runs.read_run(tmp_path, "blessed")) == [
        f"Answered: 1,200 texts, in {answers}; no text in 1 other rows, see {read}/rejected.jsonl"
    ]


def test_the_report_of_a_run_and_of_the_last_one(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    for run in ("first", "second"):
        writer.node(run, "Report", "COMPLETE", "Report", tmp_path / run)
    assert runs.find_report(tmp_path, "first") == tmp_path / "first" / "report.html"
    assert runs.find_report(tmp_path, None) == tmp_path / "second" / "report.html"
    assert runs.find_report(tmp_path, "demo") == tmp_path / "second" / "report.html"
    with pytest.raises(ConfigError, match=r"no run third below .*; their pipelines: demo"):
        runs.find_report(tmp_path, "third")


def test_a_run_without_a_report_is_named_and_no_older_one_is_shown_for_it(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    writer.node("first", "Report", "COMPLETE", "Report", tmp_path)
    writer.node("run", "ExampleGen", "FAILED", "Examples", tmp_path)
    for name in ("run", None):
        with pytest.raises(ConfigError, match="run run of demo ended before its report"):
            runs.find_report(tmp_path, name)


def test_runs_in_short(root: Path) -> None:
    Writer(root).node("fourth", "DataGate", "FAILED", "DataVerdict", root)
    rows = outcome.overview_rows(runs.read_runs(root))
    assert [(row["run"], row["pipeline"], row["outcome"]) for row in rows] == [
        ("first", "demo", "pushed"),
        ("second", "demo", "nothing new"),
        ("third", "demo", "not blessed"),
        ("fourth", "demo", "failed in DataGate"),
    ]
    assert rows[0]["figures"] == "accuracy 0.75"

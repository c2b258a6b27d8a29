"""The gate behind the real StatisticsGen and ExampleValidator."""

import json
from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2
from tfx.components.statistics_gen.component import StatisticsGen
from tfx.dsl.components.common.importer import Importer
from tfx.orchestration import metadata
from tfx.orchestration.local.local_dag_runner import LocalDagRunner
from tfx.orchestration.pipeline import Pipeline
from tfx.types import standard_artifacts

from components.data_gate.component import DataGate
from components.data_gate.config import DataGateConfig, LabelledGateConfig, LabelLimits
from components.errors import DataError
from components.example_validator.component import ExampleValidator
from tests.components.servable_check.examples import write_examples

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"


def _run(root: Path, labels: list[str], config: DataGateConfig) -> None:
    """Runs Examples, statistics, validation, gate, and a second gate, which stands for what comes next."""
    examples_dir = root / "examples"
    rows = [{"text": f"{label}の話", "label": label, "id": str(i)} for i, label in enumerate(labels)]
    write_examples(examples_dir / "Split-train" / "data.gz", rows)
    write_examples(examples_dir / "Split-eval" / "data.gz", rows[:1])
    counts = {"train": {"rows": len(rows), "rejected": 0}, "eval": {"rows": 1, "rejected": 0}}
    (examples_dir / "counts.json").write_text(json.dumps(counts), encoding="utf-8")
    examples = Importer(
        source_uri=str(examples_dir),
        artifact_type=standard_artifacts.Examples,
        properties={"split_names": '["train", "eval"]'},
    ).with_id("Examples")
    schema = Importer(source_uri=str(SCHEMAS / "knbc"), artifact_type=standard_artifacts.Schema).with_id("Schema")
    statistics = StatisticsGen(examples=examples.outputs["result"])
    validator = ExampleValidator(statistics=statistics.outputs["statistics"], schema=schema.outputs["result"])
    inputs = {
        "examples": examples.outputs["result"],
        "anomalies": validator.outputs["anomalies"],
        "statistics": statistics.outputs["statistics"],
    }
    gate = DataGate(config, "labelled.gate", **inputs, needed={"train": 2})
    after = DataGate(config, "labelled.gate", **inputs).with_id("After")
    after.add_upstream_node(gate)
    LocalDagRunner().run(
        Pipeline(
            pipeline_name="p",
            pipeline_root=str(root / "root"),
            metadata_connection_config=metadata.sqlite_metadata_connection_config(str(root / "metadata.sqlite")),
            components=[examples, schema, statistics, validator, gate, after],
        )
    )


def _gate_states(root: Path) -> list[int]:
    database = metadata.sqlite_metadata_connection_config(str(root / "metadata.sqlite"))
    with metadata.Metadata(database) as handle:
        executions = handle.store.get_executions_by_type("components.data_gate.component.DataGate")
    return [execution.last_known_state for execution in executions]


@pytest.mark.slow
def test_a_wrong_label_stops_the_run_and_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as stopped:
        _run(tmp_path, ["京都", "グルメ", "東京"], DataGateConfig())
    message = str(stopped.value)
    assert "split 'train', feature 'label': Unexpected string values. " in message
    assert "東京 (~33%)" in message
    assert "for example: " in message
    assert "'京都' (1)" in message
    assert "split 'eval'" not in message
    assert _gate_states(tmp_path) == [metadata_store_pb2.Execution.FAILED], "what comes after must not run"


@pytest.mark.slow
def test_a_limit_on_labels_stops_the_run(tmp_path: Path) -> None:
    config = LabelledGateConfig(labels=LabelLimits(max_similar=0))
    with pytest.raises(DataError, match="raise labelled.gate.labels.max_similar"):
        _run(tmp_path, ["グルメ", "ｸﾞﾙﾒ", "京都"], config)
    assert _gate_states(tmp_path) == [metadata_store_pb2.Execution.FAILED]


@pytest.mark.slow
def test_sound_data_goes_on_with_a_verdict(tmp_path: Path) -> None:
    _run(tmp_path, ["京都", "グルメ", "携帯電話"], DataGateConfig())
    complete = metadata_store_pb2.Execution.COMPLETE
    assert _gate_states(tmp_path) == [complete, complete]
    (verdict,) = (tmp_path / "root" / "DataGate").rglob("verdict.json")
    content = json.loads(verdict.read_text(encoding="utf-8"))
    assert content["accepted"]
    assert [(one["kind"], one["split"], one["blocks"]) for one in content["findings"]] == [
        ("RARE_LABELS", "train", False),
        ("RARE_LABELS", "eval", False),
    ]
    assert content["findings"][0]["rows"] == [
        "'京都' in 0 (train)", "'グルメ' in 1 (train)", "'携帯電話' in 2 (train)"
    ]  # fmt: skip
    assert content["splits"]["train"] == {"rows": 3, "rejected": 0, "left_out": 0, "rejected_share": 0.0}

import json
import os
from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components.errors import DataError
from components.example_gen.component import ExampleGen
from components.example_gen.config import ExampleGenConfig, SourceConfig
from tests.components.example_gen.helpers import write


def config(files: str) -> ExampleGenConfig:
    return ExampleGenConfig(sources=[SourceConfig(format="csv", files=files, label_column="label")])


def labelled(path: Path, rows: int) -> str:
    lines = [f"文{i},{'京都' if i % 2 else 'food'}" for i in range(rows)]
    return write(path, "\n".join(["text,label", *lines]) + "\n")


def test_the_cache_key_holds_config_files_and_code(tmp_path: Path) -> None:
    path = labelled(tmp_path / "a.csv", 20)
    node = ExampleGen(config(path))
    again = ExampleGen(config(path)).with_id("CorpusExampleGen")
    assert (node.id, again.id) == ("ExampleGen", "CorpusExampleGen")
    assert node.exec_properties == again.exec_properties
    assert ExampleGenConfig.model_validate_json(node.exec_properties["config"]) == config(path)
    (files,) = json.loads(node.exec_properties["files"])
    assert files.startswith(f"all: 1 files, {os.path.getsize(path)} bytes, sha256 ")
    assert len(node.exec_properties["code"]) == 64
    assert node.outputs["examples"].type is standard_artifacts.Examples
    labelled(tmp_path / "a.csv", 21)
    changed = ExampleGen(config(path)).exec_properties
    assert {key for key, value in changed.items() if value != node.exec_properties[key]} == {"files"}


def test_an_absent_file_is_found_out_when_the_node_is_made(tmp_path: Path) -> None:
    labelled(tmp_path / "reviews.csv", 2)
    with pytest.raises(DataError, match=r"has no 'review\.csv' \(did you mean 'reviews\.csv'\?\)"):
        ExampleGen(config(str(tmp_path / "review.csv")))


@pytest.mark.slow
def test_in_a_pipeline_with_statistics(tmp_path: Path) -> None:
    from ml_metadata.proto import metadata_store_pb2
    from tensorflow_data_validation import load_stats_binary
    from tfx.components import StatisticsGen
    from tfx.orchestration import metadata
    from tfx.orchestration.local.local_dag_runner import LocalDagRunner
    from tfx.orchestration.pipeline import Pipeline

    store = metadata.sqlite_metadata_connection_config(str(tmp_path / "metadata.db"))
    path = labelled(tmp_path / "a.csv", 40)

    def run() -> list[str]:
        """Runs the pipeline; gives the types of the nodes that were not cached."""
        example_gen = ExampleGen(config(path))
        nodes = [example_gen, StatisticsGen(examples=example_gen.outputs["examples"])]
        root = str(tmp_path / "root")
        LocalDagRunner().run(Pipeline("p", root, store, nodes, enable_cache=True))
        with metadata.Metadata(store) as handle:
            types = {kind.id: kind.name for kind in handle.store.get_execution_types()}
            done = metadata_store_pb2.Execution.COMPLETE
            found = sorted(types[one.type_id] for one in handle.store.get_executions() if one.last_known_state == done)
        return [name.rpartition(".")[2] for name in found]

    assert run() == ["ExampleGen", "StatisticsGen"]
    statistics = next(tmp_path.glob("root/StatisticsGen/statistics/*/Split-train/FeatureStats.pb"))
    features = load_stats_binary(str(statistics)).datasets[0].features
    assert {feature.path.step[0] for feature in features} == {"id", "label", "text"}
    assert run() == ["ExampleGen", "StatisticsGen"]  # the second time both came from the cache
    os.utime(path, ns=(0, 0))
    assert run() == ["ExampleGen", "ExampleGen", "StatisticsGen", "StatisticsGen"]

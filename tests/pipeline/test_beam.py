"""Beam's options are checked by name and by value, since Beam itself leaves out what it does not know."""

import subprocess
import sys
from pathlib import Path

import pydantic
import pytest
import tensorflow as tf

from components.examples import read_records
from components.token_statistics.statistics import read_statistics
from pipeline.beam import BeamConfig, beam_arguments
from tests.benchmarks import corpora


def refusal(**keys: object) -> str:
    with pytest.raises(pydantic.ValidationError) as error:
        BeamConfig.model_validate(keys)
    return error.value.errors()[0]["msg"].removeprefix("Value error, ")


def test_the_direct_runner() -> None:
    config = BeamConfig(running_mode="multi_processing", workers=2)
    assert beam_arguments(config, "gs://b", "i") == [
        "--runner=DirectRunner", "--direct_running_mode=multi_processing", "--direct_num_workers=2",
        "--sdk_container_image=none",
    ]  # fmt: skip


def test_dataflow_with_defaults_that_give_way() -> None:
    options = {
        "project": "p", "region": "asia-northeast1", "max_num_workers": 20, "use_public_ips": False,
        "experiments": ["a", "b"], "enable_hot_key_logging": False, "temp_location": "gs://mine",
    }  # fmt: skip
    config = BeamConfig.model_validate({"runner": "dataflow", "options": options})
    assert beam_arguments(config, "gs://b", "i") == [
        "--runner=DataflowRunner", "--sdk_container_image=i", "--temp_location=gs://mine", "--project=p",
        "--region=asia-northeast1", "--max_num_workers=20", "--no_use_public_ips", "--experiments=a", "--experiments=b",
    ]  # fmt: skip


def test_clusters_of_ones_own() -> None:
    config = BeamConfig.model_validate({"runner": "flink", "options": {"job_endpoint": "flink:8099"}})
    assert beam_arguments(config, "gs://b", "i") == [
        "--runner=FlinkRunner", "--sdk_container_image=i", "--environment_type=DOCKER", "--environment_config=i",
        "--job_endpoint=flink:8099",
    ]  # fmt: skip
    assert refusal(runner="spark") == "runner is spark, which needs options.job_endpoint"


def test_what_beam_does_not_know() -> None:
    assert refusal(options={"max_num_worker": 3}) == (
        "Beam has no option 'max_num_worker' (did you mean 'max_num_workers'?)"
    )
    assert refusal(options={"max_num_workers": "many"}).startswith("max_num_workers: invalid int value")
    assert refusal(options={"machine_type": False}) == "machine_type takes a value, not false"
    assert refusal(options={"runner": "x"}) == "runner is beam.runner: write it there"
    assert refusal(options={"direct_num_workers": 2}) == "direct_num_workers is beam.workers: write it there"


def test_what_does_not_fit_the_runner() -> None:
    assert refusal(runner="spark", workers=2).startswith("workers is for the direct runner, but runner is spark")
    assert refusal(runner="dataflow", options={"project": "p"}) == "runner is dataflow, which needs options.region"
    assert "'direct', 'dataflow', 'flink' or 'spark'" in refusal(runner="ray")


@pytest.mark.slow
@pytest.mark.data
def test_two_processes_make_of_japanese_lines_what_one_makes(tmp_path: Path, data_dir: Path) -> None:
    def in_order(record: bytes) -> str:
        """The features by name: how a map is written, each process decides for itself."""
        features = tf.train.Example.FromString(record).features.feature
        return str([(name, features[name].SerializeToString()) for name in sorted(features)])

    def run(mode: str) -> tuple[dict[str, list[str]], dict]:
        folder = tmp_path / mode
        folder.mkdir()
        lines = corpora.japanese_lines()[:4000]
        (folder / "texts.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        command = [sys.executable, "-m", "tests.benchmarks.beam_growth", str(folder), mode]
        done = subprocess.run(command, cwd=corpora.ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        records = {
            f"{node}/{split}": sorted(
                in_order(record)
                for file in folder.glob(f"artifacts/Corpus{node}/*/*/Split-{split}/*.gz")
                for record in read_records([str(file)]).as_numpy_iterator()
            )
            for node in ("ExampleGen", "Transform")
            for split in ("train", "eval")
        }
        (statistics,) = folder.glob("artifacts/CorpusTokenStatistics/statistics/*")
        return records, read_statistics(str(statistics))

    one, two = run("in_memory"), run("multi_processing")

    assert len(one[0]["ExampleGen/train"]) + len(one[0]["ExampleGen/eval"]) == 4000
    assert one[1]["train"]["tokens"] > 50_000
    assert one == two

"""Beam's options are checked by name and by value, since Beam itself leaves out what it does not know."""

import pydantic
import pytest

from pipeline.beam import BeamConfig, beam_arguments


def refusal(**keys: object) -> str:
    with pytest.raises(pydantic.ValidationError) as error:
        BeamConfig.model_validate(keys)
    return error.value.errors()[0]["msg"].removeprefix("Value error, ")


def test_the_direct_runner() -> None:
    config = BeamConfig(running_mode="multi_processing", workers=2)
    assert beam_arguments(config, "gs://b", "i") == [
        "--runner=DirectRunner", "--direct_running_mode=multi_processing", "--direct_num_workers=2",
    ]  # fmt: skip


def test_dataflow_with_defaults_that_give_way() -> None:
    options = {
        "project": "p", "region": "asia-northeast1", "max_num_workers": 20, "use_public_ips": False,
        "experiments": ["a", "b"], "enable_hot_key_logging": False, "temp_location": "gs://mine",
    }  # fmt: skip
    config = BeamConfig.model_validate({"runner": "dataflow", "options": options})
    assert beam_arguments(config, "gs://b", "i") == [
        "--runner=DataflowRunner", "--temp_location=gs://mine", "--sdk_container_image=i", "--project=p",
        "--region=asia-northeast1", "--max_num_workers=20", "--no_use_public_ips", "--experiments=a", "--experiments=b",
    ]  # fmt: skip


def test_clusters_of_ones_own() -> None:
    config = BeamConfig.model_validate({"runner": "flink", "options": {"job_endpoint": "flink:8099"}})
    assert beam_arguments(config, "gs://b", "i") == [
        "--runner=FlinkRunner", "--environment_type=DOCKER", "--environment_config=i", "--job_endpoint=flink:8099",
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

"""The custom job that a node's machines are asked for with."""

import json

import pydantic
import pytest

from kubeflow.custom_jobs.request import Launch, custom_job, display_name, to_json
from pipeline.kubeflow_config import CustomJobConfig, NodeConfig

ARGUMENTS = ["--json_serialized_invocation_args", json.dumps({"outputs": {"outputFile": "gs://b/京都/1.json"}})]
GPUS = {"machine_type": "n1-standard-16", "accelerator": {"type": "NVIDIA_TESLA_T4", "count": 2}}


def launch(timeout: int | None = None, **given) -> Launch:
    return Launch(name="knbc-Trainer", image="i", command=["c"], custom_job=CustomJobConfig(**given), timeout=timeout)


def made(timeout: int | None = None, **given) -> dict:
    return json.loads(to_json(custom_job(launch(timeout, **given), ARGUMENTS)))["jobSpec"]


def test_one_machine_is_a_chief_alone() -> None:
    (pool,) = made(machine_type="n1-standard-8")["workerPoolSpecs"]
    assert pool == {
        "machineSpec": {"machineType": "n1-standard-8"},
        "replicaCount": "1",
        "containerSpec": {"imageUri": "i", "command": ["c"], "args": ARGUMENTS},
    }


def test_several_machines_with_gpus() -> None:
    spec = made(
        timeout=7200, workers=4, disk=200, spot=True, service_account="r@p", network="projects/1/global/networks/v",
        **GPUS,
    )  # fmt: skip
    chief, workers = spec["workerPoolSpecs"]
    assert (chief.pop("replicaCount"), workers.pop("replicaCount")) == ("1", "3")
    assert chief == workers
    assert chief["machineSpec"] == {
        "machineType": "n1-standard-16", "acceleratorType": "NVIDIA_TESLA_T4", "acceleratorCount": 2,
    }  # fmt: skip
    assert chief["diskSpec"] == {"bootDiskType": "pd-ssd", "bootDiskSizeGb": 200}
    assert spec["scheduling"] == {"timeout": "7200s", "restartJobOnWorkerRestart": True, "strategy": "SPOT"}
    assert spec["serviceAccount"] == "r@p" and spec["network"] == "projects/1/global/networks/v"


def test_a_tpu_is_found_by_the_strategy() -> None:
    (pool,) = made(machine_type="ct5lp-hightpu-4t", tpu_topology="2x2")["workerPoolSpecs"]
    assert pool["machineSpec"] == {"machineType": "ct5lp-hightpu-4t", "tpuTopology": "2x2"}
    assert pool["containerSpec"]["env"] == [{"name": "TPU_NAME", "value": "local"}]


def test_a_key() -> None:
    job = custom_job(launch(machine_type="m", kms_key="projects/p/k"), ARGUMENTS)
    assert job.encryption_spec.kms_key_name == "projects/p/k"


def test_each_try_of_a_node_has_a_name_of_its_own() -> None:
    given = launch(machine_type="m")
    other = [ARGUMENTS[0], ARGUMENTS[1].replace("1.json", "2.json")]
    assert display_name(given, ARGUMENTS) == display_name(given, ARGUMENTS) != display_name(given, other)
    assert display_name(given, ARGUMENTS).startswith("knbc-Trainer-")


def test_it_is_told_as_text_and_nothing_that_is_not_given() -> None:
    given = launch(timeout=60, workers=2, **GPUS)
    text = given.model_dump_json(exclude_none=True)
    assert Launch.model_validate_json(text) == given
    assert "kms_key" not in text and "spot" not in text


@pytest.mark.parametrize(
    "given, said",
    [
        ({"custom_job": {"machine_type": "m", "tpu_topology": "2x2", "workers": 2}}, "leave out workers"),
        ({"custom_job": {"machine_type": "m", "tpu_topology": "2x2", "accelerator": {"type": "t"}}}, "leave out accel"),
        ({"custom_job": {"machine_type": "m"}, "memory": 16}, "leave out cpu, memory and accelerator"),
        ({"custom_job": {"workers": 2}}, "machine_type"),
    ],
)
def test_what_cannot_be(given: dict, said: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=said):
        NodeConfig.model_validate(given)

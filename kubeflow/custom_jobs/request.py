"""What starts a custom job: https://cloud.google.com/vertex-ai/docs/reference/rpc/google.cloud.aiplatform.v1."""

import datetime
import hashlib
import json
from typing import Any

import pydantic
from google.cloud.aiplatform_v1 import CustomJob, EncryptionSpec, Scheduling
from google.protobuf import json_format

from components.base import Config
from pipeline.kubeflow_config import CustomJobConfig

_INVOCATION = "--json_serialized_invocation_args"


class Launch(Config):
    """What a launching container is told, beside the arguments of the node's executor.

    Attributes:
        name: The pipeline's and the node's.
        image: Of the machines' containers.
        command: What they start, before the executor's arguments.
        custom_job: The machines.
        timeout: Seconds after which the job is stopped; None: Vertex AI's limit.
    """

    name: str
    image: str
    command: list[str]
    custom_job: CustomJobConfig
    timeout: int | None = None

    @pydantic.field_serializer("custom_job")
    def _what_is_given(self, config: CustomJobConfig) -> dict[str, Any]:
        return config.model_dump(exclude_defaults=True)


def display_name(launch: Launch, arguments: list[str]) -> str:
    """A name that only this try of the node's run has, so that a launcher that is started again finds its job.

    Args:
        launch: What to start.
        arguments: The executor's.
    """
    given = json.loads(arguments[arguments.index(_INVOCATION) + 1])
    digest = hashlib.sha256(given["outputs"]["outputFile"].encode()).hexdigest()
    return f"{launch.name[:100]}-{digest[:16]}"  # Vertex AI allows 128 characters


def custom_job(launch: Launch, arguments: list[str]) -> CustomJob:
    """The job: a pool with the chief, and one with the other machines if there are any.

    Vertex AI tells each of them by ``TF_CONFIG`` who the others are.

    Args:
        launch: What to start.
        arguments: The executor's, the same for all machines.
    """
    config = launch.custom_job
    machine: dict[str, Any] = {"machine_type": config.machine_type}
    if config.accelerator:
        machine |= {"accelerator_type": config.accelerator.type, "accelerator_count": config.accelerator.count}
    if config.tpu_topology:
        machine["tpu_topology"] = config.tpu_topology
    container: dict[str, Any] = {"image_uri": launch.image, "command": launch.command, "args": arguments}
    if config.tpu_topology:
        container["env"] = [{"name": "TPU_NAME", "value": "local"}]  # by which the strategy knows it
    pool = {"machine_spec": machine, "container_spec": container}
    if config.disk:
        pool["disk_spec"] = {"boot_disk_type": "pd-ssd", "boot_disk_size_gb": config.disk}
    pools = [{**pool, "replica_count": 1}]
    if config.workers > 1:
        pools.append({**pool, "replica_count": config.workers - 1})
    job = CustomJob(
        display_name=display_name(launch, arguments),
        job_spec={
            "worker_pool_specs": pools,
            "scheduling": {
                # Training goes on from the last checkpoint, but workers find each other only when all start anew.
                "restart_job_on_worker_restart": config.workers > 1,
                "strategy": Scheduling.Strategy.SPOT if config.spot else Scheduling.Strategy.ON_DEMAND,
                **({"timeout": datetime.timedelta(seconds=launch.timeout)} if launch.timeout else {}),
            },
            "service_account": config.service_account or "",
            "network": config.network or "",
        },
    )
    if config.kms_key:
        job.encryption_spec = EncryptionSpec(kms_key_name=config.kms_key)
    return job


def to_json(job: CustomJob) -> str:
    """A job as the REST API writes it."""
    return json_format.MessageToJson(CustomJob.pb(job), sort_keys=True, ensure_ascii=False)

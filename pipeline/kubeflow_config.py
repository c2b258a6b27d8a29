"""The configuration of a pipeline that runs on Vertex AI or on Kubeflow."""

import pydantic
from pydantic import Field

from components.base import Config
from components.files import is_remote

DEFAULT = "default"


class AcceleratorConfig(Config):
    """Accelerators of one machine."""

    type: str = Field(description="Vertex: such as NVIDIA_TESLA_T4; Kubeflow: a resource, such as nvidia.com/gpu")
    count: int = Field(1, ge=1, description="how many")


class CustomJobConfig(Config):
    """Machines of Vertex AI's training service, which a node that trains gets for itself."""

    machine_type: str = Field(description="such as n1-standard-16; for a TPU such as ct5lp-hightpu-4t")
    accelerator: AcceleratorConfig | None = Field(None, description="of each machine; null: none")
    tpu_topology: str | None = Field(None, description="such as 2x2; null: no TPU")
    workers: int = Field(1, ge=1, description="machines, the chief included")
    disk: int | None = Field(None, ge=100, description="GB of each machine; null: what Vertex AI gives")
    spot: bool = Field(False, description="machines that are cheaper, and may be taken away")
    service_account: str | None = Field(None, description="whom they run as; null: Vertex AI's own one for training")
    network: str | None = Field(None, description="the VPC that they are peered with; null: none")
    kms_key: str | None = Field(None, description="encrypts what Vertex AI keeps of the job; null: Google's key")

    @pydantic.model_validator(mode="after")
    def _a_tpu_is_of_one_machine(self) -> "CustomJobConfig":
        if self.tpu_topology and self.workers > 1:
            raise ValueError("tpu_topology is trained on from one machine: leave out workers")
        if self.tpu_topology and self.accelerator:
            raise ValueError("tpu_topology comes with its machine_type: leave out accelerator")
        return self


class NodeConfig(Config):
    """What a node is given."""

    cpu: float | None = Field(None, gt=0, description="cores; null: what the platform gives")
    memory: float | None = Field(None, gt=0, description="GB; null: what the platform gives")
    accelerator: AcceleratorConfig | None = Field(None, description="null: none")
    node_selector: dict[str, str] = Field({}, description="Kubeflow: labels of the machines that the node may run on")
    custom_job: CustomJobConfig | None = Field(
        None, description="Vertex: Pretrainer and Trainer train on machines of their own; null: in the node's container"
    )
    timeout: int | None = Field(
        None, gt=0, description="Kubeflow, and Vertex with custom_job: seconds after which the training is stopped"
    )
    retries: int = Field(0, ge=0, description="how often the node is tried again")
    cache: bool = Field(True, description="whether an earlier result for the same inputs is taken")

    @pydantic.model_validator(mode="after")
    def _resources_of_one_place(self) -> "NodeConfig":
        if self.custom_job and (self.cpu or self.memory or self.accelerator):
            raise ValueError("custom_job says what the training runs on: leave out cpu, memory and accelerator")
        return self


class KubeflowConfig(Config):
    """Where a compiled pipeline runs, and what its nodes are given."""

    root: str | None = Field(None, description="URI of the folder of all runs: artifacts and pushed models go below it")
    image: str | None = Field(None, description="of all nodes; see kubeflow/Dockerfile")
    nodes: dict[str, NodeConfig] = Field(
        {}, description="by the node's name, as `runs` shows it; `default` is for those that are not named"
    )

    @pydantic.field_validator("root")
    @classmethod
    def _is_uri(cls, root: str | None) -> str | None:
        if root is not None and not is_remote(root):
            raise ValueError(f"{root!r} is a path of one machine: give a URI, such as gs://BUCKET/tfx-bert")
        return root and root.rstrip("/")

    def of(self, node: str) -> NodeConfig:
        """What a node is given.

        Args:
            node: Its name.
        """
        return self.nodes.get(node) or self.nodes.get(DEFAULT) or NodeConfig()

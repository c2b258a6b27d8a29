"""The configuration of a pipeline that runs on Vertex AI or on Kubeflow."""

import pydantic
from pydantic import Field

from components.base import Config

DEFAULT = "default"


class AcceleratorConfig(Config):
    """Accelerators of one machine."""

    type: str = Field(description="Vertex: such as NVIDIA_TESLA_T4; Kubeflow: a resource, such as nvidia.com/gpu")
    count: int = Field(1, ge=1, description="how many")


class NodeConfig(Config):
    """What a node is given."""

    cpu: float | None = Field(None, gt=0, description="cores; null: what the platform gives")
    memory: float | None = Field(None, gt=0, description="GB; null: what the platform gives")
    accelerator: AcceleratorConfig | None = Field(None, description="null: none")
    node_selector: dict[str, str] = Field({}, description="Kubeflow: labels of the machines that the node may run on")
    timeout: int | None = Field(None, gt=0, description="Kubeflow: seconds after which the node is stopped")
    retries: int = Field(0, ge=0, description="how often the node is tried again")
    cache: bool = Field(True, description="whether an earlier result for the same inputs is taken")


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
        if root is not None and "://" not in root:
            raise ValueError(f"{root!r} is a path of one machine: give a URI, such as gs://BUCKET/tfx-bert")
        return root and root.rstrip("/")

    def of(self, node: str) -> NodeConfig:
        """What a node is given.

        Args:
            node: Its name.
        """
        return self.nodes.get(node) or self.nodes.get(DEFAULT) or NodeConfig()

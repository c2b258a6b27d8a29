"""The configuration of a ServableCheck."""

from typing import Literal

from pydantic import Field

from components.base import Config
from components.servable_check.serving_ops import VERSIONS

Release = Literal["2.12", "2.13", "2.14", "2.15", "2.16", "2.17", "2.18", "2.19", "2.20"]
DEFAULT_RELEASE: Release = "2.16"


class ServableCheckConfig(Config):
    """How a model is tried before it may be pushed."""

    timeout_seconds: int = Field(300, gt=0, description="for TensorFlow to start, to load the model and to ask it")
    max_latency_ms: float | None = Field(
        None, gt=0, description="highest median latency of a batch of one short text; null: any"
    )
    tf_serving: Release | None = Field(
        DEFAULT_RELEASE, description="release of TF Serving that must have every op of the model; null: any op will do"
    )
    infra_validator: bool = Field(
        False, description="whether TFX's InfraValidator loads the model in tensorflow/serving too; needs Docker"
    )
    warmup_requests: int = Field(
        8, ge=0, le=100, description="texts of the Examples, of spread lengths, in the warm-up; 0 writes none"
    )


def serving_version(config: ServableCheckConfig) -> str:
    """The version of TF Serving that models are for, as its images are tagged."""
    return VERSIONS[config.tf_serving or DEFAULT_RELEASE]

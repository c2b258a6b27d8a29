"""The configuration of a ServableCheck."""

from pydantic import Field

from components.base import Config


class ServableCheckConfig(Config):
    """How a model is tried before it may be pushed."""

    timeout_seconds: int = Field(300, gt=0, description="for TensorFlow to start, to load the model and to ask it")
    max_latency_ms: float | None = Field(
        None, gt=0, description="highest median latency of a batch of one short text; null: any"
    )
    warmup_requests: int = Field(
        8, ge=0, description="texts of the Examples, of spread lengths, in the warm-up; 0 writes none"
    )

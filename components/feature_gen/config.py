"""The `feature_gen` section of the configuration."""

from typing import Literal

from pydantic import Field

from components.base import Config

Pooling = Literal["cls", "mean", "max", "cls_mean"]


class FeatureGenConfig(Config):
    """How the frozen encoder's outputs become one vector a text."""

    pooling: Pooling = Field(
        "mean",
        description="How token vectors become one: [CLS], mean or maximum of real tokens, or [CLS] and mean.",
    )
    batch_tokens: int = Field(
        4096,
        ge=1,
        description="Token slots in a batch, padding included; the longer the texts, the fewer in a batch.",
    )

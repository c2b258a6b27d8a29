"""The `feature_gen` section of the configuration."""

from typing import Literal

from pydantic import Field

from components.base import Config

Pooling = Literal["cls", "mean", "max", "cls_mean", "tokens"]
FeatureType = Literal["float32", "float16"]


class FeatureGenConfig(Config):
    """How the frozen encoder's outputs become the features of a text."""

    pooling: Pooling = Field(
        "mean",
        description="How token vectors become one: [CLS], mean or maximum of real tokens, or [CLS] and mean; "
        "tokens keeps them all, for the heads that read sequences.",
    )
    hidden_layers: int = Field(
        1,
        ge=1,
        description="So many of the encoder's last layers, side by side in every token vector; BERT's authors took 4.",
    )
    dtype: FeatureType = Field(
        "float32", description="Type of the stored features; float16 halves them and rounds to 3 digits."
    )
    batch_tokens: int = Field(
        4096,
        ge=1,
        description="Token slots in a batch, padding included; the longer the texts, the fewer in a batch.",
    )

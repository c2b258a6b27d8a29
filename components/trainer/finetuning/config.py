"""The `trainer.unfreeze` section of the configuration."""

from typing import Literal

import pydantic
from pydantic import Field

from components.base import Config
from components.training.config import AccumulationSteps, check_accumulation

Metric = Literal["weighted_f1", "macro_f1", "accuracy", "loss"]


class UnfreezeConfig(Config):
    """How the encoder is trained on with the head, after the head alone."""

    layers: int | None = Field(
        None, ge=1, description="Top Transformer layers that are trained; null for all and the embeddings."
    )
    epochs: int = Field(3, ge=1, description="Passes over the training part, at most.")
    batch_size: int = Field(32, ge=1, description="Examples in a step, over all replicas.")
    accumulation_steps: AccumulationSteps = "auto"
    learning_rate: float = Field(
        2e-5,
        gt=0,
        description="Highest rate of the encoder's top layer. 1e-5 to 5e-5 suits encoders of 12 layers and 768 units; "
        "narrower ones want more, about 1e-4 at 384 units and 2e-4 to 5e-4 at 256 and less.",
    )
    head_learning_rate: float | None = Field(
        None, gt=0, description="Highest rate of the head; null for that of the encoder's top layer."
    )
    layer_decay: float = Field(
        0.95,
        gt=0,
        le=1,
        description="Rate of a layer as a share of that of the layer above; the embeddings are the lowest.",
    )
    warmup_share: float = Field(
        0.1, ge=0, lt=1, description="Share of the steps in which the rates rise from 0; then they fall to 0 again."
    )
    dropout: float | None = Field(
        None,
        ge=0,
        lt=1,
        description="Dropout inside the encoder; null: as its configuration has it, which may be none. A few thousand "
        "texts want 0.1 to 0.3.",
    )
    weight_decay: float = Field(0.01, ge=0, description="Decoupled weight decay; biases and LayerNorm are spared.")
    clip_norm: float | None = Field(1.0, gt=0, description="Largest global norm of the gradient; null: no clipping.")
    metric: Metric = Field(
        "weighted_f1",
        description="What must improve on the validation part; otherwise the frozen encoder and its head stay.",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="Arithmetic of the encoder while it is trained; auto: bfloat16 where the machine multiplies it. "
        "What is served computes in float32.",
    )
    xla: bool = Field(
        False, description="Whether XLA compiles the step, for each padded length anew, up to 12 times. TPUs always do."
    )
    steps_per_execution: int = Field(1, gt=0, description="Steps that run without a look at the clock; 50 for TPUs.")
    patience: int = Field(2, ge=1, description="Epochs without a better metric before training stops.")
    checkpoint_minutes: float = Field(
        5, gt=0, description="Minutes between two checkpoints; after a crash the same run goes on from the last one."
    )

    @pydantic.model_validator(mode="after")
    def _parts_are_even(self) -> "UnfreezeConfig":
        check_accumulation(self.batch_size, self.accumulation_steps)
        return self

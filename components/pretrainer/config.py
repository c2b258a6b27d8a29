"""The configuration section of the Pretrainer."""

from typing import Literal

import pydantic
from pydantic import Field

from components.base import Config


class PretrainerConfig(Config):
    """How a BERT is built and pretrained by masked language modelling.

    Training ends at the first of the limits that are given: ``epochs`` or ``max_steps`` (one of the two), and
    ``minutes``. At least one of the three must be given.
    """

    hidden_size: int = Field(256, gt=0, description="Width of the encoder; a multiple of heads.")
    layers: int = Field(4, gt=0, description="Number of Transformer layers.")
    heads: int = Field(4, gt=0, description="Attention heads of a layer.")
    intermediate_size: int = Field(1024, gt=0, description="Width of the feed-forward part of a layer.")
    max_positions: int = Field(512, gt=0, description="Longest input in tokens that the encoder can take.")
    initializer_range: float | None = Field(
        None, gt=0, description="Standard deviation of initial weights; null: 1 / sqrt(hidden_size)."
    )
    dropout: float = Field(0.1, ge=0, lt=1, description="Dropout of hidden states and attention weights.")

    block_length: int = Field(128, gt=2, description="Tokens in a packed training block.")
    attention: Literal["text", "block"] = Field(
        "text",
        description="text: texts packed into a block do not see each other, and positions are counted within each, "
        "as if it were alone; block: neighbours in a block give context to each other.",
    )
    shuffle_texts: bool = Field(
        True,
        description="Pack the texts in a new random order every epoch; false: keep the order of the corpus, in which "
        "neighbouring lines belong together, and shuffle blocks only.",
    )
    batch_size: int = Field(32, gt=0, description="Blocks in a step, over all replicas.")
    epochs: int | None = Field(None, gt=0, description="Passes over the training blocks.")
    max_steps: int | None = Field(None, gt=0, description="Training steps, instead of epochs.")
    minutes: float | None = Field(None, gt=0, description="Stop after so many minutes, compiling included.")

    learning_rate: float = Field(5e-4, gt=0, description="Highest learning rate, at the end of the warm-up.")
    warmup_share: float = Field(0.1, ge=0, lt=1, description="Share of the steps in which the rate rises from 0.")
    warmup_steps: int | None = Field(None, ge=0, description="Number of warm-up steps; replaces warmup_share.")
    weight_decay: float = Field(0.01, ge=0, description="Decoupled weight decay; biases and LayerNorm are spared.")
    clip_norm: float | None = Field(1.0, gt=0, description="Largest global norm of the gradient; null: no clipping.")

    mask_share: float = Field(0.15, gt=0, lt=1, description="Share of the tokens that are to be predicted.")
    seed: int = Field(0, ge=0, description="Seed of initial weights, order, masking and dropout.")
    eval_blocks: int | None = Field(1024, gt=0, description="Most blocks of the eval split; null: all.")

    strategy: Literal["auto", "tpu", "multi_worker", "mirrored", "one_device"] = Field(
        "auto", description="Distribution strategy; auto decides from the environment."
    )
    xla: bool = Field(
        False,
        description="Compile the training step with XLA: faster on GPUs, and on CPUs with bfloat16; TPUs always do.",
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="Arithmetic of the layers; weights and the loss stay float32. bfloat16 is faster on TPUs, new GPUs "
        "and CPUs with avx512_bf16, and slower on other CPUs.",
    )
    steps_per_execution: int = Field(10, gt=0, description="Steps between two reports of progress.")
    checkpoint_minutes: float = Field(
        5.0, gt=0, description="Time between two checkpoints, from which a run that was killed goes on."
    )

    @pydantic.model_validator(mode="after")
    def _shapes_fit(self) -> "PretrainerConfig":
        if self.hidden_size % self.heads:
            raise ValueError(f"hidden_size {self.hidden_size} is not a multiple of heads {self.heads}")
        if self.block_length > self.max_positions:
            raise ValueError(
                f"block_length {self.block_length} is more than max_positions {self.max_positions}: "
                "raise max_positions or shorten the blocks"
            )
        return self

    @pydantic.model_validator(mode="after")
    def _one_end(self) -> "PretrainerConfig":
        if self.epochs is not None and self.max_steps is not None:
            raise ValueError(f"epochs {self.epochs} and max_steps {self.max_steps} are both given: keep one")
        if self.epochs is None and self.max_steps is None and self.minutes is None:
            raise ValueError("no end of training is given: set epochs, max_steps or minutes")
        return self

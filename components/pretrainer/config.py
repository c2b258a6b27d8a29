"""The configuration section of the Pretrainer."""

from typing import Literal

import pydantic
from pydantic import Field

from components.base import Config
from components.training.config import AccumulationSteps, check_accumulation

# What a network is built from. Where training continues from a backbone, its config.json says all of it.
NETWORK_KEYS = (
    "architecture",
    "hidden_size",
    "layers",
    "heads",
    "intermediate_size",
    "max_positions",
    "initializer_range",
    "dropout",
)


class PretrainerConfig(Config):
    """How an encoder is built and pretrained by masked language modelling.

    Training ends at the first of the limits that are given: ``epochs`` or ``max_steps`` (one of the two), and
    ``minutes``; at least one of the three must be given. ``patience`` may end it before.
    """

    architecture: Literal["bert", "distilbert", "electra", "deberta-v2"] = Field(
        "bert",
        description="The kind of encoder: electra is its generator, with embeddings as wide as the layers; deberta-v2 "
        "is laid out as DeBERTa-v3, with relative positions only.",
    )
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
    packing: Literal["packed", "lines"] = Field(
        "packed",
        description="packed: texts end to end, cut into blocks, nothing lost; lines: a text a block, padded, and what "
        "is beyond block_length is lost.",
    )
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
    accumulation_steps: AccumulationSteps = "auto"
    epochs: int | None = Field(None, gt=0, description="Passes over the training blocks.")
    max_steps: int | None = Field(None, gt=0, description="Training steps, instead of epochs.")
    minutes: float | None = Field(None, gt=0, description="Stop after so many minutes, compiling included.")
    patience: int | None = Field(
        None,
        gt=0,
        description="Stop after so many epochs without a lower loss on the corpus' eval split. The best epoch's "
        "weights are then the result, whatever ended training; null: no early stopping, and the last weights are the "
        "result.",
    )

    learning_rate: float = Field(5e-4, gt=0, description="Highest learning rate, at the end of the warm-up.")
    warmup_share: float = Field(0.1, ge=0, lt=1, description="Share of the steps in which the rate rises from 0.")
    warmup_steps: int | None = Field(None, ge=0, description="Number of warm-up steps; replaces warmup_share.")
    decay: Literal["linear", "cosine"] = Field("linear", description="How the rate falls to 0 after the warm-up.")
    weight_decay: float = Field(0.01, ge=0, description="Decoupled weight decay; biases and LayerNorm are spared.")
    clip_norm: float | None = Field(1.0, gt=0, description="Largest global norm of the gradient; null: no clipping.")

    mask_share: float = Field(0.15, gt=0, lt=1, description="Share of the tokens that are to be predicted.")
    whole_words: bool = Field(
        False,
        description="Hide all pieces of a word or none. A word is what stands between spaces and punctuation; where "
        "text is written without spaces, as Japanese, it is a piece of SentencePiece, or what WordPiece splits.",
    )
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of initial weights, order, masking and dropout.")
    eval_blocks: int | None = Field(1024, gt=0, description="Most blocks of the eval split; null: all.")

    strategy: Literal["auto", "tpu", "multi_worker", "mirrored", "one_device"] = Field(
        "auto", description="Distribution strategy; auto decides from the environment."
    )
    xla: bool | None = Field(
        None,
        description="Compile the training step with XLA; null where it is faster: on GPUs, and on CPUs with bfloat16. "
        "TPUs always do.",
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "auto",
        description="Arithmetic of the layers; weights and the loss stay float32. bfloat16 is faster on TPUs, GPUs "
        "from NVIDIA's Ampere on and CPUs with amx_bf16 or avx512_bf16, and slower on others: auto asks the machine. "
        "float16, with dynamic loss scaling, is for older GPUs.",
    )
    steps_per_execution: int = Field(10, gt=0, description="Steps between two reports of progress.")
    checkpoint_minutes: float = Field(
        5.0, gt=0, description="Time between two checkpoints, from which a run that was killed goes on."
    )

    def given_network_keys(self) -> list[str]:
        """Those of `NETWORK_KEYS` that were given a value, in the order in which they are defined."""
        return [key for key in NETWORK_KEYS if key in self.model_fields_set]

    @pydantic.model_validator(mode="after")
    def _shapes_fit(self) -> "PretrainerConfig":
        if self.hidden_size % self.heads:
            raise ValueError(f"hidden_size {self.hidden_size} is not a multiple of heads {self.heads}")
        check_accumulation(self.batch_size, self.accumulation_steps)
        return self

    @pydantic.model_validator(mode="after")
    def _hardware_can(self) -> "PretrainerConfig":
        if self.precision == "float16" and self.strategy == "tpu":
            raise ValueError("precision float16 is not for strategy tpu: TPUs compute in bfloat16")
        return self

    @pydantic.model_validator(mode="after")
    def _one_end(self) -> "PretrainerConfig":
        if self.epochs is not None and self.max_steps is not None:
            raise ValueError(f"epochs {self.epochs} and max_steps {self.max_steps} are both given: keep one")
        if self.epochs is None and self.max_steps is None and self.minutes is None:
            raise ValueError("no end of training is given: set epochs, max_steps or minutes")
        return self

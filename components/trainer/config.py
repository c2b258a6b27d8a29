"""The `trainer` section of the configuration."""

from typing import Literal

import pydantic
from pydantic import Field

from components.base import Config
from components.trainer.finetuning.config import UnfreezeConfig


class TrainerConfig(Config):
    """How a classification head is trained on frozen features, and the encoder after it if asked for."""

    hidden_units: int | None = Field(
        None,
        ge=1,
        description="Width of a hidden layer between features and classes; null for a linear head.",
    )
    dropout: float = Field(0.1, ge=0, lt=1, description="Share of the head's inputs dropped in training.")
    standardize: bool = Field(
        True,
        description="Scale each feature to mean 0 and variance 1 over the training part, inside the head.",
    )
    epochs: int = Field(50, ge=1, description="Passes over the training part, at most.")
    batch_size: int = Field(32, ge=1, description="Examples in a step, over all replicas.")
    learning_rate: float = Field(1e-3, gt=0, description="AdamW's learning rate.")
    weight_decay: float = Field(0.01, ge=0, description="AdamW's decoupled weight decay; biases are spared.")
    validation_share: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="Share of the train split, by class, that is held out to stop on; 0 for none.",
    )
    patience: int = Field(
        5,
        ge=1,
        description="Epochs without a better validation loss before training stops; the best weights stay.",
    )
    train_on_empty: bool = Field(
        False, description="Train on texts without any token left after cleaning; the model answers for them anyway."
    )
    class_weights: bool = Field(False, description="Weigh every class alike, however many examples it has.")
    seed: int = Field(0, ge=0, description="Seed of initial weights, order, dropout and the validation part.")
    strategy: Literal["auto", "tpu", "multi_worker", "mirrored", "one_device"] = Field(
        "auto", description="Distribution strategy; auto decides from the environment."
    )
    unfreeze: UnfreezeConfig | None = Field(
        None, description="A second stage that trains the encoder too, at a low rate; null for the head alone."
    )

    @pydantic.model_validator(mode="after")
    def _unfrozen_is_judged(self) -> "TrainerConfig":
        if self.unfreeze and not self.validation_share:
            raise ValueError(
                "unfreeze keeps the trained encoder only if the validation part says so: set validation_share above 0"
            )
        return self

"""The `trainer` section of the configuration."""

from typing import Literal

import pydantic
from pydantic import Field

from components.base import Config
from components.trainer.finetuning.config import UnfreezeConfig
from components.trainer.ngrams.config import NGramsConfig


class TrainerConfig(Config):
    """How a classification head is trained on frozen features, and the encoder after it if asked for."""

    head: Literal["dense", "bilstm", "attention"] = Field(
        "dense",
        description="What reads the features: dense takes one vector a text, bilstm and attention take its tokens.",
    )
    lstm_units: int = Field(356, ge=1, description="Width of the LSTM in each direction.")
    attention_heads: int = Field(1, ge=1, description="Learned queries; each gives a weighted mean of the tokens.")
    attention_units: int = Field(128, ge=1, description="Width in which queries and tokens are compared.")
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
    optimizer: Literal["adam", "adamw", "nadam"] = Field("adamw", description="Of the Adam family.")
    learning_rate: float = Field(1e-3, gt=0, description="Learning rate of the optimizer.")
    weight_decay: float = Field(0.01, ge=0, description="AdamW's decoupled weight decay; biases are spared.")
    label_smoothing: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of each target spread evenly over all classes, in the loss of training and validation.",
    )
    threshold: float = Field(
        0.5, gt=0, lt=1, description="Lowest probability of a label that a text is given, where it may have several."
    )
    validation_share: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="Share of the train split, by class, that is held out to stop on; 0 for none.",
    )
    folds: int | None = Field(
        None, ge=2, description="Folds of a stratified cross-validation on the train split; null for none."
    )
    group_folds: bool = Field(
        False,
        description="Keep the examples of a group (an article, or `group_column`) together: in one fold, and on one "
        "side of the validation part.",
    )
    final: Literal["refit", "ensemble"] = Field(
        "refit",
        description="What is served after a cross-validation: one head trained anew, stopped on the validation part, "
        "or the mean of the folds' probabilities.",
    )
    patience: int = Field(
        5,
        ge=1,
        description="Epochs without a better validation loss before training stops; the best weights stay.",
    )
    train_on_empty: bool = Field(
        False, description="Train on texts without any token left after cleaning; the model answers for them anyway."
    )
    warm_start: bool = Field(
        False,
        description="Begin with the weights of the model that was blessed last, if it came from the same backbone and "
        "has the same shape; else anew.",
    )
    class_weights: bool = Field(False, description="Weigh every class alike, however many examples it has.")
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of initial weights, order, dropout and the validation part.")
    strategy: Literal["auto", "tpu", "multi_worker", "mirrored", "one_device"] = Field(
        "auto", description="Distribution strategy; auto decides from the environment."
    )
    unfreeze: UnfreezeConfig | None = Field(
        None, description="A second stage that trains the encoder too, at a low rate; null for the head alone."
    )

    ngrams: NGramsConfig | None = Field(
        None,
        description="A naive Bayes model on n-grams beside the network, in the same SavedModel; null for the network "
        "alone.",
    )

    @pydantic.model_validator(mode="after")
    def _ensemble_of_folds(self) -> "TrainerConfig":
        if self.final == "ensemble" and self.folds is None:
            raise ValueError("final is ensemble, but there are no folds to join: set `folds` to 2 or more")
        if self.final == "ensemble" and self.unfreeze:
            raise ValueError(
                "final is ensemble, whose heads have seen each other's validation part, so that nothing could judge "
                "unfreeze: set final to refit, or leave out unfreeze"
            )
        return self

    @pydantic.model_validator(mode="after")
    def _folds_begin_anew(self) -> "TrainerConfig":
        if self.warm_start and self.folds:
            raise ValueError(
                "warm_start begins with a model that has seen every fold, so that nothing could be judged by `folds`: "
                "leave out one of the two"
            )
        return self

    @pydantic.model_validator(mode="after")
    def _unfrozen_is_judged(self) -> "TrainerConfig":
        if self.unfreeze and not self.validation_share:
            raise ValueError(
                "unfreeze keeps the trained encoder only if the validation part says so: set validation_share above 0"
            )
        return self

    @pydantic.model_validator(mode="after")
    def _joint_is_weighed(self) -> "TrainerConfig":
        if self.ngrams and not self.validation_share and self.final != "ensemble":
            raise ValueError(
                "ngrams count as much as the validation part says: set validation_share above 0, or final to ensemble"
            )
        return self

"""The architectures that can be pretrained: how each is built, and how its parts are called one by one."""

from typing import Protocol

import tensorflow as tf
from transformers import PretrainedConfig, TFPreTrainedModel

from components.errors import ConfigError
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.families import bert, deberta, distilbert, electra
from components.pretrainer.masking import Vocabulary


class Family(Protocol):
    """What a module of this package offers for its architecture."""

    def new_config(
        self, config: PretrainerConfig, vocabulary: Vocabulary, initializer_range: float
    ) -> PretrainedConfig:
        """Says in Hugging Face's terms what an untrained network looks like.

        Args:
            config: Its sizes.
            vocabulary: Number of ids and the padding id.
            initializer_range: Standard deviation of its initial weights.
        """

    def sees_texts_apart(self, config: PretrainedConfig) -> bool:
        """Tells whether several texts in a block can be kept from seeing each other."""

    def encode(
        self,
        network: TFPreTrainedModel,
        input_ids: tf.Tensor,
        text_ids: tf.Tensor,
        position_ids: tf.Tensor | None = None,
        training: bool = False,
    ) -> tf.Tensor:
        """Runs the encoder on blocks of several texts, each of which sees itself only.

        Every text gets the hidden states that it would get alone (Krell et al. 2021, arXiv:2107.02027). Hugging Face's
        own ``call`` takes no mask of this shape, so its embeddings and its layers are called here.

        Args:
            network: The masked language model.
            input_ids: int32, shape ``(batch, length)``.
            text_ids: int32, shape ``(batch, length)``: positions with the same number see each other; 0 is padding.
            position_ids: int32, shape ``(batch, length)``; None: counted from the start of the row.
            training: Whether dropout is on.

        Returns:
            Hidden states, shape ``(batch, length, hidden_size)``.
        """

    def predict_tokens(self, network: TFPreTrainedModel, states: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
        """Runs the language modelling head on some positions.

        Args:
            network: The masked language model.
            states: Hidden states, shape ``(batch, length, hidden_size)``.
            positions: int32, shape ``(batch, slots)``: where to predict.

        Returns:
            Logits, float32, shape ``(batch, slots, vocabulary)``.
        """


FAMILIES: dict[str, Family] = {"bert": bert, "distilbert": distilbert, "electra": electra, "deberta-v2": deberta}


def family_of(model_type: str) -> Family:
    """Finds the module for an architecture.

    Args:
        model_type: As in ``config.json``.

    Raises:
        ConfigError: If there is none.
    """
    if model_type not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise ConfigError(
            "backbone.source",
            f"it is of the kind {model_type}, but pretraining can go on with {known} only: take one of these, or leave "
            "out pretrainer and corpus",
        )
    return FAMILIES[model_type]

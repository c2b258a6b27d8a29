"""The encoder: token ids in, one vector a text out, in inference mode unless it is trained on."""

from pathlib import Path

import tensorflow as tf
from transformers import TFPreTrainedModel

from components.backbone import positions
from components.backbone.loading import load_encoder_model
from components.errors import DataError
from components.feature_gen.config import Pooling
from components.feature_gen.pooling import pool


def load_encoder(directory: str | Path) -> TFPreTrainedModel:
    """Loads a backbone as a frozen encoder.

    A pooler layer, where the architecture has one, is taken out: no pooling here uses it, and a checkpoint of
    a masked language model has no weights for it, so it would only add random numbers to the served model.

    Args:
        directory: A Backbone artifact.

    Returns:
        The model, not trainable.
    """
    model = load_encoder_model(directory)
    model.trainable = False
    main = getattr(model, model.base_model_prefix, model)
    if getattr(main, "pooler", None) is not None:
        main.pooler = None
    return model


def encode(
    model: TFPreTrainedModel, input_ids: tf.Tensor, lengths: tf.Tensor, pooling: Pooling, training: bool = False
) -> tf.Tensor:
    """Runs the encoder and pools its last hidden states.

    Args:
        model: An encoder from `load_encoder`.
        input_ids: Padded token ids, int32 of shape ``[batch, length]``.
        lengths: Number of real tokens of each row, int of shape ``[batch]``.
        pooling: See `components.feature_gen.pooling.pool`.
        training: Whether dropout is on, as the encoder's own configuration has it.

    Returns:
        Features, float32 of shape ``[batch, feature_size]``.
    """
    mask = tf.sequence_mask(lengths, tf.shape(input_ids)[1])
    outputs = model(input_ids=input_ids, attention_mask=tf.cast(mask, tf.int32), training=training)
    return pool(outputs.last_hidden_state, mask, pooling)


def max_tokens(model: TFPreTrainedModel) -> int | None:
    """Tells how many tokens the encoder has positions for, special tokens included.

    Args:
        model: An encoder from `load_encoder`.

    Returns:
        The bound, or None if the architecture has none.
    """
    return positions.max_tokens(model.config.to_dict())


def check_length(model: TFPreTrainedModel, longest: int) -> None:
    """Refuses token sequences that the encoder has no positions for.

    Args:
        model: An encoder from `load_encoder`.
        longest: Number of tokens of the longest sequence, special tokens included.

    Raises:
        DataError: If there are more tokens than positions.
    """
    bound = max_tokens(model)
    if bound is not None and longest > bound:
        raise DataError(
            f"a text has {longest} tokens, but the {model.config.model_type} backbone takes at most {bound}: "
            f"set max_length to {bound} or less"
        )

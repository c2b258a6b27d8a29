"""The encoder: token ids in, features out, in inference mode unless it is trained on."""

from pathlib import Path

import tensorflow as tf
from transformers import TFPreTrainedModel

from components.backbone import positions
from components.backbone.loading import load_encoder_model
from components.errors import ConfigError, DataError
from components.feature_gen import unpadded
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
        # MPNet's layer calls its pooler whether it has one or not.
        main.pooler = _first_vector if model.config.model_type == "mpnet" else None
    return model


def _first_vector(states: tf.Tensor) -> tf.Tensor:
    return states[:, 0]


def token_vectors(
    model: TFPreTrainedModel, input_ids: tf.Tensor, mask: tf.Tensor, hidden_layers: int = 1, training: bool = False
) -> tf.Tensor:
    """Runs the encoder.

    Several layers side by side are the features of BERT's feature-based experiment (Devlin et al. 2019, section
    5.3, where the last four did best).

    Args:
        model: An encoder from `load_encoder`.
        input_ids: Padded token ids, int32 of shape ``[batch, length]``.
        mask: True for real tokens, bool of shape ``[batch, length]``.
        hidden_layers: Number of last layers to take, the last one at the end of a vector.
        training: Whether dropout is on.

    Returns:
        float32 of shape ``[batch, length, hidden_layers * width]``.
    """
    outputs = model(
        input_ids=input_ids,
        attention_mask=tf.cast(mask, tf.int32),
        output_hidden_states=hidden_layers > 1,
        training=training,
    )
    states = outputs.hidden_states[-hidden_layers:] if hidden_layers > 1 else [outputs.last_hidden_state]
    return tf.cast(tf.concat(states, axis=-1), tf.float32)  # an encoder that is trained may compute in bfloat16


def encode(
    model: TFPreTrainedModel,
    input_ids: tf.Tensor,
    lengths: tf.Tensor,
    pooling: Pooling,
    hidden_layers: int = 1,
    training: bool = False,
    without_padding: bool = False,
) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
    """Runs the encoder and pools its hidden states.

    Args:
        model: An encoder from `load_encoder`.
        input_ids: Padded token ids, int32 of shape ``[batch, length]``.
        lengths: Number of real tokens of each row, int of shape ``[batch]``.
        pooling: See `components.feature_gen.pooling.pool`.
        hidden_layers: See `token_vectors`.
        training: Whether dropout is on, as the encoder's own configuration has it.
        without_padding: Whether work on padding is saved where `components.feature_gen.unpadded` knows the
            architecture; not with ``training``, nor with XLA, which wants to know how many tokens there are.

    Returns:
        What a head reads: float32 of shape ``[batch, feature_size]``; for ``tokens`` float32 of shape ``[batch,
        length, feature_size]`` and a mask, bool of shape ``[batch, length]``.
    """
    mask = tf.sequence_mask(lengths, tf.shape(input_ids)[1])
    if without_padding and unpadded.is_known(model):
        return pool(unpadded.token_vectors(model, input_ids, mask, hidden_layers), mask, pooling)
    return pool(token_vectors(model, input_ids, mask, hidden_layers, training), mask, pooling)


def max_tokens(model: TFPreTrainedModel) -> int | None:
    """Tells how many tokens the encoder has positions for, special tokens included.

    Args:
        model: An encoder from `load_encoder`.

    Returns:
        The bound, or None if the architecture has none.
    """
    return positions.max_tokens(model.config.to_dict())


def check_layers(model: TFPreTrainedModel, hidden_layers: int) -> None:
    """Refuses to take more layers than the encoder has.

    Args:
        model: An encoder from `load_encoder`.
        hidden_layers: Number of last layers to take.

    Raises:
        ConfigError: If the encoder has fewer.
    """
    if hidden_layers > model.config.num_hidden_layers:
        raise ConfigError(
            "feature_gen.hidden_layers",
            f"{hidden_layers} layers are asked for, but the {model.config.model_type} backbone has "
            f"{model.config.num_hidden_layers}",
        )


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

"""BERT (Devlin et al. 2019, arXiv:1810.04805); see `components.pretrainer.families.Family`."""

from typing import Any

import tensorflow as tf
import tf_keras as keras
from transformers import BertConfig, TFBertForMaskedLM

from components.pretrainer.config import PretrainerConfig
from components.pretrainer.families.attention import additive_mask
from components.pretrainer.masking import Vocabulary


def sizes(config: PretrainerConfig, vocabulary: Vocabulary, initializer_range: float) -> dict[str, Any]:
    """The settings that BERT shares with the architectures that came after it."""
    return {
        "vocab_size": vocabulary.size,
        "pad_token_id": vocabulary.pad_id,
        "hidden_size": config.hidden_size,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "intermediate_size": config.intermediate_size,
        "max_position_embeddings": config.max_positions,
        "initializer_range": initializer_range,
        "hidden_dropout_prob": config.dropout,
        "attention_probs_dropout_prob": config.dropout,
    }


def new_config(config: PretrainerConfig, vocabulary: Vocabulary, initializer_range: float) -> BertConfig:
    """See `Family`."""
    return BertConfig(**sizes(config, vocabulary, initializer_range))


def sees_texts_apart(config: BertConfig) -> bool:
    """See `Family`."""
    return True


def encode(
    network: TFBertForMaskedLM,
    input_ids: tf.Tensor,
    text_ids: tf.Tensor,
    position_ids: tf.Tensor | None = None,
    training: bool = False,
) -> tf.Tensor:
    """See `Family`."""
    bert = network.bert
    states = bert.embeddings(input_ids=input_ids, position_ids=position_ids, training=training)
    return run_layers(bert.encoder, states, text_ids, training)


def run_layers(encoder: keras.layers.Layer, states: tf.Tensor, text_ids: tf.Tensor, training: bool) -> tf.Tensor:
    """Runs all layers of an encoder that is called as BERT's.

    Args:
        encoder: A ``TFBertEncoder`` or ``TFElectraEncoder``.
        states: Embeddings, shape ``(batch, length, hidden_size)``.
        text_ids: int32, shape ``(batch, length)``.
        training: Whether dropout is on.

    Returns:
        Hidden states of the last layer.
    """
    nothing = [None] * len(encoder.layer)
    return encoder(
        hidden_states=states,
        attention_mask=additive_mask(text_ids, states.dtype),
        head_mask=nothing,
        encoder_hidden_states=None,
        encoder_attention_mask=None,
        past_key_values=nothing,
        use_cache=False,
        output_attentions=False,
        output_hidden_states=False,
        return_dict=True,
        training=training,
    ).last_hidden_state


def predict_tokens(network: TFBertForMaskedLM, states: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
    """See `Family`."""
    return tf.cast(network.mlm(tf.gather(states, positions, batch_dims=1)), tf.float32)

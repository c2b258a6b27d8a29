"""DistilBERT (Sanh et al. 2019, arXiv:1910.01108); see `components.pretrainer.families.Family`."""

import tensorflow as tf
from transformers import DistilBertConfig, TFDistilBertForMaskedLM

from components.pretrainer.config import PretrainerConfig
from components.pretrainer.families.attention import additive_mask
from components.pretrainer.families.layers import add_and_norm, as_rows, attend
from components.pretrainer.families.products import dense, project
from components.pretrainer.masking import Vocabulary


def new_config(config: PretrainerConfig, vocabulary: Vocabulary, initializer_range: float) -> DistilBertConfig:
    """See `Family`."""
    return DistilBertConfig(
        vocab_size=vocabulary.size,
        pad_token_id=vocabulary.pad_id,
        dim=config.hidden_size,
        n_layers=config.layers,
        n_heads=config.heads,
        hidden_dim=config.intermediate_size,
        max_position_embeddings=config.max_positions,
        initializer_range=initializer_range,
        dropout=config.dropout,
        attention_dropout=config.dropout,
    )


def sees_texts_apart(config: DistilBertConfig) -> bool:
    """See `Family`."""
    return True


def encode(
    network: TFDistilBertForMaskedLM,
    input_ids: tf.Tensor,
    text_ids: tf.Tensor,
    position_ids: tf.Tensor | None = None,
    training: bool = False,
) -> tf.Tensor:
    """See `Family`."""
    encoder = network.distilbert
    states = encoder.embeddings(input_ids=input_ids, position_ids=position_ids, training=training)
    shape = tf.shape(states)
    mask = additive_mask(text_ids)
    rows = as_rows(states, encoder.transformer)
    for layer in encoder.transformer.layer:
        attention, feed_forward = layer.attention, layer.ffn
        parted = dense(rows, attention.q_lin, attention.k_lin, attention.v_lin)
        attended = attend(parted, shape, attention.n_heads, mask, attention.dropout, training)
        rows = add_and_norm(dense(attended, attention.out_lin), rows, layer.sa_layer_norm)
        widened = feed_forward.activation(dense(rows, feed_forward.lin1))
        projected = feed_forward.dropout(dense(widened, feed_forward.lin2), training=training)
        rows = add_and_norm(projected, rows, layer.output_layer_norm)
    return tf.reshape(rows, shape)


def predict_tokens(network: TFDistilBertForMaskedLM, states: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
    """See `Family`."""
    transformed = network.act(network.vocab_transform(tf.gather(states, positions, batch_dims=1)))
    return project(network.vocab_projector, network.vocab_layer_norm(transformed))

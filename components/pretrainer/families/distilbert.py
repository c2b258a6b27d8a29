"""DistilBERT (Sanh et al. 2019, arXiv:1910.01108); see `components.pretrainer.families.Family`."""

import tensorflow as tf
import tf_keras as keras
from transformers import DistilBertConfig, TFDistilBertForMaskedLM

from components.pretrainer.config import PretrainerConfig
from components.pretrainer.families.attention import additive_mask
from components.pretrainer.families.products import project
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
    mask = additive_mask(text_ids, tf.float32)
    for layer in encoder.transformer.layer:
        seen = layer.sa_layer_norm(_attend(layer.attention, states, mask, training) + states)
        states = layer.output_layer_norm(layer.ffn(seen, training=training) + seen)
    return states


def _attend(attention: keras.layers.Layer, states: tf.Tensor, mask: tf.Tensor, training: bool) -> tf.Tensor:
    """Self-attention with a mask for each query, where Hugging Face's layer takes one for the whole block."""
    batch, length = tf.shape(states)[0], tf.shape(states)[1]

    def heads(values: tf.Tensor) -> tf.Tensor:
        width = attention.dim // attention.n_heads
        return tf.transpose(tf.reshape(values, [batch, length, attention.n_heads, width]), [0, 2, 1, 3])

    queries, keys, values = (heads(part(states)) for part in (attention.q_lin, attention.k_lin, attention.v_lin))
    scale = (attention.dim // attention.n_heads) ** -0.5
    scores = tf.cast(tf.matmul(queries * scale, keys, transpose_b=True), tf.float32)
    shares = attention.dropout(tf.nn.softmax(scores + mask), training=training)
    context = tf.transpose(tf.matmul(tf.cast(shares, values.dtype), values), [0, 2, 1, 3])
    return attention.out_lin(tf.reshape(context, [batch, length, attention.dim]))


def predict_tokens(network: TFDistilBertForMaskedLM, states: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
    """See `Family`."""
    transformed = network.act(network.vocab_transform(tf.gather(states, positions, batch_dims=1)))
    return project(network.vocab_projector, network.vocab_layer_norm(transformed))

"""The layers of BERT and ELECTRA, and the parts that DistilBERT's have too, in fewer passes over memory.

They run on Hugging Face's weights, whose own layers do the same sums. Here tokens stay one row each from the first
layer to the last, so that every product but attention's is one of two matrices, and what is between the products,
gradients included, is written so that XLA makes few passes of it: a training step on a CPU in bfloat16 takes about four
fifths of the time (4 layers, 256 wide, 30,522 words).
"""

import tensorflow as tf
import tf_keras as keras

from components.pretrainer.families.attention import additive_mask
from components.pretrainer.families.normalization import layer_norm
from components.pretrainer.families.products import dense


def run_layers(encoder: keras.layers.Layer, states: tf.Tensor, text_ids: tf.Tensor, training: bool) -> tf.Tensor:
    """Runs all layers of an encoder.

    Args:
        encoder: A ``TFBertEncoder`` or ``TFElectraEncoder``, built.
        states: Embeddings, shape ``(batch, length, hidden_size)``.
        text_ids: int32, shape ``(batch, length)``: positions with the same number see each other; 0 is padding.
        training: Whether dropout is on.

    Returns:
        Hidden states of the last layer, in the dtype that the encoder computes in.
    """
    shape = tf.shape(states)
    mask = additive_mask(text_ids)
    rows = as_rows(states, encoder)
    for layer in encoder.layer:
        attention, output = layer.attention.self_attention, layer.attention.dense_output
        parted = dense(rows, attention.query, attention.key, attention.value)
        attended = attend(parted, shape, attention.num_attention_heads, mask, attention.dropout, training)
        projected = output.dropout(dense(attended, output.dense), training=training)
        rows = add_and_norm(projected, rows, output.LayerNorm)
        output = layer.bert_output
        widened = layer.intermediate.intermediate_act_fn(dense(rows, layer.intermediate.dense))
        projected = output.dropout(dense(widened, output.dense), training=training)
        rows = add_and_norm(projected, rows, output.LayerNorm)
    return tf.reshape(rows, shape)


def as_rows(states: tf.Tensor, encoder: keras.layers.Layer) -> tf.Tensor:
    """Shape ``(batch * length, hidden_size)``, in the dtype that the encoder computes in."""
    return tf.cast(tf.reshape(states, [-1, states.shape[-1]]), tf.as_dtype(encoder.compute_dtype))


def attend(
    parted: tf.Tensor, shape: tf.Tensor, heads: int, mask: tf.Tensor, dropout: keras.layers.Layer, training: bool
) -> tf.Tensor:
    """Self-attention (Vaswani et al. 2017, section 3.2); the softmax is float32.

    Heads and rows of the batch are one dimension in the products: of four dimensions XLA makes products in float32.

    Args:
        parted: Queries, keys and values side by side, shape ``(batch * length, 3 * hidden_size)``.
        shape: ``(batch, length, hidden_size)``.
        heads: How many.
        mask: From `additive_mask`.
        dropout: The layer that drops shares of attention.
        training: Whether it does.

    Returns:
        Shape ``(batch * length, hidden_size)``, in the dtype of ``parted``.
    """
    batch, length, width = shape[0], shape[1], parted.shape[-1] // (3 * heads)
    by_head = tf.transpose(tf.reshape(parted, [batch, length, 3, heads, width]), [2, 0, 3, 1, 4])
    queries, keys, values = tf.unstack(tf.reshape(by_head, [3, batch * heads, length, width]))
    scores = tf.cast(tf.matmul(queries, keys, transpose_b=True), tf.float32)
    scores = tf.reshape(scores, [batch, heads, length, length]) * width**-0.5 + mask
    shares = tf.reshape(tf.cast(tf.nn.softmax(scores), parted.dtype), [batch * heads, length, length])
    context = tf.matmul(dropout(shares, training=training), values)
    by_head = tf.reshape(context, [batch, heads, length, width])
    return tf.reshape(tf.transpose(by_head, [0, 2, 1, 3]), [-1, heads * width])


def add_and_norm(rows: tf.Tensor, residual: tf.Tensor, norm: keras.layers.LayerNormalization) -> tf.Tensor:
    """Residual connection and layer normalization (Ba et al. 2016), the latter in float32; the dtype of ``rows``."""
    return tf.cast(layer_norm(norm, tf.cast(rows + residual, tf.float32)), rows.dtype)

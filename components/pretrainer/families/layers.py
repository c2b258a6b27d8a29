"""The layers of BERT and ELECTRA, run on Hugging Face's weights in fewer passes over memory.

Hugging Face's own layers do the same sums. Here tokens stay one row each from the first layer to the last, so that
every product but attention's is one of two matrices, and what is between the products, gradients included, is written
so that XLA makes few passes of it: a training step on a CPU in bfloat16 takes about four fifths of the time (4 layers,
256 wide, 30,522 words).
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
    dtype = tf.as_dtype(encoder.compute_dtype)
    shape = tf.shape(states)
    mask = additive_mask(text_ids, tf.float32)
    rows = tf.cast(tf.reshape(states, [-1, states.shape[-1]]), dtype)
    for layer in encoder.layer:
        attended = _attend(layer.attention.self_attention, rows, shape, mask, training)
        rows = _add_and_norm(layer.attention.dense_output, attended, rows, training)
        widened = layer.intermediate.intermediate_act_fn(dense(rows, layer.intermediate.dense))
        rows = _add_and_norm(layer.bert_output, widened, rows, training)
    return tf.reshape(rows, shape)


def _attend(
    attention: keras.layers.Layer, rows: tf.Tensor, shape: tf.Tensor, mask: tf.Tensor, training: bool
) -> tf.Tensor:
    """Self-attention (Vaswani et al. 2017, section 3.2); the softmax is float32.

    Heads and rows of the batch are one dimension in the products: of four dimensions XLA makes products in float32.
    """
    batch, length, heads = shape[0], shape[1], attention.num_attention_heads
    width = attention.attention_head_size

    parted = dense(rows, attention.query, attention.key, attention.value)
    by_head = tf.transpose(tf.reshape(parted, [batch, length, 3, heads, width]), [2, 0, 3, 1, 4])
    queries, keys, values = tf.unstack(tf.reshape(by_head, [3, batch * heads, length, width]))
    scores = tf.cast(tf.matmul(queries, keys, transpose_b=True), tf.float32)
    scores = tf.reshape(scores, [batch, heads, length, length]) * width**-0.5 + mask
    shares = tf.reshape(tf.cast(tf.nn.softmax(scores), rows.dtype), [batch * heads, length, length])
    context = tf.matmul(attention.dropout(shares, training=training), values)
    by_head = tf.reshape(context, [batch, heads, length, width])
    return tf.reshape(tf.transpose(by_head, [0, 2, 1, 3]), [-1, heads * width])


def _add_and_norm(output: keras.layers.Layer, rows: tf.Tensor, residual: tf.Tensor, training: bool) -> tf.Tensor:
    """Dense layer, dropout, residual connection and layer normalization (Ba et al. 2016), the last in float32."""
    added = tf.cast(output.dropout(dense(rows, output.dense), training=training) + residual, tf.float32)
    return tf.cast(layer_norm(output.LayerNorm, added), rows.dtype)

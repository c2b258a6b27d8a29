"""BERT and its relatives on the real tokens of a batch alone, for serving: padding takes part in attention only.

Texts that are answered together differ in length, and what a server puts together it does not sort. Hugging Face's
layers compute every text as long as the longest. Here a token is a row from the first layer to the last, and products
of matrices, where nearly all of the time goes, see no padding (as in ByteTransformer, Zhai et al. 2022,
arXiv:2210.03052). 16 sentences of 10 to 40 tokens take two thirds of the time, one alone takes the same (4 layers of
256, one core).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import tensorflow as tf
import tf_keras
from transformers import TFPreTrainedModel

from components.backbone.masking import HIDDEN_SCORE


class _Layer(NamedTuple):
    """The parts of a layer after Vaswani et al. 2017, each with its weights."""

    heads: int
    query: tf_keras.layers.Layer
    key: tf_keras.layers.Layer
    value: tf_keras.layers.Layer
    attended: tf_keras.layers.Layer
    attended_norm: tf_keras.layers.Layer
    widened: tf_keras.layers.Layer
    activation: Callable[[tf.Tensor], tf.Tensor]
    narrowed: tf_keras.layers.Layer
    norm: tf_keras.layers.Layer


class _Places(NamedTuple):
    """Where tokens are in a padded batch.

    Attributes:
        shape: ``(batch, length)``.
        of_tokens: For each token its place, int32 ``(tokens,)``.
        tokens: For each place its token, 0 for padding, int32 ``(batch * length,)``.
        mask: What is added to attention scores, float32 ``(batch, 1, 1, length)``.
    """

    shape: tuple[tf.Tensor, tf.Tensor]
    of_tokens: tf.Tensor
    tokens: tf.Tensor
    mask: tf.Tensor


def is_known(model: TFPreTrainedModel) -> bool:
    """Whether the architecture can be computed here, with what its configuration has set.

    Args:
        model: An encoder from `components.feature_gen.encoder.load_encoder`.
    """
    absolute = getattr(model.config, "position_embedding_type", "absolute") == "absolute"
    return model.config.model_type in _LAYERS and absolute and not getattr(model.config, "is_decoder", False)


def token_vectors(model: TFPreTrainedModel, input_ids: tf.Tensor, mask: tf.Tensor, hidden_layers: int = 1) -> tf.Tensor:
    """What `components.feature_gen.encoder.token_vectors` computes, without its work on padding.

    Args:
        model: An encoder of which `is_known` is true.
        input_ids: Padded token ids, int32 of shape ``[batch, length]``.
        mask: True for real tokens, bool of shape ``[batch, length]``.
        hidden_layers: Number of last layers to take, the last one at the end of a vector.

    Returns:
        float32 of shape ``[batch, length, hidden_layers * width]``; what stands at padding means nothing.
    """
    main = getattr(model, model.base_model_prefix)
    states = main.embeddings(input_ids=input_ids, training=False)
    if getattr(main, "embeddings_project", None) is not None:  # ELECTRA's, where embeddings are narrower
        states = main.embeddings_project(states)
    places = _places(mask)
    rows = tf.gather(tf.reshape(states, [-1, states.shape[-1]]), places.of_tokens)
    last = [rows, *_run(_LAYERS[model.config.model_type](main), rows, places)][-hidden_layers:]
    padded = tf.gather(tf.concat(last, axis=-1), places.tokens)
    return tf.reshape(padded, [*places.shape, padded.shape[-1]])


def _places(mask: tf.Tensor) -> _Places:
    batch, length = tf.unstack(tf.shape(mask))
    flat = tf.reshape(mask, [-1])
    real = tf.cast(flat, tf.int32)
    tokens = tf.cumsum(real, exclusive=True) * real
    scores = tf.where(mask, 0.0, HIDDEN_SCORE)[:, tf.newaxis, tf.newaxis, :]
    return _Places((batch, length), tf.cast(tf.where(flat)[:, 0], tf.int32), tokens, scores)


def _run(layers: Sequence[_Layer], rows: tf.Tensor, places: _Places) -> Iterator[tf.Tensor]:
    """Hidden states after each layer, shape ``(tokens, width)``."""
    for layer in layers:
        attended = _dense(_attend(layer, rows, places), layer.attended)
        rows = _normalize(attended + rows, layer.attended_norm)
        widened = layer.activation(_dense(rows, layer.widened))
        rows = _normalize(_dense(widened, layer.narrowed) + rows, layer.norm)
        yield rows


def _attend(layer: _Layer, rows: tf.Tensor, places: _Places) -> tf.Tensor:
    batch, length = places.shape

    def by_head(part: tf_keras.layers.Layer) -> tf.Tensor:
        padded = tf.gather(_dense(rows, part), places.tokens)
        return tf.transpose(tf.reshape(padded, [batch, length, layer.heads, width]), [0, 2, 1, 3])

    width = rows.shape[-1] // layer.heads
    scores = tf.matmul(by_head(layer.query), by_head(layer.key), transpose_b=True) * width**-0.5
    context = tf.matmul(tf.nn.softmax(scores + places.mask), by_head(layer.value))
    padded = tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [batch * length, layer.heads * width])
    return tf.gather(padded, places.of_tokens)


def _dense(rows: tf.Tensor, layer: tf_keras.layers.Layer) -> tf.Tensor:
    return tf.nn.bias_add(tf.matmul(rows, layer.kernel), layer.bias)  # the two become one, see TensorFlow's remapper


def _normalize(rows: tf.Tensor, layer: tf_keras.layers.LayerNormalization) -> tf.Tensor:
    mean, variance = tf.nn.moments(rows, [-1], keepdims=True)
    return tf.nn.batch_normalization(rows, mean, variance, layer.beta, layer.gamma, layer.epsilon)


def _bert(main: Any) -> list[_Layer]:
    return [
        _Layer(
            one.attention.self_attention.num_attention_heads,
            one.attention.self_attention.query,
            one.attention.self_attention.key,
            one.attention.self_attention.value,
            one.attention.dense_output.dense,
            one.attention.dense_output.LayerNorm,
            one.intermediate.dense,
            one.intermediate.intermediate_act_fn,
            one.bert_output.dense,
            one.bert_output.LayerNorm,
        )
        for one in main.encoder.layer
    ]


def _distilbert(main: Any) -> list[_Layer]:
    return [
        _Layer(
            one.attention.n_heads,
            one.attention.q_lin,
            one.attention.k_lin,
            one.attention.v_lin,
            one.attention.out_lin,
            one.sa_layer_norm,
            one.ffn.lin1,
            one.ffn.activation,
            one.ffn.lin2,
            one.output_layer_norm,
        )
        for one in main.transformer.layer
    ]


_LAYERS: dict[str, Callable[[Any], list[_Layer]]] = {
    "bert": _bert,
    "camembert": _bert,
    "distilbert": _distilbert,
    "electra": _bert,
    "roberta": _bert,
    "xlm-roberta": _bert,
}

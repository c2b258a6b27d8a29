"""Literal markers in raw text, such as ``[MASK]`` or ``<unk>``, that stand for a token of their own."""

from collections.abc import Callable

import tensorflow as tf

Encode = Callable[[tf.Tensor], tf.RaggedTensor]


def encode_between(texts: tf.Tensor, marker: str, marker_id: int, encode: Encode) -> tf.RaggedTensor:
    """Encodes what stands between the occurrences of a marker, and puts an id where each was.

    Args:
        texts: (N,) string.
        marker: The literal text.
        marker_id: Its id.
        encode: Gives the ids (M, None) of strings (M,).

    Returns:
        (N, None), of the type that ``encode`` gives.
    """
    parts = tf.strings.split(texts, sep=marker)
    ids = encode(parts.flat_values)
    marked = tf.concat([ids, tf.fill([ids.nrows(), 1], tf.cast(marker_id, ids.dtype))], axis=1)
    return parts.with_flat_values(marked).merge_dims(1, 2)[:, :-1]


def map_between(texts: tf.Tensor, marker: str, function: Callable[[tf.Tensor], tf.Tensor]) -> tf.Tensor:
    """Applies a function of strings to what stands between the occurrences of a marker, and keeps the marker.

    Args:
        texts: (N,) string.
        marker: The literal text.
        function: Strings (M,) to strings (M,).

    Returns:
        (N,) string.
    """
    parts = tf.strings.split(texts, sep=marker)
    # The separator of reduce_join is left out after empty strings, so each part brings its own and the last is cut off.
    marked = parts.with_flat_values(tf.strings.join([function(parts.flat_values), marker]))
    joined = tf.strings.reduce_join(marked, axis=-1)
    lengths = tf.maximum(tf.strings.length(joined) - len(marker.encode()), 0)
    return tf.strings.substr(joined, tf.zeros_like(lengths), lengths)

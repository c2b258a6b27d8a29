"""One vector a text from those of its windows, used by FeatureGen and by the served model alike."""

import tensorflow as tf

from components.feature_gen.config import Pooling


def combine(vectors: tf.Tensor, windows: tf.RaggedTensor, pooling: Pooling) -> tf.Tensor:
    """Joins the vectors of each text's windows: their maximum if tokens are pooled so, else their mean.

    In the mean a window counts by its tokens, so that pooling by mean gives the mean over all tokens of the text. A
    text of one window keeps its vector, bit for bit.

    Args:
        vectors: A vector a window, float32 of shape ``[windows, width]``.
        windows: The windows' ids, ragged of shape ``[n, None, None]``, at least one window a text.
        pooling: How the vectors were made of token vectors.

    Returns:
        float32 of shape ``[n, width]``.
    """
    text, count = windows.value_rowids(), windows.nrows()
    if pooling == "max":
        return tf.math.unsorted_segment_max(vectors, text, count)
    lengths = tf.cast(windows.values.row_lengths(), vectors.dtype)
    shares = lengths / tf.gather(tf.math.unsorted_segment_sum(lengths, text, count), text)
    return tf.math.unsorted_segment_sum(vectors * shares[:, tf.newaxis], text, count)

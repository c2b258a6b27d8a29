"""The trained model: from raw texts to logits, in ops that TF Serving has."""

import numpy as np
import tensorflow as tf

from components.text_transform.graph import TextGraph
from components.trainer.ngrams.config import NGramsConfig
from components.trainer.ngrams.counting import ngrams_of


class TfIdf(tf.Module):
    """Weighs the n-grams that training texts have.

    As scikit-learn's ``TfidfTransformer(sublinear_tf=True)``: (1 + ln count) (1 + ln((1 + texts) / (1 + texts with
    it))), scaled to unit length.
    """

    def __init__(self, known: np.ndarray, text_counts: np.ndarray, texts: int) -> None:
        """Keeps what was counted.

        Args:
            known: Fingerprints, int64 of shape ``[features]``, rising; at least one.
            text_counts: Training texts that have each, int of shape ``[features]``.
            texts: Number of all training texts.
        """
        super().__init__()
        self.known = tf.Variable(known, trainable=False)
        self.idf = tf.Variable((1 + np.log((1 + texts) / (1 + text_counts))).astype(np.float32), trainable=False)

    def __call__(self, ngrams: tf.RaggedTensor) -> tf.SparseTensor:
        """Gives the weights of n-grams; those that are not known have none.

        Args:
            ngrams: Fingerprints, ragged int64 of shape ``[n, None]``.

        Returns:
            float32 of shape ``[n, features]``.
        """
        size = tf.size(self.known, tf.int64)
        places = tf.minimum(tf.searchsorted(self.known, ngrams.values, out_type=tf.int64), size - 1)
        is_known = tf.equal(tf.gather(self.known, places), ngrams.values)
        cells = tf.boolean_mask(ngrams.value_rowids() * size + places, is_known)
        cells, _, counts = tf.unique_with_counts(cells, tf.int64)
        rows, columns = cells // size, cells % size
        values = (1 + tf.math.log(tf.cast(counts, tf.float32))) * tf.gather(self.idf, columns)
        squares = tf.math.unsorted_segment_sum(values**2, rows, ngrams.nrows())
        values *= tf.math.rsqrt(tf.gather(squares, rows))
        return tf.SparseTensor(tf.stack([rows, columns], axis=1), values, tf.stack([ngrams.nrows(), size]))


class NGramModel(tf.Module):
    """A linear model on the TF-IDF of n-grams."""

    def __init__(self, text_graph: TextGraph, config: NGramsConfig, tfidf: TfIdf, weights: np.ndarray) -> None:
        """Joins the parts.

        Args:
            text_graph: Cleans and tokenizes.
            config: Which n-grams.
            tfidf: What the n-grams weigh.
            weights: float32 of shape ``[features, classes]``.
        """
        super().__init__(name="ngrams")
        self._text_graph, self._config, self._tfidf = text_graph, config, tfidf
        self._weights = tf.Variable(weights, trainable=False)

    @property
    def features(self) -> int:
        """The number of different n-grams."""
        return int(self._weights.shape[0])

    def __call__(self, texts: tf.Tensor) -> tf.Tensor:
        """Computes logits.

        Args:
            texts: Raw texts, string of shape ``[n]``.

        Returns:
            float32 of shape ``[n, classes]``; zeros where a text has no n-gram that is known.
        """
        features = self._tfidf(ngrams_of(self._text_graph, texts, self._config))
        return tf.sparse.sparse_dense_matmul(features, self._weights)

"""Trains the n-gram model; memory is bounded by the number of different n-grams, not by number or length of texts."""

from collections.abc import Iterable

import numpy as np
import tensorflow as tf
from scipy.sparse import csr_matrix
from sklearn.naive_bayes import ComplementNB

from components.errors import DataError
from components.text_transform.graph import TextGraph
from components.trainer.ngrams.config import NGramsConfig
from components.trainer.ngrams.counting import ngrams_of
from components.trainer.ngrams.model import NGramModel, TfIdf
from components.trainer.ngrams.windows import windows

_WINDOW_TEXTS, _WINDOW_BYTES = 4096, 1 << 21


def train_ngrams(
    texts: np.ndarray, label_ids: np.ndarray, classes: int, text_graph: TextGraph, config: NGramsConfig
) -> NGramModel:
    """Trains complement naive Bayes on the TF-IDF of n-grams.

    The weights are those of scikit-learn's ``ComplementNB`` (Rennie et al., "Tackling the Poor Assumptions of Naive
    Bayes Text Classifiers", ICML 2003, without the last step, which divides by their sum).

    Args:
        texts: Raw texts, UTF-8 bytes, object array of shape ``[n]``.
        label_ids: Class numbers, int of shape ``[n]``.
        classes: Number of classes.
        text_graph: Cleans and tokenizes.
        config: Which n-grams, and how they are smoothed.

    Returns:
        The trained model.

    Raises:
        DataError: If no n-gram is in ``config.min_count`` texts.
    """

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def listed(window: tf.Tensor) -> tf.RaggedTensor:
        return ngrams_of(text_graph, window, config)

    parts = list(windows(texts, _WINDOW_TEXTS, _WINDOW_BYTES))
    known, counts = _count_texts(listed(texts[part]) for part in parts)
    kept = _most_frequent(counts, config)
    if not kept.any():
        raise DataError(
            f"no n-gram is in {config.min_count} training texts or more: lower trainer.ngrams.min_count, or set "
            "trainer.ngrams to null"
        )
    tfidf = TfIdf(known[kept], counts[kept], len(texts))
    bayes = ComplementNB(alpha=config.smoothing)
    for part in parts:
        weighed = tfidf(listed(texts[part]))
        rows, columns = weighed.indices.numpy().T
        features = csr_matrix((weighed.values.numpy(), (rows, columns)), weighed.shape.as_list())
        bayes.partial_fit(features, label_ids[part], classes=np.arange(classes))
    weights = bayes.feature_log_prob_.T
    centred = weights - weights.mean(axis=1, keepdims=True)  # what is added to all classes alike changes nothing
    return NGramModel(text_graph, config, tfidf, centred.astype(np.float32))


def _most_frequent(counts: np.ndarray, config: NGramsConfig) -> np.ndarray:
    """Marks the n-grams that are in enough texts, and of them not more than are wanted, those in most texts."""
    kept: np.ndarray = counts >= config.min_count
    if kept.sum() > config.max_features:
        kept[np.argsort(-counts, kind="stable")[config.max_features :]] = False
    return kept


def _count_texts(listed: Iterable[tf.RaggedTensor]) -> tuple[np.ndarray, np.ndarray]:
    """Every n-gram, in rising order, and the number of texts that have it."""
    known, counts = np.empty(0, np.int64), np.empty(0, np.int64)
    for ngrams in listed:
        different, numbers = np.unique(ngrams.values.numpy(), return_inverse=True)
        cells = np.unique(ngrams.value_rowids().numpy() * max(len(different), 1) + numbers)
        here = np.bincount(cells % max(len(different), 1), minlength=len(different))
        known, places = np.unique(np.concatenate([known, different]), return_inverse=True)
        counts = np.bincount(places, np.concatenate([counts, here]), len(known)).astype(np.int64)
    return known, counts

"""The n-gram model against scikit-learn's own, and in a SavedModel."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import ComplementNB

from components.errors import DataError
from components.trainer.ngrams import training
from components.trainer.ngrams.config import NGramsConfig
from components.trainer.ngrams.training import train_ngrams
from tests.components.trainer.ngrams.graph import Characters

TRAIN = [
    "京都の寺を見た。",
    "京都はよい。",
    "電話を買った。",
    "新しい電話だ。",
    "うどんを食べた。食べた。",
    "",
    "Phone",
] * 3
LABEL_IDS = np.array([0, 0, 1, 1, 2, 0, 1] * 3)
OTHER = ["京都で食べた。", "寺の電話", "PHONE phone", "", "xyzzy", "食べた食べた食べた"]


def as_bytes(texts: list[str]) -> np.ndarray:
    return np.array([text.encode() for text in texts], object)


@pytest.mark.parametrize(("min_count", "window"), [(1, 1 << 21), (4, 1 << 21), (1, 100), (1, 1)])
def test_the_same_answers_as_scikit_learn(monkeypatch: pytest.MonkeyPatch, min_count: int, window: int) -> None:
    monkeypatch.setattr(training, "_WINDOW_BYTES", window)
    config = NGramsConfig(tokens=0, characters=3, min_count=min_count, smoothing=0.1)
    model = train_ngrams(as_bytes(TRAIN), LABEL_IDS, 3, Characters(), config)

    tfidf = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=min_count)
    bayes = ComplementNB(alpha=0.1).fit(tfidf.fit_transform(TRAIN), LABEL_IDS)

    assert model.features == len(tfidf.vocabulary_)
    expected = bayes.predict_joint_log_proba(tfidf.transform(TRAIN + OTHER))
    expected -= expected.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(model(tf.constant(TRAIN + OTHER)), expected, atol=1e-4)


def test_the_saved_model_gives_the_same(tmp_path) -> None:
    model = train_ngrams(as_bytes(TRAIN), LABEL_IDS, 3, Characters(), NGramsConfig())
    signature = [tf.TensorSpec([None], tf.string)]
    module = tf.Module()
    module.model, module.serve = model, tf.function(model.__call__, input_signature=signature, autograph=False)
    tf.saved_model.save(module, str(tmp_path))

    loaded = tf.saved_model.load(str(tmp_path))
    served = loaded.serve

    np.testing.assert_array_equal(served(tf.constant(OTHER)), model(tf.constant(OTHER)))
    assert served(tf.constant([], tf.string)).shape == (0, 3)
    np.testing.assert_array_equal(served(tf.constant(["", "χχχ"])), np.zeros((2, 3)))


def test_only_the_most_frequent_are_kept() -> None:
    config = NGramsConfig(tokens=0, characters=1, max_features=3)
    texts = ["京都", "京都", "京都 ab", "都 c"]  # 都 in 4, 京 in 3, the space in 2, the others in 1
    model = train_ngrams(as_bytes(texts), np.array([0, 0, 0, 1]), 2, Characters(), config)
    assert model.features == 3
    assert not model(tf.constant(["abcabc"])).numpy().any()
    assert model(tf.constant(["京", "都", " "])).numpy().all()


def test_ngrams_that_are_too_rare_are_an_error() -> None:
    with pytest.raises(DataError, match="lower trainer.ngrams.min_count"):
        train_ngrams(as_bytes(["京", "都"]), np.array([0, 1]), 2, Characters(), NGramsConfig(min_count=2))
    with pytest.raises(DataError, match="no n-gram"):
        train_ngrams(as_bytes(["", ""]), np.array([0, 1]), 2, Characters(), NGramsConfig())

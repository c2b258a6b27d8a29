"""The probe on tiny SavedModels, in this process; test_check runs it in its own."""

import base64
from pathlib import Path

import tensorflow as tf

from components.servable_check.probe import probe
from tests.components.servable_check import models


def test_a_sound_classifier(tmp_path: Path) -> None:
    report = probe(str(models.save_classifier(tmp_path / "m")), ["京都".encode()])
    assert report.failures == []
    assert report.signatures == ["serving_default"]
    assert set(report.latency_ms["serving_default"]) == {"1", "64"}
    assert 0 < report.latency_ms["serving_default"]["1"] < 1000
    assert report.load_seconds > 0
    assert report.tensorflow == tf.__version__


def test_a_sound_masked_language_model(tmp_path: Path) -> None:
    report = probe(str(models.save_fill_mask(tmp_path / "m")), [])
    assert (report.failures, report.signatures) == ([], ["fill_mask"])


def test_a_damaged_file(tmp_path: Path) -> None:
    path = models.save_classifier(tmp_path / "m") / "saved_model.pb"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (failure,) = probe(str(path.parent), []).failures
    assert failure.startswith("it does not load: ")


def test_no_known_signature(tmp_path: Path) -> None:
    path = models.save(tmp_path / "m", vectors=lambda text: {"vector": tf.zeros([tf.shape(text)[0], 2])})
    (failure,) = probe(str(path), []).failures
    assert failure.startswith("it has none of the signatures serving_default, tf_example, classify, embed, fill_mask, ")
    assert failure.endswith("vectors")


def test_a_model_that_answers_otherwise_than_the_trainer_saw(tmp_path: Path) -> None:
    path = str(models.save_classifier(tmp_path / "m"))
    texts = [base64.b64encode(text.encode()).decode() for text in ("京都", "犬")]
    right = [[0.0962, 0.0962, 0.7112, 0.0962], [0.25] * 4]
    assert probe(path, [], {"texts": texts, "probabilities": right}).failures == []
    (failure,) = probe(path, [], {"texts": texts, "probabilities": [right[0], [0.3, 0.2, 0.25, 0.25]]}).failures
    assert failure == "serving_default: probabilities differ by 0.05 from those that the trainer saw"


def test_the_ops_of_functions_are_listed_too(tmp_path: Path) -> None:
    report = probe(str(models.save_classifier(tmp_path / "m")), [])
    assert {"CaseFoldUTF8", "StaticRegexFullMatch", "Softmax"} <= set(report.ops)
    assert not any(op.startswith("__inference") for op in report.ops)


def test_the_signatures_that_take_examples(tmp_path: Path) -> None:
    path = models.save_for_examples(tmp_path / "m")
    report = probe(str(path), [])
    assert (report.failures, report.signatures) == ([], ["tf_example", "classify"])


def test_a_classification_signature_that_is_not_marked_as_one(tmp_path: Path) -> None:
    (failure,) = probe(str(models.save_for_examples(tmp_path / "m", marked=False)), []).failures
    assert failure == ("classify: is for the API tensorflow/serving/predict, must be for tensorflow/serving/classify")


def test_a_batch_of_one_only(tmp_path: Path) -> None:
    spec = tf.TensorSpec([1], tf.string, name="text")
    path = models.save(tmp_path / "m", spec=spec, serving_default=lambda text: models.classify(text))
    assert "serving_default: input 'text' is string[1], must be string[N]" in probe(str(path), []).failures


def test_logits_instead_of_probabilities(tmp_path: Path) -> None:
    def logits(text: tf.Tensor) -> models.Outputs:
        return models.answer(2 * models.classify(text)["probabilities"], models.LABELS)

    failures = probe(str(models.save(tmp_path / "m", serving_default=logits)), []).failures
    assert "serving_default, Japanese text alone: probabilities are no distribution: a sum is off by 1" in failures


def test_a_text_that_the_model_cannot_take_is_named(tmp_path: Path) -> None:
    def refuses_empty(text: tf.Tensor) -> models.Outputs:
        with tf.control_dependencies([tf.debugging.assert_positive(tf.strings.length(text), message="空の文")]):
            return models.classify(tf.identity(text))

    (failure,) = probe(str(models.save(tmp_path / "m", serving_default=refuses_empty)), []).failures
    assert failure.startswith("serving_default, empty text alone: InvalidArgumentError: assertion failed: [空の文")


def test_padding_that_leaks(tmp_path: Path) -> None:
    def leaks(text: tf.Tensor) -> models.Outputs:
        longest = tf.cast(tf.reduce_max(tf.strings.length(text)), tf.float32)
        share = tf.fill([tf.shape(text)[0], 1], 1 / (1 + longest))
        return models.answer(tf.concat([share, 1 - share], axis=1), ["a", "b"])

    failures = probe(str(models.save(tmp_path / "m", serving_default=leaks)), []).failures
    # Alone, the empty text has the longest length 0: the probability of "a" is 1; in the batch nearly 0.
    assert "serving_default: empty text: probabilities differ by 1 between a batch of 1 and of 64" in failures
    assert not any("very long" in failure for failure in failures)

"""The probe as a process of its own; test_executor runs it on a sound model."""

from pathlib import Path

import pytest
import tensorflow as tf

from components.servable_check.check import check_model
from components.servable_check.config import ServableCheckConfig
from tests.components.servable_check import models


@pytest.mark.slow
def test_a_model_that_needs_python_code_is_refused_although_it_runs_here(tmp_path: Path) -> None:
    def with_python(text: tf.Tensor) -> models.Outputs:
        same = tf.numpy_function(lambda value: value, [text], tf.string)
        same.set_shape([None])
        return models.classify(same)

    result = check_model(models.save(tmp_path / "m", serving_default=with_python), ServableCheckConfig())
    assert not result.servable
    assert "pyfunc" in result.failures[0]


def test_a_process_that_hangs_is_ended(tmp_path: Path) -> None:
    # TensorFlow alone takes longer than a second to import.
    result = check_model(models.save_classifier(tmp_path / "m"), ServableCheckConfig(timeout_seconds=1))
    assert result.failures == ["it did not answer within 1 s (servable_check.timeout_seconds)"]


def test_a_process_that_dies_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dying = tmp_path / "python"
    dying.write_text("#!/bin/sh\necho 'first' >&2\necho 'Illegal instruction' >&2\nexit 132\n")
    dying.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(dying))
    result = check_model(tmp_path, ServableCheckConfig())
    assert result.failures == ["the process that loaded it ended with code 132: first | Illegal instruction"]


@pytest.mark.slow
def test_an_op_that_the_chosen_release_does_not_have_is_named(tmp_path: Path) -> None:
    import tensorflow_text as tf_text

    def trimmed(text: tf.Tensor) -> models.Outputs:
        tokens = tf_text.WhitespaceTokenizer().tokenize(text)
        (kept,) = tf_text.RoundRobinTrimmer(5).trim([tokens])
        return models.classify(tf.strings.reduce_join(kept, axis=1, separator=" "))

    path = models.save(tmp_path / "m", serving_default=trimmed)
    config = ServableCheckConfig()
    (failure,) = check_model(path, config).failures
    assert failure == ("TFText>RoundRobinTrim is an op that TF Serving 2.16 does not have (servable_check.tf_serving)")
    assert check_model(path, config.model_copy(update={"tf_serving": None})).failures == []

import numpy as np
import pytest
import tensorflow as tf

from components.errors import DataError
from components.trainer.config import TrainerConfig
from components.trainer.ngrams.unseen import in_batches, judge_validation_part
from components.trainer.validation import validation_rows
from tests.components.trainer.features import make_set


def test_in_batches_keeps_the_order() -> None:
    texts = np.array([b"x" * ((n * 37) % 101) for n in range(150)], object)
    lengths = in_batches(lambda batch: tf.cast(tf.strings.length(batch), tf.float32)[:, None], texts)
    assert lengths[:, 0].tolist() == [len(text) for text in texts]


def lengths(texts: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.strings.length(texts), tf.float32)[:, None]


def test_the_validation_part_is_asked() -> None:
    data = make_set(np.zeros((120, 1), np.float32), np.arange(120) % 2)
    config = TrainerConfig(validation_share=0.25, seed=3)

    unseen = judge_validation_part(data, lengths, config)

    held_out = validation_rows(data.ids, data.label_ids, 0.25, seed=3)
    assert np.array_equal(unseen.folds >= 0, held_out)
    assert unseen.logits[:, 0].tolist() == [len(text) for text in data.texts[held_out]]


def test_a_validation_part_without_examples_is_refused() -> None:
    data = make_set(np.zeros((4, 1), np.float32), np.arange(4) % 2)
    with pytest.raises(DataError, match="validation_share 0.1 of 4 examples leaves none to weigh the n-grams on"):
        judge_validation_part(data, lengths, TrainerConfig())

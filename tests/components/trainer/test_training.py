"""Training a head on features whose classes can be told apart, or not."""

import numpy as np
import pytest
import tensorflow as tf

from components import progress
from components.errors import DataError
from components.feature_gen.records import FeatureSet
from components.trainer.config import TrainerConfig
from components.trainer.training import balanced_weights, train_head
from components.trainer.validation import validation_rows

pytestmark = pytest.mark.slow

LABELS = ["グルメ", "京都", "sports"]


def make_data(rows_per_class=(60, 60, 60), distance=4.0, seed=0):
    rng = np.random.default_rng(seed)
    label_ids = np.repeat(np.arange(len(rows_per_class)), rows_per_class)
    centres = distance * np.eye(len(rows_per_class), 8)
    features = (centres[label_ids] + rng.normal(size=(len(label_ids), 8))).astype(np.float32)
    ids = np.array([f"row{number}".encode() for number in range(len(label_ids))], object)
    return FeatureSet(features, label_ids, ids, ids, np.ones(len(ids), np.int64), ids)


def train(data, labels=LABELS, **settings):
    return train_head(data, labels, TrainerConfig(**settings), tf.distribute.get_strategy())


def test_separable_classes_are_learned():
    result = train(make_data(), epochs=30, learning_rate=1e-2, validation_share=0.2)

    assert result.train_examples == 144
    assert result.validation.example_count == 36
    assert result.validation.accuracy > 0.9
    assert result.validation.labels == LABELS
    assert result.history["loss"][-1] < 0.5 * result.history["loss"][0]


def test_stops_early_on_noise_and_keeps_the_best_weights():
    data = make_data(distance=0.0)

    result = train(data, epochs=60, patience=2, hidden_units=64, learning_rate=1e-2, validation_share=0.3)

    losses = result.history["val_loss"]
    assert len(losses) == result.best_epoch + 2 < 60
    held_out = data.take(validation_rows(data.ids, data.label_ids, 0.3, seed=0))
    loss, _ = result.head.evaluate(held_out.features, held_out.label_ids, batch_size=1024, verbose=0)
    assert loss == pytest.approx(min(losses), abs=1e-5)


def test_same_seed_same_weights():
    first, second = (train(make_data(), epochs=2, seed=5).head.get_weights() for _ in range(2))

    for left, right in zip(first, second, strict=True):
        np.testing.assert_array_equal(left, right)


def test_without_validation_all_epochs_run():
    result = train(make_data(), epochs=3, validation_share=0.0)

    assert result.validation is None
    assert (len(result.history["loss"]), result.best_epoch, result.train_examples) == (3, 3, 180)


def test_class_weights_raise_the_recall_of_a_rare_class():
    data = make_data(rows_per_class=(300, 15), distance=1.2)
    recalls = [
        train(data, ["多い", "少ない"], epochs=15, learning_rate=1e-2, validation_share=0.3, class_weights=weigh)
        .validation.per_class["少ない"]
        .recall
        for weigh in (False, True)
    ]

    assert recalls[1] > recalls[0]


def test_balanced_weights_by_hand():
    assert balanced_weights(np.array([0, 0, 0, 2])) == {0: pytest.approx(2 / 3), 2: pytest.approx(2.0)}


def test_progress_ends_at_the_full_bar():
    reports = []
    with progress.listen(lambda *report: reports.append(report)):
        train(make_data(), epochs=2)

    assert [report[:2] for report in reports] == [(1, 2), (2, 2), (2, 2)]
    assert reports[0][2].startswith("loss ")


@pytest.mark.parametrize(
    ("data", "labels", "message"),
    [
        (make_data().take(np.zeros(0, int)), LABELS, "no examples"),
        (make_data((20,)), ["唯一"], "two labels or more"),
        (make_data(), LABELS[:2], "'row120' has label_id 2, but there are 2 labels"),
    ],
)
def test_unusable_data_is_refused(data, labels, message):
    with pytest.raises(DataError, match=message):
        train(data, labels)

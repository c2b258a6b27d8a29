"""Training a head on features whose classes can be told apart, or not."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from components import progress
from components.errors import DataError, TfxBertError
from components.trainer.batches import predict
from components.trainer.config import TrainerConfig
from components.trainer.decision import probabilities_of
from components.trainer.training import balanced_weights, remedies, train_head
from components.trainer.validation import validation_rows
from tests.components.trainer.features import make_sequences, make_set

pytestmark = pytest.mark.slow

LABELS = ["グルメ", "京都", "sports"]


def make_data(rows_per_class=(60, 60, 60), distance=4.0, seed=0):
    rng = np.random.default_rng(seed)
    label_ids = np.repeat(np.arange(len(rows_per_class)), rows_per_class)
    centres = distance * np.eye(len(rows_per_class), 8)
    features = (centres[label_ids] + rng.normal(size=(len(label_ids), 8))).astype(np.float32)
    return make_set(features, label_ids)


def make_ordered(count=120):
    """Sequences that differ in nothing but the order of two marked tokens among others."""
    sequences = make_sequences(np.random.default_rng(0).integers(3, 20, count).tolist())
    label_ids = np.arange(count) % 2
    for number, tokens in enumerate(sequences):
        tokens[[0, -1], 0] = (4, -4) if label_ids[number] else (-4, 4)
    return make_set(sequences, label_ids)


def train(data, labels=LABELS, **settings):
    return train_head(data, labels, TrainerConfig(**settings), tf.distribute.get_strategy())


def test_separable_classes_are_learned():
    result = train(make_data(), epochs=30, learning_rate=1e-2, validation_share=0.2)

    assert result.train_examples == 144
    assert result.validation.example_count == 36
    assert result.validation.accuracy > 0.9
    assert result.validation.labels == LABELS
    assert result.history["loss"][-1] < 0.5 * result.history["loss"][0]


def test_bilstm_learns_what_lies_in_the_order_alone():
    accuracies = {
        head: train(
            make_ordered(), LABELS[:2], head=head, lstm_units=8, epochs=12, learning_rate=2e-2, validation_share=0.3
        ).validation.accuracy
        for head in ("bilstm", "attention")
    }

    assert accuracies["bilstm"] > 0.9
    assert accuracies["attention"] < 0.8


def test_attention_learns_which_token_counts():
    data = make_ordered()
    for tokens, label_id in zip(data.features, data.label_ids, strict=True):
        tokens[1] = (0, 9, 9 if label_id else -9, 0)

    result = train(
        data, LABELS[:2], head="attention", epochs=20, learning_rate=2e-2, validation_share=0.3, attention_units=8
    )

    assert result.validation.accuracy > 0.9


@pytest.mark.parametrize("optimizer", ["adam", "nadam"])
def test_other_optimizers_learn(optimizer):
    result = train(make_data(), epochs=10, learning_rate=1e-2, validation_share=0.2, optimizer=optimizer)

    assert result.head.optimizer.name.lower() == optimizer
    assert result.validation.accuracy > 0.9


def test_label_smoothing_by_hand():
    data = make_data()
    result = train(data, epochs=1, validation_share=0, label_smoothing=0.3)

    loss, _ = result.head.evaluate(data.features, data.label_ids, batch_size=1024, verbose=0)

    logs = tf.nn.log_softmax(result.head(data.features)).numpy()
    right = logs[np.arange(len(data)), data.label_ids]
    assert loss == pytest.approx(-(0.7 * right + 0.1 * logs.sum(axis=1)).mean(), abs=1e-5)


def test_stops_early_on_noise_and_keeps_the_best_weights():
    data = make_data(distance=0.0)

    result = train(data, epochs=60, patience=2, hidden_units=64, learning_rate=1e-2, validation_share=0.3)

    losses = result.history["val_loss"]
    assert len(losses) == result.best_epoch + 2 < 60
    held_out = data.take(validation_rows(data.ids, data.label_ids, 0.3, seed=0))
    loss, _ = result.head.evaluate(held_out.features, held_out.label_ids, batch_size=1024, verbose=0)
    assert loss == pytest.approx(min(losses), abs=1e-5)


@pytest.mark.parametrize("validation_share", [0.0, 0.3])
def test_a_training_that_diverges_ends_with_a_message(validation_share):
    with pytest.raises(
        TfxBertError, match=r"diverged: the loss is (nan|inf) at step \d+; try a lower trainer.learning_rate$"
    ):
        train(make_data(), hidden_units=8, learning_rate=1e30, validation_share=validation_share)


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


def test_a_class_that_is_not_there_has_no_weight_to_balance():
    data = make_data(rows_per_class=(20, 20))
    result = train(data, ["a", "b", "nowhere"], epochs=2, class_weights=True)
    assert len(result.history["loss"]) == 2


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


def make_several(count=300, seed=0):
    """Three labels that come and go by themselves, each with a feature that says so."""
    rng = np.random.default_rng(seed)
    marks = rng.random((count, 3)) < (0.5, 0.4, 0.2)
    data = make_set((3 * marks + rng.normal(scale=0.5, size=marks.shape)).astype(np.float32), np.zeros(count))
    return dataclasses.replace(data, label_ids=marks)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "nadam"])
def test_several_labels_are_learned(optimizer):
    result = train(make_several(), epochs=40, learning_rate=2e-2, validation_share=0.2, optimizer=optimizer)

    assert result.validation.micro_f1 > 0.95
    best = result.history["val_accuracy"][result.best_epoch - 1]
    assert best == pytest.approx(result.validation.accuracy), "the curve counts texts, not decisions"
    assert result.validation.confusion_matrix is None
    other = make_several(seed=1)
    probabilities = probabilities_of(predict(result.head, other), multi_label=True)
    none = ~other.label_ids.any(axis=1)
    assert (probabilities[none] < 0.5).all(axis=1).mean() > 0.9, "a text may have no label at all"
    assert train(other, epochs=1, validation_share=0.0).validation is None


def test_the_threshold_decides():
    low, high = (
        train(make_several(), epochs=2, validation_share=0.3, threshold=threshold).validation
        for threshold in (0.01, 0.99)
    )
    assert all(low.per_class[label].recall == 1 for label in LABELS)
    assert high.micro_f1 < low.micro_f1


def test_remedies_name_no_key_that_changes_nothing() -> None:
    data = make_set(np.zeros((4, 3), np.float32), np.arange(4) % 2)
    tokens = make_set(make_sequences([2] * 4), np.arange(4) % 2)
    assert remedies(data, TrainerConfig()).memory == "a smaller trainer.batch_size"
    assert remedies(data, TrainerConfig(batch_size=1)).memory == "a machine with more memory"
    assert remedies(tokens, TrainerConfig(batch_size=1)).memory.startswith("a smaller text.max_length, feature_gen")

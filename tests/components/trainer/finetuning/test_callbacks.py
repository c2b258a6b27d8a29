"""What is kept of a training whose metrics are known."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from components.metrics import ClassificationMetrics, compute_metrics
from components.trainer.finetuning.callbacks import KeepBest

LABELS = ["グルメ", "京都"]


def judged(right: int, loss: float = 1.0) -> ClassificationMetrics:
    """Metrics of ten texts of which so many are right."""
    actual = np.arange(10) % 2
    predicted = np.where(np.arange(10) < right, actual, 1 - actual)
    return compute_metrics(actual, predicted, LABELS).model_copy(update={"loss": loss})


def train(metrics, metric, patience=9):
    """Lets a variable be the number of the epoch, and the metrics follow; gives callback, variable, epochs run."""
    variable = tf.Variable(0.0)
    keeper = KeepBest(lambda: metrics[int(variable.numpy())], [variable], metric, patience)
    keeper.set_model(tf_keras.Sequential())
    keeper.model.stop_training = False
    for epoch in range(len(metrics) - 1):
        variable.assign(epoch + 1.0)
        logs = {"loss": 1.0}
        keeper.on_epoch_end(epoch, logs)
        assert logs["val_accuracy"] == metrics[epoch + 1].accuracy
        if keeper.model.stop_training:
            break
    keeper.on_train_end()
    return keeper, float(variable.numpy()), epoch + 1


@pytest.mark.parametrize("metric", ["weighted_f1", "macro_f1", "accuracy"])
def test_the_highest_is_kept_and_the_first_of_equals(metric):
    keeper, kept, _ = train([judged(right) for right in (5, 4, 8, 8, 6)], metric)

    assert (kept, keeper.best_epoch, keeper.before.accuracy, keeper.best.accuracy) == (2.0, 2, 0.5, 0.8)


def test_the_lowest_loss_is_kept_whatever_is_right():
    keeper, kept, _ = train([judged(9, 0.7), judged(8, 0.9), judged(2, 0.6), judged(8, 0.65)], "loss")

    assert (kept, keeper.best_epoch, keeper.best.loss) == (2.0, 2, 0.6)


@pytest.mark.parametrize("metric", ["weighted_f1", "loss"])
def test_what_is_only_as_good_is_not_kept(metric):
    keeper, kept, _ = train([judged(7)] * 4, metric)

    assert (kept, keeper.best_epoch) == (0.0, 0)


def test_patience_counts_from_the_best_epoch():
    rights = (5, 6, 7, 6, 6, 9)

    assert train([judged(right) for right in rights], "accuracy", patience=2)[1:] == (2.0, 4)
    assert train([judged(right) for right in rights], "accuracy", patience=3)[1:] == (5.0, 5)


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_no_number_is_never_better(broken):
    assert train([judged(5), judged(9, broken)], "loss")[1] == 0.0

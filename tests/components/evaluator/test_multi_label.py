"""A model of several labels against values worked out by hand."""

import math

import pytest
import tensorflow as tf

from components.errors import DataError
from components.evaluator.multi_label import is_multi_label, judge_files
from tests.components import tiny

LABELS = ["グルメ", "京都", "sports"]

# actual labels, text: what the text contains is predicted
ROWS = [
    (["グルメ", "京都"], "グルメと京都の話"),
    (["グルメ"], "グルメと京都の話"),
    (["京都"], "空の話"),
    ([], "空の話"),
    ([], "sportsの話"),
]


class KeywordModel(tf.Module):
    """Gives 0.8 to a label that is in the text and 0.1 to the others."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def classify(self, text):
        found = tf.stack([tf.strings.regex_full_match(text, f".*{label}.*") for label in LABELS], axis=1)
        return {"probabilities": tf.where(found, 0.8, 0.1), "chosen": found}


def load(folder):
    model = KeywordModel()
    tf.saved_model.save(model, str(folder / "model"), signatures={"serving_default": model.classify})
    return tf.saved_model.load(str(folder / "model"))


def write(folder, rows):
    examples = [
        {"text": text.encode(), **({"label": [label.encode() for label in labels]} if labels else {})}
        for labels, text in rows
    ]
    tiny.write_examples(folder / "rows.gz", examples)
    return [str(folder / "rows.gz")]


@pytest.mark.parametrize("batch_size", [2, 64])
def test_by_hand(tmp_path, batch_size):
    model = load(tmp_path)

    metrics = judge_files(model, write(tmp_path, ROWS), LABELS, batch_size)

    assert is_multi_label(str(tmp_path / "model"))
    assert (metrics.example_count, metrics.accuracy) == (5, 2 / 5)
    assert metrics.micro_f1 == pytest.approx(2 * 3 / (5 + 4))
    assert metrics.per_class["京都"].recall == 0.5
    assert (metrics.per_class["sports"].support, metrics.per_class["sports"].f1) == (0, 0)
    right = 3 * math.log(0.8) + 9 * math.log(0.9)
    wrong = 2 * math.log(0.2) + math.log(0.1)
    assert metrics.loss == pytest.approx(-(right + wrong) / 15)


def test_labels_that_the_model_does_not_know_are_an_error(tmp_path):
    with pytest.raises(DataError, match="2 examples to evaluate on have a label that the train split does not have"):
        judge_files(load(tmp_path), write(tmp_path, [*ROWS, (["電話"], "話"), (["電話", "京都"], "話")]), LABELS, 4)


def test_no_examples_are_an_error(tmp_path):
    with pytest.raises(DataError, match="no examples"):
        judge_files(load(tmp_path), write(tmp_path, []), LABELS, 4)

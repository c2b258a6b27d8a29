import numpy as np
import pytest
import tensorflow as tf

from components.trainer.ngrams.config import NGramsConfig
from components.trainer.ngrams.fitting import fit_joint
from components.trainer.ngrams.training import train_ngrams
from components.trainer.ngrams.unseen import Unseen
from tests.components.trainer.features import make_set
from tests.components.trainer.ngrams.graph import Characters

FOODS = ("寿司", "うどん", "ラーメン", "焼き肉", "そば")
PARTS = ("画面", "着信音", "充電器", "機種", "電池")
TEXTS = [f"{food}{n}を食べた。" for food in FOODS for n in range(8)] + [
    f"{part}が{n}だ。" for part in PARTS for n in range(8)
]
LABEL_IDS = np.array([0] * 40 + [1] * 40)
LABELS = ["グルメ", "携帯電話"]


def data():
    made = make_set(np.zeros((80, 1), np.float32), LABEL_IDS)
    return type(made)(**{**vars(made), "texts": np.array([text.encode() for text in TEXTS], object)})


def test_each_part_is_judged_by_models_that_have_not_seen_it() -> None:
    rows, config = data(), NGramsConfig()
    ignorant = np.zeros((60, 2), np.float32)
    folds = np.array([number % 4 - 1 for number in range(80)])  # every fourth was seen
    result = fit_joint(rows, Unseen(folds, ignorant), LABELS, Characters(), config)

    expected = np.empty((80, 2), np.float32)
    for fold in range(3):
        model = train_ngrams(rows.texts[folds != fold], LABEL_IDS[folds != fold], 2, Characters(), config)
        expected[folds == fold] = model(tf.constant(rows.texts[folds == fold]))
    right = (expected.argmax(axis=1) == LABEL_IDS)[folds >= 0].mean()
    summary = result.summary()
    assert summary["unseen_examples"] == 60
    assert summary["accuracy"] == {"network": 0.5, "ngrams": right, "both": right}
    assert right > 0.9
    assert summary["factors"]["network"] == pytest.approx(1)  # it says nothing, so nothing speaks against it
    assert summary["factors"]["ngrams"] > 1 / expected[folds >= 0].std()
    everything = train_ngrams(rows.texts, LABEL_IDS, 2, Characters(), config)
    assert summary["features"] == everything.features
    np.testing.assert_array_equal(result.joint.model(tf.constant(TEXTS)), everything(tf.constant(TEXTS)))


def test_a_network_that_knows_all_is_left_to_decide() -> None:
    rows = data()
    knows = np.where(np.eye(2, dtype=bool)[LABEL_IDS], 3.0, -3.0).astype(np.float32)
    result = fit_joint(rows, Unseen(np.zeros(80, int) + np.arange(80) % 2, knows), LABELS, Characters(), NGramsConfig())
    assert result.both.accuracy == result.network.accuracy == 1


def test_a_label_with_one_row_which_a_fold_does_not_see() -> None:
    rows = data()
    labels = LABEL_IDS.copy()
    labels[0] = 2
    rows = type(rows)(**{**vars(rows), "label_ids": labels})
    unseen = Unseen(np.arange(80) % 2, np.zeros((80, 3), np.float32))
    result = fit_joint(rows, unseen, [*LABELS, "旅"], Characters(), NGramsConfig())
    assert np.isfinite(result.joint.model(tf.constant(TEXTS)).numpy()).all()
    assert result.both.accuracy > 0.9 and np.isfinite(list(result.summary()["factors"].values())).all()

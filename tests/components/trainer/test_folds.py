"""Folds: who is held out where, and that no head saw what it is judged on."""

import itertools
import json

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import f1_score

from components import progress
from components.errors import DataError
from components.trainer.config import TrainerConfig
from components.trainer.ensemble import Ensemble
from components.trainer.folds import assign_folds, cross_validate, summarize, write_predictions
from components.trainer.training import train_head
from tests.components.trainer.features import make_set
from tests.components.trainer.test_training import LABELS, make_data, make_several

pytestmark = pytest.mark.slow

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=4, max_size=60)


def columns(rows):
    ids = np.array([f"文{number}".encode() for number in range(len(rows))], object)
    return ids, np.array([row[0] for row in rows]), np.array([f"記事{row[1]}".encode() for row in rows], object)


@hypothesis.given(ROWS, st.integers(2, 4), st.data())
def test_folds_are_stratified_and_follow_the_ids(rows, count, data):
    ids, label_ids, _ = columns(rows)
    order = np.array(data.draw(st.permutations(range(len(rows)))))

    folds = assign_folds(ids, label_ids, count, seed=0)

    for chosen in (label_ids >= 0, *(label_ids == label_id for label_id in set(label_ids))):
        sizes = np.bincount(folds[chosen], minlength=count)
        assert sizes.max() - sizes.min() <= 1
    assert assign_folds(ids[order], label_ids[order], count, seed=0).tolist() == folds[order].tolist()


@pytest.mark.filterwarnings("ignore:The least populated class")
@hypothesis.given(ROWS, st.integers(2, 4), st.data())
def test_groups_are_never_on_two_sides(rows, count, data):
    ids, label_ids, groups = columns(rows)
    hypothesis.assume(len(set(groups)) >= count and np.bincount(label_ids).max() >= count)
    order = np.array(data.draw(st.permutations(range(len(rows)))))

    folds = assign_folds(ids, label_ids, count, 0, groups)

    assert set(folds) == set(range(count)), "no fold is empty"
    assert all(len(set(folds[groups == group])) == 1 for group in groups)
    assert assign_folds(ids[order], label_ids[order], count, 0, groups[order]).tolist() == folds[order].tolist()


def test_grouped_folds_are_stratified_where_groups_allow():
    label_ids = np.arange(300) // 100
    groups = np.array([b"%d" % (number // 5) for number in range(300)], object)

    folds = assign_folds(groups, label_ids, 5, 0, groups)

    for fold in range(5):
        assert np.bincount(label_ids[folds == fold]).tolist() == [20, 20, 20]


@pytest.mark.parametrize("grouped", [False, True])
def test_another_seed_deals_otherwise(grouped):
    ids = np.array([b"%d" % number for number in range(60)], object)
    first, second = (assign_folds(ids, np.arange(60) % 3, 3, seed, ids if grouped else None) for seed in (0, 1))

    assert (first != second).any()


@pytest.mark.parametrize(
    ("rows", "groups", "message"),
    [
        (2, None, "2 examples, too few for 3 folds: set trainer.folds to 2 or less"),
        (1, None, "1 examples, too few for 3 folds: set trainer.folds to null"),
        (6, [b"a", b"b"] * 3, "2 groups, too few for 3 folds"),
        (6, [b"a", b"b", b""] * 2, "2 of 6 training examples have no group, the first is '文2'"),
    ],
)
def test_what_cannot_be_dealt_is_refused(rows, groups, message):
    ids, label_ids, _ = columns([(0, 0)] * rows)

    with pytest.raises(DataError, match=message):
        assign_folds(ids, label_ids, 3, 0, None if groups is None else np.array(groups, object))


CONFIG = TrainerConfig(folds=3, epochs=8, patience=3, learning_rate=1e-2, validation_share=0.2)


@pytest.fixture(scope="module")
def data():
    return make_data(distance=2.0)


@pytest.fixture(scope="module")
def crossed(data):
    return cross_validate(data, LABELS, CONFIG, tf.distribute.get_strategy())


def test_a_head_knows_nothing_of_its_fold(data, crossed):
    rest = data.take(crossed.folds != 1)
    alone = train_head(rest, LABELS, CONFIG, tf.distribute.get_strategy()).head

    for left, right in zip(crossed.heads[1].get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)
    held_out = data.take(crossed.folds == 1)
    expected = tf.nn.softmax(alone(held_out.features)).numpy()
    np.testing.assert_allclose(crossed.probabilities[crossed.folds == 1], expected, atol=1e-6)


def test_figures_are_those_of_each_fold(data, crossed):
    figures = summarize(crossed)

    f1 = [
        f1_score(data.label_ids[chosen], crossed.probabilities[chosen].argmax(axis=1), average="weighted")
        for chosen in (crossed.folds == fold for fold in range(3))
    ]
    assert figures["cross_validation"]["weighted_f1"] == pytest.approx(f1)
    assert figures["cv_weighted_f1"] == pytest.approx(np.mean(f1))
    assert figures["cv_weighted_f1_std"] == pytest.approx(np.std(f1, ddof=1))
    assert figures["cross_validation"]["example_count"] == [60, 60, 60]
    assert {"cv_accuracy", "cv_accuracy_std", "cv_macro_f1", "cv_macro_f1_std"} < set(figures)


def test_out_of_fold_predictions_are_kept(data, crossed, tmp_path):
    write_predictions(str(tmp_path / "run"), crossed, data, LABELS)

    lines = (tmp_path / "run/out_of_fold.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["id"].encode() for row in rows] == data.ids.tolist()
    assert [row["label"] for row in rows] == [LABELS[label_id] for label_id in data.label_ids]
    assert {row["fold"] for row in rows} == {1, 2, 3}
    assert list(rows[0]["probabilities"]) == LABELS
    np.testing.assert_allclose([[*row["probabilities"].values()] for row in rows], crossed.probabilities, atol=1e-6)


def test_groups_stay_together_in_folds(data):
    groups = np.array([b"%d" % (number // 6) for number in range(len(data))], object)
    grouped = type(data)(**{**vars(data), "groups": groups})

    config = CONFIG.model_copy(update={"group_folds": True, "epochs": 1})
    folds = cross_validate(grouped, LABELS, config, tf.distribute.get_strategy()).folds

    assert all(len(set(folds[groups == group])) == 1 for group in groups)


def test_the_ensembles_softmax_is_the_mean_probability(data, crossed):
    ensemble = Ensemble(crossed.heads)

    mean = np.mean([tf.nn.softmax(head(data.features)) for head in crossed.heads], axis=0)

    np.testing.assert_allclose(tf.nn.softmax(ensemble(data.features)), mean, atol=1e-6)
    np.testing.assert_allclose(ensemble(data.features), np.log(mean), rtol=1e-4, atol=1e-6)


def test_progress_goes_over_the_folds_once(data):
    reports = []
    with progress.listen(lambda *report: reports.append(report)):
        cross_validate(data, LABELS, CONFIG.model_copy(update={"epochs": 2}), tf.distribute.get_strategy())

    assert [report[:2] for report in reports] == [(done, 6) for done in (1, 2, 2, 3, 4, 4, 5, 6, 6)]
    assert reports[0][2].startswith("fold 1 of 3: loss ")


def test_an_ensemble_needs_folds():
    with pytest.raises(ValueError, match="final is ensemble, but there are no folds"):
        TrainerConfig(final="ensemble")


def test_folds_and_ensemble_of_several_labels(tmp_path):
    data = make_several()
    config = TrainerConfig(folds=3, epochs=30, learning_rate=2e-2, validation_share=0.2)

    result = cross_validate(data, LABELS, config, tf.distribute.get_strategy())

    assert summarize(result)["cv_weighted_f1"] > 0.9
    assert all(abs((data.label_ids & (result.folds == n)[:, None])[:, 2].sum() - 20) < 4 for n in range(3))
    write_predictions(str(tmp_path), result, data, LABELS)
    rows = [json.loads(line) for line in (tmp_path / "out_of_fold.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["label"] for row in rows] == [list(itertools.compress(LABELS, marks)) for marks in data.label_ids]
    joined = tf.sigmoid(Ensemble(result.heads, multi_label=True)(data.features)).numpy()
    mean = np.mean([tf.sigmoid(head(data.features)) for head in result.heads], axis=0)
    np.testing.assert_allclose(joined, mean, atol=1e-5)


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("weigh", [False, True])
def test_a_label_with_one_row_and_a_label_without_any(several, weigh):
    rng = np.random.default_rng(0)
    label_ids = np.array([0] * 20 + [1] * 20 + [2])
    targets = np.eye(4, dtype=bool)[label_ids] if several else label_ids
    data = make_set(rng.normal(size=(41, 4)).astype(np.float32), targets)
    config = TrainerConfig(epochs=2, folds=3, class_weights=weigh and not several)

    result = cross_validate(data, ["京都", "グルメ", "旅", "空"], config, tf.distribute.get_strategy())

    assert np.isfinite(result.probabilities).all() and result.probabilities.shape == (41, 4)
    assert sum(fold.per_class["旅"].support for fold in result.metrics) == 1
    assert all(0 <= value <= 1 for name, value in summarize(result).items() if name.startswith("cv_"))

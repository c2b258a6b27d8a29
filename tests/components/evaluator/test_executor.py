"""The Evaluator: a real SavedModel and raw Examples, against values worked out by hand and TFMA's."""

import math
from pathlib import Path

import pytest
import tensorflow_model_analysis as tfma
from tfx.types import standard_artifacts

from components.baseline.config import BaselineConfig
from components.baseline.executor import Executor as Baseline
from components.errors import DataError
from components.evaluator import results
from components.evaluator.config import EvaluatorConfig
from components.evaluator.executor import Executor
from components.evaluator.remarks import remarks
from components.predictions import read_texts
from components.pusher.push import push
from tests.components import tiny
from tests.components.evaluator.keyword_model import write_model

pytestmark = pytest.mark.slow

LABELS = ["グルメ", "京都", "sports"]

# actual label, text: what the text contains is predicted
ROWS = [
    *[("グルメ", "グルメの話")] * 3,
    ("グルメ", "京都の話"),
    ("京都", "京都の話"),
    ("京都", "グルメの話" + "長い" * 20),
    *[("sports", "グルメの話?")] * 2,
]
SEVERAL = [
    ("グルメ|京都", "グルメと京都の話"),
    ("グルメ", "グルメと京都の話"),
    ("京都", "空の話"),
    ("", "空の話"),
    ("", "sportsの話"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model"), 3, LABELS)


def write(folder: Path, rows, several=False):
    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = str(folder / "examples"), tiny.split_names("train", "eval")
    records = []
    for number, (label, text) in enumerate(rows):
        labels = [one.encode() for one in (label.split("|") if several else [label]) if one]
        place = {"column/place": ["東京", "大阪"][number % 2].encode()} if number else {}
        records.append({"text": text.encode(), "id": b"%d" % number, **({"label": labels} if labels else {}), **place})
    for split in ("train", "eval"):
        tiny.write_examples(folder / f"examples/Split-{split}/data-00000-of-00001.gz", records)
    return examples


def run(folder: Path, model, rows, config: EvaluatorConfig, several=False, serving=None, **inputs):
    evaluation, blessing = standard_artifacts.ModelEvaluation(), standard_artifacts.ModelBlessing()
    evaluation.uri, blessing.uri = str(folder / "evaluation"), str(folder / "blessing")
    Executor().Do(
        {"examples": [write(folder, rows, several)], "model": [model], **inputs},
        {"evaluation": [evaluation], "blessing": [blessing]},
        {"config": config.model_dump_json(), "multi_label": int(several), "serving_directory": serving},
    )
    return evaluation, blessing


def test_metrics_by_hand_and_blessing(tmp_path, model):
    evaluation, blessing = run(tmp_path, model, ROWS, EvaluatorConfig(thresholds={"accuracy": 0.5}, batch_size=3))

    metrics = results.read_metrics(evaluation.uri)
    assert metrics.confusion_matrix == [[3, 1, 0], [1, 1, 0], [2, 0, 0]]
    assert (metrics.example_count, metrics.accuracy) == (8, 0.5)
    assert metrics.macro_f1 == pytest.approx((0.6 + 0.5 + 0) / 3)
    assert metrics.weighted_f1 == pytest.approx((0.6 * 4 + 0.5 * 2) / 8)
    assert metrics.per_class["グルメ"].recall == 0.75
    assert metrics.loss == pytest.approx(-(4 * math.log(0.8) + 4 * math.log(0.1)) / 8, rel=1e-4)
    assert metrics.ece == pytest.approx(0.3, abs=1e-6)
    assert [path.name for path in Path(blessing.uri).iterdir()] == ["BLESSED"]
    assert blessing.get_int_custom_property("blessed") == 1
    assert blessing.get_string_custom_property("current_model") == model.uri
    assert "no last blessed model" in results.read_verdict(evaluation.uri).message


def test_slices_by_label_length_unknown_tokens_and_column(tmp_path, model):
    evaluation, _ = run(tmp_path, model, ROWS, EvaluatorConfig(slice_columns=("place",)))

    slices = results.read_slices(evaluation.uri)
    assert {name: {value: one.example_count for value, one in part.items()} for name, part in slices.items()} == {
        "label": {"グルメ": 4, "京都": 2, "sports": 2},
        "text length": {"0 to 15 characters": 7, "16 to 63 characters": 1},
        "unknown tokens": {"none": 6, "over 5% to 20%": 2},
        "column/place": {"大阪": 4, "東京": 3, "": 1},
    }
    assert slices["label"]["グルメ"].accuracy == 0.75
    assert slices["text length"]["16 to 63 characters"].accuracy == 0.0


def test_result_is_tfmas_own_too_and_says_the_same(tmp_path, model):
    evaluation, _ = run(tmp_path, model, ROWS, EvaluatorConfig(slice_columns=("place",)))

    found = {key: values[""][""] for key, values in tfma.load_eval_result(evaluation.uri).slicing_metrics}
    metrics, slices = results.read_metrics(evaluation.uri), results.read_slices(evaluation.uri)
    assert found[()]["example_count"] == {"doubleValue": 8.0}
    assert found[()]["sparse_categorical_crossentropy"]["doubleValue"] == pytest.approx(metrics.loss, rel=1e-4)
    (matrix,) = found[()]["multi_class_confusion_matrix_at_thresholds"]["multiClassConfusionMatrixAtThresholds"][
        "matrices"
    ]
    confusion = [[0] * 3 for _ in range(3)]
    for entry in matrix["entries"]:
        row, column = entry.get("actualClassId", 0), entry.get("predictedClassId", 0)
        confusion[row][column] = int(entry["numWeightedExamples"])
    assert confusion == metrics.confusion_matrix
    for name, part in slices.items():
        for value, one in part.items():
            if value:
                assert found[((name, value),)]["example_count"] == {"doubleValue": one.example_count}


def test_texts_are_kept_with_the_answers(tmp_path, model):
    evaluation, _ = run(tmp_path, model, ROWS, EvaluatorConfig())

    assert read_texts(f"{evaluation.uri}/predictions", [b"4"]) == {b"4": "京都の話"}


def test_below_a_threshold_is_not_blessed(tmp_path, model):
    evaluation, blessing = run(tmp_path, model, ROWS, EvaluatorConfig(thresholds={"weighted_f1": 0.9}))

    assert [path.name for path in Path(blessing.uri).iterdir()] == ["NOT_BLESSED"]
    assert blessing.get_int_custom_property("blessed") == 0
    message = results.read_verdict(evaluation.uri).message
    assert message == "not blessed: weighted_f1 0.4250 is below the bound 0.9 (evaluator.thresholds.weighted_f1)"


def test_worse_than_the_last_blessed_model_is_not_blessed(tmp_path, model):
    """The candidate never says sports; the blessed model, whose labels stand in another order, never says グルメ."""
    rows = [("sports", "sportsの話")] * 20 + [("グルメ", "グルメの話")] * 5
    worse = write_model(tmp_path / "worse", 4, ["グルメ", "京都", "別"])
    worse_labels = ["グルメ", "京都", "sports"]
    (Path(worse.uri) / "Format-Serving/assets.extra/labels.json").write_text(str(worse_labels).replace("'", '"'))

    evaluation, blessing = run(tmp_path, worse, rows, EvaluatorConfig(), blessed_model=[model])

    assert blessing.get_int_custom_property("blessed") == 0
    (check,) = results.read_verdict(evaluation.uri).checks
    assert (check.gate, check.holds) == ("blessed", False)
    comparison = results.read_comparisons(evaluation.uri)["blessed"]
    assert (comparison.value < 0.3, comparison.other) == (True, 1.0)


def test_a_model_is_not_compared_with_itself(tmp_path, model):
    evaluation, _ = run(tmp_path, model, ROWS, EvaluatorConfig(blessed_margin=0.5), blessed_model=[model])

    verdict = results.read_verdict(evaluation.uri)
    assert verdict.blessed
    assert "there is no last blessed model to compare with" in verdict.notes


def test_the_last_blessed_model_may_be_the_one_that_is_served(tmp_path, model):
    serving, config = str(tmp_path / "serving"), EvaluatorConfig(blessed_margin=0.5)
    push(f"{model.uri}/Format-Serving", serving)
    evaluation, _ = run(tmp_path / "same", model, ROWS, config, serving=serving)
    assert "there is no last blessed model to compare with" in results.read_verdict(evaluation.uri).notes

    other = write_model(tmp_path / "other", 4, ["グルメ", "京都", "別"])
    served = push(f"{other.uri}/Format-Serving", serving).path
    evaluation, _ = run(tmp_path / "another", model, ROWS, config, serving=serving)
    assert results.read_comparisons(evaluation.uri)["blessed"].uri == served


def test_a_model_of_several_labels_is_nothing_to_compare_with(tmp_path, model):
    other = write_model(tmp_path / "several", 9, LABELS, several=True)

    evaluation, _ = run(tmp_path, model, ROWS, EvaluatorConfig(), blessed_model=[other])

    (_, note) = results.read_verdict(evaluation.uri).notes
    assert note.startswith("the last blessed model may give a text several labels and this one gives one")


@pytest.mark.parametrize("several", [False, True])
def test_a_label_that_the_last_blessed_model_does_not_know(tmp_path, several):
    """It counts against that model, the comparison goes on, and everyone is told how many texts there were."""
    rows = [("京都", "京都の話"), ("グルメ", "グルメの話"), ("sports", "グルメの話"), ("sports", "sportsの話")]
    older = write_model(tmp_path / "older", 4, ["京都", "グルメ", "芸能"], several=several)
    newer = write_model(tmp_path / "newer", 5, LABELS, several=several)

    evaluation, blessing = run(tmp_path, newer, rows, EvaluatorConfig(), several, blessed_model=[older])

    found = results.read_comparisons(evaluation.uri)["blessed"]
    assert (found.values["accuracy"], found.others["accuracy"]) == (0.75, 0.5)
    told = {"new": ["sports"], "gone": ["芸能"], "new_examples": 2, "gone_answers": 0}
    assert found.changes.model_dump() == told == results.read_raw_metrics(evaluation.uri)["label_changes"]
    assert (
        "does not know the label 'sports': the 2 texts with it count as wrong for it"
        in blessing.get_string_custom_property("blessing_message")
    )
    assert found.others["loss"] > found.values["accuracy"]
    assert results.read_metrics(evaluation.uri).labels == LABELS


def test_baseline_is_compared_on_the_same_rows(tmp_path, model):
    rows = [("グルメ", f"京都の話 {number}") for number in range(10)] + [
        ("京都", f"空 {number}") for number in range(10)
    ]
    baseline = standard_artifacts.ModelEvaluation()
    baseline.uri = str(tmp_path / "baseline")
    config = BaselineConfig(analyzer="char", min_count=1).model_dump_json()
    Baseline().Do({"examples": [write(tmp_path, rows)]}, {"evaluation": [baseline]}, {"config": config})

    evaluation, _ = run(tmp_path, model, rows, EvaluatorConfig(baseline_margin=0.0), baseline=[baseline])

    comparison = results.read_comparisons(evaluation.uri)["baseline"]
    assert (comparison.value, comparison.other) == (0.0, 1.0)
    assert not results.read_verdict(evaluation.uri).blessed


def test_several_labels_by_hand(tmp_path):
    model = write_model(tmp_path / "model", 5, LABELS, several=True)

    evaluation, _ = run(tmp_path, model, SEVERAL, EvaluatorConfig(batch_size=2), several=True)

    metrics = results.read_metrics(evaluation.uri)
    assert (metrics.example_count, metrics.accuracy) == (5, 2 / 5)
    assert metrics.micro_f1 == pytest.approx(2 * 3 / (5 + 4))
    assert metrics.per_class["京都"].recall == 0.5
    assert (metrics.per_class["sports"].support, metrics.per_class["sports"].f1) == (0, 0)
    right = 3 * math.log(0.8) + 9 * math.log(0.9)
    wrong = 2 * math.log(0.2) + math.log(0.1)
    assert metrics.loss == pytest.approx(-(right + wrong) / 15)
    assert set(results.read_slices(evaluation.uri)) == {"text length", "unknown tokens"}


@pytest.mark.parametrize("several", [False, True])
def test_rows_with_a_label_that_no_row_to_train_on_has_are_wrong(tmp_path, several):
    model = write_model(tmp_path / "model", 5, LABELS, several=several)
    rows = [("京都", "京都の話"), ("グルメ", "グルメの話"), ("電話", "京都の話"), ("電話", "空")]

    evaluation, blessing = run(tmp_path, model, rows, EvaluatorConfig(thresholds={"accuracy": 0.5}), several)

    metrics = results.read_metrics(evaluation.uri)
    assert (metrics.labels, metrics.unseen_labels) == ([*LABELS, "電話"], ["電話"])
    assert (metrics.example_count, metrics.accuracy) == (4, 0.5)
    assert (metrics.per_class["電話"].support, metrics.per_class["電話"].recall) == (2, 0)
    said, *_ = remarks(metrics, "", None)
    assert said == "no row to train on has the label '電話': the 2 rows to judge on have it, and count as wrong"
    assert blessing.get_int_custom_property("blessed") == 1


def test_empty_split_is_an_error(tmp_path, model):
    with pytest.raises(DataError, match="no examples"):
        run(tmp_path, model, [], EvaluatorConfig())

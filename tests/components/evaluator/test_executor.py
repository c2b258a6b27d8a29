"""The Evaluator: TFMA over a real SavedModel and raw Examples, against values worked out by hand."""

import math
from pathlib import Path

import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tfx.components.util import examples_utils
from tfx.proto import example_gen_pb2
from tfx.types import standard_artifacts
from tfx.utils import path_utils

from components.errors import DataError
from components.evaluator import results
from components.evaluator.config import EvaluatorConfig
from components.evaluator.executor import Executor
from components.trainer.labels import write_labels
from tests.components import tiny

pytestmark = pytest.mark.slow

LABELS = ["グルメ", "京都", "sports"]


class KeywordModel(tf.Module):
    """Has the Trainer's signatures; gives 0.8 to a label that is in the text and 0.1 to the others."""

    def __init__(self):
        super().__init__()
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(LABELS, tf.range(3, dtype=tf.int64)), -1
        )

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def classify(self, text):
        found = tf.stack([tf.strings.regex_full_match(text, f".*{label}.*") for label in LABELS], axis=1)
        probabilities = tf.where(found, 0.8, 0.1)
        return {
            "label": tf.gather(tf.constant(LABELS), tf.argmax(probabilities, axis=1)),
            "score": tf.reduce_max(probabilities, axis=1),
            "labels": tf.tile(tf.constant([LABELS]), [tf.shape(text)[0], 1]),
            "probabilities": probabilities,
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="label")])
    def label_ids(self, label):
        return {"label_id": self.table.lookup(label)}


# actual label, text: what the text contains is predicted
ROWS = [
    *[("グルメ", "グルメの話")] * 3,
    ("グルメ", "京都の話"),
    ("京都", "京都の話"),
    ("京都", "グルメの話"),
    *[("sports", "グルメの話")] * 2,
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    artifact = standard_artifacts.Model()
    artifact.uri, artifact.id = str(tmp_path_factory.mktemp("model")), 3
    directory = Path(path_utils.serving_model_dir(artifact.uri))
    keyword_model = KeywordModel()
    signatures = {"serving_default": keyword_model.classify, "label_ids": keyword_model.label_ids}
    tf.saved_model.save(keyword_model, str(directory), signatures=signatures)
    write_labels(directory, LABELS)
    return artifact


def run(folder: Path, model, rows, config: EvaluatorConfig):
    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = str(folder / "examples"), tiny.split_names("train", "eval")
    examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
    records = [
        {"text": text.encode(), "label": label.encode(), "id": b"%d" % number}
        for number, (label, text) in enumerate(rows)
    ]
    tiny.write_examples(folder / "examples/Split-eval/data-00000-of-00001.gz", records)
    evaluation, blessing = standard_artifacts.ModelEvaluation(), standard_artifacts.ModelBlessing()
    evaluation.uri, blessing.uri = str(folder / "evaluation"), str(folder / "blessing")
    Executor().Do(
        {"examples": [examples], "model": [model]},
        {"evaluation": [evaluation], "blessing": [blessing]},
        {"config": config.model_dump_json()},
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
    assert [path.name for path in Path(blessing.uri).iterdir()] == ["BLESSED"]
    assert blessing.get_int_custom_property("blessed") == 1
    assert blessing.get_string_custom_property("current_model") == model.uri


def test_result_is_tfmas_own_too(tmp_path, model):
    evaluation, _ = run(tmp_path, model, ROWS, EvaluatorConfig())

    ((_, values),) = tfma.load_eval_result(evaluation.uri).slicing_metrics

    assert values[""][""]["example_count"] == {"doubleValue": 8.0}


def test_below_a_threshold_is_not_blessed(tmp_path, model):
    evaluation, blessing = run(tmp_path, model, ROWS, EvaluatorConfig(thresholds={"weighted_f1": 0.9}))

    assert [path.name for path in Path(blessing.uri).iterdir()] == ["NOT_BLESSED"]
    assert blessing.get_int_custom_property("blessed") == 0
    assert results.read_verdict(evaluation.uri).message == "not blessed: weighted_f1 0.4250 is below the bound 0.9"


def test_label_that_the_model_does_not_know_is_an_error(tmp_path, model):
    with pytest.raises(DataError, match="2 examples to evaluate on have a label that the train split"):
        run(tmp_path, model, [*ROWS, *[("携帯電話", "電話の話")] * 2], EvaluatorConfig())


def test_empty_split_is_an_error(tmp_path, model):
    with pytest.raises(DataError, match="no examples"):
        run(tmp_path, model, [], EvaluatorConfig())

"""The eval split has no say in what is trained."""

import numpy as np
import pytest
import tensorflow as tf
from tfx.utils import path_utils

from components.trainer.finetuning.config import UnfreezeConfig
from components.trainer.ngrams.config import NGramsConfig
from tests.components import tiny
from tests.components.trainer.test_executor import CONFIG, TEXTS, execute, prepare

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"folds": 2, "final": "ensemble"},
        {
            "unfreeze": UnfreezeConfig(epochs=3, batch_size=8, learning_rate=1e-3, metric="loss"),
            "ngrams": NGramsConfig(),
        },
    ],
    ids=["frozen", "folds", "everything"],
)
def test_nothing_of_the_eval_split_is_looked_at(tmp_path, keys):
    """With one that has all labels wrong, the same is trained, bit for bit."""
    prepare(tmp_path)
    config = CONFIG.model_copy(update={"epochs": 6, "patience": 2, **keys})
    execute(tmp_path, "without", config)
    for part in ("features", "examples"):
        rows = read_rows(tmp_path / part / "Split-train/rows-00000-of-00001.gz")
        tiny.write_examples(tmp_path / part / "Split-eval/rows-00000-of-00001.gz", map(mislabelled, rows))
    execute(tmp_path, "with", config)
    np.testing.assert_array_equal(*(probabilities(tmp_path / name / "model") for name in ("without", "with")))


def probabilities(model):
    signatures = tf.saved_model.load(path_utils.serving_model_dir(str(model))).signatures
    return signatures["serving_default"](text=tf.constant(TEXTS))["probabilities"].numpy()


def read_rows(file):
    """The features of a file's records, as `write_examples` takes them."""
    for record in tf.data.TFRecordDataset(str(file), "GZIP"):
        features = tf.train.Example.FromString(record.numpy()).features.feature
        yield {
            name: list(value.int64_list.value) if value.HasField("int64_list") else value.bytes_list.value[0]
            for name, value in features.items()
        }


def mislabelled(row):
    return {**row, "label_id": [1 - row["label_id"][0]], "id": b"eval" + row["id"]}

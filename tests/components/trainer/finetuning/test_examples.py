"""The second stage on records: which texts train, which decide, and what they weigh."""

import numpy as np
import pytest
import tensorflow as tf

from components.errors import DataError
from components.feature_gen.encoder import load_encoder
from components.feature_gen.info import FeaturesInfo
from components.trainer.config import TrainerConfig
from components.trainer.finetuning.config import UnfreezeConfig
from components.trainer.finetuning.examples import tune_on_examples
from components.trainer.validation import validation_rows
from tests.components import tiny
from tests.components.trainer.finetuning.test_stage import SWITCH, fresh_head

pytestmark = pytest.mark.slow

LABELS = ["グルメ", "京都"]


def write(folder, rows=60, empty=6):
    """Writes texts of two classes in two files, and empty ones that belong to the first; gives the files."""
    rng = np.random.default_rng(0)
    examples = [
        {
            "input_ids": [2, *rng.integers(10, 64, 3 + n % 9).tolist(), *([SWITCH] * 4 if n % 3 == 0 else []), 3],
            "label_id": int(n % 3 == 0),
            "id": b"%d" % n,
            "text": "京都".encode(),
            "token_count": 5,
        }
        for n in range(rows)
    ]
    examples += [
        {"input_ids": [2, 3], "label_id": 0, "id": b"empty%d" % n, "text": b"", "token_count": 0} for n in range(empty)
    ]
    files = [folder / "examples-0.gz", folder / "examples-1.gz"]
    for number, file in enumerate(files):
        tiny.write_examples(file, examples[number::2])
    return [str(file) for file in files], examples


def run(folder, files, **settings):
    config = TrainerConfig(
        unfreeze=UnfreezeConfig(epochs=8, patience=8, learning_rate=1e-2, batch_size=16, metric="loss"), **settings
    )
    encoder = load_encoder(tiny.write_backbone(folder / "backbone"))
    strategy = tf.distribute.get_strategy()
    features = FeaturesInfo(pooling="mean", width=tiny.WIDTH)
    return tune_on_examples(
        files, encoder, fresh_head(), features, LABELS, config, config.unfreeze, strategy, folder / "logs"
    )


@pytest.mark.parametrize("train_on_empty", [False, True])
def test_the_validation_part_is_the_heads(tmp_path, train_on_empty):
    files, examples = write(tmp_path)
    usable = [row for row in examples if row["token_count"] or train_on_empty]
    ids, label_ids = np.array([row["id"] for row in usable], object), np.array([row["label_id"] for row in usable])
    held_out = validation_rows(ids, label_ids, 0.25, seed=4)

    result = run(tmp_path, files, validation_share=0.25, seed=4, train_on_empty=train_on_empty, class_weights=True)

    assert result.before.example_count == held_out.sum()
    assert [result.before.per_class[label].support for label in LABELS] == np.bincount(label_ids[held_out]).tolist()
    assert result.kept and result.best.loss < result.before.loss
    assert list((tmp_path / "logs").glob("*/*"))


def test_an_empty_validation_part_is_refused(tmp_path):
    files, _ = write(tmp_path, rows=4)

    with pytest.raises(DataError, match=r"trainer.validation_share 0.1 of 4 examples leaves none"):
        run(tmp_path, files, validation_share=0.1)

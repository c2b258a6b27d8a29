"""The second stage on records: which texts train, which decide, and what they weigh."""

import numpy as np
import pytest
import tensorflow as tf

from components.errors import DataError
from components.feature_gen.encoder import encode, load_encoder
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


UNFREEZE = UnfreezeConfig(epochs=8, patience=8, learning_rate=1e-2, batch_size=16, metric="loss")


def run(folder, files, unfreeze=UNFREEZE, **settings):
    config = TrainerConfig(unfreeze=unfreeze, **settings)
    backbone = tiny.write_backbone(folder / "backbone")
    encoder = load_encoder(backbone)
    strategy = tf.distribute.get_strategy()
    features = FeaturesInfo(pooling="mean", width=tiny.WIDTH)
    return tune_on_examples(
        files, encoder, backbone, fresh_head(), features, LABELS, config, config.unfreeze, strategy, folder / "logs"
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


@pytest.mark.parametrize(("smoothing", "weigh"), [(0.0, False), (0.3, False), (0.0, True), (0.3, True)])
def test_the_heads_smoothing_and_class_weights_hold_here_too(tmp_path, smoothing, weigh):
    """At a rate of nearly nothing, the loss of the first epoch is that of the encoder and head as they are."""
    files, examples = write(tmp_path, empty=0)
    ids, label_ids = np.array([row["id"] for row in examples], object), np.array([row["label_id"] for row in examples])
    train = ~validation_rows(ids, label_ids, 0.25, seed=0)
    unfreeze = UnfreezeConfig(
        epochs=1, learning_rate=1e-12, batch_size=16, metric="loss", dropout=0.0, precision="float32"
    )

    result = run(tmp_path, files, unfreeze, validation_share=0.25, label_smoothing=smoothing, class_weights=weigh)

    encoder, head = load_encoder(tmp_path / "backbone"), fresh_head()
    rows = [row["input_ids"] for row, used in zip(examples, train, strict=True) if used]
    ids = tf.ragged.constant(rows, tf.int32)
    vectors = encode(encoder, ids.to_tensor(), tf.cast(ids.row_lengths(), tf.int32), "mean")
    logs = tf.nn.log_softmax(head(vectors)).numpy()
    labels = label_ids[train]
    losses = -(1 - smoothing) * logs[np.arange(len(labels)), labels] - smoothing * logs.mean(axis=1)
    weights = len(labels) / (2 * np.bincount(labels))[labels] if weigh else np.ones(len(labels))
    assert result.history["loss"][0] == pytest.approx((losses * weights).mean(), rel=1e-4)


def test_an_empty_validation_part_is_refused(tmp_path):
    files, _ = write(tmp_path, rows=4)

    with pytest.raises(DataError, match=r"trainer.validation_share 0.1 of 4 examples leaves none"):
        run(tmp_path, files, validation_share=0.1)

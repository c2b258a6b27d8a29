"""The classifier on 20 Newsgroups and a frozen MiniLM: features computed once, against the encoder inside the model.

Three folds, the same messages, the same number of epochs for both. The comparison is of fewer messages and epochs than
the write-up's 10,000 and at most 100: both ways cost in proportion to the messages, but the more epochs, the larger the
ratio, since only one way runs the encoder in each. What it would be at other numbers of epochs is derived from the
measured parts and named so.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from sklearn.model_selection import StratifiedKFold
from transformers import TFAutoModel

from components.feature_gen.config import FeatureGenConfig
from components.feature_gen.encoder import load_encoder
from components.feature_gen.extract import FeatureExtractor
from components.feature_gen.records import FeatureSet
from components.trainer.config import TrainerConfig
from components.trainer.training import evaluate_head, train_head
from tests.benchmarks import write_up_classifier
from tests.benchmarks.newsgroups import MAX_LENGTH, Newsgroups, encoder_folder

DOCUMENTS = 400
EPOCHS = 6
FOLDS = 3
DERIVED_EPOCHS = (1, 2, 3, 10, 30, 100)  # 100: the write-up's limit
WARM_UP = 16  # messages: both ways have built their graphs before the clock starts

GOALS = {"frozen, to the write-up": 20}

Fold = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class OurSeconds:
    """What our way took: the encoder once, then the heads of all folds."""

    encoder: float
    heads: float


def measure() -> dict[str, Any]:
    """Measures the frozen experiment, ours after each fold of the write-up's.

    Returns:
        Seconds, held-out accuracies, the ratio, what it would be at other numbers of epochs, and ``skipped``.
    """
    folder = encoder_folder()
    if folder is None:
        reason = "no encoder: let TFX_BERT_MINILM name a folder with all-MiniLM-L6-v2"
        return {"ratios": {}, "skipped": dict.fromkeys(GOALS, reason)}
    data = Newsgroups.load(DOCUMENTS)
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    folds = list(splitter.split(np.zeros(DOCUMENTS), data.label_ids))
    extractor = FeatureExtractor(load_encoder(folder), FeatureGenConfig())
    extractor.extract(data.input_ids[:WARM_UP])
    encoder = TFAutoModel.from_pretrained(folder)
    model = write_up_classifier.build(encoder, MAX_LENGTH, len(data.labels), trainable=False)
    warm_up = np.arange(WARM_UP)
    _fit(model, data, (warm_up, warm_up), epochs=1)

    ours, theirs, accuracies = [], [], {}
    for fold in folds:  # the write-up goes on with the same model in the next fold, so its accuracies there are no use
        seconds, accuracy = _timed(_fit, model, data, fold, EPOCHS)
        theirs.append(seconds)
        accuracies.setdefault("write-up, first fold", accuracy)
        encoder_seconds, vectors = _timed(extractor.extract, data.input_ids)
        features = data.features(vectors)
        head_seconds, accuracies["ours, each fold"] = _timed(_heads, features, data.labels, folds, EPOCHS)
        ours.append(OurSeconds(encoder_seconds, head_seconds))
    seconds = {
        "ours, encoder once": statistics.median(each.encoder for each in ours),
        "ours, heads of all folds": statistics.median(each.heads for each in ours),
        "write-up": sum(theirs),
    }
    longer, _ = _timed(_heads, features, data.labels, folds, 10 * EPOCHS)
    epoch_of_ours = max(0.0, longer - seconds["ours, heads of all folds"]) / (9 * EPOCHS * FOLDS)
    epoch_of_theirs = seconds["write-up"] / (EPOCHS * FOLDS)
    fixed = seconds["ours, encoder once"] + seconds["ours, heads of all folds"] - EPOCHS * FOLDS * epoch_of_ours
    return {
        "documents": DOCUMENTS,
        "epochs": EPOCHS,
        "seconds": seconds,
        "seconds_an_epoch_and_fold": {"ours": epoch_of_ours, "write-up": epoch_of_theirs},
        "accuracy": accuracies,
        "derived_ratios_by_epochs": {
            str(epochs): FOLDS * epochs * epoch_of_theirs / (fixed + FOLDS * epochs * epoch_of_ours)
            for epochs in DERIVED_EPOCHS
        },
        "ratios": {
            "frozen, to the write-up": seconds["write-up"]
            / (seconds["ours, encoder once"] + seconds["ours, heads of all folds"])
        },
        "skipped": {},
    }


def _fit(model: Any, data: Newsgroups, fold: Fold, epochs: int) -> float:
    """The write-up's training of a fold, which looks at the held-out part after every epoch; gives its accuracy."""
    train, held_out = (
        write_up_classifier.batches(tf.gather(data.input_ids, rows), data.label_ids[rows], MAX_LENGTH, len(data.labels))
        for rows in fold
    )
    return float(model.fit(train, validation_data=held_out, epochs=epochs, verbose=0).history["val_acc"][-1])


def _heads(features: FeatureSet, labels: list[str], folds: list[Fold], epochs: int) -> list[float]:
    """Our training of all folds, to the last epoch; gives the accuracy on each held-out part."""
    config = TrainerConfig(epochs=epochs, patience=epochs, batch_size=write_up_classifier.BATCH)
    strategy = tf.distribute.get_strategy()
    heads = [train_head(features.take(train), labels, config, strategy).head for train, _ in folds]
    parts = [features.take(held_out) for _, held_out in folds]
    return [evaluate_head(head, part, labels).accuracy for head, part in zip(heads, parts, strict=True)]


def _timed(work: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work(*arguments)
    return time.perf_counter() - start, result

"""Leaves facts of the training texts in the exported model, see `components.text_facts`."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from components.feature_gen.records import FeatureSet
from components.text_facts import FACTS_FILE, describe, joined, sample_rows, to_json

_BATCH = 256


def write_training_facts(
    directory: str | Path,
    data: FeatureSet,
    labels: Sequence[str],
    tokenize: Callable[[tf.Tensor], dict[str, tf.Tensor]],
) -> None:
    """Writes them of some thousand texts; a text itself is nowhere in it.

    Args:
        directory: The SavedModel's folder, local or remote.
        data: What the model was trained on.
        labels: Label texts by class number.
        tokenize: The model's signature of this name.
    """
    rows = sample_rows(len(data))
    parts = []
    for start in range(0, len(rows), _BATCH):
        chosen = np.array(rows[start : start + _BATCH])
        texts = data.texts[chosen].tolist()
        tokens = tokenize(tf.constant(texts))
        given = [_names(ids, labels) for ids in data.label_ids[chosen]]
        parts.append(describe(texts, tokens["length"].numpy().tolist(), tokens["unknown"].numpy().tolist(), given))
    with tf.io.gfile.GFile(f"{directory}/{FACTS_FILE}", "w") as file:
        file.write(to_json(joined(parts)))


def _names(ids: np.ndarray, labels: Sequence[str]) -> str:
    """The label of a class number; those of marks of several classes."""
    return labels[int(ids)] if ids.ndim == 0 else ", ".join(labels[number] for number in np.flatnonzero(ids))

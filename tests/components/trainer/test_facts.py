"""Facts of training texts in the exported model."""

import numpy as np
import pytest
import tensorflow as tf

from components.text_facts import read_facts
from components.trainer.facts import write_training_facts
from tests.components import tiny
from tests.components.trainer.features import make_set

pytestmark = pytest.mark.slow

LABELS = ["京都", "グルメ", "携帯電話"]


def tokenize(texts: tf.Tensor) -> dict[str, tf.Tensor]:
    ids = tiny.CharacterGraph().tokenize(texts, 16)
    return {"length": ids.row_lengths(), "unknown": tf.zeros([tf.size(texts)], tf.int32)}


def folder(path):
    (path / "assets.extra").mkdir()
    return path


def test_every_row_has_its_label(tmp_path):
    ids = np.arange(600) % 3
    data = make_set(np.zeros((600, 2), np.float32), ids)
    write_training_facts(folder(tmp_path), data, LABELS, tokenize)
    facts = read_facts(tmp_path)
    assert facts.label == [LABELS[number] for number in ids]
    assert facts.characters == [len(text.decode()) for text in data.texts]
    assert facts.tokens == tokenize(tf.constant(data.texts.tolist()))["length"].numpy().tolist()
    assert set(facts.unknown_share) == {0.0}


def test_several_labels_are_joined(tmp_path):
    marks = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]], np.float32)
    write_training_facts(folder(tmp_path), make_set(np.zeros((3, 2), np.float32), marks), LABELS, tokenize)
    assert read_facts(tmp_path).label == ["京都, 携帯電話", "", "グルメ"]

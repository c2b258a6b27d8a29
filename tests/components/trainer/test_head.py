"""Heads: padding changes nothing, attention by hand, steps that XLA compiles."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from components.feature_gen.sequences import TokenSequences
from components.trainer.attention import AttentionPooling
from components.trainer.config import TrainerConfig
from components.trainer.head import build_head
from tests.components.trainer.features import make_sequences

pytestmark = pytest.mark.slow

SEQUENCES = make_sequences([1, 9, 4, 23, 2], width=6)
HEADS = [
    TrainerConfig(head="bilstm", lstm_units=5),
    TrainerConfig(head="attention", attention_units=7, hidden_units=3),
    TrainerConfig(head="attention", attention_heads=3, standardize=False),
]
NAMES = ["bilstm", "attention", "three queries"]


@pytest.mark.parametrize("config", HEADS, ids=NAMES)
@pytest.mark.parametrize("extra", [1, 40])
def test_padding_changes_nothing_whatever_is_in_it(config, extra):
    head = build_head(SEQUENCES, 4, config)
    tokens, mask = SEQUENCES.padded(23)

    more = np.pad(tokens, ((0, 0), (0, extra), (0, 0)))
    more_mask = np.pad(mask, ((0, 0), (0, extra)))
    more[~more_mask] = 1e4
    logits = head((tokens, mask), training=False).numpy()

    assert logits.shape == (5, 4)
    np.testing.assert_allclose(head((more, more_mask), training=False), logits, atol=1e-5)
    alone = [head((row[np.newaxis], np.ones((1, len(row)), bool)), training=False).numpy()[0] for row in SEQUENCES]
    np.testing.assert_allclose(alone, logits, atol=1e-5)


def test_bilstm_reads_from_both_ends():
    config = TrainerConfig(head="bilstm", lstm_units=5)
    head = build_head(SEQUENCES, 4, config)

    assert head.get_layer("bilstm").output.shape.as_list() == [None, 2 * config.lstm_units]
    tokens, mask = SEQUENCES.padded(23)
    logits = head((tokens, mask), training=False).numpy()
    for place in (0, 22):  # first and last token of the longest text
        changed = tokens.copy()
        changed[3, place] += 1
        difference = np.abs(head((changed, mask), training=False).numpy() - logits).max(axis=1)
        assert (difference > 1e-4).tolist() == [False, False, False, True, False]


def test_attention_by_hand():
    pooling = AttentionPooling(heads=1, units=1)
    tokens = tf.constant([[[0.0, 1.0], [2.0, 3.0], [9.0, 9.0]]])
    mask = tf.constant([[True, True, False]])
    pooling(tokens, mask=mask)
    pooling.set_weights([np.array([[1.0], [0.0]]), np.array([0.0]), np.array([[2.0]])])

    second = 1 / (1 + np.exp(2 * (np.tanh(0) - np.tanh(2))))

    np.testing.assert_allclose(pooling(tokens, mask=mask), [[2 * second, 1 + 2 * second]], rtol=1e-5)


def test_standardizing_counts_each_real_token_once():
    sequences = TokenSequences.from_flat(np.array([[1.0], [3.0], [8.0]], np.float32), np.array([2, 1]))

    layer = build_head(sequences, 2, TrainerConfig(head="attention")).get_layer("standardize")

    np.testing.assert_allclose(layer(np.array([[[4.0], [4.0 + np.sqrt(26 / 3)]]])), [[[0.0], [1.0]]], atol=1e-6)


@pytest.mark.parametrize("config", HEADS[:2], ids=NAMES[:2])
def test_a_step_compiles_with_xla_at_a_static_shape(config):
    tokens, mask = SEQUENCES.padded(24)
    losses = []
    for compiled in (False, True):
        tf_keras.utils.set_random_seed(0)
        head = build_head(SEQUENCES, 3, config.model_copy(update={"dropout": 0.0}))
        loss = tf_keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        head.compile("sgd", loss, jit_compile=compiled)
        losses.append([head.train_on_batch((tokens, mask), np.array([0, 1, 2, 0, 1])) for _ in range(3)])

    assert losses[0][2] < losses[0][0]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)

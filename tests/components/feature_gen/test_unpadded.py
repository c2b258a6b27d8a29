"""The encoder without padding gives Hugging Face's own hidden states, for every family that it knows."""

import numpy as np
import pytest
import tensorflow as tf

from components.feature_gen import unpadded
from components.feature_gen.encoder import encode, load_encoder, token_vectors
from tests.components import tiny
from tests.components.backbone.families import FAMILIES

pytestmark = pytest.mark.slow

KNOWN = ["bert", "distilbert", "electra", "multilingual MiniLM", "xlm-roberta"]
LENGTHS = [2, 20, 7, 1, 9]


@pytest.fixture(params=KNOWN)
def encoder(request, tmp_path):
    FAMILIES[request.param].write(tmp_path)
    return load_encoder(tmp_path)


def batch(encoder, length=20):
    ids = np.random.default_rng(3).integers(7, 60, [len(LENGTHS), length])
    mask = np.arange(length) < np.array(LENGTHS)[:, np.newaxis]
    return tf.constant(np.where(mask, ids, encoder.config.pad_token_id), tf.int32), tf.constant(mask)


@pytest.mark.parametrize("hidden_layers", [1, 2, 3])
def test_hidden_states_are_hugging_faces(encoder, hidden_layers):
    ids, mask = batch(encoder)
    expected = token_vectors(encoder, ids, mask, hidden_layers)
    assert unpadded.is_known(encoder)
    found = unpadded.token_vectors(encoder, ids, mask, hidden_layers)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found[mask], expected[mask], atol=1e-5)
    assert np.abs(expected[mask]).max() > 0.5


def test_it_runs_in_a_graph_of_any_shape(encoder):
    def run(ids: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        return unpadded.token_vectors(encoder, ids, mask)

    specs = [tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, None], tf.bool)]
    graph = tf.function(run, input_signature=specs, autograph=False)
    for ids, mask in (batch(encoder), [part[:1, :2] for part in batch(encoder)]):
        expected = token_vectors(encoder, ids, mask)
        np.testing.assert_allclose(graph(ids, mask)[mask], expected[mask], atol=1e-5)


def test_padding_changes_nothing(encoder):
    ids, mask = batch(encoder)
    wider = tf.pad(ids, [[0, 0], [0, 4]], constant_values=encoder.config.pad_token_id)
    found = unpadded.token_vectors(encoder, wider, tf.pad(mask, [[0, 0], [0, 4]]))[:, :20]
    np.testing.assert_allclose(found[mask], unpadded.token_vectors(encoder, ids, mask)[mask], atol=1e-6)


@pytest.mark.parametrize("pooling", ["cls", "mean", "max", "cls_mean"])
def test_pooled_vectors_are_the_same(pooling, tmp_path):
    encoder = load_encoder(tiny.write_backbone(tmp_path))
    ids, mask = batch(encoder)
    lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
    found = encode(encoder, ids, lengths, pooling, without_padding=True)
    np.testing.assert_allclose(found, encode(encoder, ids, lengths, pooling), atol=1e-5)


@pytest.mark.parametrize("name", ["deberta-v3", "albert", "t5"])
def test_other_families_go_through_hugging_face(name, tmp_path):
    FAMILIES[name].write(tmp_path)
    encoder = load_encoder(tmp_path)
    assert not unpadded.is_known(encoder)
    ids, mask = batch(encoder)
    lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
    found = encode(encoder, ids, lengths, "mean", without_padding=True)
    np.testing.assert_allclose(found, encode(encoder, ids, lengths, "mean"), atol=1e-5)


def test_relative_positions_are_left_to_hugging_face(tmp_path):
    encoder = load_encoder(tiny.write_backbone(tmp_path))
    encoder.config.position_embedding_type = "relative_key"
    assert not unpadded.is_known(encoder)

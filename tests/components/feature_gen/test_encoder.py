"""The frozen encoder: features are the model's own outputs, whatever a text is batched with."""

import numpy as np
import pytest
import tensorflow as tf
from transformers import DistilBertConfig, RobertaConfig, TFAutoModel

from components.errors import ConfigError, DataError
from components.feature_gen.config import FeatureGenConfig
from components.feature_gen.encoder import load_encoder
from components.feature_gen.extract import FeatureExtractor
from tests.components import tiny

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    return tiny.write_backbone(tmp_path_factory.mktemp("backbone"))


@pytest.fixture(scope="module")
def texts():
    rng = np.random.default_rng(0)
    lengths = [2, 40, 7, 8, 9, 23, 3, 40, 15, 2]
    return [[2, *rng.integers(5, tiny.VOCABULARY, length - 2).tolist(), 3] for length in lengths]


def test_features_are_the_models_outputs_whatever_the_batch(backbone, texts):
    reference = TFAutoModel.from_pretrained(backbone)
    alone = [reference(tf.constant([ids]), training=False).last_hidden_state[0].numpy().mean(axis=0) for ids in texts]
    encoder = load_encoder(backbone)
    for batch_tokens in (1, 64, 4096):
        extractor = FeatureExtractor(encoder, FeatureGenConfig(pooling="mean", batch_tokens=batch_tokens))
        np.testing.assert_allclose(extractor.extract(tf.ragged.constant(texts)), alone, atol=1e-5)


def test_order_is_kept_and_progress_adds_up(backbone, texts):
    extractor = FeatureExtractor(load_encoder(backbone), FeatureGenConfig(pooling="cls_mean", batch_tokens=64))
    seen = []

    forward = extractor.extract(tf.ragged.constant(texts), seen.append)
    backward = extractor.extract(tf.ragged.constant(texts[::-1]))

    assert forward.shape == (len(texts), 2 * tiny.WIDTH)
    assert forward.dtype == np.float32
    assert sum(seen) == len(texts)
    np.testing.assert_allclose(forward, backward[::-1], atol=1e-5)
    assert np.abs(forward[1] - forward[7]).max() > 1e-2  # two texts of one length are not mixed up


@pytest.mark.parametrize("batch_tokens", [1, 64, 4096])
def test_token_sequences_are_the_models_outputs(backbone, texts, batch_tokens):
    reference = TFAutoModel.from_pretrained(backbone)
    config = FeatureGenConfig(pooling="tokens", batch_tokens=batch_tokens)

    sequences = FeatureExtractor(load_encoder(backbone), config).extract(tf.ragged.constant(texts))

    for ids, vectors in zip(texts, sequences, strict=True):
        alone = reference(tf.constant([ids]), training=False).last_hidden_state[0]
        np.testing.assert_allclose(vectors, alone, atol=1e-5)


def test_several_layers_stand_side_by_side(backbone, texts):
    reference = TFAutoModel.from_pretrained(backbone)
    config = FeatureGenConfig(pooling="cls", hidden_layers=2)

    features = FeatureExtractor(load_encoder(backbone), config).extract(tf.ragged.constant(texts))

    for ids, vector in zip(texts, features, strict=True):
        states = reference(tf.constant([ids]), output_hidden_states=True, training=False).hidden_states
        np.testing.assert_allclose(vector, np.concatenate([states[1][0, 0], states[2][0, 0]]), atol=1e-5)


def test_more_layers_than_there_are_is_refused(backbone):
    with pytest.raises(ConfigError, match="3 layers are asked for, but the bert backbone has 2"):
        FeatureExtractor(load_encoder(backbone), FeatureGenConfig(hidden_layers=3))


def test_float16_rounds_and_refuses_what_it_cannot_hold(backbone, texts):
    encoder = load_encoder(backbone)
    exact, rounded = (
        FeatureExtractor(encoder, FeatureGenConfig(dtype=dtype)).extract(tf.ragged.constant(texts))
        for dtype in ("float32", "float16")
    )
    assert rounded.dtype == np.float16
    np.testing.assert_allclose(rounded, exact, atol=4e-3)

    norm = encoder.bert.encoder.layer[-1].bert_output.LayerNorm
    norm.gamma.assign(norm.gamma * 1e6)
    with pytest.raises(DataError, match="float16 ends at 65504: set feature_gen.dtype to float32"):
        FeatureExtractor(encoder, FeatureGenConfig(dtype="float16")).extract(tf.ragged.constant(texts))
    norm.gamma.assign(norm.gamma * np.nan)
    with pytest.raises(DataError, match="features that are not finite"):
        FeatureExtractor(encoder, FeatureGenConfig()).extract(tf.ragged.constant(texts))


def test_a_document_of_many_chunks_has_its_mean_in_float16_too(backbone):
    chunks = tf.ragged.constant([[[2, *range(5, 43), 3]] * 2000, [[2, 9, 3]]], inner_shape=None)  # 80,000 tokens
    encoder = load_encoder(backbone)
    exact, rounded = (
        FeatureExtractor(encoder, FeatureGenConfig(dtype=dtype)).extract_chunks(chunks)
        for dtype in ("float32", "float16")
    )
    assert rounded.dtype == np.float16
    np.testing.assert_allclose(rounded, exact, atol=4e-3)
    assert np.abs(rounded[0]).max() > 0.1


def test_dropout_is_off(backbone, texts):
    extractor = FeatureExtractor(load_encoder(backbone), FeatureGenConfig())

    first, second = (extractor.extract(tf.ragged.constant(texts)) for _ in range(2))

    np.testing.assert_array_equal(first, second)


def test_unused_pooler_is_taken_out(backbone):
    names = [variable.name for variable in load_encoder(backbone).variables]

    assert len(names) == 5 + 2 * 16
    assert not [name for name in names if "pooler" in name]


def test_no_texts_give_no_features(backbone):
    extractor = FeatureExtractor(load_encoder(backbone), FeatureGenConfig())

    assert extractor.extract(tf.RaggedTensor.from_row_splits(tf.constant([], tf.int64), [0])).shape == (
        0,
        tiny.WIDTH,
    )


def test_text_longer_than_the_positions_is_refused(backbone):
    extractor = FeatureExtractor(load_encoder(backbone), FeatureGenConfig())

    with pytest.raises(DataError, match="49 tokens, but the bert backbone takes at most 48"):
        extractor.extract(tf.ragged.constant([[7] * 49]))


@pytest.mark.parametrize(
    ("model", "bound"),
    [
        (
            DistilBertConfig(dim=16, n_layers=2, n_heads=2, hidden_dim=32, vocab_size=40, max_position_embeddings=20),
            20,
        ),
        (
            RobertaConfig(
                hidden_size=16,
                num_hidden_layers=2,
                num_attention_heads=2,
                intermediate_size=32,
                vocab_size=40,
                max_position_embeddings=20,
            ),
            18,  # its positions start behind that of the padding token, which is 1
        ),
    ],
    ids=["distilbert", "roberta"],
)
def test_other_architectures(model, bound, tmp_path):
    original = TFAutoModel.from_config(model)
    original(original.dummy_inputs)
    original.save_pretrained(tmp_path)
    extractor = FeatureExtractor(load_encoder(tmp_path), FeatureGenConfig(pooling="cls"))

    features = extractor.extract(tf.ragged.constant([[3] * 5, [4] * bound]))

    assert features.shape == (2, 16)
    assert np.isfinite(features).all()
    two_layers = FeatureExtractor(load_encoder(tmp_path), FeatureGenConfig(pooling="cls", hidden_layers=2))
    np.testing.assert_allclose(two_layers.extract(tf.ragged.constant([[3] * 5, [4] * bound]))[:, 16:], features)
    with pytest.raises(DataError, match=f"takes at most {bound}: set max_length to {bound} or less"):
        extractor.extract(tf.ragged.constant([[3] * (bound + 1)]))

"""Every family of encoders, from a checkpoint as it is on the Hub through Do to hidden states."""

import json

import numpy as np
import pytest
import tensorflow as tf
from transformers import AutoTokenizer

from components import artifacts
from components.backbone.component import Backbone
from components.backbone.config import BackboneConfig
from components.backbone.executor import Executor
from components.backbone.loading import load_encoder_model
from components.backbone.positions import max_tokens
from components.errors import ConfigError, DataError
from components.feature_gen.encoder import load_encoder
from tests.components.backbone.families import FAMILIES

TEXTS = ["京都の古い寺。", "The old temples of Kyoto"]


@pytest.fixture(params=FAMILIES)
def family(request):
    return FAMILIES[request.param]


def imported(directory, tmp_path, max_length=None) -> str:
    artifact = artifacts.Backbone()
    artifact.uri = str(tmp_path / "artifact")
    node = Backbone(BackboneConfig(source=str(directory)), max_length)
    Executor().Do({}, {"backbone": [artifact]}, dict(node.exec_properties))
    return artifact.uri


def test_hidden_states_are_those_of_the_checkpoint(family, tmp_path):
    (tmp_path / "source").mkdir()
    original = family.write(tmp_path / "source")
    directory = imported(tmp_path / "source", tmp_path, max_length=family.longest or 1000)
    tokenizer, copied = (AutoTokenizer.from_pretrained(path) for path in (tmp_path / "source", directory))
    options = {"padding": True, "truncation": True, "max_length": 16}
    batch = copied(TEXTS, **options)
    assert dict(batch) == dict(tokenizer(TEXTS, **options))
    assert batch["input_ids"][0] != batch["input_ids"][1]
    inputs = {name: tf.constant(batch[name]) for name in ("input_ids", "attention_mask")}
    encoder = load_encoder(directory)
    reference = getattr(original, "encoder" if "T5" in family.model else original.base_model_prefix, original)
    expected = reference(**inputs, training=False)[0]
    np.testing.assert_allclose(encoder(**inputs, training=False).last_hidden_state, expected, atol=1e-5)


def test_an_encoder_runs_in_a_graph_of_any_length(family, tmp_path):
    family.write(tmp_path)
    encoder = load_encoder_model(tmp_path)

    def encode(ids: tf.Tensor) -> tf.Tensor:
        return encoder(input_ids=ids, attention_mask=tf.cast(ids > 0, tf.int32), training=False).last_hidden_state

    graph = tf.function(encode, input_signature=[tf.TensorSpec([None, None], tf.int32)], autograph=False)
    for length in (3, 24):
        ids = tf.constant([range(7, 7 + length), [9, 8] + [0] * (length - 2)])
        np.testing.assert_allclose(graph(ids), encode(ids), atol=1e-5)
    assert not [weight.name for weight in encoder.weights if "decoder" in weight.name]


@pytest.mark.parametrize("name", ["bert", "electra", "xlm-roberta"])
def test_a_weight_that_is_not_there_is_noticed(name, tmp_path):
    FAMILIES[name].write(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))
    with pytest.raises(
        DataError, match=r": 16 weights of the encoder are not in it, such as .*layer.*2.*: config.json"
    ):
        imported(tmp_path, tmp_path)


def test_positions_are_those_that_the_model_can_use(family, tmp_path):
    family.write(tmp_path)
    assert max_tokens(json.loads((tmp_path / "config.json").read_text())) == family.longest
    encoder = load_encoder_model(tmp_path)
    for length in [family.longest] if family.longest else [100]:
        ids = tf.fill([1, length], 7)
        states = encoder(input_ids=ids, attention_mask=tf.ones_like(ids)).last_hidden_state
        assert np.isfinite(states).all()
    if family.longest:
        ids = tf.fill([1, family.longest + 1], 7)
        with pytest.raises((tf.errors.InvalidArgumentError, ValueError)):
            encoder(input_ids=ids, attention_mask=tf.ones_like(ids))
        with pytest.raises(ConfigError, match="text.max_length: 25 tokens are more than the 24 positions"):
            Backbone(BackboneConfig(source=str(tmp_path)), family.longest + 1)

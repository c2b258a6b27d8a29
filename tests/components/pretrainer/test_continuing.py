"""Which backbones pretraining can go on with, and that it begins with their weights."""

import json

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from transformers import DebertaV2Config, ElectraConfig, TFAutoModelForMaskedLM, TFBertModel

from components.autograph import leave_libraries_alone
from components.errors import ConfigError
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.continuing import check, check_source
from components.pretrainer.masking import Vocabulary, lay_out, mask_blocks
from components.pretrainer.model import MaskedLanguageModel, continue_network
from components.training.optimizer import WarmupDecay, adamw
from tests.components.tiny import write_backbone

CONFIG = PretrainerConfig(block_length=16, epochs=1)


def write_config(path, **settings) -> str:
    (path / "config.json").write_text(json.dumps(settings))
    return str(path)


def refusal(directory: str, **changes) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        check(directory, CONFIG.model_copy(update=changes))
    return caught.value


def test_blocks_must_fit_the_positions(tmp_path):
    directory = write_config(tmp_path, model_type="bert", max_position_embeddings=48)
    check(directory, CONFIG.model_copy(update={"block_length": 48}))
    error = refusal(directory, block_length=64)
    assert error.key == "pretrainer.block_length"
    assert "64 tokens are more than the 48 positions of the bert backbone: set it to 48 or less" in error.reason


def test_relative_positions_have_no_bound(tmp_path):
    directory = write_config(tmp_path, model_type="deberta-v2", position_biased_input=False, relative_attention=True)
    check(directory, CONFIG.model_copy(update={"block_length": 4096}))


def test_a_convolution_knows_no_texts(tmp_path):
    directory = write_config(tmp_path, model_type="deberta-v2", conv_kernel_size=3)
    error = refusal(directory)
    assert error.key == "pretrainer.attention" and "set it to block" in error.reason
    check(directory, CONFIG.model_copy(update={"attention": "block"}))
    check(directory, CONFIG.model_copy(update={"packing": "lines"}))


def test_another_kind_of_encoder_is_named(tmp_path):
    error = refusal(write_config(tmp_path, model_type="albert"))
    assert error.key == "backbone.source" and "of the kind albert" in error.reason


def test_a_directory_is_checked_before_the_run_and_a_name_is_not(tmp_path):
    with pytest.raises(ConfigError, match="of the kind albert"):
        check_source(write_config(tmp_path, model_type="albert"), CONFIG)
    check_source("owner/encoder", CONFIG)


@pytest.mark.slow
def test_it_begins_with_the_weights_of_the_backbone(tmp_path):
    original = TFAutoModelForMaskedLM.from_pretrained(write_backbone(tmp_path))
    network, fresh = continue_network(str(tmp_path), CONFIG)
    assert fresh == []
    ids = tf.constant([[2, 9, 4, 30, 3]])
    np.testing.assert_allclose(network(ids).logits, original(ids).logits, atol=1e-6)


@pytest.mark.slow
def test_a_head_that_is_not_there_begins_at_random_by_the_seed(tmp_path):
    write_backbone(tmp_path / "mlm")
    encoder = TFBertModel.from_pretrained(tmp_path / "mlm")
    encoder.save_pretrained(tmp_path / "encoder")
    (network, fresh), (again, _) = (continue_network(str(tmp_path / "encoder"), CONFIG) for _ in range(2))
    assert fresh and all("mlm" in name or "cls" in name or "predictions" in name for name in fresh)
    ids = tf.constant([[2, 9, 4, 30, 3]])
    np.testing.assert_allclose(network.bert(ids)[0], encoder(ids).last_hidden_state, atol=1e-6)
    np.testing.assert_allclose(network(ids).logits, again(ids).logits, atol=1e-6)
    assert keras.mixed_precision.global_policy().name == "float32"


NARROW_ELECTRA = ElectraConfig(
    vocab_size=64,
    embedding_size=8,  # real generators' embeddings are narrower or wider than their layers
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=32,
    max_position_embeddings=48,
)
CONVOLVED_DEBERTA = DebertaV2Config(
    vocab_size=64,
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=32,
    max_position_embeddings=48,
    type_vocab_size=0,
    relative_attention=True,
    position_buckets=8,
    norm_rel_ebd="layer_norm",
    share_att_key=True,
    pos_att_type=["p2c", "c2p"],
    position_biased_input=False,
    conv_kernel_size=3,
    conv_act="gelu",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "attention"), [(NARROW_ELECTRA, "text"), (CONVOLVED_DEBERTA, "block")], ids=["electra", "deberta"]
)
def test_shapes_that_published_encoders_have(tmp_path, settings, attention):
    original = TFAutoModelForMaskedLM.from_config(settings)
    original.build_in_name_scope()
    original.save_pretrained(tmp_path, safe_serialization=True)
    config = CONFIG.model_copy(update={"attention": attention})
    check(tmp_path, config)
    network, fresh = continue_network(str(tmp_path), config)
    assert fresh == []
    vocabulary = Vocabulary(size=64, pad_id=0, cls_id=2, mask_id=4, special_ids=(0, 1, 2, 3, 4))
    blocks = tf.constant(np.random.default_rng(1).integers(5, 64, (4, 16)), tf.int32)
    batch = mask_blocks(blocks, tf.constant([0, 1]), vocabulary, 0.3) | lay_out(blocks, vocabulary, by_text=False)
    leave_libraries_alone()
    model = MaskedLanguageModel(network)
    full = tf.gather(original(batch["input_ids"]).logits, batch["positions"], batch_dims=1).numpy()
    used = batch["weights"].numpy() > 0
    np.testing.assert_allclose(model(batch).numpy()[used], full[used], atol=1e-4)
    model.compile(adamw(WarmupDecay(1e-2, 100), 0.0, 1.0))
    losses = model.fit(tf.data.Dataset.from_tensors(batch).repeat(20), steps_per_epoch=5, epochs=4, verbose=0).history
    assert losses["loss"][-1] < 0.9 * losses["loss"][0]

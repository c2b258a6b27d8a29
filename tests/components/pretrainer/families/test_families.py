"""Every architecture from untrained to served: it computes what Hugging Face's own class does, and learns."""

import json

import numpy as np
import pytest
import tensorflow as tf
from transformers import TFAutoModelForMaskedLM

from components.autograph import leave_libraries_alone
from components.backbone.loading import load_encoder_model
from components.errors import ConfigError
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.families import FAMILIES, family_of
from components.pretrainer.fill_mask import export_fill_mask
from components.pretrainer.masking import Vocabulary, lay_out, mask_blocks
from components.pretrainer.model import MaskedLanguageModel, build_network, load_network
from components.training.arithmetic import keras_precision
from components.training.optimizer import WarmupDecay, adamw
from tests.components.pretrainer.graphs import MaskingCharacterGraph

pytestmark = pytest.mark.slow

VOCABULARY = Vocabulary(size=64, pad_id=0, cls_id=2, mask_id=4, special_ids=(0, 1, 2, 3, 4))
CONFIG = PretrainerConfig(
    hidden_size=16,
    layers=2,
    heads=2,
    intermediate_size=32,
    max_positions=24,
    initializer_range=0.3,  # so that what is hidden or misplaced would be seen
    block_length=12,
    dropout=0.1,
    epochs=1,
)
TEXTS = [[2, 7, 8, 9, 3], [2, 30, 3], [2, 41]]
SENTENCES = ["a [MASK] c", "京都は[MASK]です。"]


@pytest.fixture(scope="module", autouse=True)
def quick_tracing():
    leave_libraries_alone()


@pytest.fixture(params=FAMILIES, scope="module")
def network(request):
    return build_network(CONFIG.model_copy(update={"architecture": request.param}), VOCABULARY)


@pytest.fixture(scope="module")
def directory(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("network")
    network.save_pretrained(path, safe_serialization=True)
    return path


@pytest.fixture(scope="module")
def batch():
    blocks = np.random.default_rng(1).integers(5, 64, (6, 12))
    blocks[:, 0] = 2
    blocks[-1, 7:] = 0
    blocks = tf.constant(blocks, tf.int32)
    masked = mask_blocks(blocks, tf.constant([0, 1]), VOCABULARY, 0.3)
    return masked | lay_out(blocks, VOCABULARY, by_text=True)


def test_sizes_follow_the_config(network):
    config = network.config
    assert (config.vocab_size, config.hidden_size, config.num_hidden_layers) == (64, 16, 2)
    assert (config.num_attention_heads, config.max_position_embeddings, config.pad_token_id) == (2, 24, 0)
    ends = {name.split("/")[-2] for name in (v.name for v in network.trainable_variables) if "norm" in name.lower()}
    assert all("LayerNorm" in end or "layer_norm" in end for end in ends)  # the optimizer knows them by these names


def test_logits_are_those_of_the_full_projection(network, batch):
    full = network(batch["input_ids"], attention_mask=tf.cast(batch["input_ids"] != 0, tf.int32)).logits
    wanted = tf.gather(full, batch["positions"], batch_dims=1).numpy()
    found = MaskedLanguageModel(network)(batch)
    used = batch["weights"].numpy() > 0
    assert found.dtype == tf.float32
    np.testing.assert_allclose(found.numpy()[used], wanted[used], atol=1e-4)


def test_packed_texts_get_the_logits_that_they_get_alone(network):
    block = tf.constant([[*TEXTS[0], *TEXTS[1], *TEXTS[2], 0, 0]])
    layout = lay_out(block, VOCABULARY, by_text=True)
    family = family_of(network.config.model_type)
    states = family.encode(network, block, layout["text_ids"], layout["position_ids"])
    found = family.predict_tokens(network, states, tf.range(10)[tf.newaxis])[0]
    alone = [network(tf.constant([text])).logits[0] for text in TEXTS]
    np.testing.assert_allclose(found, tf.concat(alone, axis=0), atol=1e-4)


def test_the_saved_directory_loads_with_the_same_logits(network, directory, batch):
    loaded = TFAutoModelForMaskedLM.from_pretrained(directory)
    assert type(loaded) is type(network)
    ids = batch["input_ids"]
    np.testing.assert_allclose(loaded(ids).logits, network(ids).logits, atol=1e-5)
    states = getattr(network, network.base_model_prefix)(ids)[0]
    np.testing.assert_allclose(load_encoder_model(directory)(ids)[0], states, atol=1e-5)  # what FeatureGen does


def test_the_saved_model_fills_masks(network, directory, tmp_path):
    graph = MaskingCharacterGraph()
    export_fill_mask(load_network(str(directory)), graph, tmp_path)
    answers = tf.saved_model.load(str(tmp_path)).signatures["fill_mask"](text=tf.constant(SENTENCES))
    for row, sentence in enumerate(SENTENCES):
        ids = graph.tokenize_masked(tf.constant([sentence])).to_tensor()
        place = ids[0].numpy().tolist().index(graph.mask_id)
        probabilities = tf.nn.softmax(network(ids).logits[0, place]).numpy()
        best = probabilities.argsort()[::-1][:5]
        assert [token.decode() for token in answers["tokens"].numpy()[row]] == [f"<{index}>" for index in best]
        np.testing.assert_allclose(answers["scores"][row], probabilities[best], atol=1e-5)


def test_only_masked_positions_reach_the_vocabulary(network, batch):
    model = MaskedLanguageModel(network)
    step = tf.function(lambda: model(batch), autograph=False).get_concrete_function()
    shapes = [tensor.shape for operation in step.graph.get_operations() for tensor in operation.outputs]
    slots = batch["positions"].shape[1]
    assert slots < 12  # tokens of a block
    rows = {shape.num_elements() // 64 for shape in shapes if shape.rank and shape[-1] == 64 and shape.rank > 1}
    assert 6 * slots in rows and max(rows) <= 64  # the table of embeddings has 64 rows; the blocks have 72 tokens


@pytest.mark.parametrize(("precision", "xla"), [("float32", False), ("bfloat16", True), ("float16", True)])
@pytest.mark.parametrize("architecture", FAMILIES)
def test_training_learns(architecture, precision, xla, batch):
    changes = {"architecture": architecture, "initializer_range": 0.02, "layers": 1}
    with keras_precision(precision):
        model = MaskedLanguageModel(build_network(CONFIG.model_copy(update=changes), VOCABULARY))
        model.compile(adamw(WarmupDecay(3e-2, 100), 0.0, 1.0, loss_scaling=precision == "float16"), jit_compile=xla)
    steps = tf.data.Dataset.from_tensors(batch).repeat(20)
    losses = model.fit(steps, steps_per_epoch=5, epochs=4, verbose=0).history["loss"]
    assert losses[0] == pytest.approx(np.log(64), abs=1.0)
    assert losses[-1] < 0.7 * losses[0]


def test_an_architecture_that_cannot_be_pretrained_is_named():
    with pytest.raises(ConfigError, match=r"backbone.source: it is of the kind t5, .* bert, distilbert, electra, deb"):
        family_of("t5")


def test_rows_beyond_the_vocabulary_are_never_answers(tmp_path):
    wide = Vocabulary(**{**vars(VOCABULARY), "size": 80})
    network = build_network(CONFIG.model_copy(update={"initializer_range": 1.0}), wide)
    network.mlm.predictions.bias.assign(tf.one_hot(70, 80) * 1000.0)
    export_fill_mask(network, MaskingCharacterGraph(), tmp_path)
    answer = tf.saved_model.load(str(tmp_path)).signatures["fill_mask"](text=tf.constant(SENTENCES[:1]))
    assert json.dumps(answer["tokens"].numpy().astype(str).tolist()).count("<") == 5
    assert answer["scores"].numpy()[0, 0] > 0.01

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from components.pretrainer.config import PretrainerConfig
from components.pretrainer.masking import Vocabulary, lay_out, mask_blocks
from components.pretrainer.model import MaskedLanguageModel, build_network, encode, predict_tokens
from components.training.optimizer import WarmupLinearDecay, adamw

VOCABULARY = Vocabulary(size=50, pad_id=0, cls_id=2, mask_id=4, special_ids=(0, 1, 2, 3, 4))
CONFIG = PretrainerConfig(
    hidden_size=16, layers=2, heads=2, intermediate_size=32, max_positions=12, block_length=12, dropout=0.0, epochs=1
)


@pytest.fixture(scope="module")
def network():
    return build_network(CONFIG, VOCABULARY)


@pytest.fixture(scope="module")
def batch():
    blocks = np.random.default_rng(1).integers(5, 50, (6, 12))
    blocks[:, 0] = 2
    blocks[-1, 7:] = 0
    blocks = tf.constant(blocks, tf.int32)
    masked = mask_blocks(blocks, tf.constant([0, 1]), VOCABULARY, 0.3)
    return masked | lay_out(blocks, VOCABULARY, by_text=False)


def hugging_face_loss(network, batch) -> float:
    """The loss of the full projection, with -100 where nothing is to be predicted."""
    labels = np.full(batch["input_ids"].shape, -100)
    rows, slots = np.nonzero(batch["weights"].numpy())
    labels[rows, batch["positions"].numpy()[rows, slots]] = batch["labels"].numpy()[rows, slots]
    attention_mask = tf.cast(batch["input_ids"] != 0, tf.int32)
    return float(network(batch["input_ids"], attention_mask=attention_mask, labels=tf.constant(labels)).loss)


def evaluate(network, batch) -> dict[str, float]:
    model = MaskedLanguageModel(network)
    model.compile()
    return model.evaluate(tf.data.Dataset.from_tensors(batch), verbose=0, return_dict=True)


def test_sizes_follow_the_config(network):
    assert network.config.vocab_size == 50
    assert network.bert.embeddings.position_embeddings.shape == (12, 16)
    assert len(network.bert.encoder.layer) == 2


def test_the_seed_makes_the_weights():
    left, right, other = (
        build_network(CONFIG.model_copy(update={"seed": seed}), VOCABULARY).get_weights() for seed in (3, 3, 4)
    )
    assert all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))
    assert not np.array_equal(left[0], other[0])


def test_logits_are_those_of_the_full_projection(network, batch):
    attention_mask = tf.cast(batch["input_ids"] != 0, tf.int32)
    full = network(batch["input_ids"], attention_mask=attention_mask).logits
    wanted = tf.gather(full, batch["positions"], batch_dims=1)
    found = MaskedLanguageModel(network)(batch)
    assert found.shape == (6, 4, 50)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_packed_texts_get_the_states_that_they_get_alone(network):
    texts = [[2, 7, 8, 9, 3], [2, 30, 3], [2, 41]]
    block = tf.constant([[*texts[0], *texts[1], *texts[2], 0, 0]])
    layout = lay_out(block, VOCABULARY, by_text=True)
    packed = encode(network, block, layout["text_ids"], layout["position_ids"])[0]
    alone = [network.bert(tf.constant([text])).last_hidden_state[0] for text in texts]
    np.testing.assert_allclose(packed[:10], tf.concat(alone, axis=0), atol=1e-5)
    logits = predict_tokens(network, packed[tf.newaxis], tf.constant([[6]]))
    np.testing.assert_allclose(logits[0, 0], network(tf.constant([texts[1]])).logits[0, 1], atol=1e-5)


def test_loss_is_hugging_faces(network, batch):
    found = evaluate(network, batch)
    assert found["loss"] == pytest.approx(hugging_face_loss(network, batch), abs=1e-5)


def test_accuracy_counts_predicted_tokens_only(network, batch):
    best = tf.argmax(MaskedLanguageModel(network)(batch), axis=-1, output_type=tf.int32)
    used = batch["weights"].numpy() > 0
    labels = np.where(np.arange(used.size).reshape(used.shape) % 2, best, (best + 1) % 50)  # every second is right
    found = evaluate(network, {**batch, "labels": tf.constant(labels)})
    assert found["accuracy"] == pytest.approx((labels == best.numpy())[used].mean())


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_a_training_step_compiles_with_xla_and_learns(batch, precision):
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(precision)
    try:
        network = build_network(CONFIG.model_copy(update={"initializer_range": 0.02}), VOCABULARY)
        model = MaskedLanguageModel(network)
        model.compile(adamw(WarmupLinearDecay(3e-2, 100), 0.0, 1.0), jit_compile=True)
        steps = tf.data.Dataset.from_tensors(batch).repeat(15)
        losses = model.fit(steps, steps_per_epoch=1, epochs=15, verbose=0).history["loss"]
    finally:
        keras.mixed_precision.set_global_policy(before)
    assert losses[0] == pytest.approx(np.log(50), abs=0.3)
    assert losses[-1] < 0.7 * losses[0]
    assert {weight.dtype for weight in network.get_weights()} == {np.dtype("float32")}

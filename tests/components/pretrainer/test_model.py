import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from components.autograph import leave_libraries_alone
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.masking import Vocabulary, lay_out, mask_blocks
from components.pretrainer.model import MaskedLanguageModel, build_network
from components.training.arithmetic import keras_precision
from components.training.optimizer import WarmupDecay, adamw

VOCABULARY = Vocabulary(size=50, pad_id=0, cls_id=2, mask_id=4, special_ids=(0, 1, 2, 3, 4))
CONFIG = PretrainerConfig(
    hidden_size=16, layers=2, heads=2, intermediate_size=32, max_positions=12, block_length=12, dropout=0.0, epochs=1
)


@pytest.fixture(scope="module", autouse=True)
def quick_tracing():
    leave_libraries_alone()


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
    return network(batch["input_ids"], attention_mask=attention_mask, labels=tf.constant(labels)).loss.numpy().item()


def evaluate(network, batch) -> dict[str, float]:
    model = MaskedLanguageModel(network)
    model.compile()
    return model.evaluate(tf.data.Dataset.from_tensors(batch), verbose=0, return_dict=True)


def test_the_seed_makes_the_weights():
    left, right, other = (
        build_network(CONFIG.model_copy(update={"seed": seed}), VOCABULARY).get_weights() for seed in (3, 3, 4)
    )
    assert all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))
    assert not np.array_equal(left[0], other[0])


def test_loss_is_hugging_faces(network, batch):
    found = evaluate(network, batch)
    assert found["loss"] == pytest.approx(hugging_face_loss(network, batch), abs=1e-5)


def test_accuracy_counts_predicted_tokens_only(network, batch):
    best = tf.argmax(MaskedLanguageModel(network)(batch), axis=-1, output_type=tf.int32)
    used = batch["weights"].numpy() > 0
    labels = np.where(np.arange(used.size).reshape(used.shape) % 2, best, (best + 1) % 50)  # every second is right
    found = evaluate(network, {**batch, "labels": tf.constant(labels)})
    assert found["accuracy"] == pytest.approx((labels == best.numpy())[used].mean())


def test_a_shared_top_is_a_guess_among_those_that_share_it(network, batch, monkeypatch):
    """In bfloat16 many logits are the same number."""
    model = MaskedLanguageModel(network)
    tied = tf.tile(tf.one_hot([7], 50) + tf.one_hot([9], 50), [tf.size(batch["labels"]), 1])
    tied = tf.reshape(tied, [*batch["labels"].shape, 50])
    monkeypatch.setattr(model, "call", lambda batch, training=False: tied)
    model.compile()
    found = model.evaluate(
        tf.data.Dataset.from_tensors({**batch, "labels": 7 * tf.ones_like(batch["labels"])}), verbose=0
    )
    assert dict(zip(model.metrics_names, found, strict=True))["accuracy"] == pytest.approx(0.5)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_training_step_compiles_with_xla_and_learns(batch, precision):
    with keras_precision(precision):
        network = build_network(CONFIG.model_copy(update={"initializer_range": 0.02, "layers": 1}), VOCABULARY)
        model = MaskedLanguageModel(network, accumulation_steps=2)
        model.compile(adamw(WarmupDecay(3e-2, 100), 0.0, 1.0, precision == "float16"), jit_compile=True)
        steps = tf.data.Dataset.from_tensors(batch).repeat(15)
        losses = model.fit(steps, steps_per_epoch=1, epochs=15, verbose=0).history["loss"]
    assert losses[0] == pytest.approx(np.log(50), abs=0.3)
    assert losses[-1] < 0.7 * losses[0]
    assert {weight.dtype for weight in network.get_weights()} == {np.dtype("float32")}


@pytest.mark.slow
@pytest.mark.parametrize("parts", [2, 6])
def test_a_batch_in_parts_makes_the_same_step(batch, parts):
    """The parts have different numbers of hidden tokens: a mean of their means would be another gradient."""
    uneven = {**batch, "weights": batch["weights"] * tf.constant([[1.0], [1.0], [1.0], [0.0], [0.0], [1.0]])}

    def step(accumulation_steps: int) -> tuple[list[np.ndarray], dict[str, float], int]:
        network = build_network(CONFIG.model_copy(update={"layers": 1}), VOCABULARY)
        model = MaskedLanguageModel(network, accumulation_steps)
        model.compile(keras.optimizers.SGD(1.0))  # whose step is the gradient
        found = model.fit(tf.data.Dataset.from_tensors(uneven).repeat(2), epochs=1, verbose=0).history
        return network.get_weights(), found, int(model.optimizer.iterations)

    (whole, history, count), (weights, found, iterations) = step(1), step(parts)
    for left, right in zip(whole, weights, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-5)
    assert found["loss"] == pytest.approx(history["loss"], abs=1e-5)
    assert found["accuracy"] == pytest.approx(history["accuracy"])
    assert iterations == count == 2

"""The second stage on a tiny encoder: what it trains, what it keeps, what it leaves as it was."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from components import progress
from components.errors import ConfigError, DataError, TfxBertError
from components.feature_gen.encoder import encode, load_encoder
from components.memory import Memory
from components.trainer.finetuning.batches import Texts, bucket_lengths, training_batches
from components.trainer.finetuning.config import UnfreezeConfig
from components.trainer.finetuning.layers import variables_by_depth
from components.trainer.finetuning.stage import fine_tuner, metrics_of, tune
from components.training import parts as parts_module
from tests.components import tiny
from tests.components.training.replicas import on_two_replicas

pytestmark = pytest.mark.slow

LABELS = ["グルメ", "京都"]
SWITCH = 9  # frequent in texts of class 1


def make_texts(rows=96, seed=0, shortest=3, longest=20):
    """Random ids; in half of the texts a third of them is the one that tells."""
    rng = np.random.default_rng(seed)
    label_ids = np.arange(rows) % 2
    ids = [rng.integers(10, tiny.VOCABULARY, rng.integers(shortest, longest + 1)).tolist() for _ in range(rows)]
    for row in np.flatnonzero(label_ids):
        ids[row][1::3] = [SWITCH] * len(ids[row][1::3])
    return Texts(tf.ragged.constant(ids, tf.int32), label_ids, np.ones(rows, np.float32))


def forward(encoder, head, ids, lengths, training):
    return head(encode(encoder, ids, lengths, "mean", training=training), training=training)


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    return tiny.write_backbone(tmp_path_factory.mktemp("tune") / "backbone")


@pytest.fixture
def parts(backbone):
    """An encoder and an untrained head."""
    return load_encoder(backbone), fresh_head()


def fresh_head():
    tf_keras.utils.set_random_seed(1)
    return tf_keras.Sequential([tf_keras.Input((tiny.WIDTH,)), tf_keras.layers.Dense(len(LABELS))])


def without_dropout(parts):
    def deterministic(encoder, head, ids, lengths, training):
        return forward(encoder, head, ids, lengths, training=False)

    return (*parts, deterministic)


def values(parts):
    encoder, head = parts
    return [variable.numpy() for variable in [*encoder.variables, *head.variables]]


def config(**settings):
    return UnfreezeConfig(**{"learning_rate": 1e-2, "epochs": 6, "batch_size": 16, "patience": 9} | settings)


def run(parts, settings, texts=None, validation=None, forward=forward, **options):
    return tune(
        *parts,
        forward,
        texts or make_texts(),
        validation or make_texts(48, seed=1),
        LABELS,
        settings,
        options.pop("strategy", tf.distribute.get_strategy()),
        seed=3,
        **options,
    )


def test_what_is_better_is_kept_and_is_what_was_measured(parts, tmp_path):
    before, validation = values(parts), make_texts(48, seed=1)

    result = run(parts, config(), validation=validation, log_dir=tmp_path)

    assert result.kept and result.depths == 3
    assert result.best.weighted_f1 > max(0.8, result.before.weighted_f1 + 0.2)
    assert result.best.weighted_f1 == max(result.history["val_weighted_f1"])
    assert result.best_epoch == int(np.argmax(result.history["val_weighted_f1"])) + 1
    assert result.history["loss"][-1] < 0.7 * result.history["loss"][0]
    logits = forward(*parts, validation.input_ids.to_tensor(0), validation.lengths, training=False)
    again = metrics_of(validation.labels, logits.numpy(), LABELS)
    assert again.confusion_matrix == result.best.confusion_matrix
    assert again.loss == pytest.approx(result.best.loss, rel=1e-4)
    assert all(not np.array_equal(old, new) for old, new in zip(before[:3], values(parts)[:3], strict=True))
    assert list(tmp_path.glob("train/*"))


def test_what_is_not_better_leaves_every_bit(parts):
    before = values(parts)

    result = run(parts, config(learning_rate=1e-12, patience=2))

    assert not result.kept and result.best == result.before
    assert len(result.history["loss"]) == 2, "and there is no waiting for long"
    for old, new in zip(before, values(parts), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_loss_that_is_no_number_ends_the_training_and_names_the_remedies(parts):
    with pytest.raises(TfxBertError, match=r"the loss is (nan|inf) at step \d+.*trainer\.unfreeze\.learning_rate"):
        run(parts, config(learning_rate=1e30, clip_norm=None, warmup_share=0.0))


def test_only_the_top_layers_and_the_head_are_trained(parts):
    encoder, head = parts
    low, middle, top = variables_by_depth(encoder)
    before = [[variable.numpy() for variable in group] for group in (low, middle, top, head.variables)]

    result = run(parts, config(layers=1, metric="loss"))

    assert result.kept and result.depths == 1
    for group, old in zip((low, middle), before[:2], strict=True):
        for variable, value in zip(group, old, strict=True):
            np.testing.assert_array_equal(variable, value)
    for group, old in zip((top, head.variables), before[2:], strict=True):
        assert all(not np.array_equal(v.numpy(), value) for v, value in zip(group, old, strict=True) if value.any())


def test_dropout_is_on_in_training_and_off_in_judging_and_steps_are_reported(parts):
    seen = []

    def watched(encoder, head, ids, lengths, training):
        seen.append(training)
        return forward(encoder, head, ids, lengths, training)

    reports = []
    with progress.listen(lambda *report: reports.append(report)):
        run(parts, config(epochs=1), forward=watched)

    assert set(seen) == {True, False}
    assert [report[:2] for report in reports] == [*((step, 6) for step in range(1, 7)), (6, 6)]
    assert reports[0][2].startswith("encoder, loss ")
    encoder, _ = parts
    ids, lengths = tf.constant([[2, 9, 3]]), tf.constant([3])
    on = [encode(encoder, ids, lengths, "mean", training=True).numpy() for _ in range(2)]
    off = [encode(encoder, ids, lengths, "mean", training=False).numpy() for _ in range(2)]
    assert not np.array_equal(*on) and np.array_equal(*off)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_the_encoders_dropout_can_be_set(backbone, dropout):
    encoder, head = load_encoder(backbone), fresh_head()
    run((encoder, head), config(epochs=1, dropout=dropout))
    ids, lengths = tf.constant([[2, 9, 3]]), tf.constant([3])
    once, again = (encode(encoder, ids, lengths, "mean", training=True).numpy() for _ in range(2))
    assert np.array_equal(once, again) == (dropout == 0)


def test_same_seed_same_weights(backbone):
    def once():
        parts = load_encoder(backbone), fresh_head()
        run(parts, config(epochs=1, metric="loss"))
        return values(parts)

    for left, right in zip(once(), once(), strict=True):
        np.testing.assert_array_equal(left, right)


def test_steps_in_one_execution_are_the_same_steps(backbone):
    """Also where an epoch has six steps, validation three batches, and an execution takes four."""

    def once(steps):
        parts = without_dropout((load_encoder(backbone), fresh_head()))
        return run(parts[:2], config(epochs=2, metric="loss", steps_per_execution=steps), forward=parts[2])

    one, four = once(1), once(4)
    assert one.history["loss"] == pytest.approx(four.history["loss"], rel=1e-4)
    assert one.history["val_loss"] == pytest.approx(four.history["val_loss"], rel=1e-4)


def first_step(parts, texts, buckets, batch_size, jit_compile=False):
    """The loss of the first step of a training without dropout, and the encoder after it."""
    model = fine_tuner(*without_dropout(parts), config(warmup_share=0, epochs=1), 4, tf.distribute.get_strategy())
    batch = next(iter(training_batches(texts, buckets, batch_size, 1, seed=0)))
    step = tf.function(model.train_step, jit_compile=jit_compile, autograph=False)
    return float(step(batch)["loss"]), values(parts)[:4]


def test_rows_that_fill_a_batch_up_and_longer_padding_change_nothing(backbone, parts):
    texts = make_texts(5)
    loss, encoder = first_step(parts, texts, [20], 5)
    filled_loss, filled = first_step((load_encoder(backbone), fresh_head()), texts, [40], 8)

    assert filled_loss == pytest.approx(loss, rel=1e-5)
    for left, right in zip(encoder, filled, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-4)


def test_the_step_compiles_with_xla_at_static_shapes(backbone, parts):
    loss, encoder = first_step(parts, make_texts(), [20], 16)
    compiled_loss, compiled = first_step((load_encoder(backbone), fresh_head()), make_texts(), [20], 16, True)

    assert compiled_loss == pytest.approx(loss, rel=1e-4)
    for left, right in zip(encoder, compiled, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-3)


def test_weights_count_as_so_many_rows(parts):
    encoder, head = parts
    texts = make_texts(4)
    logits = forward(encoder, head, texts.input_ids.to_tensor(0), texts.lengths, training=False)
    rows = tf.nn.sparse_softmax_cross_entropy_with_logits(texts.labels, logits).numpy()
    weighted = Texts(texts.input_ids, texts.labels, np.array([1, 2, 1, 0.5], np.float32))

    loss, _ = first_step(parts, weighted, bucket_lengths(20), 4)

    assert loss == pytest.approx((rows * [1, 2, 1, 0.5]).mean(), rel=1e-4)


def test_two_devices_take_the_steps_of_one(backbone):
    found = on_two_replicas(__name__, f"stage_losses({str(backbone)!r}, strategy)")
    np.testing.assert_allclose(found, stage_losses(str(backbone), tf.distribute.get_strategy()), atol=1e-3)


def stage_losses(backbone: str, strategy: tf.distribute.Strategy) -> list[float]:
    with strategy.scope():
        encoder, head, forward = without_dropout((load_encoder(backbone), fresh_head()))
    result = run((encoder, head), config(epochs=3), make_texts(90), forward=forward, strategy=strategy)
    return [*result.history["loss"], *result.history["val_loss"], result.best.loss]


def test_too_many_layers_and_too_long_texts_are_refused(parts):
    with pytest.raises(ConfigError, match="the bert backbone has 2"):
        run(parts, config(layers=3))
    with pytest.raises(DataError, match="a text has 50 tokens, but the bert backbone takes at most 48"):
        run(parts, config(), make_texts(8, shortest=50, longest=50))


@pytest.mark.parametrize("multi_label", [False, True])
def test_little_memory_changes_how_a_step_is_computed_and_nothing_else(backbone, monkeypatch, multi_label):
    texts, validation = make_texts(rows=40), make_texts(48, seed=1)  # the last batch of an epoch has a gap
    if multi_label:
        texts, validation = (
            Texts(each.input_ids, np.eye(2, dtype=bool)[each.labels], each.weights) for each in (texts, validation)
        )
    results = []
    for memory in (Memory(10**12, 10**12, "a test"), Memory(2_000_000, 2_000_000, "a test")):
        monkeypatch.setattr(parts_module, "memory_there", lambda strategy, memory=memory: memory)
        parts = load_encoder(backbone), fresh_head()
        results.append(run(without_dropout(parts)[:2], config(epochs=2), texts, validation, without_dropout(parts)[2]))
    whole, divided = results
    assert whole.memory.accumulation_steps == 1 and divided.memory.accumulation_steps in (2, 4, 8)
    assert divided.summary()["memory"]["rows_at_once"] == 16 // divided.memory.accumulation_steps
    for series in ("loss", "val_loss"):
        np.testing.assert_allclose(divided.history[series], whole.history[series], rtol=1e-3)

import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from components import progress
from components.errors import ConfigError, TfxBertError
from components.memory import Memory
from components.pretrainer import dataset
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.masking import Vocabulary
from components.pretrainer.model import MaskedLanguageModel
from components.pretrainer.packing import Corpus
from components.pretrainer.training import pretrain, remedies
from components.training import parts
from tests.components.training.replicas import on_two_replicas

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]

VOCABULARY = Vocabulary(size=25, pad_id=0, cls_id=2, mask_id=4, special_ids=(0, 1, 2, 3, 4))
CONFIG = PretrainerConfig(
    hidden_size=32,
    layers=1,
    heads=2,
    intermediate_size=64,
    max_positions=16,
    dropout=0.0,
    block_length=16,
    batch_size=8,
    epochs=2,
    learning_rate=3e-3,
    mask_share=0.2,
    xla=False,
    precision="float32",
    strategy="one_device",
)


def couples(texts: int, seed: int) -> Corpus:
    """Texts in which each of ten words is always followed by its partner."""
    words = np.random.default_rng(seed).integers(0, 10, (texts, 3))
    pairs = np.stack([5 + words, 15 + words], axis=-1).reshape(texts, 6)
    ids = np.concatenate([np.full((texts, 1), 2), pairs, np.full((texts, 1), 3)], axis=1)
    return Corpus(ids.reshape(-1).astype(np.int32), np.full(texts, 8))


def run(tmp_path, strategy=None, texts=64, backbone=None, checkpoint_dir=None, **changes):
    config = CONFIG.model_copy(update=changes)
    strategy = strategy or tf.distribute.get_strategy()
    corpus, held_out, logs = couples(texts, 0), couples(16, 1), tmp_path / "logs"
    return pretrain(corpus, held_out, config, VOCABULARY, strategy, logs, backbone, checkpoint_dir)


@pytest.mark.slow
def test_learns_what_there_is_to_learn(tmp_path):
    _, record = run(tmp_path, layers=2, texts=256, batch_size=32, epochs=100, steps_per_execution=20)
    assert record.history["val_loss"][0] > 2.5  # no better than guessing one of 20 words, ln 20 = 3.0
    assert record.loss < 1.0
    assert record.masked_accuracy > 0.7
    assert record.perplexity == pytest.approx(math.exp(record.loss))
    assert record.steps == 400  # 256 texts of 8 tokens are 128 blocks: 4 steps an epoch


@pytest.mark.slow
def test_record_and_progress(tmp_path):
    seen = []
    with progress.listen(lambda *args: seen.append(args)):
        _, record = run(tmp_path, epochs=3, steps_per_execution=2)
    assert [done for done, _, _ in seen] == [2, 4, 6, 8, 10, 12]
    assert {total for _, total, _ in seen} == {12}
    assert seen[-1][2].startswith("loss ") and seen[-1][2].endswith(" tokens/s")
    assert record.history["step"] == [4, 8, 12]
    assert len(record.history["val_accuracy"]) == 3
    assert record.useful_tokens_per_second > 0
    found = {way: (report.blocks, report.tokens_lost, report.useful_share) for way, report in record.packing.items()}
    assert found == {"packed": (32, 0, 1.0), "lines": (64, 0, 0.5)}
    assert (record.architecture, record.fresh_weights) == ("bert", [])
    assert 0 < record.data_wait_share < 1
    assert record.history["val_loss"][record.best_epoch - 1] == min(record.history["val_loss"])
    assert record.loss == record.history["val_loss"][-1]
    assert list((tmp_path / "logs" / "train").iterdir()) and list((tmp_path / "logs" / "validation").iterdir())


@pytest.mark.slow
def test_steps_beyond_the_last_change_nothing(tmp_path):
    exact, _ = run(tmp_path, epochs=None, max_steps=6, steps_per_execution=1)
    rounded, record = run(tmp_path, epochs=None, max_steps=6, steps_per_execution=4)
    assert record.steps == 6
    for left, right in zip(exact.get_weights(), rounded.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-6)


@pytest.mark.slow
def test_how_steps_are_computed_does_not_change_them(tmp_path):
    options = {"packing": "lines", "decay": "cosine", "whole_words": True}
    _, plain = run(tmp_path, **options)
    network, record = run(
        tmp_path, **options, precision="float16", accumulation_steps=4, steps_per_execution=4, xla=True
    )
    assert record.steps == 16  # 64 texts in batches of 8, twice
    assert record.history["step"] == [8, 16]
    for series in ("loss", "val_loss"):
        np.testing.assert_allclose(record.history[series], plain.history[series], atol=0.02)
    assert {weight.dtype for weight in network.get_weights()} == {np.dtype("float32")}


@pytest.mark.slow
def test_patience_brings_the_best_weights_back(tmp_path):
    options = {"texts": 8, "batch_size": 4, "learning_rate": 3e-2, "epochs": 60, "patience": 2}
    network, record = run(tmp_path, **options)  # a few texts, which it soon knows by heart
    losses = record.history["val_loss"]
    assert len(losses) == record.best_epoch + 2 < 60
    assert record.loss == min(losses) < losses[-1]
    assert record.perplexity == record.history["val_perplexity"][record.best_epoch - 1]
    model = MaskedLanguageModel(network)
    model.compile()
    held_out = dataset.eval_batches(couples(16, 1), CONFIG.model_copy(update={"batch_size": 4}), VOCABULARY)
    assert model.evaluate(held_out, verbose=0)[0] == pytest.approx(record.loss, abs=1e-4)


@pytest.mark.slow
def test_training_goes_on_from_a_backbone(tmp_path):
    network, first = run(tmp_path, layers=2, texts=256, batch_size=32, epochs=60, steps_per_execution=20)
    network.save_pretrained(tmp_path / "backbone")
    backbone = str(tmp_path / "backbone")
    unmoved, record = run(tmp_path, backbone=backbone, epochs=1, learning_rate=1e-12)
    for left, right in zip(network.get_weights(), unmoved.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-6)
    assert record.fresh_weights == [] and unmoved.config.num_hidden_layers == 2
    _, further = run(tmp_path, backbone=backbone, epochs=1, precision="bfloat16")
    assert further.history["val_loss"][0] < 0.8 * first.history["val_loss"][0]


@pytest.mark.slow
def test_a_training_that_diverges_names_keys_that_there_are(tmp_path):
    with pytest.raises(TfxBertError, match=r"the loss is (nan|inf) at step \d+; try a lower pretrainer.learning_rate"):
        run(tmp_path, learning_rate=1e30, clip_norm=None, warmup_share=0.0)


def test_remedies_name_keys_that_there_are_and_that_are_not_set_so_already():
    plain = PretrainerConfig(epochs=1)
    loose = PretrainerConfig(
        epochs=1, clip_norm=None, warmup_steps=3, precision="float32", batch_size=4, accumulation_steps=4
    )
    for config in (loose, plain):
        for remedy in (remedies(config).divergence, remedies(config).memory):
            assert set(re.findall(r"pretrainer\.(\w+)", remedy)) <= PretrainerConfig.model_fields.keys()
    assert remedies(loose).divergence == (
        "a lower pretrainer.learning_rate, more pretrainer.warmup_steps, or pretrainer.clip_norm: 1"
    )
    assert remedies(loose).memory == "a smaller pretrainer.block_length or pretrainer.precision: bfloat16"
    assert "clip_norm" not in remedies(plain).divergence


@pytest.mark.slow
def test_every_key_of_the_optimizer_reaches_it(tmp_path):
    settings = {"epochs": None, "max_steps": 3, "steps_per_execution": 1, "learning_rate": 1e-2}
    plain, _ = run(tmp_path, **settings)
    changes = [
        {"clip_norm": 1e-3},
        {"weight_decay": 0.9},
        {"warmup_share": 0.5},
        {"warmup_steps": 3},
        {"decay": "cosine"},
        {"learning_rate": 2e-2},
    ]
    for change in changes:
        changed, _ = run(tmp_path, **settings | change)
        pairs = zip(plain.get_weights(), changed.get_weights(), strict=True)
        assert not all(np.allclose(left, right, atol=1e-7) for left, right in pairs), change


@pytest.mark.slow
def test_the_record_says_how_it_was_computed(tmp_path):
    _, record = run(tmp_path, precision="bfloat16", xla=True, epochs=1)
    assert (record.precision, record.xla) == ("bfloat16", True)


@pytest.mark.slow
def test_tensorboard_shows_what_the_record_has(tmp_path):
    _, record = run(tmp_path, epochs=2)
    shown = {name: scalars(tmp_path / "logs" / name) for name in ("train", "validation")}
    history = {
        name: series for name, series in record.history.items() if name not in ("step", "minutes", "tokens_per_second")
    }
    for name, series in history.items():
        where = "validation" if name.startswith("val_") else "train"
        np.testing.assert_allclose(shown[where][f"epoch_{name.removeprefix('val_')}"], series, rtol=1e-5)
    assert len(shown["train"]["epoch_tokens_per_second"]) == 2


def scalars(folder):
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    events.Reload()
    return {
        tag: [float(tf.make_ndarray(event.tensor_proto)) for event in events.Tensors(tag)]
        for tag in events.Tags()["tensors"]
        if tag.startswith("epoch_")
    }


def test_a_batch_that_cannot_be_divided_is_refused():
    with pytest.raises(
        ConfigError, match=r"pretrainer.batch_size: 8 cannot be .* accumulation_steps 3: take a multiple of 3"
    ):
        pretrain(
            couples(8, 0),
            couples(8, 1),
            CONFIG.model_copy(update={"accumulation_steps": 3}),
            VOCABULARY,
            tf.distribute.get_strategy(),
            "logs",
        )


@pytest.mark.slow
def test_training_is_reproducible(tmp_path):
    (left, _), (right, _) = (run(tmp_path, dropout=0.1) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(left.get_weights(), right.get_weights(), strict=True))


def test_time_that_is_over_at_once_ends_training_after_one_execution(tmp_path):
    _, record = run(tmp_path, epochs=None, minutes=0.001, steps_per_execution=3)
    assert record.steps == 3
    assert record.history["step"] == [3]


@pytest.mark.slow
def test_two_replicas_train_like_one(tmp_path):
    _, one = run(tmp_path, mask_share=0.4)
    two = on_two_replicas(__name__, f"history_in_parts({str(tmp_path)!r}, strategy)")
    np.testing.assert_allclose(two["loss"], one.history["loss"], atol=1e-3)
    np.testing.assert_allclose(two["val_loss"], one.history["val_loss"], atol=1e-3)


def history_in_parts(folder: str, strategy: tf.distribute.Strategy) -> dict[str, list[float]]:
    return run(Path(folder), strategy, mask_share=0.4, accumulation_steps=2)[1].history


@pytest.mark.slow
@pytest.mark.parametrize("xla", [False, True])
def test_little_memory_changes_how_a_step_is_computed_and_nothing_else(tmp_path, monkeypatch, xla):
    _, whole = run(tmp_path, xla=xla, accumulation_steps=1)
    assert (whole.memory.accumulation_steps, whole.memory.rows_at_once) == (1, 8)
    monkeypatch.setattr(parts, "memory_there", lambda strategy: Memory(1_200_000, 1_200_000, "a test"))
    _, record = run(tmp_path, xla=xla)
    assert record.memory.accumulation_steps in (2, 4, 8)
    assert record.memory.step_bytes <= record.memory.budget_bytes == 600_000
    for series in ("loss", "val_loss", "accuracy", "val_accuracy"):
        np.testing.assert_allclose(record.history[series], whole.history[series], rtol=1e-4)


@pytest.mark.slow
def test_looking_at_the_graph_leaves_no_trace_in_the_training(tmp_path, monkeypatch):
    plain, _ = run(tmp_path, accumulation_steps=4, dropout=0.1, epochs=1)
    monkeypatch.setattr(parts, "memory_there", lambda strategy: Memory(1_200_000, 1_200_000, "a test"))
    looked_at, _ = run(tmp_path, accumulation_steps=4, dropout=0.1, epochs=1)
    for left, right in zip(plain.get_weights(), looked_at.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


LARGE = """
import resource, sys
import tensorflow as tf
from tests.components.pretrainer.test_training import CONFIG, VOCABULARY, couples
from components.errors import TfxBertError
from components.pretrainer.training import pretrain
tf.reduce_sum(tf.matmul(tf.ones([500, 500]), tf.ones([500, 500])))  # its threads are there
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (2 << 30), resource.RLIM_INFINITY))
size = {"heads": 16, "max_positions": 256, "block_length": 256, "batch_size": 256, "epochs": None, "max_steps": 1}
config = CONFIG.model_copy(update=size | {"eval_blocks": 256, "accumulation_steps": eval(sys.argv[1])})
try:
    _, record = pretrain(
        couples(8200, 0), couples(16, 1), config, VOCABULARY, tf.distribute.get_strategy(), sys.argv[2]
    )
    print("parts", record.memory.accumulation_steps)
except TfxBertError as error:
    print("refused", error)
"""


@pytest.mark.slow
def test_a_process_that_may_take_little_memory(tmp_path):
    """A batch that wants 5 GB where there are 2 GB: in parts it fits, and as a whole it is refused before it starts."""

    def train(parts):
        command = [sys.executable, "-c", LARGE, repr(parts), str(tmp_path / "logs")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout.splitlines()[-1]

    found = train("auto")
    assert found.startswith("parts ") and int(found.split()[1]) in (4, 8, 16, 32)
    assert re.fullmatch(
        r"refused out of memory: a step that computes 256 of its 256 rows at a time needs about [\d.]+ GB, and there "
        r"are [\d.]+ GB of [\d.]+ GB free \(ulimit -v\); try pretrainer.accumulation_steps: auto, a higher .*",
        train(1),
    )

"""What needs no accelerator to be shown: workers and replicas train like one device, steps compile for TPUs."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from tfx.utils import path_utils
from transformers import tf_utils

from components.autograph import leave_libraries_alone
from components.feature_gen.encoder import load_encoder
from components.pretrainer import dataset
from components.pretrainer.model import MaskedLanguageModel, build_network
from components.trainer.batches import training_batches
from components.trainer.config import TrainerConfig
from components.trainer.finetuning.stage import fine_tuner
from components.trainer.head import build_head
from components.trainer.training import train_head
from components.training.dropout import seed_dropout, set_dropout
from components.training.id_checks import drop_id_checks
from kubeflow.rehearsal.ports import free_ports
from tests.components import tiny
from tests.components.pretrainer.test_training import CONFIG, VOCABULARY, couples, run
from tests.components.trainer.features import make_sequences, make_set
from tests.components.trainer.finetuning import test_stage as stage_tests
from tests.components.trainer.test_executor import TEXTS, execute, prepare
from tests.components.training.replicas import on_two_replicas

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
MODULE = "tests.components.trainer.workers"


def start_workers(what: str, folder: Path, **changes) -> list[subprocess.Popen]:
    """Starts a chief and a worker with the TF_CONFIG that Vertex AI sets."""
    chief, worker = (f"localhost:{port}" for port in free_ports(2))
    workers = []
    for kind in ("chief", "worker"):
        setting = {
            "cluster": {"chief": [chief], "worker": [worker]},
            "environment": "cloud",
            "task": {"type": kind, "index": 0},
            "job": "{}",
        }
        command = [sys.executable, "-m", MODULE, what, str(folder), json.dumps(changes)]
        environment = os.environ | {"TF_CONFIG": json.dumps(setting), "TMPDIR": str(folder / f"{kind}-tmp")}
        (folder / f"{kind}-tmp").mkdir(parents=True, exist_ok=True)
        workers.append(
            subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )
    return workers


def results(workers: list[subprocess.Popen]) -> list[dict]:
    ended = [worker.communicate(timeout=400) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], ended[0][1][-3000:] + ended[1][1][-3000:]
    return [json.loads(output.splitlines()[-1]) for output, _ in ended]


def signalled(workers: list[subprocess.Popen], which: int, number: signal.Signals, folder: Path) -> list[str]:
    """Waits for the next checkpoint, and sends one of them a signal; gives what each wrote to its end."""
    before = tf.train.latest_checkpoint(str(folder))
    while all(worker.poll() is None for worker in workers):
        if tf.train.latest_checkpoint(str(folder)) != before:
            workers[which].send_signal(number)
            break
        time.sleep(0.05)
    return [worker.communicate(timeout=400)[1] for worker in workers]


def test_two_workers_pretrain_like_one_device(tmp_path):
    """One is asked to stop, later one is killed, then the chief; each time all go on from the chief's checkpoint."""
    changes = {"epochs": 12, "steps_per_execution": 3, "checkpoint_minutes": 1e-9}
    checkpoints = tmp_path / "checkpoints"

    workers = start_workers("pretrain", tmp_path, **changes)
    errors = signalled(workers, 1, signal.SIGTERM, checkpoints)
    assert [worker.returncode for worker in workers] == [143, 143], "".join(errors)[-3000:]
    stops = {re.search(r"saved at step (\d+)", error)[1] for error in errors}
    assert len(stops) == 1

    for killed, left in ((1, 0), (0, 1)):
        workers = start_workers("pretrain", tmp_path, **changes)
        errors = signalled(workers, killed, signal.SIGKILL, checkpoints)
        assert workers[killed].returncode == -signal.SIGKILL and workers[left].returncode == 1, errors[left][-3000:]
        assert "another worker has ended: start all of them again, and training goes on" in errors[left]
        assert all("training goes on at step" in error for error in errors)

    workers = start_workers("pretrain", tmp_path, **changes)
    chief, worker = results(workers)
    assert chief.pop("chief") and not worker.pop("chief")
    assert chief["history"]["val_loss"] == worker["history"]["val_loss"]
    _, one = run(tmp_path / "one", epochs=12, steps_per_execution=3)
    assert chief["steps"] == one.steps == 48
    for name in ("loss", "val_loss", "val_accuracy"):
        np.testing.assert_allclose(chief["history"][name], one.history[name], atol=1e-3, err_msg=name)
    written = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*tfevents*")}
    assert "logs" in written and written <= {"logs", "one"}
    assert not list((tmp_path / "worker-tmp").rglob("*tfevents*"))


def test_two_workers_run_the_trainer_like_one_device(tmp_path):
    """Folds, the head, the second stage and n-grams; one of the two writes."""
    prepare(tmp_path)
    config = {
        "folds": 2,
        "epochs": 6,
        "dropout": 0,
        "learning_rate": 1e-2,
        "validation_share": 0.2,
        "unfreeze": {
            "epochs": 3,
            "batch_size": 8,
            "learning_rate": 1e-3,
            "metric": "loss",
            "dropout": 0,
            "precision": "float32",
        },
        "ngrams": {},
    }
    workers = results(start_workers("train", tmp_path, **config))
    assert workers == [{"chief": True, "replicas": 2}, {"chief": False, "replicas": 2}]
    execute(tmp_path, "one", TrainerConfig(**config))

    two, one = (
        json.loads((tmp_path / name / "model_run/metrics.json").read_text(encoding="utf-8"))
        for name in ("outputs", "one")
    )
    assert two["cross_validation"] == one["cross_validation"]
    assert two["unfreeze"]["best_epoch"] == one["unfreeze"]["best_epoch"] > 0
    for series in (lambda record: record["history"], lambda record: record["unfreeze"]["history"]):
        for name in ("loss", "val_loss"):
            np.testing.assert_allclose(series(two)[name], series(one)[name], atol=1e-3, err_msg=name)
    served = [
        tf.saved_model.load(path_utils.serving_model_dir(str(tmp_path / name / "model")))
        .signatures["serving_default"](text=tf.constant(TEXTS))["probabilities"]
        .numpy()
        for name in ("outputs", "one")
    ]
    np.testing.assert_allclose(*served, atol=1e-2)
    assert list((tmp_path / "outputs/model_run").rglob("*tfevents*"))
    assert not (tmp_path / "checkpoints").exists()


def test_a_mean_over_all_replicas_whatever_each_has_to_predict(tmp_path):
    """One replica gets texts without a token to predict: its mean must not count as much as the other's."""
    found = on_two_replicas(__name__, "uneven_step(strategy)")
    assert found == pytest.approx(uneven_step(tf.distribute.get_strategy()), abs=1e-5)


@pytest.mark.parametrize("kind", ["dense", "attention"])
def test_two_replicas_train_a_head_like_one(kind):
    """The last batch of an epoch has 5 examples."""
    found = on_two_replicas(__name__, f"head_losses({kind!r}, strategy)")
    np.testing.assert_allclose(found, head_losses(kind, tf.distribute.get_strategy()), atol=1e-3)


def head_losses(kind: str, strategy: tf.distribute.Strategy) -> list[float]:
    features = np.random.default_rng(0).normal(size=(93, 12)).astype(np.float32)
    if kind != "dense":
        features = make_sequences([3 + n % 9 for n in range(93)], width=12)
    config = TrainerConfig(
        head=kind, attention_units=4, dropout=0, epochs=3, batch_size=8, learning_rate=1e-2, validation_share=0.2
    )
    result = train_head(make_set(features, np.arange(93) % 3), ["a", "b", "c"], config, strategy)
    return [*result.history["loss"], *result.history["val_loss"]]


def uneven_step(strategy: tf.distribute.Strategy) -> float:
    """A step of plain descent on a batch whose halves predict 3 tokens and 1 a block; gives a sum over all weights."""
    leave_libraries_alone()
    with strategy.scope():
        model = MaskedLanguageModel(build_network(CONFIG, VOCABULARY))
        model.compile(keras.optimizers.SGD(1.0))
    batch = next(iter(dataset.training_batches(couples(64, 0), CONFIG, VOCABULARY)))
    few = tf.cast(tf.range(4) < 1, tf.float32)[tf.newaxis] * tf.cast(tf.range(8) >= 4, tf.float32)[:, tf.newaxis]
    many = tf.cast(tf.range(4) < 3, tf.float32)[tf.newaxis] * tf.cast(tf.range(8) < 4, tf.float32)[:, tf.newaxis]
    batch["weights"] = few + many
    model.fit(tf.data.Dataset.from_tensors(batch), epochs=1, verbose=0)
    return float(sum(tf.reduce_sum(tf.abs(weight)) for weight in model.network.weights))


def mlm_step(jit_compile: bool) -> tuple[keras.Model, tf.data.Dataset]:
    model = MaskedLanguageModel(build_network(CONFIG, VOCABULARY))
    seed_dropout(model, 0)
    drop_id_checks()
    model.compile(keras.optimizers.AdamW(1e-3, jit_compile=False), jit_compile=jit_compile)
    return model, dataset.training_batches(couples(64, 0), CONFIG, VOCABULARY)


def head_step(kind: str, jit_compile: bool) -> tuple[keras.Model, tf.data.Dataset]:
    features = np.random.default_rng(0).normal(size=(64, 12)).astype(np.float32)
    if kind != "dense":
        features = make_sequences([10] * 64, width=12)
    config = TrainerConfig(head=kind, lstm_units=4, attention_units=4, hidden_units=8, dropout=0)
    model = build_head(features, 3, config)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(1e-3, jit_compile=False), loss, metrics=["accuracy"], jit_compile=jit_compile)
    return model, training_batches(make_set(features, np.arange(64) % 3), 8, seed=0, static=True)


def second_stage_step(jit_compile: bool) -> tuple[keras.Model, tf.data.Dataset]:
    with tempfile.TemporaryDirectory() as folder:
        encoder = load_encoder(tiny.write_backbone(Path(folder)))
    texts, config = stage_tests.make_texts(), stage_tests.config(warmup_share=0, xla=jit_compile)
    strategy = tf.distribute.get_strategy()
    model = fine_tuner(encoder, stage_tests.fresh_head(), stage_tests.forward, config, 99, strategy)
    set_dropout(encoder, 0.0)
    return model, stage_tests.training_batches(texts, [20], 16, 1, seed=0)


STEPS = {
    "mlm": mlm_step,
    "second stage": second_stage_step,
    **{kind: partial(head_step, kind) for kind in ("dense", "bilstm", "attention")},
}


@pytest.fixture
def id_checks(monkeypatch):
    """Hugging Face's checks are back, whatever test has taken them out before."""
    for name, module in list(sys.modules.items()):
        if name.startswith("transformers.models.") and hasattr(module, "check_embeddings_within_bounds"):
            monkeypatch.setattr(module, "check_embeddings_within_bounds", tf_utils.check_embeddings_within_bounds)


@pytest.mark.parametrize("step", STEPS)
def test_training_steps_compile_with_xla_and_give_the_same_loss(step):
    losses = []
    for jit_compile in (False, True):
        leave_libraries_alone()
        keras.utils.set_random_seed(0)
        model, batches = STEPS[step](jit_compile)
        losses.append(model.fit(batches.take(4), verbose=0).history["loss"][0])
    assert losses[0] == pytest.approx(losses[1], abs=0.01)  # Adam makes much of tiny differences


@pytest.mark.usefixtures("id_checks")
@pytest.mark.parametrize("step", STEPS)
def test_no_string_and_no_unknown_shape_is_in_a_training_step(step):
    model, batches = STEPS[step](jit_compile=False)
    graph = model.make_train_function().get_concrete_function(iter(batches)).graph
    graphs = [graph, *functions_of(graph)]
    operations = [operation for each in graphs for operation in each.get_operations()]
    assert any("MatMul" in operation.type for operation in operations)  # the step itself has been looked at
    tensors = [tensor for operation in operations for tensor in operation.outputs]
    assert [tensor for tensor in tensors if tensor.dtype == tf.string] == []
    got = [tensor for operation in operations if "IteratorGetNext" in operation.type for tensor in operation.outputs]
    assert got and all(tensor.shape.is_fully_defined() for tensor in got)


def functions_of(graph: tf.Graph) -> list[tf.Graph]:
    """The graphs of all functions that a graph holds."""
    from tensorflow.python.framework.function_def_to_graph import function_def_to_graph

    with graph.as_default():
        definitions = graph.as_graph_def(add_shapes=True).library.function
        return [function_def_to_graph(definition) for definition in definitions]

import json

import pytest
import tensorflow as tf

from components.errors import ConfigError
from components.trainer.strategy import check_batch, get_strategy, is_chief, largest, shared_clock


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    monkeypatch.delenv("TPU_NAME", raising=False)
    monkeypatch.delenv("TF_CONFIG", raising=False)


@pytest.mark.parametrize("name", ["auto", "one_device"])
def test_a_machine_without_accelerators_trains_on_one_device(name):
    strategy = get_strategy(name)
    assert strategy.num_replicas_in_sync == 1
    assert not isinstance(strategy, tf.distribute.MirroredStrategy)


def test_mirrored_by_name():
    assert isinstance(get_strategy("mirrored"), tf.distribute.MirroredStrategy)


def test_a_cluster_of_one_machine_is_no_cluster(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": {"worker": ["localhost:1"]}}))
    assert not isinstance(get_strategy("auto"), tf.distribute.MultiWorkerMirroredStrategy)


def test_auto_finds_the_tpu_and_prepares_it_in_order(monkeypatch):
    calls = []

    class Resolver:
        def __init__(self, name):
            calls.append(("resolve", name))

    monkeypatch.setenv("TPU_NAME", "node-7")
    monkeypatch.setattr(tf.distribute.cluster_resolver, "TPUClusterResolver", Resolver)
    monkeypatch.setattr(tf.config, "experimental_connect_to_cluster", lambda _: calls.append("connect"))
    monkeypatch.setattr(tf.tpu.experimental, "initialize_tpu_system", lambda _: calls.append("initialize"))
    monkeypatch.setattr(tf.distribute, "TPUStrategy", lambda _: calls.append("strategy") or "tpu")
    assert get_strategy("auto") == "tpu"
    assert calls == [("resolve", "node-7"), "connect", "initialize", "strategy"]


def test_auto_takes_the_machines_that_vertex_ai_names(monkeypatch):
    cluster = {"chief": ["localhost:1"], "worker": ["localhost:2"]}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": {"type": "chief", "index": 0}}))
    monkeypatch.setattr(tf.distribute, "MultiWorkerMirroredStrategy", lambda: "workers")
    assert get_strategy("auto") == "workers"


def test_auto_takes_all_gpus(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["one", "another"] if kind == "GPU" else [])
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda: "replicas")
    assert get_strategy("auto") == "replicas"


def test_a_tpu_needs_a_name():
    with pytest.raises(ConfigError, match="strategy: tpu is asked for, but TPU_NAME is not set"):
        get_strategy("tpu")


def test_workers_that_come_too_late_to_find_each_other(monkeypatch):
    cluster = {"chief": ["localhost:1"], "worker": ["localhost:2"]}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": {"type": "chief", "index": 0}}))
    tf.constant(1) + 1  # TensorFlow has computed
    with pytest.raises(ConfigError, match="run each node in a process of its own, or take one_device"):
        get_strategy("auto")


def test_unknown_names_are_refused():
    with pytest.raises(ConfigError, match="no strategy named 'gpu'; there are auto, tpu"):
        get_strategy("gpu")


def test_replicas_and_parts_share_a_batch_evenly():
    check_batch("batch_size", 8, replicas=2)
    check_batch("batch_size", 12, replicas=2, accumulation_steps=3)
    with pytest.raises(ConfigError, match="batch_size: 9 cannot be divided by 2 replicas: take a multiple of 2"):
        check_batch("batch_size", 9, replicas=2)
    with pytest.raises(ConfigError, match="by 2 replicas times accumulation_steps 3: take a multiple of 6"):
        check_batch("batch_size", 8, replicas=2, accumulation_steps=3)


def test_a_process_alone_is_the_chief_and_asks_nobody():
    strategy = get_strategy("one_device")
    assert is_chief(strategy)
    assert largest(strategy, 2.5) == 2.5
    clock = shared_clock(strategy)
    assert 0 <= clock() <= clock() < 60

"""Chooses where training runs: one device, several GPUs, several machines, or a TPU."""

import json
import os

import tensorflow as tf

from components.errors import ConfigError

STRATEGIES = ("auto", "tpu", "multi_worker", "mirrored", "one_device")


def get_strategy(name: str) -> tf.distribute.Strategy:
    """Makes the distribution strategy that Keras trains under.

    ``auto`` takes the first that the environment offers: ``tpu`` where ``TPU_NAME`` is set, ``multi_worker``
    where ``TF_CONFIG`` names more than one machine, ``mirrored`` where there is more than one GPU, else
    ``one_device``.

    Args:
        name: One of `STRATEGIES`; ``one_device`` is the first GPU, or the CPU.

    Returns:
        The strategy; variables are to be made in its ``scope()``.

    Raises:
        ConfigError: If the name is unknown.
    """
    if name == "auto":
        name = _offered()
    if name == "tpu":
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(os.environ.get("TPU_NAME", ""))
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
        return tf.distribute.TPUStrategy(resolver)
    if name == "multi_worker":
        return tf.distribute.MultiWorkerMirroredStrategy()
    if name == "mirrored":
        return tf.distribute.MirroredStrategy()
    if name == "one_device":
        return tf.distribute.get_strategy()
    raise ConfigError("strategy", f"no strategy named {name!r}; there are {', '.join(STRATEGIES)}")


def _offered() -> str:
    if os.environ.get("TPU_NAME"):
        return "tpu"
    cluster = json.loads(os.environ.get("TF_CONFIG") or "{}").get("cluster", {})
    if sum(len(cluster.get(job, [])) for job in ("chief", "worker")) > 1:
        return "multi_worker"
    return "mirrored" if len(tf.config.list_physical_devices("GPU")) > 1 else "one_device"

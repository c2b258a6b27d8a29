"""Chooses where training runs: one device, several GPUs, several machines, or a TPU."""

import os
import time
from collections.abc import Callable

import tensorflow as tf

from components.errors import ConfigError
from components.training.cluster import read_cluster

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
        ConfigError: If the name is unknown, no TPU is named, ``TF_CONFIG`` is wrong, or workers can no longer find each
            other.
    """
    if name == "auto":
        name = _offered()
    if name == "tpu":
        if not os.environ.get("TPU_NAME"):
            raise ConfigError("strategy", "tpu is asked for, but TPU_NAME is not set: set it, or take auto")
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(os.environ["TPU_NAME"])
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
        return tf.distribute.TPUStrategy(resolver)
    if name == "multi_worker":
        return _multi_worker()
    if name == "mirrored":
        return tf.distribute.MirroredStrategy()
    if name == "one_device":
        return tf.distribute.get_strategy()
    raise ConfigError("strategy", f"no strategy named {name!r}; there are {', '.join(STRATEGIES)}")


def _multi_worker() -> tf.distribute.Strategy:
    read_cluster()  # TensorFlow's own messages do not name the variable
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except RuntimeError as error:
        if "at program startup" not in str(error):
            raise
        raise ConfigError(
            "strategy",
            "workers have to find each other before TensorFlow computes anything, and it already has: run each node "
            "in a process of its own, or take one_device",
        ) from error


def _offered() -> str:
    if os.environ.get("TPU_NAME"):
        return "tpu"
    cluster = read_cluster()
    if cluster and cluster.trains_on_several:
        return "multi_worker"
    return "mirrored" if len(tf.config.list_physical_devices("GPU")) > 1 else "one_device"


def check_batch(key: str, batch_size: int, replicas: int, accumulation_steps: int = 1) -> None:
    """Refuses a global batch that cannot be shared evenly: all get the same, so that shapes are static.

    Args:
        key: The configuration key of the size.
        batch_size: What a step sees over all replicas.
        replicas: Number of devices.
        accumulation_steps: Parts that a replica computes its own in.

    Raises:
        ConfigError: If something would be left over.

    Example:
        >>> check_batch("trainer.batch_size", 32, replicas=8)
    """
    parts = replicas * accumulation_steps
    if batch_size % parts:
        times = f" times accumulation_steps {accumulation_steps}" if accumulation_steps > 1 else ""
        raise ConfigError(
            key, f"{batch_size} cannot be divided by {replicas} replicas{times}: take a multiple of {parts}"
        )


def summed_over_replicas(value: tf.Tensor) -> tf.Tensor:
    """Adds up a number of all replicas; to be called in a training step.

    A loss that every replica divides by this sum of its weights adds up to the exact mean over the global batch,
    however the weights are spread.

    Args:
        value: A scalar.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return value
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process writes artifacts and logs: one of several workers does."""
    return bool(strategy.extended.should_checkpoint)


def largest(strategy: tf.distribute.Strategy, value: float) -> float:
    """The largest of the numbers that the workers have, so that all decide alike; to be called by all of them."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return value
    return float(tf.reduce_max(strategy.gather(strategy.run(lambda: tf.constant([value], tf.float32)), axis=0)))


def shared_clock(strategy: tf.distribute.Strategy) -> Callable[[], float]:
    """A clock that shows all workers the same seconds, from 0 on; all have to look at it together."""
    start = time.monotonic()
    return lambda: largest(strategy, time.monotonic() - start)

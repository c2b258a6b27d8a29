"""In which arithmetic a network is trained, and whether XLA compiles its step."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import tensorflow as tf
import tf_keras as keras

Precision = Literal["float32", "bfloat16", "float16"]

CPU_INFO = Path("/proc/cpuinfo")
CPU_FLAGS = {"amx_bf16", "avx512_bf16"}  # CPUs that multiply bfloat16 faster than float32
GPU_CAPABILITY = (8, 0)  # Ampere, the first of NVIDIA's that multiply bfloat16


def choose_precision(wanted: Precision | Literal["auto"], strategy: tf.distribute.Strategy) -> Precision:
    """Chooses the arithmetic that is fastest here without a change of the learning rate or scaling of the loss.

    Args:
        wanted: What is not ``auto`` is taken as it is.
        strategy: Where training runs.

    Returns:
        For ``auto`` bfloat16 on TPUs, on GPUs from NVIDIA's Ampere on and on CPUs with instructions for it, else
        float32.
    """
    if wanted != "auto":
        return wanted
    if isinstance(strategy, tf.distribute.TPUStrategy):
        return "bfloat16"
    gpus = tf.config.list_physical_devices("GPU")
    capable = all(map(_gpu_has_bfloat16, gpus)) if gpus else bool(CPU_FLAGS & cpu_flags())
    return "bfloat16" if capable else "float32"


def choose_xla(wanted: bool | None, precision: Precision, strategy: tf.distribute.Strategy) -> bool:
    """Chooses whether XLA compiles the training step.

    On CPUs the products of float32 matrices are slower in XLA than in TensorFlow's own kernels (oneDNN), and everything
    else is faster; in bfloat16 XLA calls these kernels too, so that it is faster in all.

    Args:
        wanted: None to choose.
        precision: The arithmetic.
        strategy: Where training runs; replicas on CPUs exchange gradients by ops that XLA does not compile.
    """
    if wanted is not None:
        return wanted
    if tf.config.list_physical_devices("GPU") or isinstance(strategy, tf.distribute.TPUStrategy):
        return True
    return precision != "float32" and strategy.num_replicas_in_sync == 1


def cpu_flags() -> set[str]:
    """The features of this machine's CPU as Linux names them; none where it does not say."""
    if not CPU_INFO.is_file():
        return set()
    lines = CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((set(line.partition(":")[2].split()) for line in lines if line.startswith("flags")), set())


@contextmanager
def keras_precision(precision: Precision) -> Iterator[None]:
    """Sets Keras' arithmetic for the layers that are made inside a ``with`` block.

    Args:
        precision: ``float32``, or ``bfloat16`` or ``float16`` for mixed precision with float32 weights.
    """
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(precision if precision == "float32" else f"mixed_{precision}")
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)


def _gpu_has_bfloat16(gpu: tf.config.PhysicalDevice) -> bool:
    return tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0)) >= GPU_CAPABILITY

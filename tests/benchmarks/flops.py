"""How much arithmetic a training step needs, and how much this machine can do."""

from functools import partial

import tensorflow as tf

from components.pretrainer.config import PretrainerConfig
from tests.benchmarks.timing import Candidate

GEMM_SIZES = (1024, 2048, 4096)
GEMM_FLOPS = 4e11  # in a run: about two seconds in float32 at 200 GFLOP/s
BACKWARD = 2  # matrix products backward for one forward: by the input and by the weights


def training_flops(config: PretrainerConfig, vocabulary: int, predicted: float) -> float:
    """Floating-point operations of the matrix products of a step; a multiplication and an addition are two.

    Only what the model needs is counted: the vocabulary projection at the predicted tokens alone, no recomputation, no
    elementwise work, as in Chowdhery et al. 2022 (PaLM, arXiv:2204.02311, appendix B). Attention counts over whole
    blocks.

    Args:
        config: The sizes of model and batch.
        vocabulary: Number of ids.
        predicted: Tokens of a batch that are predicted.
    """
    width = config.hidden_size
    layer = 4 * width**2 + 2 * width * config.intermediate_size + 2 * config.block_length * width
    tokens = config.batch_size * config.block_length
    head = width**2 + width * vocabulary
    return 2 * (1 + BACKWARD) * (tokens * config.layers * layer + predicted * head)


def gemm_candidates() -> dict[str, Candidate]:
    """Square matrix products in each precision; units are floating-point operations."""
    return {
        f"{precision} {size}": _gemm(precision, size) for precision in ("float32", "bfloat16") for size in GEMM_SIZES
    }


def peak(rates: dict[str, float], precision: str) -> float:
    """The best rate over the sizes of `gemm_candidates`."""
    return max(rate for name, rate in rates.items() if name.startswith(f"{precision} "))


def _gemm(precision: str, size: int) -> Candidate:
    matrix = tf.cast(tf.random.stateless_uniform([size, size], [0, size], -1.0), precision)
    repeats = max(1, round(GEMM_FLOPS / (2 * size**3)))
    return Candidate(partial(_multiply, matrix, repeats), repeats * 2 * size**3)


def _multiply(matrix: tf.Tensor, repeats: int) -> None:
    for _ in range(repeats):
        product = tf.matmul(matrix, matrix)
    product[0, 0].numpy()  # waits for the end

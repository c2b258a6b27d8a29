"""In how many parts a batch is computed, so that a step fits into the memory there is."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import tensorflow as tf

from components.errors import TfxBertError
from components.memory import Memory, memory_there, readable
from components.trainer.strategy import largest
from components.training.footprint import peak_bytes

AUTO: Literal["auto"] = "auto"
Wanted = int | Literal["auto"]

# Copies of the trained weights that a step has: they themselves, Adam's two slots, the sums of gradients (read and
# written), the gradients of a part, and what replaces weights and slots.
_COPIES = 9
_MARGIN = 1.15  # what allocators and the compiler add to the tensors
_SURE = 0.85  # of an estimate: what a step takes at the very least


@dataclass(frozen=True)
class Workload:
    """What a step computes, as far as its memory goes.

    Attributes:
        rows: Rows of a replica's part of the batch.
        rough_bytes: More than all activations of these rows can take; see `rough_bytes`.
        weight_bytes: Bytes of the trained weights.
        trace: Gives the graph of forward and backward pass over all these rows at once; costs seconds.
    """

    rows: int
    rough_bytes: int
    weight_bytes: int
    trace: Callable[[], tf.Graph]


@dataclass(frozen=True)
class Parts:
    """How a batch is computed.

    Attributes:
        accumulation_steps: Parts that are computed one after another.
        rows_at_once: Rows of a part, on each replica.
        step_bytes: What a step needs, weights included; for a small batch more than it can need.
        budget_bytes: What a step may take of the memory there is.
        memory: Whose limit that is.
    """

    accumulation_steps: int
    rows_at_once: int
    step_bytes: int
    budget_bytes: int
    memory: str


def rough_bytes(settings: Any, rows: int, length: int, predictions: int = 0) -> int:
    """More than the activations of a Transformer can take, computed from its sizes.

    Args:
        settings: The configuration of the encoder, as transformers has it.
        rows: Rows at once.
        length: Tokens of a row.
        predictions: Tokens of a row that are projected onto the vocabulary.
    """
    width = settings.hidden_size
    inner = next(
        (size for name in ("intermediate_size", "hidden_dim", "d_ff") if (size := getattr(settings, name, None))),
        4 * width,
    )
    layer = 16 * settings.num_attention_heads * length + 40 * width + 10 * inner
    return 4 * rows * (length * layer * (settings.num_hidden_layers + 1) + 5 * predictions * settings.vocab_size)


def choose_parts(
    key: str,
    wanted: Wanted,
    work: Workload,
    strategy: tf.distribute.Strategy,
    remedies: str,
    memory: Memory | None = None,
) -> Parts:
    """Chooses the fewest parts with which a step fits, the same from run to run on the same machine.

    On TPUs ``auto`` is 1: their compiler computes activations again where memory is short, and says what it lacks.

    Args:
        key: Of ``accumulation_steps`` in the configuration.
        wanted: Number of parts, or ``auto``.
        work: What is computed.
        strategy: Where.
        remedies: Keys to change where even a row at a time does not fit.
        memory: What there is; None: it is looked up.

    Returns:
        The number, with the figures that it follows from.

    Raises:
        TfxBertError: If a step cannot fit.
    """
    memory = memory or memory_there(strategy)
    if isinstance(strategy, tf.distribute.TPUStrategy):
        count = 1 if wanted == AUTO else wanted
        return Parts(count, work.rows // count, 0, memory.budget, "TPU")
    fixed = _COPIES * work.weight_bytes
    activations = float(work.rough_bytes)
    counted = fixed + activations / (1 if wanted == AUTO else wanted) > memory.budget
    if counted:
        activations = _MARGIN * peak_bytes(work.trace())

    def needed(parts: int) -> int:
        return int(fixed + activations / parts)

    ladder = _ladder(work.rows) if wanted == AUTO else [wanted]
    fitting = next((parts for parts in ladder if needed(parts) <= memory.budget), ladder[-1])
    count = int(largest(strategy, fitting))  # all workers compute alike
    if counted and _SURE * needed(count) > memory.free:
        more = f"{key}: auto, " if wanted != AUTO and wanted < work.rows else ""
        raise TfxBertError(
            f"out of memory: a step that computes {work.rows // count} of its {work.rows} rows at a time needs about "
            f"{readable(needed(count))}, and there are {memory}; try {more}{remedies}"
        )
    parts = Parts(count, work.rows // count, needed(count), memory.budget, str(memory.where))
    logging.info("%s: %s", key, parts)
    return parts


def _ladder(rows: int) -> list[int]:
    """Divisors of a number of rows, each at least twice the one before, so that little changes do not matter."""
    steps = [1]
    for divisor in range(2, rows + 1):
        if rows % divisor == 0 and divisor >= 2 * steps[-1]:
            steps.append(divisor)
    return steps


def trace_rows(
    compute: Callable[[dict[str, tf.Tensor]], list[tf.Tensor]],
    batch: dict[str, tf.TensorSpec],
    rows: int,
    strategy: tf.distribute.Strategy,
) -> tf.Graph:
    """Makes the graph that computes some rows; nothing is run.

    Args:
        compute: Called once, on a replica.
        batch: Shapes of a batch, the rows first.
        rows: How many there are to be instead.
        strategy: Where variables were made.
    """
    specs = {name: tf.TensorSpec([rows, *spec.shape[1:]], spec.dtype) for name, spec in batch.items()}
    # Nothing branches on a tensor; AutoGraph would take most of the time.
    traced = tf.function(lambda part: strategy.run(compute, (part,)), autograph=False)
    return traced.get_concrete_function(specs).graph

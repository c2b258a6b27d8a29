"""A batch that is computed in parts, one after another: less memory for the same step."""

from collections.abc import Callable, Sequence

import tensorflow as tf

Batch = dict[str, tf.Tensor]


def sum_over_parts(
    count: int, batch: Batch, compute: Callable[[Batch], list[tf.Tensor]], shapes: Sequence[Sequence[int]]
) -> list[tf.Tensor]:
    """Adds up what is computed of the parts of a batch; a loop, so that only one part's activations are in memory.

    Args:
        count: Number of parts; divides the rows of the batch.
        batch: Tensors by name, the rows first.
        compute: From a part to float32 tensors, whose sums over all rows are wanted.
        shapes: Of these tensors.

    Returns:
        The sums.
    """
    if count == 1:
        return compute(batch)
    parts = {name: _divided(rows, count) for name, rows in batch.items()}

    def add_part(index: tf.Tensor, *so_far: tf.Tensor) -> list[tf.Tensor]:
        more = compute({name: rows[index] for name, rows in parts.items()})
        return [index + 1, *(before + new for before, new in zip(so_far, more, strict=True))]

    start = [tf.constant(0), *(tf.zeros(shape) for shape in shapes)]
    return tf.while_loop(lambda index, *_: index < count, add_part, start, parallel_iterations=1)[1:]


def _divided(rows: tf.Tensor, count: int) -> tf.Tensor:
    rest = rows.shape[1:]
    known = rest.is_fully_defined()
    shape = [count, -1, *rest] if known else tf.concat([[count, -1], tf.shape(rows)[1:]], axis=0)
    divided = tf.reshape(rows, shape)
    return divided if known else tf.ensure_shape(divided, [count, None, *rest])

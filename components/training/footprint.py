"""How many bytes a step holds at once, read off its graph.

Nothing is run or compiled. A tensor takes memory from the op that makes it to the last one that reads it, in the order
in which the ops were made. XLA's buffers on CPUs come within a tenth of the largest sum
(tests/components/training/test_footprint.py).
"""

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

# Their outputs are their inputs' memory, or a variable's.
_VIEWS = {"Identity", "IdentityN", "Reshape", "ExpandDims", "Squeeze", "StopGradient", "PreventGradient"}
_FREE = {"Const", "Placeholder", "ReadVariableOp"}
_CALLS = {"PartitionedCall": "f", "StatefulPartitionedCall": "f", "While": "body", "StatelessWhile": "body"}
_OTHER_REPLICA = "replica_"  # ops of all replicas but the first are named so


def peak_bytes(graph: tf.Graph) -> int:
    """The most bytes that the tensors of a graph take together.

    Args:
        graph: Of a ``tf.function`` whose shapes are known; a tensor of unknown shape counts nothing.
    """
    ops = [op for op in graph.get_operations() if not op.name.startswith(_OTHER_REPLICA)]
    owners: dict[Any, Any] = {}  # a tensor that is a view -> the tensor whose memory it is
    last_use: dict[Any, int] = {}
    for number, op in enumerate(ops):
        if op.type in _VIEWS:
            for output, source in zip(op.outputs, op.inputs, strict=False):
                owners[output.ref()] = owners.get(source.ref(), source.ref())
        for source in op.inputs:
            last_use[owners.get(source.ref(), source.ref())] = number
    now = most = 0
    freed: dict[int, int] = {}
    for number, op in enumerate(ops):
        for output, size in _made(op):
            now += size
            end = last_use.get(output.ref(), number)
            freed[end] = freed.get(end, 0) + size
        most = max(most, now + _inside(op))
        now -= freed.pop(number, 0)
    return most


def _made(op: tf.Operation) -> Iterator[tuple[tf.Tensor, int]]:
    if op.type in _VIEWS or op.type in _FREE:
        return
    for output in op.outputs:
        count = output.shape.num_elements()
        if count is not None and output.dtype not in (tf.resource, tf.variant):
            yield output, count * output.dtype.size


def _inside(op: tf.Operation) -> int:
    """What the function that an op calls takes."""
    if op.type not in _CALLS:
        return 0
    called = op.graph._get_function(op.get_attr(_CALLS[op.type]).name)
    body = getattr(called, "graph", None)
    return peak_bytes(body) if body is not None else 0

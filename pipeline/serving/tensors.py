"""Tensors between NumPy and the messages of TensorFlow's APIs, without TensorFlow.

The format is tensorflow/core/framework/tensor.proto: strings are in ``string_val``; numbers are either the bytes of
``tensor_content`` or in a field of their own, of which the last value stands for all that are left out.
"""

import math
from collections.abc import Mapping

import numpy as np

from pipeline.serving.protos import tensor_pb2, types_pb2

# dtype -> the NumPy dtype of its elements and the field for single values.
_FIELDS: Mapping[int, tuple[type, str]] = {
    types_pb2.DT_FLOAT: (np.float32, "float_val"),
    types_pb2.DT_DOUBLE: (np.float64, "double_val"),
    types_pb2.DT_INT32: (np.int32, "int_val"),
    types_pb2.DT_INT64: (np.int64, "int64_val"),
    types_pb2.DT_BOOL: (np.bool_, "bool_val"),
    types_pb2.DT_STRING: (np.object_, "string_val"),
}
MOST_TEXTS = 100_000  # strings in a tensor
LARGEST_RANK = 32  # dimensions; NumPy's bound
# A message of a few bytes may claim any shape, since its last number stands for all that are left out.
_MOST_LEFT_OUT = 1 << 20
_LARGEST = 1 << 40  # values
_WRITTEN = 1 << 14  # values at a time
_DTYPES: Mapping[type, int] = {kind: dtype for dtype, (kind, _) in _FIELDS.items()}


def to_proto(array: np.ndarray) -> tensor_pb2.TensorProto:
    """Writes an array as a message, with the fields in which TF Serving answers too.

    Args:
        array: Of float32, float64, int32, int64, bool, or of ``bytes`` as objects.

    Raises:
        TypeError: If it is of something else.
    """
    kind = array.dtype.type
    if kind not in _DTYPES:
        raise TypeError(f"arrays of {array.dtype} cannot be sent")
    dtype = _DTYPES[kind]
    proto = tensor_pb2.TensorProto(dtype=dtype)
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    values, flat = getattr(proto, _FIELDS[dtype][1]), array.ravel()
    for start in range(0, len(flat), _WRITTEN):  # one call of protobuf lets no other thread run
        values.extend(flat[start : start + _WRITTEN].tolist())
    return proto


def from_proto(proto: tensor_pb2.TensorProto) -> np.ndarray:
    """Reads a message.

    Args:
        proto: Of one of the dtypes of `to_proto`.

    Returns:
        An array of its shape; strings as ``bytes`` objects.

    Raises:
        TypeError: If it is of another dtype.
        ValueError: If its values do not fit its shape, or the shape is none. Every string must be there, since one that
            stands for others would make a large request of a few bytes.
    """
    if proto.dtype not in _FIELDS:
        raise TypeError(f"tensors of dtype {_dtype_name(proto.dtype)} cannot be read")
    kind, field = _FIELDS[proto.dtype]
    shape, size = _shape_of(proto)
    if proto.tensor_content and kind is not np.object_:
        if len(proto.tensor_content) != size * np.dtype(kind).itemsize:
            raise ValueError(
                f"a tensor of shape {_shown(shape)} has a tensor_content of {len(proto.tensor_content):,} bytes"
            )
        return np.frombuffer(proto.tensor_content, kind).reshape(shape)
    values = getattr(proto, field)
    if kind is np.object_ and len(values) != size:
        raise ValueError(f"a tensor of shape {_shown(shape)} must hold {size:,} strings, and holds {len(values):,}")
    if not len(values) <= size <= max(len(values), _MOST_LEFT_OUT):
        raise ValueError(f"a tensor of shape {_shown(shape)} holds {len(values):,} values")
    array: np.ndarray = np.empty(size, kind)
    array[: len(values)] = values
    array[len(values) :] = values[-1] if values else kind()
    return array.reshape(shape)


def _shape_of(proto: tensor_pb2.TensorProto) -> tuple[tuple[int, ...], int]:
    """The shape, and how many values it has room for."""
    if proto.tensor_shape.unknown_rank:
        raise ValueError("a tensor of a shape of unknown rank")
    if len(proto.tensor_shape.dim) > LARGEST_RANK:
        raise ValueError(f"a tensor of rank {len(proto.tensor_shape.dim):,}, and {LARGEST_RANK} is the largest")
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    # Without the zeros: NumPy counts what the other dimensions would hold.
    if min(shape, default=0) < 0 or math.prod(size or 1 for size in shape) > _LARGEST:
        raise ValueError(f"a tensor of shape {_shown(shape)}")
    return shape, math.prod(shape)


def _shown(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


def _dtype_name(dtype: int) -> str:
    known = types_pb2.DataType.DESCRIPTOR.values_by_number
    return known[dtype].name if dtype in known else str(dtype)

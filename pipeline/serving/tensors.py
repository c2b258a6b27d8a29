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
# A message of a few bytes may claim any shape, since its last value is repeated.
_LARGEST = 1 << 27
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
    getattr(proto, _FIELDS[dtype][1]).extend(array.ravel().tolist())
    return proto


def from_proto(proto: tensor_pb2.TensorProto) -> np.ndarray:
    """Reads a message.

    Args:
        proto: Of one of the dtypes of `to_proto`.

    Returns:
        An array of its shape; strings as ``bytes`` objects.

    Raises:
        TypeError: If it is of another dtype.
        ValueError: If it holds more values than its shape says, or the shape is absurd.
    """
    if proto.dtype not in _FIELDS:
        raise TypeError(f"tensors of dtype {types_pb2.DataType.Name(proto.dtype)} cannot be read")
    kind, field = _FIELDS[proto.dtype]
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    if proto.tensor_content and kind is not np.object_:
        return np.frombuffer(proto.tensor_content, kind).reshape(shape)  # says itself what is wrong with the size
    values = getattr(proto, field)
    size = math.prod(shape)
    if min(shape, default=0) < 0 or not len(values) <= size <= _LARGEST:
        raise ValueError(f"a tensor of shape {list(shape)} holds {len(values):,} values")
    array: np.ndarray = np.empty(size, kind)
    array[: len(values)] = values
    empty: object = b"" if kind is np.object_ else kind()
    array[len(values) :] = values[-1] if values else empty
    return array.reshape(shape)

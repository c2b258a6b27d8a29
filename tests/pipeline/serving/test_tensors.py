"""What is written here TensorFlow reads, and the other way round."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.serving import tensors
from pipeline.serving.protos import tensor_pb2

NUMBERS = st.sampled_from([np.float32, np.float64, np.int32, np.int64, np.bool_]).flatmap(
    lambda kind: hnp.arrays(kind, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)
STRINGS = st.lists(st.binary() | st.text().map(str.encode), max_size=6).map(lambda texts: np.array(texts, object))


@given(NUMBERS | STRINGS)
def test_tensorflow_reads_what_is_written(array: np.ndarray) -> None:
    np.testing.assert_array_equal(tf.make_ndarray(tensors.to_proto(array)), array)


@given(NUMBERS | STRINGS)
def test_what_tensorflow_writes_is_read(array: np.ndarray) -> None:
    read = tensors.from_proto(tf.make_tensor_proto(array, dtype=tf.as_dtype(array.dtype)))
    np.testing.assert_array_equal(read, array)
    assert read.dtype == array.dtype


def test_a_message_without_values_holds_empty_ones() -> None:
    for dtype, empty in ((tf.string, b""), (tf.float32, 0.0), (tf.bool, False)):
        proto = tensor_pb2.TensorProto(dtype=dtype.as_datatype_enum)
        proto.tensor_shape.dim.add(size=2)
        assert tensors.from_proto(proto).tolist() == [empty, empty]
        assert tf.io.parse_tensor(proto.SerializeToString(), dtype).numpy().tolist() == [empty, empty]


def test_the_last_value_stands_for_all_that_are_left_out() -> None:
    proto = tensor_pb2.TensorProto(dtype=1, float_val=[1, 2])
    for size in (2, 2):
        proto.tensor_shape.dim.add(size=size)
    assert tensors.from_proto(proto).tolist() == tf.make_ndarray(proto).tolist() == [[1, 2], [2, 2]]


@pytest.mark.parametrize(
    ("shape", "values"), [([2], [b"a", b"b", b"c"]), ([-1], []), ([1 << 40], [b"x"]), ([1 << 32, 1 << 32], [])]
)
def test_shapes_that_do_not_fit(shape: list[int], values: list[bytes]) -> None:
    proto = tensor_pb2.TensorProto(dtype=7, string_val=values)
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    with pytest.raises(ValueError, match="a tensor of shape"):
        tensors.from_proto(proto)


def test_other_dtypes() -> None:
    with pytest.raises(TypeError, match="DT_COMPLEX64"):
        tensors.from_proto(tensor_pb2.TensorProto(dtype=8))
    with pytest.raises(TypeError, match="complex128"):
        tensors.to_proto(np.zeros(1, complex))

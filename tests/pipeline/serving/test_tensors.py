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


def shaped(sizes: list[int], **fields: object) -> tensor_pb2.TensorProto:
    proto = tensor_pb2.TensorProto(**fields)  # type: ignore[arg-type]
    for size in sizes:
        proto.tensor_shape.dim.add(size=size)
    return proto


def test_a_message_without_numbers_holds_zeros() -> None:
    for dtype, empty in ((tf.float32, 0.0), (tf.bool, False)):
        proto = shaped([2], dtype=dtype.as_datatype_enum)
        assert tensors.from_proto(proto).tolist() == [empty, empty]
        assert tf.io.parse_tensor(proto.SerializeToString(), dtype).numpy().tolist() == [empty, empty]


def test_the_last_number_stands_for_all_that_are_left_out() -> None:
    proto = shaped([2, 2], dtype=1, float_val=[1, 2])
    assert tensors.from_proto(proto).tolist() == tf.make_ndarray(proto).tolist() == [[1, 2], [2, 2]]


HUGE = [1 << 62] * 4


@pytest.mark.parametrize(
    ("shape", "values"),
    [
        ([2], [b"a", b"b", b"c"]),
        ([2], [b"a"]),
        ([2], []),
        ([], []),
        ([-1], []),
        ([-1, -1], [b"x"]),
        ([1 << 40], [b"x"]),
        ([1 << 32, 1 << 32], []),
        ([1 << 32, 1 << 32], [b"x"]),  # 2**64, which is 0 in 64 bits
        (HUGE, [b"x"]),
        ([*HUGE, 0], []),
        ([0, *HUGE], []),
        ([1] * 300, [b"x"]),
        ([0] * 100_000, []),
        ([134_217_727], [b"x"]),
    ],
)
def test_shapes_that_do_not_fit(shape: list[int], values: list[bytes]) -> None:
    with pytest.raises(ValueError, match="a tensor of"):
        tensors.from_proto(shaped(shape, dtype=7, string_val=values))


def test_an_unknown_rank() -> None:
    proto = tensor_pb2.TensorProto(dtype=7, string_val=[b"x"])
    proto.tensor_shape.unknown_rank = True
    with pytest.raises(ValueError, match="unknown rank"):
        tensors.from_proto(proto)


@pytest.mark.parametrize(("shape", "size"), [([2], 4), ([2], 12), ([1 << 40], 8), ([1 << 62, 4], 0)])
def test_contents_that_do_not_fit(shape: list[int], size: int) -> None:
    with pytest.raises(ValueError, match="a tensor of shape"):
        tensors.from_proto(shaped(shape, dtype=1, tensor_content=bytes(size)))


def test_strings_are_not_in_the_content() -> None:
    with pytest.raises(ValueError, match="must hold 1 strings, and holds 0"):
        tensors.from_proto(shaped([1], dtype=7, tensor_content=b"\x01a"))


def test_numbers_that_are_left_out_are_bounded() -> None:
    assert tensors.from_proto(shaped([1 << 20], dtype=1, float_val=[1])).sum() == 1 << 20
    with pytest.raises(ValueError, match="holds 1 values"):
        tensors.from_proto(shaped([(1 << 20) + 1], dtype=1, float_val=[1]))


def test_many_strings_are_all_there() -> None:
    texts = np.array([f"京都{number}".encode() for number in range(40_000)], object).reshape(20_000, 2)
    np.testing.assert_array_equal(tensors.from_proto(tensors.to_proto(texts)), texts)


def test_other_dtypes() -> None:
    with pytest.raises(TypeError, match="DT_COMPLEX64"):
        tensors.from_proto(tensor_pb2.TensorProto(dtype=8))
    with pytest.raises(TypeError, match="dtype 999"):
        tensors.from_proto(tensor_pb2.TensorProto(dtype=999))
    with pytest.raises(TypeError, match="complex128"):
        tensors.to_proto(np.zeros(1, complex))

"""Errors that libraries really raise where memory does not suffice, and texts of those that cannot be had here."""

import errno
import os

import numpy as np
import pyarrow
import pytest
import tensorflow as tf

from components.shortage import bytes_asked, killed, lacks_memory, lacks_space, out_of_memory

MUCH = 1 << 50  # bytes; no address space has room for it


def numpy_array():
    np.ones(MUCH, np.int8)


def arrow_buffer():
    pyarrow.allocate_buffer(MUCH)


def tensor():
    tf.fill([1 << 20, 1 << 28], 1.0)


def python_string():
    return "x" * (1 << 62)


@pytest.mark.parametrize(
    ("ask", "figure"),
    [(numpy_array, "1.13e+03 TB"), (arrow_buffer, "1.13e+03 TB"), (tensor, "1.13e+03 TB"), (python_string, "memory")],
)
def test_what_libraries_raise(ask, figure):
    with pytest.raises(Exception) as error:  # each has a class of its own
        ask()
    assert lacks_memory(error.value)
    said = out_of_memory(error.value)
    assert said.startswith(f"out of memory: {figure} w") and "free (" in said and "\n" not in said


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("OOM when allocating tensor with shape[64,12,512,512] and type bfloat16 on CPU:0", 402_653_184),
        ("Out of memory while trying to allocate 35433480192 bytes.", 35_433_480_192),
        ("RESOURCE_EXHAUSTED: Out of memory allocating 4096 bytes", 4096),
        ("Unable to allocate 1.50 GiB for an array with shape (402653184,) and data type float32", 1_610_612_736),
        ("malloc of size 1099511627776 failed", 1 << 40),
        ("std::bad_alloc", None),
    ],
)
def test_bytes_that_messages_name(text, asked):
    assert bytes_asked(text) == asked


def test_an_error_that_was_raised_because_of_one():
    try:
        try:
            raise MemoryError
        except MemoryError as error:
            raise RuntimeError("a node failed") from error
    except RuntimeError as error:
        assert lacks_memory(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no"),
        RuntimeError("Collective ops is aborted"),
        tf.errors.ResourceExhaustedError(None, None, "ckpt-3; No space left on device"),
        OSError(28, "No space left on device"),
    ],
)
def test_other_errors(error):
    assert not lacks_memory(error)


def test_a_process_that_was_killed():
    assert "when memory runs out; there are" in (killed(-9) or "")
    assert "when memory runs out" in (killed(137) or "")
    assert killed(1) is killed(-11) is killed(0) is None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk(number):
    full = OSError(number, os.strerror(number), "京都")
    outer = RuntimeError("a node failed")
    outer.__cause__ = full
    assert lacks_space(full) and lacks_space(outer) and lacks_space(RuntimeError(f"Beam: {full}"))
    assert not lacks_memory(outer)
    full.__context__ = outer  # round in a circle
    assert lacks_space(outer) and not lacks_space(OSError(errno.EACCES, "Permission denied"))

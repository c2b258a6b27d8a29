"""JSON of a request: what TF Serving reads is read, and bounds hold before anything is built."""

import gzip
import json
import marshal
import subprocess
import sys
import time
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.serving.server import json_body
from pipeline.serving.server.json_body import REPEATED, BodyError, TooLargeError, parse

LARGEST, DEEPEST, MOST = 10_000, 8, 100
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def read(body: bytes, packed: bool = False) -> dict[object, object]:
    return parse(body, packed, LARGEST, DEEPEST, MOST)


@given(st.dictionaries(st.text(), VALUES, max_size=3), st.booleans())
def test_all_that_python_writes_is_read(value: dict[str, object], ascii_only: bool) -> None:
    written = json.dumps(value, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    assert repr(parse(written, False, LARGEST, 64, MOST)) == repr(json.loads(written))


@given(st.binary(max_size=80) | st.text(alphabet='{}[]",:\\u0d8 1eN', max_size=60).map(str.encode), st.booleans())
@settings(max_examples=300)
def test_whatever_comes_is_an_object_or_one_kind_of_error(body: bytes, packed: bool) -> None:
    try:
        assert isinstance(read(body, packed), dict)
    except BodyError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "JSON Parse error: The document is empty"),
        (b" \n", "The document is empty. at offset: 2"),
        (b"\xef\xbb\xbf", "The document is empty"),
        (b"instances = [1, 2]", "JSON Parse error: Invalid value. at offset: 0"),
        ('{"京都": x}'.encode(), "Invalid value. at offset: 11"),
        (b"{a: 1}", "Missing a name for object member. at offset: 1"),
        (b'{"a" 1}', "Missing a colon after a name of object member. at offset: 5"),
        (b'{"a": 1 "b"}', "Missing a comma"),
        (b'{"a": [1,]}', "Invalid value."),
        (b'{"a": "b}', "Missing a closing quotation mark in string. at offset: 6"),
        (b'{"a": "\\x"}', "Invalid escape character in string."),
        (b'{"a": "\\u12g4"}', "Incorrect hex digit after \\u escape in string."),
        (b'{"a": "\n"}', "Invalid encoding in string."),
        (b'{"a": 01}', "JSON Parse error"),
        (b'{"a": 1e999}', "Number too big to be stored in double."),
        (b'{"a": ' + b"9" * 400 + b"}", "Number too big to be stored in double."),
        (b'{"a": "\\ud800"}', "The surrogate pair in string is invalid."),
        (b'{"\\udc80": 1}', "The surrogate pair in string is invalid."),
        (b'{"a": {"b": ["\\ud83d"]}}', "The surrogate pair in string is invalid."),
        ('{"a": 1}'.encode("utf-16"), "JSON Parse error"),
        (b"[1]", "JSON Value: [1] Is not object"),
        (b"null", "Is not object"),
        (b"NaN", "Is not object"),
    ],
)
def test_what_is_no_request(body: bytes, said: str) -> None:
    with pytest.raises(BodyError) as error:
        read(body)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'\xef\xbb\xbf {"a": 1}', {"a": 1}),
        (b'{"a": 1} and more \xff', {"a": 1}),
        (b'{"a": 1}{"a": 2}', {"a": 1}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        (b'{"a": "caf\xe9"}', {"a": "caf\udce9"}),  # surrogateescape: the very bytes
        (b'{"a": "\xff\\ud83d\\ude00"}', {"a": "\udcff😀"}),
        (b'{"a": 18446744073709551615}', {"a": (1 << 64) - 1}),
        (b'{"a": 18446744073709551616}', {"a": 2.0**64}),
        (b'{"a": -Infinity, "b": Infinity}', {"a": float("-inf"), "b": float("inf")}),
        (b'{"a": 1, "a": 2, "b": 3}', {"a": 1, "b": 3, REPEATED: {"a": 2, "b": 3}}),
        (b'{"a": "[[[[[[[[[[[[\\"[[[[{{{{"}', {"a": '[[[[[[[[[[[["[[[[{{{{'}),  # in a string they are no depth
    ],
)
def test_what_tf_serving_reads(body: bytes, value: object) -> None:
    assert read(body) == value


def test_depth() -> None:
    for opened, closed in ((b"[", b"]"), (b'{"a":', b"}")):
        inner = opened * (DEEPEST - 1) + (b"1" if opened != b"[" else b"") + closed * (DEEPEST - 1)
        read(b'{"a":' + inner + b', "b": "' + b"\\\\" * 20 + b'"}')
        for one in (b"", b"1"):
            with pytest.raises(BodyError, match="more than 8 lists and objects"):
                read(b'{"a":' + opened + inner + closed + b"}" + one)
    with pytest.raises(BodyError, match="more than 8 lists"):
        read(b"[" * 1_000)
    with pytest.raises(BodyError, match="JSON Parse error"):
        read(b"]" * 1_000)


def test_number_of_values() -> None:
    read(b'{"a": [' + b",".join([b"1"] * MOST) + b"]}")
    read(b'{"a": "' + b"," * 200 + b'"}')
    with pytest.raises(BodyError, match="more than 100 values"):
        read(b'{"a": [' + b",".join([b"[]"] * (MOST + 1)) + b"]}")


def test_gzip() -> None:
    body = '{"a": "京都"}'.encode()
    assert read(gzip.compress(body, mtime=0), packed=True) == {"a": "京都"}
    for wrong in (
        body,
        gzip.compress(body, mtime=0)[:-1],
        gzip.compress(body, mtime=0) + b"x",
        gzip.compress(body, mtime=0) * 2,
        zlib.compress(body),
    ):
        with pytest.raises(BodyError, match="Failed to uncompress the gzipped body"):
            read(wrong, packed=True)
    broken = bytearray(gzip.compress(body, mtime=0))
    broken[-5] ^= 1  # of its checksum
    with pytest.raises(BodyError, match="Failed to uncompress"):
        read(bytes(broken), packed=True)
    with pytest.raises(BodyError, match="The document is empty|end is missing"):
        read(b"", packed=True)


def test_a_bomb_is_not_unpacked() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    bomb = b"".join([*(packer.compress(b" " * (1 << 20)) for _ in range(100)), packer.flush()])
    started = time.process_time()
    with pytest.raises(TooLargeError, match="unpacks to more than 10,000 bytes"):
        read(bomb, packed=True)
    assert time.process_time() - started < 0.05


def test_numbers_without_an_end_take_no_time() -> None:
    started = time.process_time()
    with pytest.raises(BodyError, match="Number too big"):
        parse(b'{"a": ' + b"9" * 5_000_000 + b"}", False, 1 << 24, DEEPEST, MOST)
    assert time.process_time() - started < 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "packed", "found"),
    [
        ('{"a": ["京都", 1.5, null]}'.encode(), 0, ("body", {"a": ["京都", 1.5, None]})),
        (b'{"a": "\xff", "a": 1}', 0, ("body", {"a": "\udcff", None: {"a": 1}})),
        (gzip.compress(b"{}", mtime=0), 1, ("body", {})),
        (b"{}", 1, ("wrong", "Failed to uncompress the gzipped body")),
        (gzip.compress(bytes(LARGEST + 1), mtime=0), 1, ("large", "the body unpacks to more than 10,000 bytes")),
    ],
)
def test_as_a_program(body: bytes, packed: int, found: object) -> None:
    command = [sys.executable, "-I", json_body.__file__, *map(str, (packed, LARGEST, DEEPEST, MOST))]
    done = subprocess.run(command, input=body, capture_output=True, check=True)
    assert marshal.loads(done.stdout) == found and not done.stderr

"""Reads the JSON of a REST request as TF Serving does, within bounds. Needs nothing but Python.

Run as a program it reads one body from its standard input and writes what it holds to its standard output (see `main`):
CPython reads JSON without letting other threads run, so that a large body belongs into a process of its own.
"""

import itertools
import json
import marshal
import math
import os
import re
import resource
import sys
import zlib
from typing import Any

REPEATED = None  # the key, in an object that repeats a key, of what it holds if the last one counts and not the first

# What Python says, and what RapidJSON says of it (rapidjson/error/en.h).
_MESSAGES = {
    "Expecting value": "Invalid value.",
    "Expecting property name enclosed in double quotes": "Missing a name for object member.",
    "Illegal trailing comma before end of object": "Missing a name for object member.",
    "Illegal trailing comma before end of array": "Invalid value.",
    "Expecting ':' delimiter": "Missing a colon after a name of object member.",
    "Expecting ',' delimiter": "Missing a comma after a value.",
    "Unterminated string starting at": "Missing a closing quotation mark in string.",
    "Invalid \\escape": "Invalid escape character in string.",
    "Invalid \\uXXXX escape": "Incorrect hex digit after \\u escape in string.",
    "Invalid control character at": "Invalid encoding in string.",
}
_LONGEST_INTEGER = 20  # digits of the largest 64-bit integer, or of its sign; longer ones are doubles
_SPACE = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_BUT_ESCAPED_BYTES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_NICE = 10  # requests that wait for an answer go first
_MEMORY = 1 << 30  # bytes of a process that reads one body
_BOM = b"\xef\xbb\xbf"


class BodyError(ValueError):
    """The body is not what it must be."""


class TooLargeError(BodyError):
    """The body, or what it unpacks to, is over a bound."""


def parse(body: bytes, packed: bool, largest: int, deepest: int, most_values: int) -> dict[str, Any]:
    """Reads a body.

    As in TF Serving, bytes that are not UTF-8 pass (as lone surrogates, see ``surrogateescape``), what follows the
    object is ignored, and of keys that are repeated the first counts.

    Args:
        body: As it was sent.
        packed: Whether it is gzip.
        largest: Bytes that it may unpack to.
        deepest: Lists and objects in one another.
        most_values: Values in all.

    Raises:
        TooLargeError: If it is over ``largest``.
        BodyError: If it is no gzip, no JSON, no object, or over another bound.
    """
    content = unpack(body, largest) if packed else body
    content = content.removeprefix(_BOM)
    if not content:
        raise BodyError("JSON Parse error: The document is empty")
    _check_structure(content, deepest, most_values)
    text, surrogate = _decode(content)
    decoder = json.JSONDecoder(object_pairs_hook=_to_object, parse_int=_to_integer, parse_float=_to_float)
    space = _SPACE.match(text)
    start = space.end() if space else 0
    try:
        value, _ = decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        found = "The document is empty." if start == len(text) else _MESSAGES.get(error.msg, f"{error.msg}.")
        offset = len(text[: error.pos].encode(errors="surrogateescape"))
        raise BodyError(f"JSON Parse error: {found} at offset: {offset}") from None
    if not isinstance(value, dict):
        raise BodyError(f"JSON Value: {json.dumps(value)[:256]} Is not object")
    if _SURROGATE_ESCAPE.search(content):
        _check_surrogates(value, surrogate)
    return value


def unpack(body: bytes, largest: int) -> bytes:
    """Unpacks gzip, of one member.

    Args:
        body: The bytes.
        largest: How many bytes it may unpack to.

    Raises:
        TooLargeError: If it unpacks to more.
        BodyError: If it is no gzip, not all of it, or something follows.
    """
    member = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        content = member.decompress(body, largest + 1)
    except zlib.error:
        raise BodyError("Failed to uncompress the gzipped body") from None
    if len(content) > largest:
        raise TooLargeError(f"the body unpacks to more than {largest:,} bytes")
    if not member.eof:
        raise BodyError("Failed to uncompress the gzipped body: its end is missing")
    if member.unused_data:
        raise BodyError("Failed to uncompress the gzipped body: something follows its end")
    return content


def _check_structure(content: bytes, deepest: int, most_values: int) -> None:
    """Counts before anything is built, since a few bytes of JSON become many bytes of Python."""
    if len(content) <= deepest or (
        content.count(b"[") + content.count(b"{") <= deepest and content.count(b",") < most_values
    ):
        return
    outside = b"".join(content.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2])
    if outside.count(b",") >= most_values:
        raise BodyError(f"the body holds more than {most_values:,} values")
    steps = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
    brackets = re.sub(rb"[^\[\]{}]+", b"", outside)
    if any(depth > deepest for depth in itertools.accumulate(map(steps.__getitem__, brackets))):
        raise BodyError(f"the body has more than {deepest} lists and objects in one another")


def _decode(content: bytes) -> tuple[str, re.Pattern[str]]:
    """The text, and what finds the half characters in it that were escapes."""
    try:
        return content.decode(), _SURROGATE
    except UnicodeDecodeError:
        return content.decode(errors="surrogateescape"), _SURROGATE_BUT_ESCAPED_BYTES


def _check_surrogates(value: dict[str, Any], surrogate: re.Pattern[str]) -> None:
    """Refuses escapes of half a character, as RapidJSON does."""
    left: list[Any] = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            if surrogate.search(one):
                raise BodyError("JSON Parse error: The surrogate pair in string is invalid.")
        elif isinstance(one, dict):
            left += (key for key in one if key is not REPEATED)
            left += one.values()
        elif isinstance(one, list):
            left += one


def _to_object(pairs: list[tuple[str, Any]]) -> dict[Any, Any]:
    found: dict[Any, Any] = dict(pairs)
    return found if len(found) == len(pairs) else {**dict(reversed(pairs)), REPEATED: found}


def _to_integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER and abs(int(digits)) < 1 << 64 else _to_float(digits)


def _to_float(digits: str) -> float:
    if math.isinf(number := float(digits)):
        raise BodyError("JSON Parse error: Number too big to be stored in double.")
    return number


def main() -> None:
    """Reads a body from standard input; the bounds are arguments.

    Writes, with `marshal`, a pair of a kind and a value: ``("body", dict)``, ``("wrong", str)``, ``("large", str)``.
    """
    packed, *bounds = map(int, sys.argv[1:])
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    try:
        found: tuple[str, Any] = ("body", parse(sys.stdin.buffer.read(), bool(packed), *bounds))
    except TooLargeError as error:
        found = ("large", str(error))
    except BodyError as error:
        found = ("wrong", str(error))
    except MemoryError:
        found = ("large", "the body holds more than fits into memory")
    sys.stdout.buffer.write(marshal.dumps(found))


if __name__ == "__main__":
    main()

"""Reads the messages of gRPC requests within bounds.

Protobuf reads a message without letting other threads run, and makes objects of every two bytes: a message is counted
before it is read (https://protobuf.dev/programming-guides/encoding/).
"""

import zlib
from typing import Any, TypeVar

from google.protobuf.message import DecodeError

from pipeline.serving.server import json_body
from pipeline.serving.server.limits import LARGEST_BODY, MOST_VALUES
from pipeline.serving.server.refusals import invalid, too_large

MessageT = TypeVar("MessageT", bound=Any)
_COUNTED = 64 << 10  # bytes of a message that is counted: smaller ones cannot hold much
_LARGEST_NUMBERS = 8 << 20  # bytes of packed numbers, which these models do not take
_GZIP, _DEFLATE = b"\x1f\x8b", b"\x78"  # as no message of these services begins
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_DEEPEST = 32


def read(kind: type[MessageT], content: bytes) -> MessageT:
    """Reads a message, which may be compressed.

    Args:
        kind: Of which it is.
        content: Its bytes.

    Raises:
        Refusal: If it is none, or holds more than `MOST_VALUES` fields.
    """
    if content.startswith((_GZIP, _DEFLATE)):
        content = _unpack(content)
    try:
        if len(content) > _COUNTED:
            _Counter().count(kind.DESCRIPTOR, memoryview(content), 0)
        return kind.FromString(content)
    except (DecodeError, ValueError, IndexError, SystemError):  # protobuf 3.20: of keys that are not UTF-8
        raise invalid(f"the request is no {kind.DESCRIPTOR.full_name}") from None


def _unpack(content: bytes) -> bytes:
    try:
        if content.startswith(_GZIP):
            return json_body.unpack(content, LARGEST_BODY)
        unpacked = zlib.decompressobj().decompress(content, LARGEST_BODY + 1)
    except json_body.TooLargeError as error:
        raise too_large(str(error)) from None
    except (json_body.BodyError, zlib.error):
        raise invalid("the request cannot be uncompressed") from None
    if len(unpacked) > LARGEST_BODY:
        raise too_large(f"the request unpacks to more than {LARGEST_BODY:,} bytes")
    return unpacked


class _Counter:
    """Walks through a message field by field, as deep as its type is known."""

    def __init__(self) -> None:
        self._left = MOST_VALUES
        self._numbers = _LARGEST_NUMBERS

    def count(self, descriptor: Any, content: memoryview, depth: int) -> None:
        """Counts the fields of one message.

        Args:
            descriptor: Its type.
            content: Its bytes.
            depth: Messages around it.

        Raises:
            Refusal: If there are too many.
            ValueError: If it is malformed.
            IndexError: If it is cut.
        """
        fields = descriptor.fields_by_number
        place, end = 0, len(content)
        while place < end:
            self._left -= 1
            if self._left < 0:
                raise invalid(f"the request holds more than {MOST_VALUES:,} values")
            tag, place = _varint(content, place)
            wire = tag & 7
            if wire == _BYTES:
                size, place = _varint(content, place)
                field = fields.get(tag >> 3)
                if place + size > end:
                    raise ValueError
                if field is not None and field.message_type is not None:
                    if depth < _DEEPEST:
                        self.count(field.message_type, content[place : place + size], depth + 1)
                elif field is not None and field.cpp_type != field.CPPTYPE_STRING:
                    self._numbers -= size
                    if self._numbers < 0:
                        raise invalid(f"the request holds more than {_LARGEST_NUMBERS:,} bytes of numbers")
                place += size
            elif wire == _VARINT:
                _, place = _varint(content, place)
            elif wire in (_FIXED64, _FIXED32):
                place += 8 if wire == _FIXED64 else 4
            else:
                raise ValueError


def _varint(content: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
        if shift > 63:
            raise ValueError

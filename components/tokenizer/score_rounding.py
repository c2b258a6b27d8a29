"""Rounding the scores of a SentencePiece model, so that every version of the library segments alike.

A unigram model takes the segmentation with the highest sum of scores. Different orders of the same pieces, as ``!!``
and ``!!!`` in ``!!!!!``, have the same sum but for rounding, and versions of SentencePiece round differently: TF Text
and releases up to 0.2.0 compare sums in double precision, later ones in single. Scores that are multiples of 1/1024 add
up exactly in both, and then all versions take the same one.
"""

import struct
from collections.abc import Iterator

GRID = 1024

_PIECES = 1
_SCORE = 2
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def round_scores(model: bytes) -> bytes:
    """Rounds the scores of all pieces.

    Args:
        model: A serialized model.

    Returns:
        The same model with scores that are multiples of 1/1024.
    """
    rounded = bytearray(model)
    for field, _, begin, end in _fields(model, 0, len(model)):
        if field != _PIECES:
            continue
        for part, wire_type, at, _ in _fields(model, begin, end):
            if part == _SCORE and wire_type == _FIXED32:
                (score,) = struct.unpack_from("<f", model, at)
                struct.pack_into("<f", rounded, at, round(score * GRID) / GRID)
    return bytes(rounded)


def _fields(message: bytes, begin: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Walks a protocol buffer; yields field number, wire type, and where the value begins and ends.

    The classes that sentencepiece generates for this need another version of protobuf than TFX.
    """
    while begin < end:
        key, begin = _varint(message, begin)
        wire_type = key & 7
        if wire_type == _VARINT:
            value_end = _varint(message, begin)[1]
        elif wire_type == _BYTES:
            length, begin = _varint(message, begin)
            value_end = begin + length
        else:
            value_end = begin + {_FIXED32: 4, _FIXED64: 8}[wire_type]
        yield key >> 3, wire_type, begin, value_end
        begin = value_end


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (message[at] & 0x7F) << shift
        shift += 7
        at += 1
        if message[at - 1] < 0x80:
            return value, at

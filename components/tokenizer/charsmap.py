"""The table by which a SentencePiece model normalizes text: reading, writing, and putting another step before it.

The table is a list of replacements. SentencePiece walks through a text and each time replaces the longest key that it
finds there; what begins no key stays. In a model file it is the ``precompiled_charsmap``: the length of a double-array
trie (see `components.text_transform.double_array`), the trie, whose values are offsets, and the replacements themselves
with a zero byte after each.
"""

import itertools
import struct
from collections.abc import Iterator, Mapping

import numpy as np

from components.text_transform.double_array import build_double_array

_BYTES = np.arange(1, 256, dtype=np.uint32)
_LABEL = np.uint32(1 << 31 | 0xFF)
_NO_LABEL = np.uint32(1 << 31)


def read_charsmap(compiled: bytes) -> dict[str, str]:
    """Reads the table of a model.

    Args:
        compiled: The ``precompiled_charsmap``; empty: the model does not normalize.

    Returns:
        Key to replacement.
    """
    if not compiled:
        return {}
    (size,) = struct.unpack_from("<I", compiled)
    units = np.frombuffer(compiled, np.uint32, size // 4, 4)
    pool = compiled[4 + size :]
    return {key.decode(): pool[at : pool.index(0, at)].decode() for key, at in _entries(units)}


def write_charsmap(table: Mapping[str, str]) -> bytes:
    """Compiles a table.

    Args:
        table: Key to replacement; no key is empty or holds U+0000.

    Returns:
        The ``precompiled_charsmap``; empty if the table is.
    """
    if not table:
        return b""
    offsets: dict[str, int] = {}
    pool = bytearray()
    for text in table.values():
        if text not in offsets:
            offsets[text] = len(pool)
            pool += text.encode() + b"\0"
    units = build_double_array({key.encode(): offsets[text] for key, text in table.items()})
    units[units == 0] = _NO_LABEL  # else SentencePiece finds U+0000 in every gap
    return struct.pack("<I", units.nbytes) + units.tobytes() + bytes(pool)


def put_before(first: Mapping[int, str], table: Mapping[str, str]) -> dict[str, str]:
    """Makes the table that replaces characters and then does what another table does.

    A key of several characters may be the image of other sequences, which become keys too: ``A`` and an accent, where
    the first step lower-cases and the table composes ``a`` and the accent. Only sequences out of whose middle the first
    step deletes a character do not, since there is no end to them.

    Args:
        first: Code point to the string that takes its place.
        table: The later table.

    Returns:
        Key to replacement.
    """
    images = {chr(codepoint): image for codepoint, image in first.items() if codepoint}
    sources: dict[str, list[str]] = {}
    for character, image in images.items():
        sources.setdefault(image, []).append(character)
    longest = max(map(len, table), default=1)
    combined = {key: text for key, text in table.items() if len(key) == 1 and key not in images}
    combined |= {character: _apply(table, longest, image) for character, image in images.items()}
    for key, text in table.items():
        if len(key) > 1:
            combined |= {source: text for source in _preimages(key, sources, images)}
    return combined


def _entries(units: np.ndarray) -> Iterator[tuple[bytes, int]]:
    """Walks through a double array, all nodes of a depth at once; yields keys and values."""
    keys = [b""]
    nodes = _children(units, np.zeros(1, np.uint32))
    while keys:
        places = nodes[:, np.newaxis] ^ _BYTES
        places = np.where(places < len(units), places, 0)
        parents, labels = np.nonzero((units[places] & _LABEL) == _BYTES)
        at = places[parents, labels]
        keys = [keys[parent] + bytes([label + 1]) for parent, label in zip(parents, labels, strict=True)]
        nodes = _children(units, at)
        for row in np.flatnonzero(units[at] >> 8 & 1):
            yield keys[row], int(units[nodes[row]]) & 0x7FFFFFFF


def _children(units: np.ndarray, places: np.ndarray) -> np.ndarray:
    found = units[places]
    return places ^ (found >> 10 << ((found & 0x200) >> 6))


def _apply(table: Mapping[str, str], longest: int, text: str) -> str:
    """Replaces the longest keys, from the left."""
    parts = []
    at = 0
    while at < len(text):
        ends = range(min(len(text), at + longest), at, -1)
        end = next((end for end in ends if text[at:end] in table), at + 1)
        parts.append(table.get(text[at:end], text[at:end]))
        at = end
    return "".join(parts)


def _preimages(key: str, sources: Mapping[str, list[str]], images: Mapping[str, str]) -> Iterator[str]:
    """All texts whose image is a key."""
    if not key:
        yield ""
    for end in range(1, len(key) + 1):
        part = key[:end]
        heads = [*sources.get(part, ()), *([part] if end == 1 and part not in images else ())]
        if heads:
            for head, tail in itertools.product(heads, list(_preimages(key[end:], sources, images))):
                yield head + tail

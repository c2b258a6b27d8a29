"""Replacing characters one by one, in the graph: TF Text's `FastBertNormalizer` op fed with a table of our own.

The op walks a string code point by code point and replaces each by the string that a trie gives for it. TF Text ships
it with a table for BERT; any other table of the same layout makes it a ``str.translate``, at the speed of one pass.
"""

from collections.abc import Mapping

import flatbuffers
import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text

from components.text_transform.double_array import build_double_array

_CHANGED = 1 << 30
_LENGTH_BITS = 6
_MAX_BYTES = (1 << _LENGTH_BITS) - 1


def build_charmap(mapping: Mapping[int, str]) -> np.ndarray:
    """Compiles a table of replacements.

    Args:
        mapping: Code point to the string that takes its place, at most 63 bytes of UTF-8; empty deletes.

    Returns:
        The table, uint8, as `apply_charmap` and TF Text's ``FastBertNormalizer`` take it.

    Raises:
        ValueError: If a replacement is too long.
    """
    pool = bytearray(b" ")  # never empty: flatbuffers would leave it out
    offsets: dict[bytes, int] = {}
    values: dict[bytes, int] = {}
    zero = 0
    for codepoint, text in sorted(mapping.items()):
        if text == chr(codepoint):
            continue
        replacement = text.encode()
        if len(replacement) > _MAX_BYTES:
            raise ValueError(f"replacement of U+{codepoint:04X} is longer than {_MAX_BYTES} bytes")
        if replacement not in offsets:
            offsets[replacement] = len(pool)
            pool += replacement
        value = _CHANGED | (offsets[replacement] << _LENGTH_BITS if replacement else 0) | len(replacement)
        if codepoint:
            values[chr(codepoint).encode()] = value
        else:
            zero = value
    values[b"\xff"] = _CHANGED  # no character: the trie is never empty, which the op could not load
    return _flatbuffer(build_double_array(values), zero, bytes(pool))


def apply_charmap(texts: tf.Tensor, charmap: np.ndarray | tf.Tensor) -> tf.Tensor:
    """Replaces every character of every text.

    Args:
        texts: string, any shape, valid UTF-8.
        charmap: From `build_charmap`.

    Returns:
        string, the same shape.
    """
    normalizer = tf_text.FastBertNormalizer(model_buffer=tf.convert_to_tensor(charmap))
    return normalizer.normalize(texts)


def _flatbuffer(units: np.ndarray, zero: int, pool: bytes) -> np.ndarray:
    builder = flatbuffers.Builder(len(pool) + units.nbytes + 64)
    pool_at = builder.CreateByteVector(pool)
    trie_at = builder.CreateNumpyVector(units)
    builder.StartObject(4)
    builder.PrependUOffsetTRelativeSlot(1, trie_at, 0)
    builder.PrependInt32Slot(2, zero, 0)
    builder.PrependUOffsetTRelativeSlot(3, pool_at, 0)
    builder.Finish(builder.EndObject())
    return np.frombuffer(bytes(builder.Output()), np.uint8)

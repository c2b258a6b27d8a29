"""Checks SentencePiece models before the library loads them: it reads a damaged table of replacements out of bounds."""

import struct

import numpy as np
import sentencepiece
from sentencepiece import sentencepiece_model_pb2

_LEAF = 1 << 8
_VALUE = np.uint32(1 << 31)


def load(model: bytes) -> sentencepiece.SentencePieceProcessor:
    """Loads a model.

    Args:
        model: The serialized model.

    Returns:
        The library's tokenizer.

    Raises:
        ValueError: If it is damaged, or no SentencePiece model.
    """
    try:
        proto = sentencepiece_model_pb2.ModelProto.FromString(model)
        for spec in (proto.normalizer_spec, proto.denormalizer_spec):
            if spec.precompiled_charsmap:
                _check_table(spec.precompiled_charsmap)
        return sentencepiece.SentencePieceProcessor(model_proto=model)
    except Exception as error:  # of protobuf's, NumPy's and the library's own kinds
        raise ValueError(" ".join(str(error).split())[:120] or type(error).__name__) from error


def _check_table(table: bytes) -> None:
    """Refuses a double array (see `components.text_transform.double_array`) from which a search could leave it."""
    (size,) = struct.unpack_from("<I", table)
    pool = table[4 + size :]
    if size % 4 or not size or 4 + size > len(table) or not pool.endswith(b"\0"):
        raise ValueError("its table of replacements is cut off")
    units = np.frombuffer(table, np.uint32, size // 4, 4)
    nodes = np.flatnonzero((units & _VALUE) == 0)
    found = units[nodes]
    children = nodes.astype(np.uint32) ^ (found >> 10 << ((found & 0x200) >> 6))
    if (children | 0xFF).max(initial=0) >= len(units):
        raise ValueError("its table of replacements is damaged")
    leaves = units[children[(found & _LEAF) != 0]] & ~_VALUE
    if leaves.max(initial=0) >= len(pool):
        raise ValueError("its table of replacements is damaged")

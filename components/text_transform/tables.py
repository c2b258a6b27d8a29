"""``text_graph.npz``: the large arrays of a text graph, read without trusting what the file says of itself."""

import io
import zipfile
from typing import Any

import numpy as np

from components.text_transform import sentencepiece_check

MOST_BYTES = 256 << 20
"""Of all arrays unpacked; those of the largest multilingual models have 20 MB."""
PIECES = "piece_count"
"""Says for how many pieces the arrays were made; text graphs of earlier versions do not have it."""
_UINT8, _INT32, _INT64 = (np.dtype(name) for name in ("uint8", "int32", "int64"))
TABLES: dict[str, dict[str, np.dtype]] = {
    "wordpiece": {"model": _UINT8, "charmap": _UINT8, "reordered": _INT32},
    "sentencepiece": {"model": _UINT8, "ids": _INT32},
    "albert": {"model": _UINT8, "charmap": _UINT8, "ids": _INT32, "starts": _INT64},
    "t5": {"model": _UINT8, "ids": _INT32},
}
"""By kind of text graph, the arrays that its class takes: flat, all of them."""


def pack(tables: dict[str, np.ndarray], pieces: int) -> bytes:
    """Makes the content of the file.

    Args:
        tables: The arrays by name.
        pieces: How many pieces the vocabulary has.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **tables, **{PIECES: np.array([pieces], np.int64)})
    return buffer.getvalue()


def unpack(content: bytes) -> dict[str, np.ndarray]:
    """Reads the content of the file; never unpickles anything.

    Args:
        content: All of it.

    Returns:
        The arrays by name.

    Raises:
        ValueError: If it is damaged, or larger unpacked than any text graph.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MOST_BYTES:
                raise ValueError(f"it has more than {MOST_BYTES:,} bytes unpacked")
            return {member.filename.removesuffix(".npy"): _array(archive, member) for member in members}
    except ValueError:
        raise
    except Exception as error:  # zipfile and zlib have many for damage
        raise ValueError(f"{type(error).__name__}: {error}") from error


def check(kind: str, tables: dict[str, np.ndarray], pieces: int) -> None:
    """Holds arrays against each other and the vocabulary.

    Args:
        kind: Of the text graph.
        tables: The arrays by name.
        pieces: How many pieces the vocabulary has.

    Raises:
        ValueError: If they do not fit.
    """
    made_for = tables.get(PIECES, np.array([pieces]))
    found = {name: array.dtype for name, array in tables.items() if name != PIECES}
    if found != TABLES[kind] or any(array.ndim != 1 for array in tables.values()):
        raise ValueError(f"its arrays are {', '.join(sorted(found))}, and not those of the kind {kind}")
    if made_for.tolist() != [pieces]:
        raise ValueError(f"it was made for {made_for.tolist()[0]:,} pieces, not {pieces:,}")
    if kind == "wordpiece":
        return
    size, ids = sentencepiece_check.load(tables["model"].tobytes()).get_piece_size(), tables["ids"]
    if len(ids) and not 0 <= ids.min() <= ids.max() < pieces:
        raise ValueError(f"it has ids that none of the {pieces:,} pieces has")
    if kind == "albert":
        starts = tables["starts"]
        if len(starts) != size + 1 or starts[0] != 0 or starts[-1] != len(ids) or (np.diff(starts) < 0).any():
            raise ValueError("where its ids start does not fit its model")
    elif len(ids) not in (0, size) or (not len(ids) and size > pieces):
        raise ValueError(f"its model has {size:,} pieces, and the vocabulary {pieces:,}")


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read_header: Any = np.lib.format.read_array_header_1_0 if version == (1, 0) else None
        if read_header is None:
            raise ValueError(f"{member.filename} is of an unknown version of NumPy's format")
        shape, _, dtype = read_header(file)
        if dtype not in (_UINT8, _INT32, _INT64):
            raise ValueError(f"{member.filename} has values of the type {dtype}")
        values = file.read(MOST_BYTES + 1)  # to its end, where its checksum is compared
    if len(shape) != 1 or len(values) != shape[0] * dtype.itemsize:
        raise ValueError(f"{member.filename} has {len(values):,} bytes, and should have the shape {shape}")
    return np.frombuffer(values, dtype)

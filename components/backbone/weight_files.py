"""Which weights files hold, by name and shape, read from their tables of contents alone.

Nothing here can run code or take much memory, whatever a file says: safetensors is a JSON header and numbers, HDF5 is
walked without following links out of the file, and other formats (pickles, such as ``pytorch_model.bin``) are not read.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.backbone.json_files import read_json
from components.errors import DataError, first_line

# The first that is there is used: the order in which TFAutoModel looks for them, an index before its parts.
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "tf_model.h5", "tf_model.h5.index.json")
OTHER_WEIGHTS = ("*.bin", "*.msgpack", "*.ckpt*", "*.pt", "*.pth", "*.pkl", "*.joblib", "*.onnx", "*.gguf", "*.keras")
MOST_HEADER_BYTES = 8 << 20
"""Of a safetensors file: some 50,000 tensors."""
MOST_DATASETS = 50_000
"""Of an HDF5 file."""
DTYPES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
"""Types of floating-point numbers in safetensors, and their bytes."""
_AGAIN = "copy or download the model whole"


@dataclass(frozen=True)
class Entry:
    """A weight in a file.

    Attributes:
        shape: As the file has it.
        dtype: safetensors' name of the type of its numbers, such as F32.
        file: Where it is.
    """

    shape: tuple[int, ...]
    dtype: str
    file: Path


def find(directory: Path) -> list[Path]:
    """Finds the files with the weights of an encoder.

    Args:
        directory: Where the encoder is.

    Returns:
        One file; or an index, and then the files that it names.

    Raises:
        DataError: If there are none that can be loaded, or some that the index names are not there.
    """
    path = next((directory / name for name in WEIGHTS if (directory / name).exists()), None)
    if path is None:
        other = sorted({path.name for pattern in OTHER_WEIGHTS for path in directory.glob(pattern)})
        found = f"only {', '.join(other)}, which TensorFlow cannot load; " if other else ""
        raise DataError(
            f"{directory} has no weights ({found}one of {', '.join(WEIGHTS)} is needed): copy or download it whole, "
            "or save the model again with save_pretrained(..., safe_serialization=True)"
        )
    if not path.is_file():
        raise DataError(f"{path} is no regular file: {_AGAIN}")
    if not path.name.endswith(".index.json"):
        return [path]
    named = read_json(path).get("weight_map", {})
    if not isinstance(named, dict) or not all(isinstance(part, str) for part in named.values()):
        raise DataError(f"{path}: weight_map must give a file to each weight: {_AGAIN}")
    parts = sorted(set(named.values()))
    if outside := [part for part in parts if not part or part.startswith(".") or "/" in part or "\\" in part]:
        raise DataError(f"{path} names {outside[0]!r}, which is no file beside it: {_AGAIN}")
    absent = [part for part in parts if not (directory / part).is_file()]
    if absent or not parts:
        what = f", of which {', '.join(absent)} is not there" if absent else ""
        raise DataError(f"{path} names {len(parts)} files{what}: {_AGAIN}")
    return [path, *(directory / part for part in parts)]


def read(files: list[Path]) -> dict[str, Entry]:
    """Lists the weights in files.

    Args:
        files: From `find`.

    Returns:
        What the files say, by the names in the files.

    Raises:
        DataError: If a file is damaged.
    """
    index, parts = (files[0], files[1:]) if files[0].name.endswith(".index.json") else (None, files)
    found: dict[str, Entry] = {}
    for part in parts:
        for name, entry in _read(part, is_part=index is not None):
            if name in found and found[name].shape != entry.shape:  # a shared weight may be there twice
                raise DataError(f"{part}: {name} is in {found[name].file.name} too: {_AGAIN}")
            found[name] = entry
    return found


def _read(path: Path, is_part: bool) -> Iterator[tuple[str, Entry]]:
    try:
        yield from _read_h5(path, is_part) if path.suffix == ".h5" else _read_safetensors(path)
    except DataError:
        raise
    except Exception as error:  # h5py has no error of its own for damage, and the rest is what JSON can hold
        raise DataError(f"{path} cannot be loaded ({first_line(error)}): {_AGAIN}") from error


def _read_safetensors(path: Path) -> Iterator[tuple[str, Entry]]:
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= min(size - 8, MOST_HEADER_BYTES):
            raise ValueError(f"its header has {length:,} bytes, it says, and the file {size:,}")
        header: dict[str, Any] = json.loads(file.read(length))
    written_by = (header.pop("__metadata__", None) or {}).get("format")
    end = 0
    for name, about in header.items():
        first, last = about["data_offsets"]
        end = max(end, last)
        shape, width = tuple(about["shape"]), DTYPES.get(about["dtype"])
        if width and (_count(shape) * width != last - first or not 0 <= first <= last):
            raise ValueError(f"{name} has another number of bytes than its shape needs")
        yield name, Entry(shape, about["dtype"], path)
    if 8 + length + end != size:
        raise ValueError(f"it needs {8 + length + end:,} bytes, and has {size:,}")
    wrong = next((name for name in header if written_by != ("tf" if "/" in name else "pt")), None)
    if wrong is not None:
        raise DataError(
            f"{path}: its __metadata__ says that the format is {written_by!r}, but {wrong} is a name of "
            f"{'TensorFlow' if '/' in wrong else 'PyTorch'}: load the model with transformers and save it with "
            "save_pretrained"
        )


def _read_h5(path: Path, is_part: bool) -> Iterator[tuple[str, Entry]]:
    import h5py

    with h5py.File(path, "r") as file:
        total, size, rest = 0, path.stat().st_size, [("", file)]
        seen = 0
        while rest:
            prefix, group = rest.pop()
            for key in group:
                seen += 1
                if seen > MOST_DATASETS:
                    raise ValueError(f"it has more than {MOST_DATASETS:,} entries")
                if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                    raise ValueError(f"{prefix}{key} is a link, maybe to another file")
                one = group[key]
                if isinstance(one, h5py.Group):
                    rest.append((f"{prefix}{key}/", one))
                    continue
                if one.external or one.is_virtual:
                    raise ValueError(f"the values of {prefix}{key} are in another file")
                total += one.nbytes
                if total > size:
                    raise ValueError("it says that it holds more bytes than the file has")
                dtype = f"F{8 * one.dtype.itemsize}" if one.dtype.kind == "f" else str(one.dtype)
                # A layer's name and then that of the weight, which begins with the model's; in parts neither of them.
                name = f"model/{prefix}{key}" if is_part else f"{prefix}{key}".partition("/")[2]
                yield name, Entry(one.shape, dtype, path)


def _count(shape: tuple[int, ...]) -> int:
    number = 1
    for extent in shape:
        if not isinstance(extent, int) or extent < 0:
            raise ValueError(f"a shape is {shape}")
        number *= extent
    return number

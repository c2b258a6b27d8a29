"""Is all of a SavedModel there? A copy that is under way, or was cut off, is not served.

A version that a Pusher wrote says in its manifest which files it has and how long they are. For others the graph says
which assets and variables there must be, and the checkpoint's index how long its data is.
"""

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

from components import files
from components.files import Found
from components.pusher.manifest import MANIFEST, Manifest, parse_manifest

SAVED_MODEL = "saved_model.pb"
_VARIABLES = "variables/variables"
_SHARD = re.compile(rf"{_VARIABLES}\.data-(\d{{5}})-of-(\d{{5}})")
_WITH_VARIABLES = {"VarHandleOp", "VariableV2", "Variable"}
_CHECKSUM = 4  # bytes, between the lengths of a string tensor and its strings


def why_incomplete(model_dir: str) -> str:
    """What a SavedModel lacks or which file of it is damaged; empty if it is whole.

    Args:
        model_dir: Local or remote.

    Raises:
        StoreError: If it cannot be asked.
    """
    found = files.find_files(model_dir)
    return _why_incomplete(model_dir, found, _manifest(model_dir, found))


def why_unfit(model_dir: str) -> str:
    """What speaks against serving a SavedModel; empty if nothing does.

    Beside what `why_incomplete` looks at, every file of a version that was pushed is held against its checksum. That
    reads all of the model: a third of a second for half a gigabyte.

    Args:
        model_dir: Local or remote; of a remote one only names and lengths are compared.

    Raises:
        StoreError: If it cannot be asked.
    """
    found = files.find_files(model_dir)
    manifest = _manifest(model_dir, found)
    problem = _why_incomplete(model_dir, found, manifest)
    if problem or manifest is None or files.is_remote(model_dir):
        return problem
    damaged = (name for name, sha in manifest.files.items() if _checksum(f"{model_dir}/{name}", found[name]) != sha)
    name = next(damaged, None)
    return f"{name} is damaged" if name else ""


def _manifest(model_dir: str, found: Mapping[str, Found]) -> Manifest | None:
    return parse_manifest(files.read_bytes(f"{model_dir}/{MANIFEST}")) if MANIFEST in found else None


def _why_incomplete(model_dir: str, found: Mapping[str, Found], manifest: Manifest | None) -> str:
    if SAVED_MODEL not in found:
        folder = any(name.startswith(f"{SAVED_MODEL}/") for name in found) or files.is_there(
            f"{model_dir}/{SAVED_MODEL}"
        )
        return f"{SAVED_MODEL} is a folder" if folder else f"{SAVED_MODEL} is missing"
    if not found[SAVED_MODEL].size:
        return f"{SAVED_MODEL} is empty"
    if manifest is not None:
        return _unlike_manifest(model_dir, manifest, found)
    graph = _parsed(f"{model_dir}/{SAVED_MODEL}", found[SAVED_MODEL])
    if graph is None:
        return f"{SAVED_MODEL} is damaged"
    missing = next((name for name in graph.assets if f"assets/{name}" not in found), None)
    if missing is not None:
        return f"assets/{missing} is missing"
    return _unlike_index(model_dir, found) if graph.has_variables else ""


def _unlike_manifest(model_dir: str, manifest: Manifest, found: Mapping[str, Found]) -> str:
    for name in manifest.files:
        if name not in found:
            return f"{name} is missing"
        wanted = manifest.sizes.get(name)
        if wanted is not None and found[name].size != wanted:
            return f"{name} has {found[name].size:,} of {wanted:,} bytes"
    if files.is_remote(model_dir):
        return ""
    path = f"{model_dir}/{SAVED_MODEL}"
    if _checksum(path, found[SAVED_MODEL]) != manifest.files.get(SAVED_MODEL):
        return f"{SAVED_MODEL} is damaged"
    return "" if manifest.sizes or f"{_VARIABLES}.index" not in found else _unlike_index(model_dir, found)


@functools.lru_cache(256)
def _checksum(path: str, stamp: Found) -> str:
    """Computed anew when the file has changed, since a server looks every second."""
    return files.sha256(path)


class _Graph:
    """What a graph needs beside itself."""

    def __init__(self, assets: Iterable[str], has_variables: bool) -> None:
        self.assets = sorted(assets)
        self.has_variables = has_variables


@functools.lru_cache(64)
def _parsed(path: str, stamp: Found) -> _Graph | None:
    model = parse_saved_model(path)
    if model is None:
        return None
    return _Graph(
        {asset.filename for graph in model.meta_graphs for asset in graph.asset_file_def},
        any(node.op in _WITH_VARIABLES for graph in model.meta_graphs for node in graph.graph_def.node),
    )


def parse_saved_model(path: str) -> Any:
    """The ``SavedModel`` message in a file; None if there is none, or it holds no graph.

    Args:
        path: Of the ``saved_model.pb``, local or remote.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    try:
        model = saved_model_pb2.SavedModel.FromString(files.read_bytes(path) or b"")
    except (DecodeError, UnicodeError, SystemError):  # protobuf 3.20 raises the last for names that are not UTF-8
        return None
    return model if model.meta_graphs else None


def _unlike_index(model_dir: str, found: Mapping[str, Found]) -> str:
    index = f"{_VARIABLES}.index"
    if index not in found:
        return f"{index} is missing"
    shards = {int(match[1]): int(match[2]) for name in found if (match := _SHARD.fullmatch(name))}
    count = max(shards.values(), default=1)
    absent = next((number for number in range(count) if number not in shards), None)
    if absent is not None:
        return f"{_VARIABLES}.data-{absent:05d}-of-{count:05d} is missing"
    if files.is_remote(model_dir):
        return ""
    size = sum(one.size for name, one in found.items() if _SHARD.fullmatch(name))
    wanted = _data_size(f"{model_dir}/{_VARIABLES}", found[index], size)
    if wanted is None:
        return f"{_VARIABLES}.* is damaged"
    return f"{_VARIABLES}.data-* has {size:,} of {wanted:,} bytes" if size < wanted else ""


@functools.lru_cache(256)
def _data_size(prefix: str, stamp: Found, size: int) -> int | None:
    """Bytes that a checkpoint's data must have; None if it cannot be read."""
    import numpy as np
    from tensorflow.python.framework.errors import OpError
    from tensorflow.python.training import py_checkpoint_reader

    try:
        reader = py_checkpoint_reader.NewCheckpointReader(prefix)
        shapes, dtypes = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
        texts = [name for name in shapes if dtypes[name].name == "string"]
        numbers = (dtypes[name].size * int(np.prod(shapes[name], dtype=np.int64)) for name in set(shapes) - set(texts))
        return sum(numbers) + sum(_text_size(reader.get_tensor(name)) for name in texts)
    except (OpError, LookupError, ValueError, RuntimeError):
        return None


def _text_size(value: object) -> int:
    """Bytes of a string tensor: the length of each as a varint, a checksum, and the strings."""
    import numpy as np

    texts = [len(one) for one in np.asarray(value, object).ravel().tolist()]
    return sum(texts) + _CHECKSUM + sum(max(1, -(-length.bit_length() // 7)) for length in texts)

"""One SHA-256 over what a SavedModel computes: its weights, assets and signatures, not the bytes of its files.

TensorFlow writes the same model differently each time: functions carry numbers of the process that traced them
(``__inference_answer_132118``), variables and functions come in another order, ``fingerprint.pb`` holds a random id.
Nothing here is loaded or run: the protos and the checkpoint are read, which takes a second or two for a BERT-base.
"""

import hashlib
import json
import tempfile
from typing import Any

from components import files
from components.pusher.graph_digest import GraphDigest
from components.pusher.manifest import file_checksums, file_sizes, files_digest
from components.pusher.whole import SAVED_MODEL, parse_saved_model

_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"  # Python's objects: names of the process that saved, nothing that counts
_VARIABLES, _ASSETS = "variables/variables", "assets"


def model_digest(model_dir: str) -> str:
    """SHA-256 of what a model computes.

    Two models with the same digest give the same answers: they have the same signatures, constants, weights and assets.
    ``assets.extra``, which holds the warm-up and the manifest, plays no part. Files that are no SavedModel, or a
    damaged one, go by their bytes.

    Args:
        model_dir: A SavedModel directory, local or remote; a remote one is fetched.

    Returns:
        Hexadecimal digits.

    Raises:
        StoreError: If the model cannot be read.
    """
    if not files.is_remote(model_dir):
        return _local_digest(model_dir)
    with tempfile.TemporaryDirectory(prefix="tfx-bert-") as copy:
        for name in file_sizes(model_dir):
            files.copy(f"{model_dir}/{name}", f"{copy}/{name}")
        return _local_digest(copy)


def _local_digest(model_dir: str) -> str:
    from tensorflow.python.framework.errors import OpError

    try:
        model = parse_saved_model(f"{model_dir}/{SAVED_MODEL}")
        if model is None:
            return files_digest(file_checksums(model_dir))
        names = files.list_files(f"{model_dir}/{_ASSETS}")
        assets = {name: files.sha256(f"{model_dir}/{_ASSETS}/{name}") for name in names}
        content = {
            "graphs": [GraphDigest(graph, assets).as_json() for graph in model.meta_graphs],
            "weights": _weights(model_dir),
            "assets": sorted(assets.values()),
        }
    except (OpError, LookupError, ValueError, RuntimeError):
        return files_digest(file_checksums(model_dir))
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _weights(model_dir: str) -> dict[str, str]:
    """A digest of dtype, shape and value by key of the checkpoint."""
    from tensorflow.python.training import py_checkpoint_reader

    prefix = f"{model_dir}/{_VARIABLES}"
    if not files.is_file(f"{prefix}.index"):
        return {}
    reader = py_checkpoint_reader.NewCheckpointReader(prefix)
    shapes, dtypes = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    names = sorted(set(shapes) - {_OBJECT_GRAPH})
    return {name: _value_digest(reader.get_tensor(name), dtypes[name].name, shapes[name]) for name in names}


def _value_digest(value: Any, dtype: str, shape: list[int]) -> str:
    digest = hashlib.sha256(f"{dtype} {list(shape)}\n".encode())
    if value.dtype == object:  # strings
        for one in value.ravel().tolist():
            digest.update(b"%d:" % len(one) + one)
    else:
        digest.update(memoryview(value.reshape(-1).view("uint8")))
    return digest.hexdigest()

"""Whole SavedModels in milliseconds, for tests of what lies in serving directories."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2


def write_model(folder: Path, weights: Sequence[float] = (1.0,), assets: Mapping[str, bytes] | None = None) -> Path:
    """Writes a graph with a variable, its checkpoint and its assets.

    Args:
        folder: Made if it is not there.
        weights: The variable's value.
        assets: Content by name.
    """
    model = saved_model_pb2.SavedModel(saved_model_schema_version=1)
    graph = model.meta_graphs.add()
    graph.meta_info_def.tags.append("serve")
    graph.graph_def.node.add(name="weights", op="VarHandleOp")
    for name, content in (assets or {}).items():
        graph.asset_file_def.add(filename=name).tensor_info.name = f"{name}:0"
        (folder / "assets").mkdir(parents=True, exist_ok=True)
        (folder / "assets" / name).write_bytes(content)
    (folder / "variables").mkdir(parents=True, exist_ok=True)
    tf.raw_ops.SaveV2(
        prefix=str(folder / "variables" / "variables"),
        tensor_names=["weights"],
        shape_and_slices=[""],
        tensors=[tf.constant(weights)],
    )
    (folder / "saved_model.pb").write_bytes(model.SerializeToString())
    return folder

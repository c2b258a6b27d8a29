"""A SavedModel that would read, write or call something else is not loaded; the markers stay away."""

import contextlib
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.framework import op_def_pb2
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.client import pywrap_tf_session

from components.outside_ops import OutsideOpError, check_ops
from components.served_model import ServedModel
from tests.components.servable_check import models

_TEXT = tf.TensorSpec([None], tf.string, name="text")


def write(folder: Path, answer: Callable[[tf.Tensor], tf.Tensor], initializer: Callable[[], None] | None = None) -> str:
    """A SavedModel whose only signature is this function."""
    module = tf.Module()
    module.answer = tf.function(lambda text: {"answer": answer(text)}, input_signature=[_TEXT])
    if initializer is not None:
        module.initializer = tf.function(initializer, input_signature=[])
    tf.saved_model.save(module, str(folder), signatures=module.answer)
    return str(folder)


def written(marker: Path) -> Callable[[tf.Tensor], tf.Tensor]:
    def answer(text: tf.Tensor) -> tf.Tensor:
        tf.io.write_file(str(marker), "code was run")
        return text

    return answer


def inside_a_condition(marker: Path) -> Callable[[tf.Tensor], tf.Tensor]:
    def answer(text: tf.Tensor) -> tf.Tensor:
        return tf.cond(tf.size(text) > 0, lambda: written(marker)(text), lambda: text)

    return answer


def inside_a_data_set(marker: Path) -> Callable[[tf.Tensor], tf.Tensor]:
    def answer(text: tf.Tensor) -> tf.Tensor:
        return tf.data.Dataset.from_tensor_slices(text).map(written(marker)).reduce(b"", lambda _, one: one)[None]

    return answer


def cached(marker: Path) -> Callable[[tf.Tensor], tf.Tensor]:
    def answer(text: tf.Tensor) -> tf.Tensor:
        return tf.data.Dataset.from_tensor_slices(text).cache(str(marker)).reduce(b"", lambda _, one: one)[None]

    return answer


def printed(marker: Path) -> Callable[[tf.Tensor], tf.Tensor]:
    def answer(text: tf.Tensor) -> tf.Tensor:
        tf.print("code was run", output_stream=f"file://{marker}")
        return text

    return answer


def saved(marker: Path) -> Callable[[tf.Tensor], tf.Tensor]:
    def answer(text: tf.Tensor) -> tf.Tensor:
        tf.raw_ops.SaveV2(prefix=str(marker), tensor_names=["a"], shape_and_slices=[""], tensors=[tf.constant(1.0)])
        return text

    return answer


@pytest.mark.parametrize(
    ("make", "op"),
    [
        (written, "WriteFile"), (inside_a_condition, "WriteFile"), (inside_a_data_set, "WriteFile"),
        (cached, "CacheDataset"), (printed, "PrintV2"), (saved, "SaveV2"),
    ],
)  # fmt: skip
def test_a_model_that_writes_files(tmp_path: Path, make: Callable, op: str) -> None:
    marker = tmp_path / "code-was-run"
    directory = write(tmp_path / "model", make(marker))
    with pytest.raises(OutsideOpError, match=f"operation {op}.*writes? files.*, so it is not loaded"):
        ServedModel(directory)
    assert not list(tmp_path.glob("code-was-run*"))


def test_models_that_read_files_or_call_python(tmp_path: Path) -> None:
    secret = tmp_path / "秘密.txt"
    secret.write_text("geheim", encoding="utf-8")
    database = tmp_path / "数.sqlite"
    sqlite3.connect(database).close()
    refused = {
        "ReadFile": lambda text: tf.io.read_file(str(secret))[None],
        "MatchingFiles": lambda text: tf.io.matching_files(f"{tmp_path}/*"),
        "RestoreV2": lambda text: tf.raw_ops.RestoreV2(
            prefix=str(secret), tensor_names=["a"], shape_and_slices=[""], dtypes=[tf.string]
        )[0],
        "EagerPyFunc": lambda text: tf.py_function(lambda one: one, [text], tf.string),
        "PyFuncStateless|PyFunc": lambda text: tf.numpy_function(lambda one: one, [text], tf.string),
    }
    for number, (op, answer) in enumerate(refused.items()):
        directory = write(tmp_path / str(number), answer)
        with pytest.raises(OutsideOpError, match=op):
            ServedModel(directory)


def test_models_that_read_or_write_through_data_sets(tmp_path: Path) -> None:
    secret, marker = tmp_path / "秘密.csv", tmp_path / "code-was-run"
    secret.write_text("geheim\n", encoding="utf-8")

    def to_file(text: tf.Tensor) -> tf.Tensor:
        data = tf.data.Dataset.from_tensor_slices(text)._variant_tensor
        write = tf.raw_ops.DatasetToTFRecord(input_dataset=data, filename=str(marker), compression_type="")
        with tf.control_dependencies([write]):
            return tf.identity(text)

    refused = {
        "CSVDatasetV2": lambda _: tf.data.experimental.CsvDataset([str(secret)], [tf.string]).reduce(
            b"", lambda _, one: one
        ),
        "DatasetToTFRecord": to_file,
        "DatasetFromGraph": lambda text: tf.data.experimental.from_variant(
            tf.raw_ops.DatasetFromGraph(graph_def=text[0]), tf.TensorSpec([], tf.string)
        ).reduce(b"", lambda _, one: one),
        "DecodeProtoV2": lambda text: tf.raw_ops.DecodeProtoV2(
            bytes=text, message_type="a", field_names=["b"], output_types=[tf.string], descriptor_source=str(secret)
        ).values[0],
    }
    for number, (op, answer) in enumerate(refused.items()):
        directory = write(tmp_path / str(number), answer)
        with pytest.raises(OutsideOpError, match=f"operation {op} "):
            ServedModel(directory)
    assert not marker.exists()


def read(directory: str) -> saved_model_pb2.SavedModel:
    return saved_model_pb2.SavedModel.FromString(Path(directory, "saved_model.pb").read_bytes())


def with_function(directory: str, marker: Path, name: str) -> saved_model_pb2.SavedModel:
    """The model with another function, which writes and which nothing calls."""
    model = read(directory)
    function = model.meta_graphs[0].graph_def.library.function.add()
    function.CopyFrom(tf.function(written(marker), input_signature=[_TEXT]).get_concrete_function().function_def)
    function.signature.name = name
    return model


def test_a_function_in_the_place_of_an_operation(tmp_path: Path) -> None:
    marker = tmp_path / "code-was-run"
    directory = write(tmp_path / "model", lambda text: text)
    model = with_function(directory, marker, "Harmless")
    signature = model.meta_graphs[0].signature_def["serving_default"]
    text = signature.inputs["text"].name.partition(":")[0]
    model.meta_graphs[0].graph_def.node.add(name="called", op="Harmless", input=[text])
    signature.outputs["answer"].name = "called:0"
    Path(directory, "saved_model.pb").write_bytes(model.SerializeToString())
    with pytest.raises(OutsideOpError, match="operation WriteFile"):
        ServedModel(directory)
    assert not marker.exists()


def test_a_function_that_the_optimizer_may_put_in_the_place_of_another(tmp_path: Path) -> None:
    directory = write(tmp_path / "model", lambda text: text)
    model = with_function(directory, tmp_path / "code-was-run", "Other")
    check_ops(model, "m")
    for function in model.meta_graphs[0].graph_def.library.function:
        if "traced" not in function.signature.name:  # those save and restore
            function.attr["api_implements"].s = b"same"
    with pytest.raises(OutsideOpError, match="operation WriteFile"):
        check_ops(model, "m")


def test_a_model_as_text(tmp_path: Path) -> None:
    marker = tmp_path / "code-was-run"
    directory = write(tmp_path / "model", written(marker))
    Path(directory, "saved_model.pbtxt").write_text(text_format.MessageToString(read(directory)), encoding="utf-8")
    Path(directory, "saved_model.pb").unlink()
    with pytest.raises(OutsideOpError, match="operation WriteFile"):
        ServedModel(directory)
    assert not marker.exists()


def test_what_saves_a_model_again_is_no_reason(tmp_path: Path) -> None:
    module = tf.Module()
    module.weight = tf.Variable([1.0])
    module.answer = tf.function(
        lambda text: {"answer": tf.strings.as_string(module.weight) + text}, input_signature=[_TEXT]
    )
    tf.saved_model.save(module, str(tmp_path), signatures=module.answer)
    (answer,) = ServedModel(str(tmp_path))("serving_default", ["京都".encode()]).values()
    assert answer.tolist() == ["1.000000京都".encode()]


def test_models_of_this_project_are_loaded(tmp_path: Path) -> None:
    module = tf.Module()
    module.answer = tf.function(models.classify, input_signature=[_TEXT])
    tf.saved_model.save(module, str(tmp_path), signatures=module.answer)
    assert ServedModel(str(tmp_path)).outputs


_NAMES_A_PLACE = re.compile(
    r"(^|_)(file|filename|path|dir|directory|address|prefix|uri|logdir|server|target|spec)(s|$|_)|"
    r"(file|ckpt|descriptor)_(pattern|source)"
)
_HARMLESS = {  # targets are classes, prefixes and top paths are no files
    "InTopK", "InTopKV2", "CTCBeamSearchDecoder", "SetStatsAggregatorDataset", "CollectivePermute", "ApproxTopK",
    "ExperimentalSetStatsAggregatorDataset", "TensorSliceDataset",
}  # fmt: skip


def test_every_operation_that_names_a_place_is_refused() -> None:
    """Those of this TensorFlow: a newer one may bring some that the lists do not have yet."""
    operations = op_def_pb2.OpList.FromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    assert len(operations.op) > 1500
    let_in = []
    for operation in operations.op:
        names = [part.name for part in (*operation.input_arg, *operation.attr)]
        if operation.name in _HARMLESS or not any(map(_NAMES_A_PLACE.search, names)):
            continue
        model = saved_model_pb2.SavedModel()
        graph = model.meta_graphs.add()
        node = graph.graph_def.node.add(name="a", op=operation.name)
        for name in names:
            node.attr[name].s = b"/a"
        graph.signature_def["serving_default"].outputs["answer"].name = "a:0"
        with contextlib.suppress(OutsideOpError):
            check_ops(model, "m")
            let_in.append(operation.name)
    assert let_in == []


def test_a_table_that_is_filled_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "秘密.txt"
    secret.write_text("geheim\n", encoding="utf-8")

    def answer(text: tf.Tensor) -> tf.Tensor:
        table = tf.raw_ops.HashTableV2(key_dtype=tf.int64, value_dtype=tf.string)
        filled = tf.raw_ops.InitializeTableFromTextFileV2(
            table_handle=table, filename=str(secret), key_index=-1, value_index=-2
        )
        with tf.control_dependencies([filled]):
            return tf.raw_ops.LookupTableFindV2(
                table_handle=table, keys=tf.zeros_like(text, tf.int64), default_value=""
            )

    with pytest.raises(OutsideOpError, match="InitializeTableFromTextFileV2"):
        ServedModel(write(tmp_path / "model", answer))

"""Weights are those of the encoder, no more and no less; and files that lie about themselves take no memory."""

import json
import struct
from pathlib import Path

import h5py
import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import load_file, save_file
from safetensors.tensorflow import save_file as save_tensors

from components.backbone import huggingface, settings, weight_files, weights
from components.backbone.loading import load_encoder_model
from components.errors import DataError
from components.feature_gen.encoder import load_encoder
from tests.components.backbone.families import FAMILIES, save_sharded

HEADS = {
    "bert": ["cls.predictions.bias", "classifier.weight", "qa_outputs.weight", "bert.pooler.dense.weight"],
    "distilbert": ["vocab_transform.weight", "pre_classifier.weight", "classifier.bias"],
    "xlm-roberta": ["lm_head.dense.weight", "classifier.out_proj.weight", "roberta.embeddings.position_ids"],
    "albert": ["predictions.bias", "sop_classifier.classifier.weight"],
    "deberta-v3": ["lm_predictions.lm_head.bias", "mask_predictions.dense.weight", "deberta.embeddings.position_ids"],
    "t5": ["lm_head.weight", "decoder.block.0.layer.1.EncDecAttention.q.weight", "encoder.embed_tokens.weight"],
}


@pytest.fixture
def bert(tmp_path) -> Path:
    FAMILIES["bert"].write(tmp_path)
    return tmp_path


def rewrite(directory: Path, **changes: np.ndarray | None) -> None:
    """Writes the weights again, with some that differ; None: without them."""
    path = directory / "model.safetensors"
    tensors = {**load_file(path), **{name.replace("/", "."): value for name, value in changes.items()}}
    save_file({name: value for name, value in tensors.items() if value is not None}, path, metadata={"format": "pt"})


def check(directory: Path) -> None:
    weights.check(weight_files.find(directory), settings.load(directory))


def refused(directory: Path, match: str) -> None:
    with pytest.raises(DataError, match=match) as caught:
        huggingface.check_files(directory)
        huggingface.check_weights(directory)
    message = str(caught.value)
    assert str(directory) in message and "\n" not in message and len(message) < 600


@pytest.mark.parametrize("family", HEADS)
def test_heads_and_buffers_are_left_over(tmp_path, family):
    FAMILIES[family].write(tmp_path)
    if FAMILIES[family].weights != "safetensors":
        return
    rewrite(tmp_path, **{name: np.ones(3, np.float32) for name in HEADS[family]})
    check(tmp_path)


def test_a_weight_under_two_names(bert):
    """Which of the two another program takes is not known."""
    rewrite(bert, **{"encoder.layer.0.output.dense.bias": np.ones(16, np.float32)})
    refused(bert, r"encoder\.layer\.0\.output\.dense\.bias is in it twice")


def test_names_with_and_without_the_name_of_the_family(bert):
    path = bert / "model.safetensors"
    tensors = load_file(path)
    name = next(one for one in tensors if one.endswith("layer.1.output.dense.bias"))
    save_file({one.removeprefix("bert.") if one == name else one: value for one, value in tensors.items()}, path,
              metadata={"format": "pt"})  # fmt: skip
    refused(bert, r"some weights of the encoder have names that begin with 'bert\.', .* and others do not")


@pytest.mark.parametrize("metadata", [None, {}, {"format": "tf"}, {"format": "flax"}, {"format": "mlx"}])
def test_a_file_that_does_not_say_that_it_is_pytorchs(bert, metadata):
    path = bert / "model.safetensors"
    save_file(load_file(path), path, metadata=metadata)
    refused(bert, r"__metadata__ says that the format is .* is a name of PyTorch: .* save it with save_pretrained")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_weights_of_half_precision(bert, dtype):
    wanted = load_encoder_model(bert).weights[5].numpy()
    path = bert / "model.safetensors"
    tensors = {name: tf.cast(value, dtype) for name, value in load_file(path).items()}
    save_tensors(tensors, path, metadata={"format": "pt"})
    check(bert)
    np.testing.assert_allclose(load_encoder_model(bert).weights[5].numpy(), wanted, rtol=0.01, atol=0.01)


LEFT_OVER = [
    "bert.encoder.layer.0.attention.self.distance_embedding.weight",
    "bert.encoder.layer.2.attention.self.query.weight",
    "bert.encoder.layer.0.attention.self.query.lora_A.weight",
    "bert.encoder.layer.0.adapters.down.weight",
    "bert.embeddings_project.weight",
    "projection.weight",
]


@pytest.mark.parametrize("name", LEFT_OVER)
def test_weights_that_no_layer_takes(bert, name):
    rewrite(bert, **{name: np.ones((2, 2), np.float32)})
    refused(bert, rf": 1 weights belong to no layer of the bert .*such as {name.removeprefix('bert.')}, so the model")


def test_in_parts_they_are_found_too(bert):
    tensors = load_file(bert / "model.safetensors")
    (bert / "model.safetensors").unlink()
    save_sharded({**tensors, LEFT_OVER[0]: np.ones(2, np.float32)}, bert)
    refused(bert, "1 weights belong to no layer of the bert")


def test_in_hdf5_they_are_found_too(tmp_path):
    FAMILIES["electra"].write(tmp_path)
    check(tmp_path)
    with h5py.File(tmp_path / "tf_model.h5", "a") as file:
        name = "electra/tf_electra/electra/encoder/layer_._0/attention/self/distance_embedding/embeddings:0"
        file.create_dataset(name, data=np.ones((2, 2), np.float32))
    refused(tmp_path, "1 weights belong to no layer of the electra .*distance_embedding")


def test_old_names_of_normalization(bert):
    path = bert / "model.safetensors"
    names = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
    tensors = load_file(path)
    for new, old in names.items():
        tensors = {name.replace(new, old): value for name, value in tensors.items()}
    save_file(tensors, path, metadata={"format": "pt"})
    huggingface.check_files(bert)
    huggingface.check_weights(bert)


def test_missing_and_misshapen_weights_are_found_before_anything_is_loaded(bert):
    name = "bert.encoder.layer.1.output.dense.weight"
    rewrite(bert, **{name: None})
    with pytest.raises(DataError, match=r"1 weights of the encoder are not in it, such as encoder\.layer\.1\.output"):
        huggingface.check_files(bert)
    rewrite(bert, **{name: np.ones((16, 31), np.float32)})
    with pytest.raises(DataError, match=r"such as encoder\.layer\.1.*, expected \(16, 32\), found \(16, 31\)"):
        huggingface.check_files(bert)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite(bert, value):
    tensor = load_file(bert / "model.safetensors")["bert.embeddings.word_embeddings.weight"].copy()
    tensor[3, 5] = value
    rewrite(bert, **{"bert.embeddings.word_embeddings.weight": tensor})
    refused(bert, r"model\.safetensors: .*word_embeddings.* has values that are not finite")


def test_whole_numbers_are_refused(bert):
    name = "bert.encoder.layer.1.output.dense.weight"
    rewrite(bert, **{name: np.ones((16, 32), np.int8)})
    refused(bert, r"1 weights are no floating-point numbers, such as .* \(I8\): give a model that is not quantized")


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_widths_are_read(bert, dtype):
    path = bert / "model.safetensors"
    tensors = {name: value.astype(dtype) for name, value in load_file(path).items()}
    save_file(tensors, path, metadata={"format": "pt"})
    huggingface.check_files(bert)
    huggingface.check_weights(bert)
    model = load_encoder(bert)
    found = {weight.name.partition("/")[2]: weight.numpy() for weight in model.weights}
    assert {value.dtype for value in found.values()} == {np.dtype("float32")}
    table = tensors["bert.embeddings.word_embeddings.weight"].astype(np.float32)
    np.testing.assert_array_equal(found["bert/embeddings/word_embeddings/weight:0"], table)


def header(directory: Path, content: bytes, length: int | None = None, rest: bytes = b"") -> None:
    data = struct.pack("<Q", len(content) if length is None else length) + content + rest
    (directory / "model.safetensors").write_bytes(data)


def entry(shape: list, last: int, dtype: str = "F32") -> bytes:
    return json.dumps({"a": {"dtype": dtype, "shape": shape, "data_offsets": [0, last]}}).encode()


HEADERS = {
    "longer than the file": (b"{}", 10**18),
    "empty": (b"", None),
    "no JSON": (b"noise!", None),
    "nested": (b"[" * 100_000, None),
    "a list": (b"[]", None),
    "a shape that lies": (entry([10**12], 4), None),
    "a shape of nothing": (entry([-1], -4), None),
    "a shape of text": (entry(["a"], 4), None),
    "no offsets": (b'{"a": {"dtype": "F32", "shape": [1]}}', None),
    "values that are not there": (entry([10**9], 4 * 10**9), None),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_lies(bert, name):
    header(bert, *HEADERS[name])
    refused(bert, r"model\.safetensors cannot be loaded \(")


def test_hdf5_that_says_it_is_larger_than_it_is(tmp_path):
    FAMILIES["electra"].write(tmp_path)
    with h5py.File(tmp_path / "tf_model.h5", "w") as file:
        file.create_dataset("electra/x/y:0", (10**6, 10**6), "f4", chunks=(1000, 1000))
    refused(tmp_path, r"tf_model\.h5 cannot be loaded \(it says that it holds more bytes than the file has")


INDICES = {
    "weight_map of another kind": {"weight_map": []},
    "files of another kind": {"weight_map": {"a": 5}},
    "a file elsewhere": {"weight_map": {"a": "../model.safetensors"}},
    "a file at the root": {"weight_map": {"a": "/etc/passwd"}},
}


@pytest.mark.parametrize("name", INDICES)
def test_an_index_that_makes_no_sense(bert, name):
    (bert / "model.safetensors").unlink()
    (bert / "model.safetensors.index.json").write_text(json.dumps(INDICES[name]))
    refused(bert, r"model\.safetensors\.index\.json")


def test_sizes_that_nobody_has_memory_for(bert):
    content = json.loads((bert / "config.json").read_text())
    for key, value in {"num_hidden_layers": 10**6, "vocab_size": 10**7, "intermediate_size": 10**7}.items():
        (bert / "config.json").write_text(json.dumps({**content, key: value}))
        refused(bert, "config.json")

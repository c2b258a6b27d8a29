import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from transformers import AutoTokenizer, BertTokenizerFast, TFAutoModel, TFAutoModelForMaskedLM

from components.backbone import huggingface, weight_files
from components.errors import ConfigError, DataError
from tests.components.tiny import VOCABULARY, write_backbone

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def write_tokenizer(directory: Path, size: int = VOCABULARY) -> None:
    pieces = [*SPECIAL, "京", "都", *(chr(code) for code in range(ord("a"), ord("a") + size))][:size]
    (directory / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    BertTokenizerFast(str(directory / "vocab.txt")).save_pretrained(directory)


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    directory = write_backbone(tmp_path_factory.mktemp("original"))
    write_tokenizer(directory)
    save_again(directory, safe_serialization=True)
    return directory


@pytest.fixture
def checkpoint(original, tmp_path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "checkpoint"))


def save_again(directory: Path, **options) -> None:
    """Writes the weights in another format."""
    model = TFAutoModelForMaskedLM.from_pretrained(directory)
    for path in [*directory.glob("*.safetensors"), *directory.glob("*.h5")]:
        path.unlink()
    model.save_pretrained(directory, **options)


def hidden(directory: Path | str) -> np.ndarray:
    return TFAutoModel.from_pretrained(str(directory))(tf.constant([[2, 5, 6, 3]])).last_hidden_state.numpy()


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


FORMATS = {
    "safetensors": ({}, {"model.safetensors"}),
    "h5": ({"safe_serialization": False}, {"tf_model.h5"}),
    "sharded safetensors": (
        {"safe_serialization": True, "max_shard_size": "12KB"},
        {"model.safetensors.index.json", "model-00001-of-"},
    ),
    "sharded h5": (
        {"safe_serialization": False, "max_shard_size": "12KB"},
        {"tf_model.h5.index.json", "tf_model-00001-of-"},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_checked_and_copied_whole(checkpoint, tmp_path, kind):
    options, wanted = FORMATS[kind]
    if options:
        save_again(checkpoint, **options)
    huggingface.check_files(checkpoint)
    huggingface.check_weights(checkpoint)
    huggingface.copy(checkpoint, str(tmp_path / "copy"))
    found = names(tmp_path / "copy")
    assert all(any(name.startswith(start) for name in found) for start in wanted)
    np.testing.assert_array_equal(hidden(tmp_path / "copy"), hidden(checkpoint))
    assert AutoTokenizer.from_pretrained(tmp_path / "copy")("京都 ab")["input_ids"] == [2, 5, 6, 1, 3]


def test_only_what_is_needed_is_copied(checkpoint):
    (checkpoint / "README.md").write_text("x")
    (checkpoint / "tf_model.h5").write_text("the same weights once more")
    (checkpoint / "pytorch_model.bin").write_text("and again")
    found = {path.name for path in huggingface.files(checkpoint)}
    assert found == names(checkpoint) - {"README.md", "tf_model.h5", "pytorch_model.bin"}
    assert {"config.json", "model.safetensors", "tokenizer.json", "vocab.txt"} <= found


@pytest.mark.parametrize("source", ["/no/such/place", "./models/bert", "a/b/c"])
def test_a_missing_directory_is_named(source):
    with pytest.raises(ConfigError, match=f"backbone.source: no directory {source}"):
        huggingface.resolve(source, None)


def test_a_name_that_cannot_be_fetched_ends_in_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ConfigError) as caught:
        huggingface.resolve("owner/no-such-model", "v1")
    message = str(caught.value)
    assert message.startswith("backbone.source: owner/no-such-model at revision v1 is no directory here and cannot")
    assert message.endswith("or download it elsewhere and give the directory")
    assert "\n" not in message


def test_a_hub_model_in_the_cache_is_found_without_the_network(original, monkeypatch, tmp_path):
    commit = "0123456789abcdef0123456789abcdef01234567"
    cached = tmp_path / "models--owner--model"
    shutil.copytree(original, cached / "snapshots" / commit)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert huggingface.resolve("owner/model", None) == cached / "snapshots" / commit


def refused(directory: Path) -> str:
    with pytest.raises(DataError) as caught:
        huggingface.check_files(directory)
        huggingface.check_weights(directory)
    message = str(caught.value)
    assert str(directory) in message
    assert "\n" not in message
    return message


def change(directory: Path, **settings) -> None:
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps({**config, **settings}))


def test_no_configuration(checkpoint):
    (checkpoint / "config.json").unlink()
    assert "has no config.json: it is no model in Hugging Face's format" in refused(checkpoint)


@pytest.mark.parametrize(("content", "message"), [("{", "is no JSON ("), ("[]", "has a JSON list where an object")])
def test_a_broken_configuration(checkpoint, content, message):
    (checkpoint / "config.json").write_text(content)
    assert f"config.json {message}" in refused(checkpoint)


def test_a_configuration_that_makes_no_sense(checkpoint):
    change(checkpoint, num_labels="two")
    assert "config.json cannot be used (" in refused(checkpoint)


def test_an_architecture_without_tensorflow(checkpoint):
    change(checkpoint, model_type="modernbert")
    message = refused(checkpoint)
    assert "config.json: model_type is 'modernbert', which is no kind of encoder that tfx-bert can load" in message
    assert "use one of bert, distilbert" in message


def test_no_weights(checkpoint):
    (checkpoint / "model.safetensors").unlink()
    assert "has no weights (one of model.safetensors, " in refused(checkpoint)
    (checkpoint / "pytorch_model.bin").write_text("")
    message = refused(checkpoint)
    assert "has no weights (only pytorch_model.bin, which TensorFlow cannot load; one of model.safetensors, " in message
    assert "save the model again with save_pretrained(..., safe_serialization=True)" in message


@pytest.mark.parametrize("safe", [True, False])
def test_a_missing_part(checkpoint, safe):
    save_again(checkpoint, safe_serialization=safe, max_shard_size="12KB")
    part = next(checkpoint.glob("*model-00002-of-*"))
    part.unlink()
    message = refused(checkpoint)
    assert f"of which {part.name} is not there: copy or download the model whole" in message


def test_an_index_of_nothing(checkpoint):
    (checkpoint / "model.safetensors").unlink()
    (checkpoint / "model.safetensors.index.json").write_text('{"metadata": {}}')
    assert "model.safetensors.index.json names 0 files: copy or download" in refused(checkpoint)


@pytest.mark.parametrize("safe", [True, False])
def test_weights_that_lack_a_layer(checkpoint, safe):
    save_again(checkpoint, safe_serialization=safe)
    change(checkpoint, num_hidden_layers=3)
    message = refused(checkpoint)
    assert f"{'model.safetensors' if safe else 'tf_model.h5'}: 16 weights of the encoder are not in it" in message


@pytest.mark.parametrize("safe", [True, False])
def test_weights_of_another_size(checkpoint, safe):
    save_again(checkpoint, safe_serialization=safe)
    change(checkpoint, vocab_size=VOCABULARY + 1)
    message = refused(checkpoint)
    assert ": 1 weights do not have the shape that config.json gives them, such as " in message
    assert f"expected ({VOCABULARY + 1}, 16), found ({VOCABULARY}, 16): config.json and weights" in message


@pytest.mark.parametrize("safe", [True, False])
def test_weights_that_are_cut_off(checkpoint, safe):
    save_again(checkpoint, safe_serialization=safe)
    (weights,) = (checkpoint / name for name in weight_files.WEIGHTS if (checkpoint / name).is_file())
    weights.write_bytes(weights.read_bytes()[:2000])
    assert f"{weights.name} cannot be loaded (" in refused(checkpoint)


def test_no_tokenizer(checkpoint):
    for path in checkpoint.glob("*tok*"):
        path.unlink()
    (checkpoint / "vocab.txt").unlink()
    message = refused(checkpoint)
    assert "has no tokenizer that can be loaded (" in message
    assert "such as tokenizer.json, vocab.txt or spm.model" in message


def test_a_tokenizer_with_more_tokens_than_embeddings(checkpoint):
    write_tokenizer(checkpoint, size=VOCABULARY)
    huggingface.check_files(checkpoint)
    write_tokenizer(checkpoint, size=VOCABULARY + 1)
    message = refused(checkpoint)
    assert "the ids of the tokenizer go up to 64, but the encoder has embeddings for 64 only (vocab_size in" in message


@pytest.mark.slow
@pytest.mark.data
def test_the_real_minilm(data_dir, tmp_path):
    script = data_dir.parent / "get-minilm"
    if not script.is_file():
        pytest.skip(f"{script} is not there")
    done = subprocess.run([script, tmp_path / "minilm"], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"MiniLM cannot be unpacked here: {done.stderr.strip()[-200:]}")
    huggingface.check_files(tmp_path / "minilm")
    huggingface.check_weights(tmp_path / "minilm")
    huggingface.copy(tmp_path / "minilm", str(tmp_path / "copy"))
    model = TFAutoModel.from_pretrained(str(tmp_path / "copy"))
    assert model.num_parameters() > 22e6
    assert {"config.json", "model.safetensors", "vocab.txt", "tokenizer.json"} <= names(tmp_path / "copy")

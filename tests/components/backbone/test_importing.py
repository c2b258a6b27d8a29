"""Both formats behind one door: what is which, and what a fingerprint covers."""

import json
import shutil
from pathlib import Path

import pytest

from components.backbone import importing
from components.backbone.config import BackboneConfig
from components.errors import ConfigError
from tests.components.backbone import google_bert
from tests.components.backbone.families import FAMILIES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def originals(tmp_path_factory) -> dict[str, Path]:
    google, hugging_face = (tmp_path_factory.mktemp(name) for name in ("google", "hugging_face"))
    google_bert.write_checkpoint(google)
    google_bert.write_config(google)
    google_bert.write_vocabulary(google)
    FAMILIES["bert"].write(hugging_face)
    return {"google": google, "hugging_face": hugging_face}


@pytest.fixture(params=["google", "hugging_face"])
def checkpoint(request, originals, tmp_path) -> Path:
    return Path(shutil.copytree(originals[request.param], tmp_path / request.param))


def fingerprint(directory: Path) -> str:
    return importing.fingerprint(BackboneConfig(source=str(directory)))


def test_the_format_is_told_by_the_weights(originals, tmp_path):
    assert importing.is_tf1(originals["google"])
    assert not importing.is_tf1(originals["hugging_face"])
    both = Path(shutil.copytree(originals["google"], tmp_path / "both"))
    for path in originals["hugging_face"].iterdir():
        shutil.copy(path, both)
    assert not importing.is_tf1(both)
    (both / "model.safetensors").unlink()
    assert importing.is_tf1(both)


def test_the_fingerprint_follows_the_content(checkpoint, tmp_path):
    before = fingerprint(checkpoint)
    assert fingerprint(Path(shutil.copytree(checkpoint, tmp_path / "elsewhere"))) == before
    (checkpoint / "README.md").write_text("not part of the model")
    (checkpoint / "model.ckpt-20.meta").unlink(missing_ok=True)
    assert fingerprint(checkpoint) == before
    seen = {before}
    used = ("*config.json", "vocab.txt", "model.safetensors", "*.index", "*.data-*")
    paths = [path for pattern in used for path in checkpoint.glob(pattern)]
    for path in paths:
        path.write_bytes(path.read_bytes() + b"\n")
        seen.add(fingerprint(checkpoint))
    assert len(seen) == 1 + len(paths) >= 5


def test_the_fingerprint_follows_the_choice_of_a_checkpoint(originals, tmp_path):
    directory = Path(shutil.copytree(originals["google"], tmp_path / "google"))
    google_bert.write_checkpoint(directory, "model.ckpt-30")
    (directory / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-20"')
    first = fingerprint(directory)
    (directory / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-30"')
    assert fingerprint(directory) != first


def test_the_fingerprint_of_a_hub_name_needs_no_network():
    assert importing.fingerprint(BackboneConfig(source="owner/model")) == "hub:owner/model@main"
    assert importing.fingerprint(BackboneConfig(source="owner/model", revision="abc123")) == "hub:owner/model@abc123"


def test_texts_longer_than_the_positions(checkpoint):
    config = BackboneConfig(source=str(checkpoint))
    importing.check(checkpoint, config, None)
    importing.check(checkpoint, config, 24)
    with pytest.raises(ConfigError, match="text.max_length: 25 tokens are more than the 24 positions of the bert"):
        importing.check(checkpoint, config, 25)


def test_lower_casing_is_for_tf1_checkpoints(originals):
    config = BackboneConfig(source="x", lowercase=False)
    importing.check(originals["google"], config, None)
    with pytest.raises(ConfigError, match="backbone.lowercase: false is for a TF1 checkpoint with a vocab.txt; /"):
        importing.check(originals["hugging_face"], config, None)


def test_a_converted_checkpoint_is_in_hugging_faces_format(originals, tmp_path):
    config = BackboneConfig(source=str(originals["google"]))
    importing.import_encoder(originals["google"], config, str(tmp_path / "once"))
    assert not importing.is_tf1(tmp_path / "once")
    importing.check(tmp_path / "once", BackboneConfig(source="x"), 24)
    importing.import_encoder(tmp_path / "once", BackboneConfig(source="x"), str(tmp_path / "twice"))
    once, twice = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("once", "twice"))
    assert once == twice
    assert {"config.json", "model.safetensors", "vocab.txt", "text_graph.json", "text_graph.npz"} <= set(once)
    assert json.loads(once["config.json"])["vocab_size"] == 60

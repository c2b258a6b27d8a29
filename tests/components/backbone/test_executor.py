import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from transformers import AutoTokenizer, BertTokenizerFast, TFAutoModelForMaskedLM

from components import artifacts
from components.backbone.component import Backbone
from components.backbone.config import BackboneConfig
from components.backbone.executor import Executor
from components.errors import ConfigError, DataError
from components.fingerprint import code_fingerprint
from tests.components.backbone import google_bert
from tests.components.tiny import write_backbone

pytestmark = pytest.mark.slow


@pytest.fixture
def checkpoint(tmp_path):
    directory = write_backbone(tmp_path / "checkpoint")
    write_tokenizer(directory, "京都")
    return directory


def write_tokenizer(directory: Path, characters: str) -> None:
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
    (directory / "vocab.txt").write_text("".join(f"{piece}\n" for piece in pieces), encoding="utf-8")
    BertTokenizerFast(str(directory / "vocab.txt")).save_pretrained(directory)


def run(node: Backbone, tmp_path) -> str:
    artifact = artifacts.Backbone()
    artifact.uri = str(tmp_path / "artifact")
    given = {name: value for name, value in node.exec_properties.items() if value is not None}  # as TFX does
    Executor().Do({}, {"backbone": [artifact]}, given)
    return artifact.uri


def test_the_artifact_answers_as_the_source_does(checkpoint, tmp_path):
    uri = run(Backbone(BackboneConfig(source=str(checkpoint))), tmp_path)
    ids = tf.constant([[2, 5, 4, 3]])
    before, after = (TFAutoModelForMaskedLM.from_pretrained(str(path)) for path in (checkpoint, uri))
    np.testing.assert_array_equal(before(ids).logits, after(ids).logits)


def test_the_node_is_another_when_the_directory_has_changed(checkpoint):
    config = BackboneConfig(source=str(checkpoint))
    first, same = (Backbone(config).exec_properties for _ in range(2))
    write_tokenizer(checkpoint, "奈良")
    other = Backbone(config).exec_properties
    assert first == same
    assert first["fingerprint"] != other["fingerprint"]
    assert first["code"] == code_fingerprint("components.backbone.executor")
    assert Backbone(config).outputs["backbone"].type is artifacts.Backbone


def test_a_missing_directory_is_told_before_anything_runs():
    with pytest.raises(ConfigError, match=r"backbone.source: no directory /no/such/place"):
        Backbone(BackboneConfig(source="/no/such/place"))


def test_a_tf1_checkpoint(tmp_path):
    values = google_bert.write_checkpoint(tmp_path / "google")
    google_bert.write_config(tmp_path / "google")
    google_bert.write_vocabulary(tmp_path / "google")
    uri = run(Backbone(BackboneConfig(source=str(tmp_path / "google")), max_length=24), tmp_path)
    ids = np.array([[3, 6, 7, 5, 4]])
    reference = google_bert.NumpyBert(values)
    expected = reference.token_logits(reference.sequence(ids, np.zeros_like(ids), np.ones_like(ids)))
    logits = TFAutoModelForMaskedLM.from_pretrained(uri)(tf.constant(ids)).logits
    np.testing.assert_allclose(logits, expected, atol=1e-5)
    assert AutoTokenizer.from_pretrained(uri)("京都[MASK]")["input_ids"] == ids[0].tolist()


def test_what_is_wrong_with_a_directory_is_told_before_anything_runs(checkpoint):
    config = BackboneConfig(source=str(checkpoint))
    whole, half = Backbone(config, max_length=48), Backbone(config, max_length=24)
    assert whole.exec_properties == half.exec_properties, "another length needs no other artifact"
    with pytest.raises(ConfigError, match="text.max_length: 49 tokens are more than the 48 positions of the bert"):
        Backbone(config, max_length=49)
    (checkpoint / "tf_model.h5").unlink()
    with pytest.raises(DataError, match="has no weights"):
        Backbone(config)
    (checkpoint / "config.json").rename(checkpoint / "bert_config.json")
    with pytest.raises(DataError, match="has a bert_config.json but no checkpoint"):
        Backbone(config)


def test_a_model_of_the_hub_is_checked_when_the_node_runs(checkpoint, monkeypatch, tmp_path):
    commit = "0123456789abcdef0123456789abcdef01234567"
    cached = tmp_path / "hub" / "models--owner--model"
    checkpoint.rename(tmp_path / "moved")
    shutil.copytree(tmp_path / "moved", cached / "snapshots" / commit)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    node = Backbone(BackboneConfig(source="owner/model"), max_length=49)
    with pytest.raises(ConfigError, match="text.max_length: 49 tokens are more than the 48 positions of the bert"):
        run(node, tmp_path)
    absent = Backbone(BackboneConfig(source="owner/other"))
    with pytest.raises(ConfigError, match="backbone.source: owner/other is no directory here and cannot be fetched"):
        run(absent, tmp_path)

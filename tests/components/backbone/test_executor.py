import numpy as np
import pytest
import tensorflow as tf
from transformers import BertTokenizerFast, TFAutoModelForMaskedLM

from components import artifacts
from components.backbone.component import Backbone
from components.backbone.config import BackboneConfig
from components.backbone.executor import Executor
from components.errors import ConfigError
from components.fingerprint import code_fingerprint
from tests.components.tiny import write_backbone


@pytest.fixture
def checkpoint(tmp_path):
    directory = write_backbone(tmp_path / "checkpoint")
    (directory / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n京\n都\n", encoding="utf-8")
    BertTokenizerFast(str(directory / "vocab.txt")).save_pretrained(directory)
    return directory


def test_the_artifact_answers_as_the_source_does(checkpoint, tmp_path):
    artifact = artifacts.Backbone()
    artifact.uri = str(tmp_path / "artifact")
    config = BackboneConfig(source=str(checkpoint))
    Executor().Do({}, {"backbone": [artifact]}, {"config": config.model_dump_json()})
    ids = tf.constant([[2, 5, 4, 3]])
    before, after = (TFAutoModelForMaskedLM.from_pretrained(str(path)) for path in (checkpoint, artifact.uri))
    np.testing.assert_array_equal(before(ids).logits, after(ids).logits)


def test_the_node_is_another_when_the_directory_has_changed(checkpoint):
    config = BackboneConfig(source=str(checkpoint))
    first, same = (Backbone(config).exec_properties for _ in range(2))
    (checkpoint / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n奈\n良\n", encoding="utf-8")
    other = Backbone(config).exec_properties
    assert first == same
    assert first["fingerprint"] != other["fingerprint"]
    assert first["code"] == code_fingerprint("components.backbone.executor")
    assert Backbone(config).outputs["backbone"].type is artifacts.Backbone


def test_a_missing_directory_is_told_before_anything_runs():
    with pytest.raises(ConfigError, match=r"backbone.source: no directory /no/such/place"):
        Backbone(BackboneConfig(source="/no/such/place"))

"""The import of Google's TF1 checkpoints: the same outputs, every variable accounted for."""

import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from transformers import AutoTokenizer, TFAutoModel, TFAutoModelForMaskedLM, TFBertForPreTraining

from components.backbone import tf1_checkpoint
from components.errors import ConfigError, DataError
from components.text_transform.graph import TextGraph
from tests.components.backbone import google_bert
from tests.components.backbone.google_bert import CONFIG, NumpyBert

pytestmark = pytest.mark.slow

IDS = np.array([[3, 6, 7, 4, 8, 9, 4], [3, 11, 5, 4, 0, 0, 0]])
TYPES = np.array([[0, 0, 0, 0, 1, 1, 1], [0] * 7])
MASK = np.array([[1] * 7, [1] * 4 + [0] * 3])


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> tuple[Path, dict[str, np.ndarray]]:
    directory = tmp_path_factory.mktemp("google")
    values = google_bert.write_checkpoint(directory, slots=True)
    google_bert.write_config(directory)
    google_bert.write_vocabulary(directory)
    return directory, values


@pytest.fixture
def checkpoint(original, tmp_path) -> Path:
    return Path(shutil.copytree(original[0], tmp_path / "checkpoint"))


@pytest.fixture(scope="module")
def converted(original, tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("converted")
    tf1_checkpoint.check(original[0], None)
    tf1_checkpoint.convert(original[0], directory, None)
    return directory


def inputs() -> dict[str, tf.Tensor]:
    return {
        "input_ids": tf.constant(IDS),
        "token_type_ids": tf.constant(TYPES),
        "attention_mask": tf.constant(MASK),
    }


def assert_equal_outputs(directory: Path, values: dict[str, np.ndarray]) -> None:
    """Compares all classes that find their weights in a converted checkpoint with the forward pass in numpy."""
    reference = NumpyBert(values)
    states = reference.sequence(IDS, TYPES, MASK)
    pooled = reference.pooled(states)
    encoder, masked_lm, pretraining = (
        cls.from_pretrained(str(directory))(**inputs())
        for cls in (TFAutoModel, TFAutoModelForMaskedLM, TFBertForPreTraining)
    )
    np.testing.assert_allclose(encoder.last_hidden_state, states, atol=1e-5)
    np.testing.assert_allclose(encoder.pooler_output, pooled, atol=1e-5)
    np.testing.assert_allclose(masked_lm.logits, reference.token_logits(states), atol=1e-5)
    np.testing.assert_allclose(pretraining.prediction_logits, reference.token_logits(states), atol=1e-5)
    np.testing.assert_allclose(pretraining.seq_relationship_logits, reference.next_sentence_logits(pooled), atol=1e-5)


def test_outputs_are_those_of_the_original(original, converted):
    assert_equal_outputs(converted, original[1])


@pytest.mark.parametrize("model_class", [TFAutoModel, TFAutoModelForMaskedLM, TFBertForPreTraining])
def test_nothing_is_left_to_chance(converted, model_class, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("transformers"), "propagate", True)
    with caplog.at_level(logging.WARNING, "transformers"):
        _, loading = model_class.from_pretrained(str(converted), output_loading_info=True)
    assert loading["missing_keys"] == loading["mismatched_keys"] == []
    assert all(name.startswith("cls.") for name in loading["unexpected_keys"])
    assert bool(loading["unexpected_keys"]) == (model_class is TFAutoModel)  # it has no heads
    assert "All the weights of" in caplog.text
    assert "newly initialized" not in caplog.text


def test_the_tokenizer_has_the_ids_of_the_vocabulary(converted):
    tokenizer = AutoTokenizer.from_pretrained(str(converted))
    assert tokenizer("京都 The Temples.")["input_ids"] == [3, 6, 7, 8, 10, 9, 12, 4]
    graph = TextGraph.load(converted)
    assert graph.tokenize(tf.constant(["京都 The Temples."])).to_list() == [[3, 6, 7, 8, 10, 9, 12, 4]]
    assert (graph.pad_id, graph.unk_id, graph.mask_id) == (0, 2, 5)


def test_the_configuration_is_googles(original, converted):
    written = json.loads((converted / "config.json").read_text())
    assert {key: written[key] for key in CONFIG} == CONFIG
    assert written["model_type"] == "bert"
    assert written["architectures"] == ["BertForPreTraining"]
    assert written["layer_norm_eps"] == 1e-12
    checked = tf1_checkpoint.check(original[0], None)
    assert {key: checked[key] for key in written if key != "transformers_version"} == {
        key: value for key, value in written.items() if key != "transformers_version"
    }


@pytest.mark.parametrize(
    ("options", "first"),
    [
        ({}, ["<unk>", "<s>", "</s>", "[PAD]", "[CLS]", "[SEP]", "[MASK]"]),
        (
            {"pad_id": 0, "unk_id": 1, "bos_id": -1, "eos_id": -1, "control_symbols": ["[CLS]", "[SEP]", "[MASK]"]},
            ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"],
        ),
        ({"control_symbols": ["[CLS]", "[SEP]", "[MASK]"]}, ["<unk>", "<s>", "</s>", "[CLS]", "[SEP]", "[MASK]"]),
    ],
)
def test_a_sentencepiece_model_keeps_its_ids(checkpoint, original, tmp_path, options, first):
    (checkpoint / "vocab.txt").unlink()
    model = google_bert.write_sentencepiece(checkpoint / "wiki-ja.model", **options)
    assert [model.id_to_piece(index) for index in range(len(first))] == first
    tf1_checkpoint.check(checkpoint, None)
    (tmp_path / "converted").mkdir()
    tf1_checkpoint.convert(checkpoint, tmp_path / "converted", None)
    assert_equal_outputs(tmp_path / "converted", original[1])
    graph = TextGraph.load(tmp_path / "converted")
    tokenizer = AutoTokenizer.from_pretrained(str(tmp_path / "converted"))
    for text in ("京都の寺は静かです。", "I drink tea, 毎日。", "ﾃｽﾄ"):
        expected = [first.index("[CLS]"), *model.encode(text), first.index("[SEP]")]
        assert tokenizer(text)["input_ids"] == expected
        assert graph.tokenize(tf.constant([text])).to_list() == [expected]
    padding = next(name for name in ("[PAD]", "<pad>", "<s>") if name in first)
    assert graph.pad_id == tokenizer.pad_token_id == first.index(padding)
    assert (graph.unk_id, graph.mask_id) == (first.index("<unk>"), first.index("[MASK]"))
    assert json.loads((tmp_path / "converted" / "config.json").read_text())["pad_token_id"] == first.index(padding)


def test_half_precision_is_read(checkpoint, original, tmp_path):
    google_bert.save_variables(checkpoint, {name: value.astype(np.float16) for name, value in original[1].items()})
    tf1_checkpoint.check(checkpoint, None)
    tf1_checkpoint.convert(checkpoint, tmp_path, None)
    weight = TFAutoModel.from_pretrained(str(tmp_path)).bert.pooler.dense.kernel
    assert weight.dtype == tf.float32
    np.testing.assert_allclose(weight, original[1]["bert/pooler/dense/kernel"], atol=1e-3)


def refused(directory: Path) -> str:
    with pytest.raises(DataError) as caught:
        tf1_checkpoint.check(directory, None)
    message = str(caught.value)
    assert str(directory) in message
    assert "\n" not in message
    return message


def test_every_variable_that_does_not_fit_is_listed(checkpoint, original):
    values = dict(original[1])
    del values["bert/pooler/dense/bias"]
    values["cls/seq_relationship/output_weights"] = np.zeros([3, 16], np.float32)
    values["output_weights"] = np.zeros([4, 16], np.float32)
    values["bert/pooler/dense/kernel/lamb_m"] = np.zeros([16, 16], np.float32)
    google_bert.save_variables(checkpoint, values)
    message = refused(checkpoint)
    assert "model.ckpt-20.index: 3 variables are not those of the BERT that" in message
    assert "bert/pooler/dense/bias expected (16,), is missing; " in message
    assert "cls/seq_relationship/output_weights expected (2, 16), found (3, 16); " in message
    assert "output_weights not expected, found (4, 16). Give the checkpoint as pretraining wrote it" in message


def test_a_long_list_is_shortened(checkpoint):
    google_bert.write_config(checkpoint, num_hidden_layers=3)
    message = refused(checkpoint)
    assert ": 16 variables are not those" in message
    assert message.count("is missing") == 5
    assert "; and 11 more. " in message


def test_an_embedding_table_of_another_size(checkpoint):
    google_bert.write_config(checkpoint, vocab_size=61)
    message = refused(checkpoint)
    assert "bert/embeddings/word_embeddings expected (61, 16), found (60, 16)" in message
    assert "cls/predictions/output_bias expected (61,), found (60,)" in message


def test_a_vocabulary_may_be_smaller_than_the_table_but_not_larger(checkpoint):
    more = [f"[unused{number}]" for number in range(100, 160)]
    google_bert.write_vocabulary(checkpoint, [*google_bert.WORDPIECES, *more[:47]])
    tf1_checkpoint.check(checkpoint, None)
    google_bert.write_vocabulary(checkpoint, [*google_bert.WORDPIECES, *more[:48]])
    assert "vocab.txt has 61 pieces, but the checkpoint has embeddings for 60 only" in refused(checkpoint)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no JSON"),
        ("[1]", "has a JSON list where an object is needed"),
        (
            json.dumps({key: value for key, value in CONFIG.items() if key != "hidden_size"}),
            "hidden_size: Field required",
        ),
        (json.dumps({**CONFIG, "vocab_size": "many"}), "vocab_size: Input should be a valid integer"),
        (json.dumps({**CONFIG, "num_attention_heads": 3}), "hidden_size 16 is no multiple of num_attention_heads 3"),
        (json.dumps({**CONFIG, "hidden_act": "gelo"}), "hidden_act 'gelo' must be one of gelu, "),
    ],
)
def test_a_broken_configuration(checkpoint, content, message):
    (checkpoint / "bert_config.json").write_text(content)
    found = refused(checkpoint)
    assert "bert_config.json" in found
    assert message in found
    assert found.endswith(("take the file that came with the checkpoint", "copy it again, whole"))


def test_further_keys_of_the_configuration_are_left_aside(checkpoint):
    google_bert.write_config(checkpoint, directionality="bidi", pooler_fc_size=768)
    assert "pooler_fc_size" not in tf1_checkpoint.check(checkpoint, None)


def test_a_broken_index(checkpoint):
    (checkpoint / "model.ckpt-20.index").write_bytes(b"version https://git-lfs")
    assert "model.ckpt-20.index cannot be read (" in refused(checkpoint)


def test_broken_values(checkpoint, tmp_path):
    data = checkpoint / "model.ckpt-20.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:100])
    with pytest.raises(DataError, match=r"model.ckpt-20.index cannot be read \(.*copy the checkpoint again, whole"):
        tf1_checkpoint.convert(checkpoint, tmp_path, None)


def test_lower_casing_can_be_set(checkpoint, tmp_path):
    tf1_checkpoint.convert(checkpoint, tmp_path, False)
    assert AutoTokenizer.from_pretrained(str(tmp_path))("The the")["input_ids"] == [3, 2, 8, 4]


def test_lower_casing_is_not_for_sentencepiece(checkpoint):
    (checkpoint / "vocab.txt").unlink()
    google_bert.write_sentencepiece(checkpoint / "spm.model")
    with pytest.raises(ConfigError, match=r"backbone.lowercase: true is for a vocab.txt; the voc.* is .*spm.model"):
        tf1_checkpoint.check(checkpoint, True)

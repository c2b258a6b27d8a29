import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tfx.types import standard_artifacts
from tfx.utils import path_utils
from transformers import AutoTokenizer, TFAutoModel, TFAutoModelForMaskedLM

from components import artifacts
from components.errors import ConfigError, DataError
from components.fingerprint import code_fingerprint
from components.pretrainer.component import Pretrainer
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.executor import Executor, read_split, vocabulary_of
from components.text_transform.config import TextConfig
from components.text_transform.graph import TextGraph
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.training import train_tokenizer
from tests.components.tiny import split_names, write_examples

TEXTS = [
    "Harwick is home to six historic districts.",
    "Bexley is home to four historic districts.",
    "京都には古い寺がたくさんあります。",
    "奈良には古い寺がたくさんあります。",
]
CONFIG = PretrainerConfig(
    hidden_size=16,
    layers=2,
    heads=2,
    intermediate_size=32,
    max_positions=24,
    block_length=16,
    batch_size=4,
    max_steps=4,
    xla=False,
    precision="bfloat16",
)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory) -> artifacts.Tokenizer:
    artifact = artifacts.Tokenizer()
    artifact.uri = str(tmp_path_factory.mktemp("tokenizer"))
    config = TokenizerConfig(kind="wordpiece", vocab_size=150)
    train_tokenizer([text.encode() for text in TEXTS], artifact.uri, config, TextConfig())
    return artifact


def examples(root: Path, **splits: list) -> standard_artifacts.Examples:
    artifact = standard_artifacts.Examples()
    artifact.uri = str(root)
    artifact.split_names = split_names(*splits)
    for name, rows in splits.items():
        write_examples(root / f"Split-{name}" / "transformed-00000-of-00001.gz", rows)
    return artifact


def pretrain(
    node: Path, tokenizer: artifacts.Tokenizer, config: PretrainerConfig = CONFIG, outputs: dict | None = None, **inputs
) -> dict:
    """Runs the node as TFX would, with its artifacts in folders beside each other; gives its outputs."""
    ids = TextGraph.load(tokenizer.uri).tokenize(tf.constant(TEXTS)).to_list()
    rows = [{"input_ids": row, "text": b"x", "id": b"1"} for row in ids]
    made = {
        "backbone": artifacts.Backbone(),
        "model": standard_artifacts.Model(),
        "model_run": standard_artifacts.ModelRun(),
    }
    for name, artifact in made.items():
        artifact.uri = str((outputs or {}).get(name, node / name / "1"))
    Executor().Do(
        {
            "examples": [examples(node.parent / "examples", train=rows, eval=rows[:2])],
            "tokenizer": [tokenizer],
            **{name: [artifact] for name, artifact in inputs.items()},
        },
        {name: [artifact] for name, artifact in made.items()},
        {"config": config.model_dump_json(), "code": ""},
    )
    return made


@pytest.fixture(scope="module")
def outputs(tokenizer, tmp_path_factory) -> dict:
    return pretrain(tmp_path_factory.mktemp("root") / "Pretrainer", tokenizer)


@pytest.mark.slow
def test_a_node_that_fails_after_training_does_not_train_again(tokenizer, tmp_path, caplog):
    caplog.set_level("INFO")
    (tmp_path / "file").write_text("no folder can be made in a file")
    with pytest.raises(OSError):
        pretrain(tmp_path / "Pretrainer", tokenizer, outputs={"backbone": tmp_path / "file" / "1"})
    assert "training goes on" not in caplog.text
    assert len(list((tmp_path / "Pretrainer" / "checkpoints").iterdir())) == 1
    pretrain(tmp_path / "Pretrainer", tokenizer)
    assert "training goes on at step 4" in caplog.text
    assert {path.name for path in (tmp_path / "Pretrainer").iterdir()} == {"backbone", "model", "model_run"}


@pytest.mark.slow
def test_the_backbone_loads_as_hugging_faces(outputs, tokenizer):
    directory = outputs["backbone"].uri
    model = TFAutoModelForMaskedLM.from_pretrained(directory)
    encoder, loading = TFAutoModel.from_pretrained(directory, output_loading_info=True)
    ids = TextGraph.load(directory).tokenize(tf.constant(TEXTS)).to_tensor(0)
    assert [row[row != 0].tolist() for row in ids.numpy()] == AutoTokenizer.from_pretrained(directory)(TEXTS)[
        "input_ids"
    ]
    assert {name for name in loading["missing_keys"] if "pooler" not in name} == set()
    np.testing.assert_allclose(
        model(ids, output_hidden_states=True).hidden_states[-1], encoder(ids).last_hidden_state, atol=1e-5
    )


@pytest.mark.slow
def test_the_saved_model_agrees_with_the_backbone(outputs):
    directory = outputs["backbone"].uri
    graph = TextGraph.load(directory)
    text = "京都には[MASK]い寺がたくさんあります。"
    served = tf.saved_model.load(path_utils.serving_model_dir(outputs["model"].uri))
    answer = served.signatures["fill_mask"](text=tf.constant([text]))
    ids = graph.tokenize_masked(tf.constant([text])).to_tensor()
    place = int(tf.argmax(tf.cast(ids[0] == graph.mask_id, tf.int32)))
    probabilities = tf.nn.softmax(TFAutoModelForMaskedLM.from_pretrained(directory)(ids).logits[0, place]).numpy()
    best = probabilities.argsort()[::-1][:5]
    np.testing.assert_allclose(answer["scores"][0], probabilities[best], atol=1e-5)
    assert [token.decode() for token in answer["tokens"].numpy()[0]] == [graph.pieces[i] for i in best]


@pytest.mark.slow
def test_metrics(outputs):
    run = Path(outputs["model_run"].uri)
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["steps"] == 4
    assert metrics["perplexity"] == pytest.approx(np.exp(metrics["loss"]))
    assert 0 <= metrics["masked_accuracy"] <= 1
    assert metrics["history"]["val_loss"][-1] == metrics["loss"]
    assert {way: report["texts"] for way, report in metrics["packing"].items()} == {"packed": 4, "lines": 4}
    assert metrics["packing"]["packed"]["tokens_lost"] == 0
    assert metrics["best_epoch"] in range(1, len(metrics["history"]["loss"]) + 1)
    assert 0 <= metrics["data_wait_share"] < 1
    assert "held-out" in (run / "learning_curve.svg").read_text()
    assert {path.name for path in (run / "tensorboard").iterdir()} == {"train", "validation"}


@pytest.mark.slow
def test_pretraining_goes_on_from_its_own_backbone(outputs, tokenizer, tmp_path):
    settings = {"block_length": 16, "batch_size": 4, "max_steps": 2, "xla": False, "precision": "float32"}
    config = PretrainerConfig(**settings, learning_rate=1e-12)
    made = pretrain(tmp_path, tokenizer, config, initial_backbone=outputs["backbone"])
    before, after = (
        TFAutoModelForMaskedLM.from_pretrained(run["backbone"].uri).get_weights() for run in (outputs, made)
    )
    for left, right in zip(before, after, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-6)
    metrics = json.loads((Path(made["model_run"].uri) / "metrics.json").read_text())
    assert (metrics["architecture"], metrics["fresh_weights"]) == ("bert", [])


@pytest.mark.slow
def test_an_encoder_without_a_head_gets_a_new_one_and_the_record_says_so(outputs, tokenizer, tmp_path):
    bare = artifacts.Backbone()
    bare.uri = str(tmp_path / "bare")
    TFAutoModel.from_pretrained(outputs["backbone"].uri).save_pretrained(bare.uri)
    config = PretrainerConfig(block_length=16, batch_size=4, max_steps=2, xla=False, precision="float32")
    made = pretrain(tmp_path, tokenizer, config, initial_backbone=bare)
    fresh = json.loads((Path(made["model_run"].uri) / "metrics.json").read_text())["fresh_weights"]
    assert fresh and not [name for name in fresh if "encoder" in name or "embeddings" in name]
    _, loading = TFAutoModelForMaskedLM.from_pretrained(made["backbone"].uri, output_loading_info=True)
    assert loading["missing_keys"] == []
    served = tf.saved_model.load(path_utils.serving_model_dir(made["model"].uri))
    assert served.signatures["fill_mask"](text=tf.constant([TEXTS[2] + "[MASK]"]))["scores"].shape == (1, 5)


def test_blocks_that_a_backbone_has_no_positions_for_are_refused(tokenizer, tmp_path):
    backbone = artifacts.Backbone()
    backbone.uri = str(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert", "max_position_embeddings": 12}))
    with pytest.raises(ConfigError, match=r"pretrainer.block_length: 16 tokens are more than the 12 positions"):
        pretrain(tmp_path, tokenizer, CONFIG, initial_backbone=backbone)


@pytest.mark.slow
def test_words_are_known_for_both_kinds_of_tokenizer(tokenizer, tmp_path):
    pieces = TextGraph.load(tokenizer.uri).pieces
    found = vocabulary_of(TextGraph.load(tokenizer.uri))
    assert {pieces[i] for i in found.continuing_ids} == {piece for piece in pieces if piece.startswith("##")}
    config = TokenizerConfig(kind="sentencepiece", vocab_size=70)
    train_tokenizer([text.encode() for text in TEXTS], str(tmp_path), config, TextConfig())
    assert_special(found, TextGraph.load(tokenizer.uri))
    graph = TextGraph.load(tmp_path)
    found = vocabulary_of(graph)
    assert_special(found, graph)
    assert graph.pieces.index("京") in found.closing_ids and graph.pieces.index("s") in found.continuing_ids


def assert_special(vocabulary, graph):
    special = {graph.pieces[number] for number in vocabulary.special_ids}
    assert {"[CLS]", "[SEP]", "[MASK]", graph.pieces[graph.pad_id], graph.pieces[graph.unk_id]} == special
    assert graph.pieces[vocabulary.mask_id] == "[MASK]"


def test_a_missing_split_is_named(tmp_path):
    with pytest.raises(DataError, match=r"no split 'eval' to pretrain with, only train"):
        read_split(examples(tmp_path, train=[{"input_ids": [2, 3]}]), "eval")


def test_an_empty_split_is_named(tmp_path):
    with pytest.raises(DataError, match=r"split 'eval' holds no text"):
        read_split(examples(tmp_path, train=[{"input_ids": [2, 3]}], eval=[]), "eval")


def test_the_node_carries_its_code_and_configuration(tokenizer, tmp_path):
    from tfx.types import channel_utils

    node = Pretrainer(
        CONFIG,
        examples=channel_utils.as_channel([examples(tmp_path, train=[], eval=[])]),
        tokenizer=channel_utils.as_channel([tokenizer]),
    )
    assert PretrainerConfig.model_validate_json(node.exec_properties["config"]) == CONFIG
    assert node.exec_properties["code"] == code_fingerprint("components.pretrainer.executor")
    assert {name: channel.type for name, channel in node.outputs.items()} == {
        "backbone": artifacts.Backbone,
        "model": standard_artifacts.Model,
        "model_run": standard_artifacts.ModelRun,
    }

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tfx.types import standard_artifacts
from tfx.utils import path_utils
from transformers import AutoTokenizer, TFAutoModel, TFAutoModelForMaskedLM

from components import artifacts
from components.errors import DataError
from components.fingerprint import code_fingerprint
from components.pretrainer.component import Pretrainer
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.executor import Executor, read_split
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


def pretrain_into(node: Path, tokenizer: artifacts.Tokenizer, **uris: Path) -> dict:
    """Runs the node as TFX would, with its artifacts in folders beside each other."""
    ids = TextGraph.load(tokenizer.uri).tokenize(tf.constant(TEXTS)).to_list()
    rows = [{"input_ids": row, "text": b"x", "id": b"1"} for row in ids]
    made = {
        "backbone": artifacts.Backbone(),
        "model": standard_artifacts.Model(),
        "model_run": standard_artifacts.ModelRun(),
    }
    for name, artifact in made.items():
        artifact.uri = str(uris.get(name, node / name / "1"))
    Executor().Do(
        {"examples": [examples(node.parent / "examples", train=rows, eval=rows[:2])], "tokenizer": [tokenizer]},
        {name: [artifact] for name, artifact in made.items()},
        {"config": CONFIG.model_dump_json(), "code": ""},
    )
    return made


@pytest.fixture(scope="module")
def outputs(tokenizer, tmp_path_factory) -> dict:
    return pretrain_into(tmp_path_factory.mktemp("root") / "Pretrainer", tokenizer)


@pytest.mark.slow
def test_a_node_that_fails_after_training_does_not_train_again(tokenizer, tmp_path, caplog):
    caplog.set_level("INFO")
    (tmp_path / "file").write_text("no folder can be made in a file")
    with pytest.raises(tf.errors.OpError):
        pretrain_into(tmp_path / "Pretrainer", tokenizer, backbone=tmp_path / "file" / "1")
    assert "training goes on" not in caplog.text
    assert len(list((tmp_path / "Pretrainer" / "checkpoints").iterdir())) == 1
    pretrain_into(tmp_path / "Pretrainer", tokenizer)
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
    assert metrics["packing"]["texts"] == 4
    assert metrics["packing"]["tokens_lost"] == 0
    assert {path.name for path in (run / "tensorboard").iterdir()} == {"train", "validation"}


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

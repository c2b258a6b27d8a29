"""The node with real artifacts."""

from pathlib import Path

import pytest
import tensorflow as tf
import tensorflow_transform as tft
from tfx.types import artifact_utils, channel_utils, standard_artifacts
from tfx.utils import json_utils

from components import artifacts
from components.examples import read_records, split_files
from components.text_transform.component import TextTransform
from components.text_transform.config import CutConfig
from components.text_transform.executor import Executor

SCHEMA = """
feature { name: "text" type: BYTES presence { min_fraction: 1 min_count: 1 } shape {} }
feature { name: "id" type: BYTES presence { min_fraction: 1 min_count: 1 } shape {} }
feature { name: "label" type: BYTES presence { min_fraction: 1 min_count: 1 } shape {} }
feature { name: "group" type: BYTES value_count { min: 1 max: 1 } }
"""
GROUPS = {"train/1": "記事一"}
TRAIN = [("The cats sat.", "動物"), ("猫かん", "食べ物"), ("", "動物"), ("the " * 8 + "cat", "動物")]
EVAL = [("猫", "食べ物")]


def artifact(kind, uri: Path):
    made = kind()
    made.uri = str(uri)
    uri.mkdir(parents=True, exist_ok=True)
    return made


def channel(made):
    return channel_utils.as_channel([made])


@pytest.fixture(scope="module")
def inputs(plain, tmp_path_factory) -> dict:
    root = tmp_path_factory.mktemp("inputs")
    examples = artifact(standard_artifacts.Examples, root / "examples")
    examples.split_names = artifact_utils.encode_split_names(["train", "eval"])
    for split, rows in (("train", TRAIN), ("eval", EVAL)):
        path = root / "examples" / f"Split-{split}" / "data-00000-of-00001.gz"
        path.parent.mkdir()
        with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
            for index, (text, label) in enumerate(rows):
                values = {"text": text, "label": label, "id": f"{split}/{index}"}
                values |= {"group": GROUPS[values["id"]]} if values["id"] in GROUPS else {}
                features = {
                    name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))
                    for name, value in values.items()
                }
                writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    schema = artifact(standard_artifacts.Schema, root / "schema")
    (root / "schema" / "schema.pbtxt").write_text(SCHEMA)
    return {"examples": examples, "schema": schema, "tokenizer": artifact(artifacts.Tokenizer, plain)}


def node(inputs, **options) -> TextTransform:
    return TextTransform(**{name: channel(made) for name, made in inputs.items()}, **options)


def run(inputs, root: Path, **options) -> tuple[dict, Path]:
    outputs = {
        "transform_graph": artifact(standard_artifacts.TransformGraph, root / "graph"),
        "transformed_examples": artifact(standard_artifacts.Examples, root / "transformed"),
    }
    Executor(Executor.Context(tmp_dir=str(root / "tmp"), unique_id="1")).Do(
        {name: [made] for name, made in inputs.items()},
        {name: [made] for name, made in outputs.items()},
        node(inputs, **options).exec_properties,
    )
    return outputs, root


def rows(outputs, split: str) -> list[dict]:
    uri = artifact_utils.get_split_uri([outputs["transformed_examples"]], split)
    records = read_records(split_files(uri)).as_numpy_iterator()
    features = [tf.train.Example.FromString(record).features.feature for record in records]
    return [
        {name: list(getattr(value, value.WhichOneof("kind")).value) for name, value in feature.items()}
        for feature in features
    ]


@pytest.mark.slow
def test_labelled_examples(inputs, tmp_path):
    outputs, _ = run(inputs, tmp_path, labelled=True, max_length=6, cut=CutConfig(long_documents="head_tail"))
    train = sorted(rows(outputs, "train"), key=lambda row: row["id"])
    assert [row["input_ids"] for row in train] == [[2, 5, 7, 8, 13, 3], [2, 9, 10, 11, 3], [2, 3], [2, 5, 5, 5, 6, 3]]
    assert [row["token_count"] for row in train] == [[5], [3], [0], [9]]
    assert [row["label_id"] for row in train] == [[0], [1], [0], [0]]
    assert [row["text"] for row in train] == [[text.encode()] for text, _ in TRAIN]
    assert [row["group"] for row in train] == [[b""], ["記事一".encode()], [b""], [b""]]
    (row,) = rows(outputs, "eval")
    assert row["group"] == [b""], "no row of the file has one"
    assert (row["input_ids"], row["token_count"], row["label_id"]) == ([2, 9, 3], [1], [1])
    assert (row["text"], row["id"]) == (["猫".encode()], [b"eval/0"])
    transform = tft.TFTransformOutput(outputs["transform_graph"].uri)
    assert [label.decode() for label in transform.vocabulary_by_name("labels")] == ["動物", "食べ物"]
    layer = transform.transform_features_layer()
    served = layer(
        {
            "text": tf.constant(["The cats sat."]),
            "id": tf.constant(["x"]),
            "label": tf.constant(["食べ物"]),
            "group": tf.sparse.from_dense([["g"]]),
        }
    )
    assert tf.sparse.to_dense(served["input_ids"]).numpy().tolist() == [[2, 5, 7, 8, 13, 3]]


@pytest.mark.slow
def test_a_corpus_is_left_whole(inputs, tmp_path):
    outputs, _ = run(inputs, tmp_path, labelled=False, max_length=6)
    train = sorted(rows(outputs, "train"), key=lambda row: row["id"])
    assert [len(row["input_ids"][:]) for row in train] == [7, 5, 2, 11]
    assert set(train[0]) == {"input_ids", "token_count", "text", "id"}


def config_of(transform: TextTransform) -> dict:
    return json_utils.loads(transform.exec_properties["custom_config"])


def test_the_cache_key_holds_the_code_and_what_matters(inputs):
    labelled = config_of(node(inputs, labelled=True, max_length=6))
    tail = config_of(node(inputs, labelled=True, max_length=6, cut=CutConfig(long_documents="head_tail")))
    assert tail != labelled and tail["cut"]["long_documents"] == "head_tail"
    assert labelled["max_length"] == 6 and len(labelled["code"]) == 64
    assert config_of(node(inputs, labelled=False, max_length=6)) == config_of(
        node(inputs, labelled=False, max_length=7)
    )

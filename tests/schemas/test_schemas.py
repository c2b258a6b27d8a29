"""The hand-kept schemas: readable by TFX, dense where every row has one value, and true of the data."""

from pathlib import Path

import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform.tf_metadata import schema_utils

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
NAMES = ["corpus", "demo", "knbc", "labelled", "multi_label", "newsgroups"]
FOUR = ["グルメ", "携帯電話", "京都", "スポーツ"]


def _schema(name: str) -> schema_pb2.Schema:
    return text_format.Parse((SCHEMAS / name / "schema.pbtxt").read_text(encoding="utf-8"), schema_pb2.Schema())


def _labels(name: str) -> list[str]:
    (label,) = [feature for feature in _schema(name).feature if feature.name == "label"]
    return list(label.string_domain.value)


def test_each_folder_holds_one_schema() -> None:
    folders = [path for path in SCHEMAS.iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert {path.name: [file.name for file in path.iterdir()] for path in folders} == {
        name: ["schema.pbtxt"] for name in NAMES
    }


@pytest.mark.parametrize("name", NAMES)
def test_required_features_are_dense_and_the_group_is_optional(name: str) -> None:
    spec = schema_utils.schema_as_feature_spec(_schema(name)).feature_spec
    required = {"text", "id"} if name == "corpus" else {"text", "id", "label"}
    assert spec == {
        **{feature: tf.io.FixedLenFeature([], tf.string) for feature in required},
        **({"label": tf.io.VarLenFeature(tf.string)} if name == "multi_label" else {}),
        "group": tf.io.VarLenFeature(tf.string),
    }


def test_label_domains() -> None:
    assert _labels("knbc") == _labels("demo") == FOUR
    assert _labels("labelled") == _labels("multi_label") == []
    assert len(set(_labels("newsgroups"))) == 20


@pytest.mark.data
def test_the_label_domains_are_those_of_the_data(data_dir: Path) -> None:
    import tarfile

    lines = (data_dir / "knbc" / "trains" / "labels.csv").read_text(encoding="utf-8").split()[1:]
    assert set(lines) == set(_labels("knbc"))
    with tarfile.open(data_dir / "20newsgroups" / "20news-bydate-train.tar.gz") as archive:
        groups = {member.name.split("/")[1] for member in archive if member.isfile()}
    assert groups == set(_labels("newsgroups"))

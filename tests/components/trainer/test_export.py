"""The served model: signatures, and the same numbers as head and features give."""

import base64
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from tensorflow.core.protobuf import saved_model_pb2
from transformers import tf_utils

from components.expected_answers import read_expected
from components.feature_gen.config import FeatureGenConfig
from components.feature_gen.encoder import load_encoder
from components.feature_gen.extract import FeatureExtractor
from components.feature_gen.sequences import TokenSequences
from components.pusher.digest import model_digest
from components.servable_check import rules
from components.trainer.batches import predict
from components.trainer.config import TrainerConfig
from components.trainer.ensemble import Ensemble
from components.trainer.export import TextClassifier, export
from components.trainer.head import build_head
from components.trainer.labels import read_labels
from components.training.id_checks import drop_id_checks
from tests.components import tiny
from tests.components.trainer.features import make_set

pytestmark = pytest.mark.slow

LABELS = ["グルメ", "携帯電話", "Kyoto"]
TEXTS = ["京都でラーメンを食べた。", "", "A new phone!", "長い" * 60]
MAX_LENGTH = 24


class Parts(NamedTuple):
    """Pooled features and head probabilities computed apart, and the SavedModel of the same encoder and head."""

    embedding: np.ndarray
    probabilities: np.ndarray
    directory: Path
    signatures: Mapping[str, Callable[..., dict[str, tf.Tensor]]]


COMBINATIONS = {
    "mean": ("mean", "dense", 1),
    "cls": ("cls", "dense", 1),
    "max": ("max", "dense", 1),
    "cls_mean": ("cls_mean", "dense", 2),
    "bilstm": ("tokens", "bilstm", 1),
    "attention": ("tokens", "attention", 2),
}


@pytest.fixture(scope="module", params=COMBINATIONS)
def parts(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    backbone = tiny.write_backbone(folder / "backbone")
    graph, encoder = tiny.CharacterGraph(), load_encoder(backbone)
    pooling, head_kind, layers = COMBINATIONS[request.param]
    extractor = FeatureExtractor(encoder, FeatureGenConfig(pooling=pooling, hidden_layers=layers))
    features = extractor.extract(graph.tokenize(tf.constant(TEXTS), MAX_LENGTH))
    tf_keras.utils.set_random_seed(0)
    config = TrainerConfig(head=head_kind, hidden_units=8, lstm_units=6, attention_heads=2)
    head = build_head(features, len(LABELS), config)
    classifier = TextClassifier(graph, encoder, head, LABELS, pooling, MAX_LENGTH, layers)
    export(classifier, LABELS, folder / "model", [text.encode() for text in TEXTS])
    probabilities = tf.nn.softmax(predict(head, make_set(features, np.zeros(len(TEXTS))))).numpy()
    sequences = isinstance(features, TokenSequences)
    embedding = np.stack([tokens.mean(axis=0) for tokens in features]) if sequences else features
    return Parts(embedding, probabilities, folder / "model", tf.saved_model.load(str(folder / "model")).signatures)


def test_raw_text_gives_what_head_and_features_give(parts):
    answer = parts.signatures["serving_default"](text=tf.constant(TEXTS))
    embedding = parts.signatures["embed"](text=tf.constant(TEXTS))["embedding"]

    np.testing.assert_allclose(answer["probabilities"], parts.probabilities, atol=1e-4)
    np.testing.assert_allclose(embedding, parts.embedding, atol=1e-4)
    best = parts.probabilities.argmax(axis=1)
    assert [label.decode() for label in answer["label"].numpy()] == [LABELS[number] for number in best]
    np.testing.assert_allclose(answer["score"], parts.probabilities.max(axis=1), atol=1e-4)
    assert [[cell.decode() for cell in row] for row in answer["labels"].numpy()] == [LABELS] * len(TEXTS)


def test_signatures_say_their_shapes_and_dtypes(parts):
    def outputs(name):
        return {key: (spec.dtype, len(spec.shape)) for key, spec in parts.signatures[name].structured_outputs.items()}

    takes = {"serving_default": "text", "embed": "text", "tf_example": "examples", "classify": "inputs"}
    assert set(parts.signatures) == {*takes, "tokenize"}
    for name, key in takes.items():
        (spec,) = parts.signatures[name].structured_input_signature[1].values()
        assert (spec.name, spec.dtype, spec.shape.as_list()) == (key, tf.string, [None])
    for name in ("serving_default", "tf_example"):
        assert outputs(name) == {
            "label": (tf.string, 1),
            "score": (tf.float32, 1),
            "labels": (tf.string, 2),
            "probabilities": (tf.float32, 2),
        }
    assert outputs("classify") == {"classes": (tf.string, 2), "scores": (tf.float32, 2)}
    assert outputs("embed") == {"embedding": (tf.float32, 2)}
    assert parts.signatures["embed"].structured_outputs["embedding"].shape[-1] == parts.embedding.shape[1]


def test_the_tokens_that_the_model_reads(parts):
    answer = {name: value.numpy() for name, value in parts.signatures["tokenize"](text=tf.constant(TEXTS)).items()}
    expected = tiny.CharacterGraph().tokenize(tf.constant(TEXTS), MAX_LENGTH)
    assert answer["length"].tolist() == expected.row_lengths().numpy().tolist()
    assert answer["ids"].tolist() == expected.to_tensor(0).numpy().tolist()
    assert answer["pieces"][1].tolist() == [b"<2>", b"<3>"] + [b""] * (MAX_LENGTH - 2)
    assert [text.decode() for text in answer["cleaned"].tolist()] == TEXTS
    assert answer["unknown"].tolist() == [0] * len(TEXTS)


def test_empty_batch_gives_empty_answers(parts):
    answer = parts.signatures["serving_default"](text=tf.constant([], tf.string))

    assert {name: value.shape.as_list() for name, value in answer.items()} == {
        "label": [0],
        "score": [0],
        "labels": [0, 3],
        "probabilities": [0, 3],
    }


def test_answers_do_not_depend_on_the_batch(parts):
    signature = parts.signatures["serving_default"]

    together = signature(text=tf.constant(TEXTS))["probabilities"].numpy()
    alone = [signature(text=tf.constant([text]))["probabilities"].numpy()[0] for text in TEXTS]

    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_labels_are_kept_where_anyone_can_read_them(parts):
    assert read_labels(parts.directory) == LABELS


def test_examples_are_answered_as_their_texts(parts):
    examples = [
        tf.train.Example(
            features=tf.train.Features(
                feature={"text": tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()]))}
            )
        ).SerializeToString()
        for text in TEXTS
    ]
    expected = parts.signatures["serving_default"](text=tf.constant(TEXTS))

    answer = parts.signatures["tf_example"](examples=tf.constant(examples))
    classified = parts.signatures["classify"](inputs=tf.constant(examples))

    for name, value in expected.items():
        np.testing.assert_array_equal(answer[name], value)
    np.testing.assert_array_equal(classified["classes"], expected["labels"])
    np.testing.assert_array_equal(classified["scores"], expected["probabilities"])


def test_only_classify_is_for_the_classification_api(parts):
    model = saved_model_pb2.SavedModel.FromString((parts.directory / "saved_model.pb").read_bytes())
    methods = {name: one.method_name for name, one in model.meta_graphs[0].signature_def.items() if name[0] != "_"}
    assert methods.pop("classify") == "tensorflow/serving/classify"
    assert set(methods.values()) == {"tensorflow/serving/predict"}


def test_answers_are_kept_in_the_model_for_who_loads_it(parts):
    expected = read_expected(parts.directory)
    texts = [base64.b64decode(text).decode() for text in expected["texts"]]
    assert sorted(texts) == sorted(TEXTS)
    places = [TEXTS.index(text) for text in texts]
    np.testing.assert_allclose(expected["probabilities"], parts.probabilities[places], atol=1e-4)


def test_an_ensemble_of_heads_is_served_as_the_mean_probability(tmp_path):
    graph, encoder = tiny.CharacterGraph(), load_encoder(tiny.write_backbone(tmp_path / "backbone"))
    features = FeatureExtractor(encoder, FeatureGenConfig()).extract(graph.tokenize(tf.constant(TEXTS), MAX_LENGTH))
    heads = [build_head(features, len(LABELS), TrainerConfig(hidden_units=8)) for _ in range(3)]

    export(TextClassifier(graph, encoder, Ensemble(heads), LABELS, "mean", MAX_LENGTH), LABELS, tmp_path / "model")

    served = tf.saved_model.load(str(tmp_path / "model"))
    mean = np.mean([tf.nn.softmax(head(features)) for head in heads], axis=0)
    np.testing.assert_allclose(
        served.signatures["serving_default"](text=tf.constant(TEXTS))["probabilities"], mean, atol=1e-5
    )
    assert len(served.weights) == len(encoder.variables) + sum(len(head.variables) for head in heads)


@pytest.mark.slow
@pytest.mark.parametrize("parts", ["mean"], indirect=True)
def test_loads_in_a_process_with_nothing_but_tensorflow_and_its_text_ops(parts):
    script = """
import sys, tensorflow as tf, tensorflow_text
model = tf.saved_model.load(sys.argv[1])
answer = model.signatures["serving_default"](text=tf.constant(sys.argv[2:]))
assert not {"transformers", "tfx", "components"} & set(sys.modules)
print(*answer["probabilities"].numpy()[1])
"""
    command = [sys.executable, "-c", script, str(parts.directory), TEXTS[0], TEXTS[2]]

    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    np.testing.assert_allclose([float(value) for value in printed.split()], parts.probabilities[2], atol=1e-4)


def test_several_labels_are_chosen_from_the_threshold_on(tmp_path):
    graph, encoder = tiny.CharacterGraph(), load_encoder(tiny.write_backbone(tmp_path / "backbone"))
    features = FeatureExtractor(encoder, FeatureGenConfig()).extract(graph.tokenize(tf.constant(TEXTS), MAX_LENGTH))
    head = build_head(features, len(LABELS), TrainerConfig())

    classifier = TextClassifier(graph, encoder, head, LABELS, "mean", MAX_LENGTH, threshold=0.6)
    export(classifier, LABELS, tmp_path / "model")

    served = tf.saved_model.load(str(tmp_path / "model"))
    answer = served.signatures["serving_default"](text=tf.constant(TEXTS))
    np.testing.assert_allclose(answer["probabilities"], tf.sigmoid(head(features)), atol=1e-5)
    np.testing.assert_array_equal(answer["chosen"], answer["probabilities"] >= 0.6)
    assert rules.classifier_failures({name: value.numpy() for name, value in answer.items()}, len(TEXTS)) == []
    assert served.signatures["serving_default"](text=tf.constant([], tf.string))["chosen"].shape == (0, 3)


def test_the_digest_depends_on_no_training_in_the_same_process_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pretraining takes checks of ids out of the library; a run that goes on after a kill trains in another process."""
    backbone = tiny.write_backbone(tmp_path / "backbone")
    digests = set()
    for trained_before in (True, False):
        for name, module in list(sys.modules.items()):
            if name.startswith("transformers.models.") and hasattr(module, "check_embeddings_within_bounds"):
                monkeypatch.setattr(module, "check_embeddings_within_bounds", tf_utils.check_embeddings_within_bounds)
        if trained_before:
            drop_id_checks()
        tf_keras.utils.set_random_seed(0)
        head = build_head(np.zeros((1, tiny.WIDTH), np.float32), len(LABELS), TrainerConfig())
        graph, encoder = tiny.CharacterGraph(), load_encoder(backbone)
        classifier = TextClassifier(graph, encoder, head, LABELS, "mean", MAX_LENGTH)
        export(classifier, LABELS, tmp_path / str(trained_before), [])
        digests.add(model_digest(str(tmp_path / str(trained_before))))
    assert len(digests) == 1

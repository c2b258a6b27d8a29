"""The Trainer on real artifacts, with a real text graph, and what it writes."""

import json
import re
import resource
from pathlib import Path

import numpy as np
import pytest
import sentencepiece
import tensorflow as tf
from tfx.types import standard_artifacts
from tfx.utils import path_utils

from components import artifacts
from components.errors import TfxBertError
from components.feature_gen import info
from components.feature_gen.config import FeatureGenConfig
from components.feature_gen.encoder import load_encoder
from components.feature_gen.extract import FeatureExtractor
from components.text_facts import read_facts
from components.text_transform.graph import TextGraph
from components.text_transform.spec import GraphSpec, write_spec
from components.trainer.config import TrainerConfig
from components.trainer.executor import Executor
from components.trainer.finetuning.config import UnfreezeConfig
from components.trainer.labels import read_labels
from components.trainer.ngrams.config import NGramsConfig
from components.trainer.ngrams.training import train_ngrams
from tests.components import tiny

pytestmark = pytest.mark.slow

LABELS = ["携帯電話", "グルメ"]
MAX_LENGTH = 12
TEXTS = [f"{food}を食べた。" for food in ("寿司", "うどん", "ラーメン", "焼き肉", "そば")] * 4
TEXTS += [f"新しい{part}だ。" for part in ("電話", "画面", "着信音", "充電器", "機種")] * 4

CONFIG = TrainerConfig(epochs=60, patience=20, learning_rate=1e-2, validation_share=0.2)


def write_tokenizer(directory):
    """Writes a SentencePiece model of single characters as a tokenizer directory."""
    directory.mkdir()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS),
        model_prefix=str(directory / "model"),
        model_type="char",
        vocab_size=tiny.VOCABULARY,
        hard_vocab_limit=False,
        pad_id=0,
        unk_id=1,
        bos_id=-1,
        eos_id=-1,
        user_defined_symbols=["[CLS]", "[SEP]", "[MASK]"],
        minloglevel=2,
    )
    processor = sentencepiece.SentencePieceProcessor(model_file=str(directory / "model.model"))
    pieces = [processor.id_to_piece(number) for number in range(processor.vocab_size())]
    spec = GraphSpec(kind="sentencepiece", pieces=pieces, pad_id=0, unk_id=1, before=[2], after=[3], mask_id=4)
    model = np.frombuffer((directory / "model.model").read_bytes(), np.uint8)
    write_spec(directory, spec, {"model": model, "ids": np.arange(len(pieces), dtype=np.int32)})


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs the Trainer once on features and examples of `TEXTS`; gives its folder and the features."""
    folder = tmp_path_factory.mktemp("trainer")
    features, rows = prepare(folder)
    several = folder / "several"
    several.mkdir()
    for name in ("backbone", "tokenizer", "transform_graph"):
        (several / name).symlink_to(folder / name)
    write_inputs(several, [{**row, "label_id": several_labels(row["text"].decode())} for row in rows])
    execute(folder, "", CONFIG)
    return folder, features


def prepare(folder):
    """Writes all that the Trainer reads; gives the features and the rows."""
    tiny.write_backbone(folder / "backbone")
    write_tokenizer(folder / "tokenizer")
    (folder / "transform_graph/transform_fn/assets").mkdir(parents=True)
    (folder / "transform_graph/transform_fn/assets/labels").write_text("\n".join(LABELS) + "\n", encoding="utf-8")
    extractor = FeatureExtractor(load_encoder(folder / "backbone"), FeatureGenConfig(pooling="max"))
    input_ids = TextGraph.load(folder / "tokenizer").tokenize(tf.constant(TEXTS), MAX_LENGTH)
    features = extractor.extract(input_ids)
    rows = [
        {
            "features": vector.tobytes(),
            "input_ids": input_ids[n].numpy().tolist(),
            "label_id": int(n < 20),
            "id": b"%d" % n,
            "text": TEXTS[n].encode(),
            "token_count": 5,
            "group": b"%d" % (n // 2),
        }
        for n, vector in enumerate(features)
    ]
    rows.append({**rows[0], "id": b"empty", "text": b"", "token_count": 0})
    write_inputs(folder, rows)
    return features, rows


def write_inputs(folder, rows):
    for name in ("features", "examples"):
        tiny.write_examples(folder / name / "Split-train/rows-00000-of-00001.gz", rows)
    info.write(str(folder / "features"), info.FeaturesInfo(pooling="max", width=tiny.WIDTH))


def several_labels(text):
    """Numbers of the labels of a text that may have both, one or none."""
    return [number for number, sign in enumerate(("食", "[うラ画機]")) if re.search(sign, text)]


def execute(folder, outputs_in, config, multi_label=False):
    """Runs the Trainer; its outputs go to a folder of the folder."""
    types = {
        "features": artifacts.Features,
        "examples": standard_artifacts.Examples,
        "backbone": artifacts.Backbone,
        "tokenizer": artifacts.Tokenizer,
        "transform_graph": standard_artifacts.TransformGraph,
        "model": standard_artifacts.Model,
        "model_run": standard_artifacts.ModelRun,
    }
    channels = {}
    for name, kind in types.items():
        artifact = kind()
        artifact.uri = str(folder / (outputs_in if name.startswith("model") else "") / name)
        channels[name] = [artifact]
    channels["examples"][0].split_names = tiny.split_names("train", "eval")
    outputs = {name: channels.pop(name) for name in ("model", "model_run")}
    if config.unfreeze is None:
        del channels["examples"]
    properties = {"config": config.model_dump_json(), "max_length": MAX_LENGTH, "code": "1"}
    Executor().Do(channels, outputs, properties | {"multi_label": int(multi_label)})


def test_model_answers_raw_text_with_labels(run):
    folder, features = run
    directory = path_utils.serving_model_dir(str(folder / "model"))

    signatures = tf.saved_model.load(directory).signatures
    answer = signatures["serving_default"](text=tf.constant(TEXTS))

    assert read_labels(directory) == LABELS
    right = [label.decode() == LABELS[int(n < 20)] for n, label in enumerate(answer["label"].numpy())]
    assert np.mean(right) > 0.9
    embedding = signatures["embed"](text=tf.constant(TEXTS))["embedding"]
    np.testing.assert_allclose(embedding, features, atol=1e-4)


def test_the_model_holds_facts_of_the_texts_it_was_trained_on(run):
    folder, _ = run
    facts = read_facts(Path(path_utils.serving_model_dir(str(folder / "model"))))
    assert facts is not None
    assert set(facts.label) == set(LABELS)
    assert sorted(facts.characters) == sorted(map(len, TEXTS))
    assert max(facts.tokens) <= MAX_LENGTH


def test_an_empty_text_trains_only_if_asked_and_is_answered(run):
    folder, _ = run
    metrics = json.loads((folder / "model_run/metrics.json").read_text(encoding="utf-8"))
    assert metrics["train_examples"] + metrics["validation"]["example_count"] == len(TEXTS), "not the empty one"
    signatures = tf.saved_model.load(path_utils.serving_model_dir(str(folder / "model"))).signatures
    answer = signatures["serving_default"](text=tf.constant(["", "\u200b"]))
    assert set(answer["label"].numpy().tolist()) <= {label.encode() for label in LABELS}
    np.testing.assert_allclose(answer["probabilities"].numpy().sum(axis=1), 1, atol=1e-5)


def test_run_keeps_metrics_and_tensorboard_logs(run):
    folder, _ = run

    metrics = json.loads((folder / "model_run/metrics.json").read_text(encoding="utf-8"))

    assert "unfreeze" not in metrics
    assert metrics["train_examples"] == 32
    assert metrics["validation"]["example_count"] == 8
    assert set(metrics["validation"]["per_class"]) == set(LABELS)
    assert metrics["epochs"] == len(metrics["history"]["val_loss"])
    assert 1 <= metrics["best_epoch"] <= metrics["epochs"]
    assert list((folder / "model_run/tensorboard/validation").iterdir())


@pytest.mark.parametrize("final", ["refit", "ensemble"])
def test_folds_are_judged_and_joined_if_asked(run, final):
    folder, features = run
    config = CONFIG.model_copy(update={"folds": 3, "group_folds": True, "final": final})

    execute(folder, final, config)

    metrics = json.loads((folder / final / "model_run/metrics.json").read_text(encoding="utf-8"))
    assert len(metrics["cross_validation"]["weighted_f1"]) == 3
    assert 0.7 < metrics["cv_weighted_f1"] <= 1
    assert metrics["train_examples"] == (len(TEXTS) if final == "ensemble" else 32)
    lines = (folder / final / "model_run/out_of_fold.jsonl").read_text(encoding="utf-8").splitlines()
    assert [int(json.loads(line)["id"]) for line in lines] == list(range(len(TEXTS)))
    signatures = tf.saved_model.load(path_utils.serving_model_dir(str(folder / final / "model"))).signatures
    answer = signatures["serving_default"](text=tf.constant(TEXTS))
    assert np.mean([label.decode() == LABELS[int(n < 20)] for n, label in enumerate(answer["label"].numpy())]) > 0.9
    np.testing.assert_allclose(signatures["embed"](text=tf.constant(TEXTS))["embedding"], features, atol=1e-4)


def test_a_full_disk_is_told(run):
    folder, _ = run
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with pytest.raises(TfxBertError, match="the disk is full: "):
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))  # what is written first is smaller
            execute(folder, "full", CONFIG.model_copy(update={"epochs": 2}))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(("learning_rate", "kept"), [(1e-3, True), (1e-12, False)])
def test_the_encoder_that_is_exported_is_the_better_one(run, learning_rate, kept):
    folder, features = run
    metric = "loss" if kept else "accuracy"
    unfreeze = UnfreezeConfig(learning_rate=learning_rate, metric=metric, epochs=10, patience=5, batch_size=8, layers=1)
    outputs = f"unfreeze-{learning_rate}"

    execute(folder, outputs, CONFIG.model_copy(update={"unfreeze": unfreeze}))

    metrics = json.loads((folder / outputs / "model_run/metrics.json").read_text(encoding="utf-8"))
    record = metrics["unfreeze"]
    assert (record["kept"], record["trained_depths"], record["best_epoch"] > 0) == (kept, 1, kept)
    assert record["epochs"] == len(record["history"]["val_loss"])
    assert (record["after"] < record["before"]) if kept else (record["after"] == record["before"])
    assert metrics["validation"][record["metric"]] == record["after"]
    assert list((folder / outputs / "model_run/tensorboard/unfrozen/train").iterdir())
    signatures = tf.saved_model.load(path_utils.serving_model_dir(str(folder / outputs / "model"))).signatures
    embedding = signatures["embed"](text=tf.constant(TEXTS))["embedding"]
    assert np.allclose(embedding, features, atol=1e-4) != kept


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("frozen", {}),
        ("ensemble", {"folds": 3, "final": "ensemble"}),
        (
            "unfrozen",
            {"unfreeze": UnfreezeConfig(epochs=10, batch_size=8, learning_rate=1e-3, metric="loss", layers=1)},
        ),
    ],
)
def test_several_labels(run, name, keys):
    folder = run[0] / "several"
    execute(folder, name, CONFIG.model_copy(update={"threshold": 0.4, **keys}), multi_label=True)

    metrics = json.loads((folder / name / "model_run/metrics.json").read_text(encoding="utf-8"))
    if name == "ensemble":
        assert metrics["cv_weighted_f1"] > 0.7
    else:
        assert metrics["validation"]["micro_f1"] is not None
    if name == "unfrozen":
        assert metrics["unfreeze"]["kept"] and metrics["unfreeze"]["after"] < metrics["unfreeze"]["before"]
    answer = tf.saved_model.load(path_utils.serving_model_dir(str(folder / name / "model"))).signatures[
        "serving_default"
    ](text=tf.constant(TEXTS))
    chosen, probabilities = answer["chosen"].numpy(), answer["probabilities"].numpy()
    np.testing.assert_array_equal(chosen, probabilities >= 0.4)
    expected = [[number in several_labels(text) for number in range(2)] for text in TEXTS]
    assert (chosen == expected).mean() > 0.8
    assert not np.allclose(probabilities.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("frozen", {}),
        ("ensemble", {"folds": 3, "final": "ensemble"}),
        ("unfrozen", {"unfreeze": UnfreezeConfig(epochs=1, batch_size=8, learning_rate=1e-3, metric="loss")}),
    ],
)
def test_ngrams_beside_the_network(run, name, keys):
    folder, _ = run
    plain = CONFIG.model_copy(update={"epochs": 4, **keys})
    execute(folder, f"plain-{name}", plain)
    execute(folder, f"joint-{name}", plain.model_copy(update={"ngrams": NGramsConfig()}))

    metrics = json.loads((folder / f"joint-{name}/model_run/metrics.json").read_text(encoding="utf-8"))
    record = metrics["ngrams"]
    assert record["unseen_examples"] == (len(TEXTS) if name == "ensemble" else 8)
    assert record["accuracy"]["ngrams"] > 0.9
    assert metrics["validation"]["accuracy"] == record["accuracy"]["both"]
    graph = TextGraph.load(folder / "tokenizer")
    labels = np.array([int(n < 20) for n in range(len(TEXTS))])
    texts = np.array([text.encode() for text in TEXTS], object)
    ngrams = train_ngrams(texts, labels, len(LABELS), graph, NGramsConfig())(tf.constant(TEXTS)).numpy()
    alone, joined = (
        tf.saved_model.load(path_utils.serving_model_dir(str(folder / f"{kind}-{name}/model")))
        .signatures["serving_default"](text=tf.constant(TEXTS))["probabilities"]
        .numpy()
        for kind in ("plain", "joint")
    )
    logits = record["factors"]["network"] * np.log(alone) + record["factors"]["ngrams"] * ngrams
    np.testing.assert_allclose(joined, tf.nn.softmax(logits).numpy(), atol=1e-3)

"""Long texts: the served model reads them as the cached features do."""

import numpy as np
import pytest
import tensorflow as tf
from tfx.types import standard_artifacts

from components import artifacts, progress
from components.examples import split_files
from components.feature_gen import info, records
from components.feature_gen.config import FeatureGenConfig
from components.feature_gen.encoder import encode, load_encoder
from components.feature_gen.executor import Executor
from components.text_transform.config import CutConfig
from components.text_transform.graph import TextGraph
from components.trainer.config import TrainerConfig
from components.trainer.export import TextClassifier, export
from components.trainer.head import build_head
from tests.components import tiny
from tests.components.trainer.test_executor import LABELS, write_tokenizer

pytestmark = pytest.mark.slow

MAX_LENGTH, OVERLAP = 10, 2
TEXTS = ["寿司を食べた。", "", "新しい電話だ。" * 5, "うどんとそば", "焼き肉" * 40]
CHUNKS = CutConfig(long_documents="chunks", chunk_overlap=OVERLAP, max_chunks=4)
CUTS = {"chunks": CHUNKS, "head_tail": CutConfig(long_documents="head_tail")}


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    tiny.write_backbone(folder / "backbone")
    write_tokenizer(folder / "tokenizer")
    return folder, TextGraph.load(folder / "tokenizer"), load_encoder(folder / "backbone")


def cached(folder, graph, pooling, cut, texts=TEXTS):
    """Runs FeatureGen on what the Transform stores."""
    rows = [
        {"input_ids": ids, "label_id": 0, "id": b"%d" % number, "text": b"", "token_count": len(ids) - 2}
        for number, ids in enumerate(graph.tokenize(tf.constant(texts), MAX_LENGTH, cut).to_list())
    ]
    tiny.write_examples(folder / "examples/Split-train/x-00000-of-00001.gz", rows)
    examples, backbone, tokenizer = standard_artifacts.Examples(), artifacts.Backbone(), artifacts.Tokenizer()
    output = artifacts.Features()
    examples.uri, examples.split_names = str(folder / "examples"), tiny.split_names("train")
    backbone.uri, tokenizer.uri, output.uri = (str(folder / name) for name in ("backbone", "tokenizer", "features"))
    inputs, properties = {"examples": [examples], "backbone": [backbone]}, {}
    if cut.long_documents == "chunks":
        inputs["tokenizer"] = [tokenizer]
        properties = {"max_length": MAX_LENGTH, "chunk_overlap": cut.chunk_overlap}
    config = FeatureGenConfig(pooling=pooling).model_dump_json()
    Executor().Do(inputs, {"features": [output]}, {"config": config, **properties})
    return records.read_features(split_files(f"{output.uri}/Split-train"), info.read(output.uri)).features


@pytest.mark.parametrize(("pooling", "how"), [("cls_mean", "chunks"), ("max", "chunks"), ("mean", "head_tail")])
def test_served_features_are_the_cached_ones(parts, tmp_path, pooling, how):
    folder, graph, encoder = parts
    features = cached(folder, graph, pooling, CUTS[how])
    head = build_head(features, len(LABELS), TrainerConfig())

    export(TextClassifier(graph, encoder, head, LABELS, pooling, MAX_LENGTH, cut=CUTS[how]), LABELS, tmp_path / "model")

    signatures = tf.saved_model.load(str(tmp_path / "model")).signatures
    np.testing.assert_allclose(signatures["embed"](text=tf.constant(TEXTS))["embedding"], features, atol=1e-5)
    alone = [signatures["embed"](text=tf.constant([text]))["embedding"][0] for text in TEXTS]
    np.testing.assert_allclose(alone, features, atol=1e-5)
    assert signatures["serving_default"](text=tf.constant([], tf.string))["probabilities"].shape == (0, 2)


def test_chunks_are_averaged_by_their_tokens(parts):
    folder, graph, encoder = parts
    for text, vector in zip(TEXTS, cached(folder, graph, "cls", CHUNKS), strict=True):
        tokens, room = graph.encode(tf.constant([text])).to_list()[0], MAX_LENGTH - 2
        windows = [tokens[:room]]
        for start in range(room - OVERLAP, len(tokens) - OVERLAP, room - OVERLAP):
            windows.append(tokens[start : start + room])
        windows = [[2, *window, 3] for window in windows[:4]]
        vectors = [encode(encoder, tf.constant([ids]), tf.constant([len(ids)]), "cls")[0] for ids in windows]
        expected = np.average(vectors, axis=0, weights=[len(ids) for ids in windows])
        np.testing.assert_allclose(vector, expected, atol=1e-5)


@pytest.mark.parametrize("pooling", ["cls", "mean", "max", "cls_mean"])
def test_texts_of_one_chunk_have_the_plain_features(parts, pooling):
    folder, graph, _ = parts
    short = [TEXTS[0], TEXTS[1], TEXTS[3]]

    chunked, plain = (cached(folder, graph, pooling, cut, short) for cut in (CHUNKS, CutConfig()))

    np.testing.assert_array_equal(chunked, plain)


def test_progress_counts_texts_not_chunks(parts):
    folder, graph, _ = parts
    reports = []
    with progress.listen(lambda *report: reports.append(report)):
        cached(folder, graph, "mean", CHUNKS)

    assert reports[-1] == (5, 5, "5 of 5 texts")
    assert all(done <= total == 5 for done, total, _ in reports)

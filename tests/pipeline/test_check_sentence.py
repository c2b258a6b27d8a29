"""The demo's check: a word that the pretrained model knows, as CI asks, and the untrained one does not."""

from pathlib import Path

import pytest
import tensorflow as tf

import pipeline
from components.pretrainer.executor import vocabulary_of
from components.pretrainer.fill_mask import export_fill_mask
from components.pretrainer.model import build_network
from components.text_transform.graph import TextGraph
from components.tokenizer.training import train_tokenizer
from pipeline import loading

CHECK = (
    "galveston is home to six [MASK] districts with over 60 structures listed representing architectural significance"
)


@pytest.mark.slow
def test_the_untrained_model_does_not_know_the_word(tmp_path):
    config = loading.load("demo", ())
    corpus = Path(pipeline.__file__).parent / "demo" / "corpus.txt"
    train_tokenizer(corpus.read_bytes().splitlines(), tmp_path / "tokenizer", config.tokenizer, config.text)
    graph = TextGraph.load(tmp_path / "tokenizer")
    assert "historic" in graph.pieces

    export_fill_mask(build_network(config.pretrainer, vocabulary_of(graph)), graph, tmp_path / "model")

    signature = tf.saved_model.load(str(tmp_path / "model")).signatures["fill_mask"]
    tokens = signature(text=tf.constant([CHECK]))["tokens"].numpy()[0].tolist()
    assert b"historic" not in tokens

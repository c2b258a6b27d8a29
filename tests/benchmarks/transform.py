"""Transform as a whole, on Beam, against the write-up's single Python process, on all of 20 Newsgroups."""

import tempfile
import time
from pathlib import Path
from typing import Any

import tensorflow as tf
from tfx.types import channel_utils, standard_artifacts
from transformers import AutoTokenizer

from components import artifacts
from components.text_transform.component import TextTransform
from components.text_transform.config import TextConfig
from components.text_transform.executor import Executor
from components.text_transform.stop_words import resolve_stop_words
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from tests.benchmarks import corpora, write_ups

GOALS = {"Transform to the write-up": 1}
_MAX_LENGTH = 200
_SCHEMA = "\n".join(
    f'feature {{ name: "{name}" type: BYTES value_count {{ min: 1 max: 1 }} presence {{ min_fraction: 1 }} }}'
    for name in ("text", "id", "label")
)


def measure() -> dict[str, Any]:
    """Runs each once: both take long enough.

    Returns:
        Seconds of each, and their ratio.
    """
    texts = corpora.messages()
    nltk = str(corpora.DATA / "stopwords" / "nltk-english.txt")
    config = TextConfig(cleaning="newsgroups", stop_words=["english"], nltk_english=nltk)
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        vocabulary = corpora.DATA / "vocab" / "bert-base-uncased-vocab.txt"
        import_tokenizer(vocabulary, root / "tokenizer", TokenizerConfig(kind="import"), config)
        inputs = _inputs(root, texts)
        start = time.perf_counter()
        _transform(root, inputs)
        transform = time.perf_counter() - start
        fast = AutoTokenizer.from_pretrained(root / "tokenizer")
    start = time.perf_counter()
    write_ups.classify_ids(texts, resolve_stop_words(["english"], nltk), fast, _MAX_LENGTH)
    write_up = time.perf_counter() - start
    seconds = {"Transform": transform, "write-up": write_up}
    return {"seconds": seconds, "ratios": {"Transform to the write-up": write_up / transform}}


def _inputs(root: Path, texts: list[str]) -> dict[str, list[Any]]:
    folder = root / "examples" / "Split-train"
    folder.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(folder / "data-00000-of-00001.gz"), "GZIP") as writer:
        for number, text in enumerate(texts):
            values = {"text": text, "id": str(number), "label": str(number % 20)}
            feature = {
                name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))
                for name, value in values.items()
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    (root / "schema").mkdir()
    (root / "schema" / "schema.pbtxt").write_text(_SCHEMA)
    examples, schema, tokenizer = standard_artifacts.Examples(), standard_artifacts.Schema(), artifacts.Tokenizer()
    examples.split_names = '["train"]'
    examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    for artifact, name in ((examples, "examples"), (schema, "schema"), (tokenizer, "tokenizer")):
        artifact.uri = str(root / name)
    return {"examples": [examples], "schema": [schema], "tokenizer": [tokenizer]}


def _transform(root: Path, inputs: dict[str, list[Any]]) -> None:
    channels = {name: channel_utils.as_channel(made) for name, made in inputs.items()}
    node = TextTransform(**channels, labelled=True, max_length=_MAX_LENGTH)
    graph, transformed = standard_artifacts.TransformGraph(), standard_artifacts.Examples()
    graph.uri, transformed.uri = str(root / "graph"), str(root / "transformed")
    outputs = {"transform_graph": [graph], "transformed_examples": [transformed]}
    Executor(Executor.Context(tmp_dir=str(root / "tmp"), unique_id="1")).Do(inputs, outputs, node.exec_properties)

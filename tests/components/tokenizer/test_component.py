"""The node with real artifacts."""

import json
import shutil
from pathlib import Path

import pytest
import tensorflow as tf
from tfx.types import artifact_utils, channel_utils, standard_artifacts

from components import artifacts
from components.errors import ConfigError
from components.text_transform.config import TextConfig
from components.text_transform.graph import TextGraph
from components.tokenizer.component import Tokenizer
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.executor import Executor, check_fits
from components.tokenizer.importing import import_tokenizer
from tests.components.tokenizer.corpus import ROWS

pytestmark = pytest.mark.slow


def write_split(root, split: str, shards: list[list[list[bytes]]]) -> None:
    (root / f"Split-{split}").mkdir(parents=True)
    for number, shard in enumerate(shards):
        path = root / f"Split-{split}" / f"data-{number:05}-of-{len(shards):05}.gz"
        with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
            for values in shard:
                feature = {"text": tf.train.Feature(bytes_list=tf.train.BytesList(value=values))}
                writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())


@pytest.fixture
def examples(tmp_path):
    artifact = standard_artifacts.Examples()
    artifact.uri = str(tmp_path / "examples")
    artifact.split_names = artifact_utils.encode_split_names(["train", "eval"])
    write_split(tmp_path / "examples", "train", [[[row] for row in ROWS[:25]], [[row] for row in ROWS[25:]]])
    write_split(tmp_path / "examples", "eval", [[["鱈鱈鱈".encode()]]])
    return artifact


def run(node: Tokenizer, directory, **inputs) -> TextGraph:
    output = artifacts.Tokenizer()
    output.uri = str(directory)
    Executor().Do({name: [made] for name, made in inputs.items()}, {"tokenizer": [output]}, node.exec_properties)
    return TextGraph.load(directory)


def channel(artifact):
    return channel_utils.as_channel([artifact])


def test_what_becomes_of_long_texts_is_no_part_of_it(examples):
    texts = [TextConfig(), TextConfig(max_length=64, long_documents="chunks", chunk_overlap=8, max_chunks=2)]
    first, second = (Tokenizer(TokenizerConfig(), text, examples=channel(examples)) for text in texts)
    assert first.exec_properties == second.exec_properties


def test_trains_on_the_train_split(examples, tmp_path):
    config = TokenizerConfig(kind="sentencepiece", vocab_size=450)
    node = Tokenizer(config, TextConfig(cleaning=["digits_to_zero"]), examples=channel(examples))
    graph = run(node, tmp_path / "tokenizer", examples=examples)
    assert graph.tokenize(tf.constant(["7"])).to_list() == graph.tokenize(tf.constant(["123"])).to_list()
    assert not any("鱈" in piece for piece in graph.pieces)


def test_of_a_large_corpus_a_part_is_drawn(examples, tmp_path):
    size = sum(path.stat().st_size for path in (tmp_path / "examples/Split-train").iterdir()) / 2**20
    config = TokenizerConfig(kind="sentencepiece", vocab_size=300, sample_mb=size / 3)
    graph = run(Tokenizer(config, TextConfig(), examples=channel(examples)), tmp_path / "part", examples=examples)
    whole = config.model_copy(update={"sample_mb": 100})
    other = run(Tokenizer(whole, TextConfig(), examples=channel(examples)), tmp_path / "whole", examples=examples)
    assert graph.vocab_size < other.vocab_size
    assert not (tmp_path / "part" / "drawn").exists()


def test_imports_the_tokenizer_of_the_backbone(trained, tmp_path):
    backbone = artifacts.Backbone()
    backbone.uri = str(trained["cased"])
    node = Tokenizer(TokenizerConfig(kind="import"), TextConfig(), backbone=channel(backbone))
    assert run(node, tmp_path / "tokenizer", backbone=backbone).pieces == TextGraph.load(trained["cased"]).pieces


def test_a_tokenizer_that_does_not_fit_its_backbone(trained, tmp_path):
    backbone = artifacts.Backbone()
    backbone.uri = str(tmp_path / "backbone")
    shutil.copytree(trained["cased"], tmp_path / "backbone", ignore=shutil.ignore_patterns("text_graph*"))
    config = TokenizerConfig(kind="import", source=str(trained["cased"]))
    node = Tokenizer(config, TextConfig(), backbone=channel(backbone))
    pieces = len(TextGraph.load(trained["cased"]).pieces)
    (tmp_path / "backbone" / "config.json").write_text(json.dumps({"vocab_size": pieces}))
    run(node, tmp_path / "fits", backbone=backbone)
    (tmp_path / "backbone" / "config.json").write_text(json.dumps({"vocab_size": pieces - 1}))
    with pytest.raises(ConfigError, match=r"tokenizer\.source: .* embeddings for"):
        run(node, tmp_path / "does not", backbone=backbone)
    (tmp_path / "backbone" / "config.json").write_text(json.dumps({"model_type": "bert"}))
    run(node, tmp_path / "as many as the family has by default", backbone=backbone)


def fitted(source: Path, backbone: Path, tmp_path: Path) -> None:
    """Imports a tokenizer beside an encoder with plenty of embeddings."""
    (backbone / "config.json").write_text(json.dumps({"vocab_size": 10_000}))
    import_tokenizer(source, tmp_path / "imported", TokenizerConfig(kind="import"), TextConfig())
    check_fits(str(tmp_path / "imported"), str(backbone))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("xlm-roberta", "with other ids"), ("t5", "are put around a text"), ("deberta", None), ("big-bird", None)],
)
def test_a_bare_model_of_a_family_that_numbers_its_pieces_otherwise(family, tmp_path, name, wrong):
    source = family(name).directory.parent / f"{name}-source"
    backbone = Path(shutil.copytree(source, tmp_path / "backbone"))
    (model,) = source.glob("*.model")
    if wrong:
        with pytest.raises(ConfigError, match=f"tokenizer.source: the pieces are those of the backbone, but .*{wrong}"):
            fitted(model, backbone, tmp_path)
        fitted(source, backbone, tmp_path)
    else:
        fitted(model, backbone, tmp_path)


def test_another_vocabulary_altogether_is_let_through(trained, family, tmp_path):
    source = family("xlm-roberta").directory.parent / "xlm-roberta-source"
    fitted(trained["cased"], Path(shutil.copytree(source, tmp_path / "backbone")), tmp_path)


def test_what_a_kind_needs(examples):
    with pytest.raises(ConfigError, match=r"tokenizer\.source: nothing to import"):
        Tokenizer(TokenizerConfig(kind="import"), TextConfig(), examples=channel(examples))
    with pytest.raises(ConfigError, match=r"tokenizer\.kind: wordpiece is trained"):
        Tokenizer(TokenizerConfig(kind="wordpiece"), TextConfig())


def properties(examples, text: TextConfig, **config) -> dict:
    return Tokenizer(TokenizerConfig(**config), text, examples=channel(examples)).exec_properties


def test_the_cache_key(examples, tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("a\n")
    text = TextConfig(stop_words=[str(words)])
    before = properties(examples, text)
    assert properties(examples, text.model_copy(update={"max_length": 7})) == before
    assert properties(examples, text, vocab_size=9) != before
    words.write_text("b\n")
    assert properties(examples, text)["source"] != before["source"]


def test_an_edited_source_is_another_source(examples, trained, tmp_path):
    vocabulary = tmp_path / "vocab.txt"
    vocabulary.write_text("[PAD]\n[UNK]\n")
    options = {"kind": "import", "source": str(vocabulary)}
    before = properties(examples, TextConfig(), **options)["source"]
    vocabulary.write_text("[PAD]\n[UNK]\na\n")
    assert properties(examples, TextConfig(), **options)["source"] != before
    (tmp_path / "directory").mkdir()
    options["source"] = str(tmp_path / "directory")
    before = properties(examples, TextConfig(), **options)["source"]
    (tmp_path / "directory" / "vocab.txt").write_text("[PAD]\n")
    assert properties(examples, TextConfig(), **options)["source"] != before

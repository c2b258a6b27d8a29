"""Classifiers to serve: their weights are random, which costs a server the same as others."""

from dataclasses import dataclass
from pathlib import Path

import tf_keras
from transformers import AutoConfig, BertConfig, TFBertModel

from components.expected_answers import spread_texts
from components.feature_gen.encoder import load_encoder
from components.servable_check.warmup import write_warmup
from components.text_transform.config import TextConfig
from components.text_transform.graph import TextGraph
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from components.tokenizer.training import train_tokenizer
from components.trainer.export import TextClassifier, export
from tests.benchmarks import corpora
from tests.benchmarks.newsgroups import VOCABULARY

_TEXTS = 2000


@dataclass(frozen=True)
class Served:
    """A classifier, and the parts that the naive service makes one of.

    Attributes:
        directory: Watched by a server.
        version: The SavedModel.
        encoder: In Hugging Face's format.
        tokenizer: In Hugging Face's format.
        max_length: Of a text, in tokens.
        labels: How many.
        texts: Real ones, to ask.
    """

    directory: Path
    version: Path
    encoder: Path
    tokenizer: Path
    max_length: int
    labels: int
    texts: list[str]


def knbc(directory: Path) -> Served:
    """Sentences of 19 tokens in the mean, of at most 128; 4 layers, 256 wide, as the preset has them."""
    sentences = corpora.japanese_sentences()
    encoder, tokenizer = directory / "encoder", directory / "tokenizer"
    config = TokenizerConfig(kind="sentencepiece", vocab_size=4000)
    train_tokenizer((sentence.encode() for sentence in sentences), tokenizer, config, TextConfig())
    sizes = {"hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 1024}
    model = TFBertModel(BertConfig(vocab_size=4000, max_position_embeddings=128, **sizes))
    model.build_in_name_scope()
    model.save_pretrained(encoder)
    return _export(directory, encoder, tokenizer, 128, 4, sentences[:_TEXTS])


def newsgroups(directory: Path, encoder: Path) -> Served:
    """Messages of which most are longer than 256 tokens, where they are cut; MiniLM, 6 layers, 384 wide.

    Args:
        directory: Where to write.
        encoder: all-MiniLM-L6-v2.
    """
    tokenizer = directory / "tokenizer"
    import_tokenizer(VOCABULARY, tokenizer, TokenizerConfig(kind="import"), TextConfig())
    return _export(directory, encoder, tokenizer, 256, 20, corpora.messages()[::5][:_TEXTS])


def _export(directory: Path, encoder: Path, tokenizer: Path, max_length: int, labels: int, texts: list[str]) -> Served:
    width = AutoConfig.from_pretrained(encoder).hidden_size
    head = tf_keras.Sequential([tf_keras.layers.Input([width]), tf_keras.layers.Dense(labels)])
    names = [f"話題{number}" for number in range(labels)]
    classifier = TextClassifier(TextGraph.load(tokenizer), load_encoder(encoder), head, names, "mean", max_length)
    version = directory / "serving" / "1"
    export(classifier, names, version)
    write_warmup(str(version), ["serving_default"], spread_texts([text.encode() for text in texts]))
    return Served(version.parent, version, encoder, tokenizer, max_length, labels, texts)

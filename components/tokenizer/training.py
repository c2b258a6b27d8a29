"""Training a tokenizer on a corpus and writing its directory."""

import itertools
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf

from components.text_transform.cleaning import clean
from components.text_transform.config import TextConfig
from components.text_transform.markers import map_between
from components.text_transform.stop_words import drop_stop_words, resolve_stop_words
from components.text_transform.utf8 import valid_utf8
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.directory import write_sentencepiece, write_wordpiece
from components.tokenizer.importing import wordpiece_tokenizer
from components.tokenizer.sentencepiece_layout import plain_layout
from components.tokenizer.train_sentencepiece import train_sentencepiece
from components.tokenizer.train_wordpiece import train_wordpiece

_BATCH = 1024


def train_tokenizer(texts: Iterable[bytes], directory: str | Path, config: TokenizerConfig, text: TextConfig) -> None:
    """Trains the configured tokenizer and writes its directory.

    Args:
        texts: The raw corpus; iterated over more than once, never held in memory by this module.
        directory: Where to write.
        config: The tokenizer.
        text: Cleaning and stop words, which the corpus goes through too.

    Raises:
        ConfigError: If the vocabulary size does not fit the corpus.
        DataError: If the corpus has no text.
    """
    cleaned = CleanedTexts(texts, text)
    if config.kind == "sentencepiece":
        write_sentencepiece(directory, plain_layout(train_sentencepiece(cleaned, config)), text)
        return
    with tempfile.TemporaryDirectory() as temporary:
        vocabulary = Path(temporary) / "vocab.txt"
        vocabulary.write_text("\n".join(train_wordpiece(cleaned, config)) + "\n", encoding="utf-8")
        write_wordpiece(directory, wordpiece_tokenizer(vocabulary, config), text)


@dataclass(frozen=True)
class CleanedTexts:
    """Raw texts after the cleaning that the tokenizer's text graph will do; unknown markers are dropped.

    Attributes:
        texts: The raw texts.
        config: Cleaning and stop words.
    """

    texts: Iterable[bytes]
    config: TextConfig

    def __iter__(self) -> Iterator[str]:
        """Yields the cleaned texts, in order."""
        words = resolve_stop_words(self.config.stop_words, self.config.nltk_english)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
        def graph(batch: tf.Tensor) -> tf.Tensor:
            batch = valid_utf8(batch)
            if not self.config.unknown_marker:
                return clean_part(batch)
            between = map_between(batch, self.config.unknown_marker, clean_part)
            return tf.strings.regex_replace(between, re.escape(self.config.unknown_marker), " ")

        def clean_part(batch: tf.Tensor) -> tf.Tensor:
            batch = clean(batch, self.config.cleaning)
            return drop_stop_words(batch, words) if words else batch

        rest = iter(self.texts)
        while batch := list(itertools.islice(rest, _BATCH)):
            yield from (row.decode() for row in graph(tf.constant(batch)).numpy())

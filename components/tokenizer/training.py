"""Training a tokenizer on a corpus and writing its directory."""

import random
import re
import tempfile
from collections.abc import Iterable, Sequence
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
_SEED = 0


def train_tokenizer(texts: Iterable[bytes], directory: str | Path, config: TokenizerConfig, text: TextConfig) -> None:
    """Trains the configured tokenizer and writes its directory.

    Args:
        texts: The raw corpus; read once, at most ``sample_rows`` of it are kept.
        directory: Where to write.
        config: The tokenizer.
        text: Cleaning and stop words, which the corpus goes through too.

    Raises:
        ConfigError: If the vocabulary size does not fit the corpus.
        DataError: If the corpus has no text.
    """
    cleaned = clean_corpus(sample(texts, config.sample_rows), text)
    if config.kind == "sentencepiece":
        write_sentencepiece(directory, plain_layout(train_sentencepiece(cleaned, config)), text)
        return
    with tempfile.TemporaryDirectory() as temporary:
        vocabulary = Path(temporary) / "vocab.txt"
        vocabulary.write_text("\n".join(train_wordpiece(cleaned, config)) + "\n", encoding="utf-8")
        write_wordpiece(directory, wordpiece_tokenizer(vocabulary, config), text)


def sample(rows: Iterable[bytes], size: int) -> list[bytes]:
    """Draws rows evenly without knowing how many there are (reservoir sampling, algorithm R of Vitter 1985).

    Args:
        rows: Read once.
        size: How many to draw at most.

    Returns:
        All rows if there are no more than ``size``; else ``size`` of them, the same ones for the same rows.
    """
    drawn: list[bytes] = []
    generator = random.Random(_SEED)
    for index, row in enumerate(rows):
        if index < size:
            drawn.append(row)
        elif (place := generator.randrange(index + 1)) < size:
            drawn[place] = row
    return drawn


def clean_corpus(texts: Sequence[bytes], text: TextConfig) -> list[str]:
    """Runs raw texts through the cleaning that the tokenizer's text graph will do.

    Args:
        texts: Raw texts.
        text: Cleaning and stop words; unknown markers are dropped.

    Returns:
        The cleaned texts, in order.
    """
    words = resolve_stop_words(text.stop_words, text.nltk_english)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def graph(batch: tf.Tensor) -> tf.Tensor:
        batch = valid_utf8(batch)
        if not text.unknown_marker:
            return clean_part(batch)
        between = map_between(batch, text.unknown_marker, clean_part)
        return tf.strings.regex_replace(between, re.escape(text.unknown_marker), " ")

    def clean_part(batch: tf.Tensor) -> tf.Tensor:
        batch = clean(batch, text.cleaning)
        return drop_stop_words(batch, words) if words else batch

    batches = (texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH))
    return [row.decode() for batch in batches for row in graph(tf.constant(batch)).numpy()]

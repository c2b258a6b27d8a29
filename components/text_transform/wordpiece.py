"""WordPiece ids as Hugging Face's ``BertTokenizerFast`` gives them, in the graph.

TF Text's `FastWordpieceTokenizer` splits at white space, punctuation and CJK characters and matches pieces in one
pass, several times faster than any other implementation. What its classes of characters and its normalizer do
differently from the reference is taken out by tables that `components.text_transform.wordpiece_tables` made by asking
the reference itself:

- a table of replacements does the normalizing (cleaning, lower-casing, accents), and sets punctuation that TF Text
  might not know apart by line feeds;
- characters at which TF Text splits but the reference does not are replaced, in texts and in the vocabulary, by private
  stand-ins, which cannot occur otherwise because the reference deletes private characters.
"""

import functools

import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text

from components.text_transform import characters
from components.text_transform.charmap import apply_charmap

CJK_RANGES = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)
"""What TF Text takes for Chinese characters, each a word by itself."""
MOST_CHARACTERS = 1 << 28
"""A word of so many is longer than any text: protocol buffers, in which texts come, end at 2 GiB."""
_MOST_REPETITIONS = 200
"""From here on words are measured: RE2 refuses to count to more than 1,000, and takes much memory long before."""
UNKNOWN_WORD = chr(0x10FFFD)
"""A private character that no vocabulary has."""


class WordPiece(tf.Module):
    """The WordPiece tokenizer of a vocabulary.

    Args:
        model: The compiled vocabulary, uint8.
        charmap: Compiled table of replacements, uint8.
        reordered: Code points that the normalization may reorder; where one occurs, the text is brought to NFD first.
        max_word_characters: Longer words are unknown.
    """

    def __init__(self, model: np.ndarray, charmap: np.ndarray, reordered: np.ndarray, max_word_characters: int) -> None:
        super().__init__()
        self._charmap = tf.constant(charmap)
        self._reordered = characters.regex_class(reordered.tolist()) if len(reordered) else None
        self._longest = max_word_characters
        self._tokenizer = tf_text.FastWordpieceTokenizer(model_buffer=tf.constant(model), token_out_type=tf.int32)

    def __call__(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Gives the ids of each text, without special tokens.

        Args:
            texts: (N,) string, valid UTF-8.

        Returns:
            (N, None) int32.
        """
        if self._reordered:
            rare = tf.reduce_any(tf.strings.regex_full_match(texts, f"(?s).*{self._reordered}.*"))
            texts = tf.cond(rare, lambda: tf_text.normalize_utf8(texts, "NFD"), lambda: tf.identity(texts))
        normalized = apply_charmap(texts, self._charmap)
        return self._tokenizer.tokenize(self._without_long_words(normalized))

    def _without_long_words(self, texts: tf.Tensor) -> tf.Tensor:
        if self._longest < _MOST_REPETITIONS:
            return tf.strings.regex_replace(texts, f"{_word_class()}{{{self._longest + 1},}}", UNKNOWN_WORD)
        if self._longest >= MOST_CHARACTERS:
            return texts
        longest = tf.reduce_max(tf.concat([tf.strings.length(texts), [0]], axis=0))
        return tf.cond(longest > self._longest, lambda: self._count_words(texts), lambda: tf.identity(texts))

    def _count_words(self, texts: tf.Tensor) -> tf.Tensor:
        """What the regular expression does, which cannot count so far: words one by one, each measured."""
        parts = tf.strings.split(tf.strings.regex_replace(texts, f"({_word_class()}+)", "\n\\1\n"), "\n")
        words = parts.flat_values
        is_word = tf.strings.regex_full_match(words, f"{_word_class()}+")
        is_long = is_word & (tf.strings.length(words, unit="UTF8_CHAR") > self._longest)
        kept = parts.with_flat_values(tf.where(is_long, UNKNOWN_WORD, words))
        return tf.strings.reduce_join(kept, axis=-1, separator="\n")


@functools.cache
def _word_class() -> str:
    """Characters that make up words after the table of replacements was applied."""
    ascii_breaks = [c for c in range(0x80) if not chr(c).isalnum()]
    cjk = [c for first, last in CJK_RANGES for c in range(first, last + 1)]
    return characters.regex_class([*ascii_breaks, *cjk], negated=True)

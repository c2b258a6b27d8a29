"""Whole-word masking: which pieces make a word, and which words of a block are hidden.

The idea is that of Google's second set of BERT models (https://github.com/google-research/bert, "Whole Word Masking"):
a piece whose neighbours in the word can be seen is too easy to guess.
"""

import unicodedata
from collections.abc import Sequence

import tensorflow as tf

WORDPIECE_CONTINUATION, SENTENCEPIECE_START = "##", "▁"
# Scripts that are written without spaces, as the names of their characters in Unicode have them.
UNSPACED = ("CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")
PASSES = 4  # over the words, to fill up the share; each one finds at least one word that still fits, if there is one


def word_joints(pieces: Sequence[str], wordpiece: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Finds the pieces that make words together.

    In WordPiece the pieces that begin with ``##`` go on with a word. In SentencePiece a word begins with ``▁``, and
    what has none goes on with it; but then punctuation would be part of the word before, and a whole Japanese sentence
    one word. So only letters and digits of scripts with spaces join: in Japanese, whole words are pieces.

    Args:
        pieces: The vocabulary, in order of ids.
        wordpiece: Whether it is WordPiece's; if not, SentencePiece's.

    Returns:
        The ids of the pieces that go on with a word, and of those that no piece goes on with; both ascending.

    Example:
        >>> word_joints(["▁temple", "s", "。", "▁京都", "には", "▁"], wordpiece=False)
        ((1,), (2, 3, 4))
    """
    if wordpiece:
        return tuple(i for i, piece in enumerate(pieces) if piece.startswith(WORDPIECE_CONTINUATION)), ()
    continuing = tuple(i for i, piece in enumerate(pieces) if _joins(piece[:1]))
    closing = tuple(i for i, piece in enumerate(pieces) if not _joins(piece[-1:]) and piece != SENTENCEPIECE_START)
    return continuing, closing


def choose_words(
    maskable: tf.Tensor, continues: tf.Tensor, seed: tf.Tensor, wanted: tf.Tensor, slots: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Draws words until a number of tokens is reached.

    The words come in random order. The first one is taken, if only it fits the slots; then each that does not make the
    tokens more than are wanted, others are passed over: so a long word is taken less often than a short one, and one of
    more tokens than there are slots never.

    Args:
        maskable: Which tokens may be hidden, bool, shape ``(batch, length)``.
        continues: Which tokens go on with the word before them, bool, shape ``(batch, length)``.
        seed: int32, shape ``(2,)``.
        wanted: Number of tokens to hide in each block, float32, shape ``(batch, 1)``, at most ``slots``.
        slots: Number of positions to return.

    Returns:
        ``positions`` int32 ``(batch, slots)``, those in use first; ``in_use`` bool ``(batch, slots)``.
    """
    number = tf.cumsum(tf.cast(maskable & ~continues, tf.int32), axis=1)  # of the word, from 1 on
    words = tf.where(maskable, number, 0)
    lengths = _count(words)
    takeable = (lengths > 0) & (lengths <= slots)
    chance = tf.where(takeable, tf.random.stateless_uniform(tf.shape(words), seed), -1.0)
    order = tf.argsort(chance, axis=1, direction="DESCENDING", stable=True)
    taken = _fill(tf.gather(lengths, order, batch_dims=1), tf.cast(wanted, tf.int32), slots)
    word_taken = tf.gather(taken, tf.argsort(order, axis=1), batch_dims=1)
    hidden = maskable & tf.gather(word_taken, tf.maximum(words - 1, 0), batch_dims=1)
    positions = tf.math.top_k(tf.cast(hidden, tf.int32), slots).indices
    return positions, tf.gather(hidden, positions, batch_dims=1)


def _fill(lengths: tf.Tensor, wanted: tf.Tensor, slots: int) -> tf.Tensor:
    """Takes words, in their order, while they fit: what a loop over them would take, but for the last few."""
    takeable = (lengths > 0) & (lengths <= slots)
    taken = takeable & (tf.range(lengths.shape[1]) == 0)
    for _ in range(PASSES):
        room = wanted - tf.reduce_sum(tf.where(taken, lengths, 0), axis=1, keepdims=True)
        fits = takeable & ~taken & (lengths <= room)
        taken |= fits & (tf.cumsum(tf.where(fits, lengths, 0), axis=1) <= room)
    return taken


def _count(words: tf.Tensor) -> tf.Tensor:
    """Tokens of each word of a block: int32, shape ``(batch, length)``, word 1 first."""
    rows = tf.broadcast_to(tf.range(tf.shape(words)[0])[:, tf.newaxis], tf.shape(words))
    shape = tf.stack([tf.shape(words)[0], words.shape[1] + 1])
    return tf.scatter_nd(tf.stack([rows, words], axis=-1), tf.ones_like(words), shape)[:, 1:]


def _joins(character: str) -> bool:
    return character.isalnum() and not any(script in unicodedata.name(character, "") for script in UNSPACED)

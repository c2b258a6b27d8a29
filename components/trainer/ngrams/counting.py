"""N-grams of texts as 64-bit fingerprints, in TensorFlow ops that training and TF Serving run alike."""

import tensorflow as tf

from components.text_transform.graph import TextGraph
from components.trainer.ngrams.config import NGramsConfig

_MULTIPLIER = -7046029254386353131  # 2^64 divided by the golden ratio, odd: Knuth's multiplicative hashing
_TOKENS, _CHARACTERS = 1 << 40, 1 << 41  # further apart than any two ids or code points


def ngrams_of(text_graph: TextGraph, texts: tf.Tensor, config: NGramsConfig) -> tf.RaggedTensor:
    """Lists the n-grams of texts, each as often as it is there.

    Args:
        text_graph: Cleans and tokenizes.
        texts: Raw texts, string of shape ``[n]``.
        config: Which n-grams.

    Returns:
        Fingerprints, ragged int64 of shape ``[n, None]``.
    """
    parts = []
    if config.tokens:
        parts.append(fingerprints(text_graph.encode(texts), config.tokens, _TOKENS))
    if config.characters:
        characters = tf.strings.unicode_decode(text_graph.clean(texts), "UTF-8")
        parts.append(fingerprints(characters, config.characters, _CHARACTERS))
    return tf.concat(parts, axis=1)


def fingerprints(sequences: tf.RaggedTensor, longest: int, salt: int) -> tf.RaggedTensor:
    """Hashes all n-grams of sequences by a polynomial modulo 2^64.

    Among a million different n-grams, two share a fingerprint with a chance of about 3 in 10^8.

    Args:
        sequences: Numbers of what the n-grams are made of, ragged int of shape ``[n, None]``.
        longest: Length of the longest n-grams; all shorter ones are there too.
        salt: Makes the fingerprints of two kinds of n-grams different.

    Returns:
        Ragged int64 of shape ``[n, None]``: single items in order, then pairs, and so on.

    Example:
        >>> pairs = fingerprints(tf.ragged.constant([[7, 8, 9], [8, 9], []]), longest=2, salt=1)
        >>> pairs.row_lengths().numpy().tolist(), bool(pairs[0, 4] == pairs[1, 2])
        ([5, 3, 0], True)
    """
    items = tf.cast(sequences, tf.int64)
    grams = items.with_flat_values((items.flat_values + salt) * _MULTIPLIER)
    found = [grams]
    for length in range(2, longest + 1):
        heads, tails = grams[:, :-1], items[:, length - 1 :]
        grams = heads.with_flat_values((heads.flat_values + tails.flat_values) * _MULTIPLIER)
        found.append(grams)
    return tf.concat(found, axis=1)

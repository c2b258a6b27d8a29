"""Cleaning steps: small named functions of strings, in the graph.

Each takes and gives a string tensor of any one shape and expects valid UTF-8 (see `components.text_transform.utf8`).
The step names, and the recipes that list them, are in `components.text_transform.config`.
"""

import functools
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text

from components.text_transform import characters
from components.text_transform.charmap import apply_charmap, build_charmap
from components.text_transform.markers import map_between

Step = Callable[[tf.Tensor], tf.Tensor]

STEPS: dict[str, Step] = {}
"""Every step by its name in the configuration."""


def step(function: Step) -> Step:
    """Registers a step under the name of its function."""
    STEPS[function.__name__] = function
    return function


def clean(texts: tf.Tensor, steps: Sequence[str]) -> tf.Tensor:
    """Runs steps one after the other.

    Args:
        texts: string, any shape, valid UTF-8.
        steps: Names of `STEPS`.

    Returns:
        string, the same shape.
    """
    for name in steps:
        texts = STEPS[name](texts)
    return texts


@step
def lower(texts: tf.Tensor) -> tf.Tensor:
    """Lower-cases as ``str.lower`` does, the final sigma included."""
    has_zero = tf.reduce_any(tf.strings.regex_full_match(texts, r"(?s).*\x{0}.*"))
    return tf.cond(has_zero, lambda: _lower_between_zeros(texts), lambda: _lower(texts))


def _lower(texts: tf.Tensor) -> tf.Tensor:
    return tf.strings.lower(texts, encoding="utf-8")


def _lower_between_zeros(texts: tf.Tensor) -> tf.Tensor:
    # The op ends a string at U+0000. What stands between zeros can be lower-cased alone: a zero is neither cased nor
    # ignorable, so no rule looks past it.
    return tf.reshape(map_between(tf.reshape(texts, [-1]), "\0", _lower), tf.shape(texts))


@step
def drop_crlf(texts: tf.Tensor) -> tf.Tensor:
    """Deletes the pair carriage return, line feed."""
    return tf.strings.regex_replace(texts, "\r\n", "")


@step
def newline_to_space(texts: tf.Tensor) -> tf.Tensor:
    """Makes every line feed a space."""
    return tf.strings.regex_replace(texts, "\n", " ")


@step
def digits_to_zero(texts: tf.Tensor) -> tf.Tensor:
    """Makes every run of decimal digits, of any script, one ``0``."""
    return tf.strings.regex_replace(texts, characters.decimal_digits() + "+", "0")


@step
def drop_symbols(texts: tf.Tensor) -> tf.Tensor:
    """Deletes ASCII symbols of both widths and Japanese punctuation; keeps ``. - ! ?`` and the backslash."""
    return tf.strings.regex_replace(texts, characters.symbols() + "+", "")


@step
def fullwidth_to_halfwidth(texts: tf.Tensor) -> tf.Tensor:
    """Makes the full-width forms of ASCII characters ASCII; the full-width space stays."""
    return apply_charmap(texts, _halfwidth())


@step
def drop_hyphens(texts: tf.Tensor) -> tf.Tensor:
    """Deletes ``-``."""
    return tf.strings.regex_replace(texts, "-", "")


@step
def collapse_spaces(texts: tf.Tensor) -> tf.Tensor:
    """Makes every run of half- and full-width spaces one half-width space."""
    # Single spaces, nearly all there are, are no matches: several times faster than "[ \u3000]+".
    return tf.strings.regex_replace(texts, "\u3000[ \u3000]*| [ \u3000]+", " ")


@step
def collapse_dots(texts: tf.Tensor) -> tf.Tensor:
    """Makes every run of dots one dot."""
    return tf.strings.regex_replace(texts, r"\.\.+", ".")


@step
def drop_tabs(texts: tf.Tensor) -> tf.Tensor:
    """Deletes tabs."""
    return tf.strings.regex_replace(texts, "\t", "")


@step
def nfkc(texts: tf.Tensor) -> tf.Tensor:
    """Brings compatibility characters to their plain forms: Unicode's NFKC."""
    # TF Text's own NFKC knows the characters of an older Unicode version; the table has those of Python.
    return tf_text.normalize_utf8(apply_charmap(texts, _compatibility()), "NFC")


@step
def collapse_whitespace(texts: tf.Tensor) -> tf.Tensor:
    """Makes every run of white space one space and drops it at both ends: ``" ".join(text.split())``."""
    return tf.strings.strip(tf.strings.regex_replace(texts, characters.whitespace() + "+", " "))


@functools.cache
def _compatibility() -> np.ndarray:
    return build_charmap(characters.compatibility_decompositions())


@functools.cache
def _halfwidth() -> np.ndarray:
    return build_charmap({c: chr(c - characters.FULL_TO_HALF) for c in characters.FULL_WIDTH})

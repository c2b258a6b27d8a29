"""Stop words: which words they are (plain Python), and dropping them (in the graph)."""

import importlib.util
import re
import runpy
from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from components.errors import ConfigError
from components.text_transform.config import STOP_WORD_LISTS


def resolve_stop_words(names: Sequence[str], nltk_english: str | None = None) -> list[str]:
    """Finds the words of the named lists.

    ``english`` is the union of NLTK's list (from ``nltk_english``, else from NLTK's data if installed) and spaCy's;
    ``japanese`` is spaCy's; anything else is the path of a UTF-8 file with a word a line.

    Args:
        names: Names of lists or paths of files.
        nltk_english: Path of a file with NLTK's English list.

    Returns:
        The distinct words, sorted.

    Raises:
        ConfigError: If a file is not there, or a word has a space in it and could never be met.
    """
    words: set[str] = set()
    for name in names:
        if name in STOP_WORD_LISTS:
            words |= _spacy_words(STOP_WORD_LISTS[name])
            words |= _nltk_english(nltk_english) if name == "english" else set()
        else:
            words |= _read_words(name, "text.stop_words")
    return sorted(words)


def drop_stop_words(texts: tf.Tensor, words: Sequence[str]) -> tf.Tensor:
    """Splits at single spaces, drops the listed words and empty strings, and joins by single spaces.

    Args:
        texts: string, any shape, valid UTF-8.
        words: The words to drop, compared as they are: lower-case the text before if the list is lower case.

    Returns:
        string, the same shape.

    Example:
        >>> drop_stop_words(tf.constant(["to  be or not"]), ["to", "or"]).numpy()[0]
        b'be not'
    """
    # A match is a whole run of dropped words and empty strings with the spaces around it, so matches do not overlap.
    dropped = "|".join(map(re.escape, words))
    joined = tf.strings.regex_replace(tf.strings.join([" ", texts, " "]), f" (?:(?:{dropped}|) )+", " ")
    return tf.strings.substr(joined, tf.ones_like(joined, tf.int32), tf.maximum(tf.strings.length(joined) - 2, 0))


def _spacy_words(code: str) -> set[str]:
    # The list's file is run by itself: importing spaCy costs seconds and nothing of it is needed.
    spec = importlib.util.find_spec("spacy")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError("text.stop_words", "the lists of spaCy are asked for, but spaCy is not installed")
    path = Path(spec.submodule_search_locations[0]) / "lang" / code / "stop_words.py"
    return set(runpy.run_path(str(path))["STOP_WORDS"])


def _nltk_english(path: str | None) -> set[str]:
    if path is not None:
        return _read_words(path, "text.nltk_english")
    if importlib.util.find_spec("nltk") is None:
        return set()
    from nltk.corpus import stopwords

    try:
        return set(stopwords.words("english"))
    except LookupError:
        return set()


def _read_words(path: str, key: str) -> set[str]:
    try:
        with tf.io.gfile.GFile(path, "rb") as file:
            lines = file.read().decode("utf-8").splitlines()
    except tf.errors.OpError as error:
        raise ConfigError(key, f"cannot read the list of stop words {path!r}: {error.message}") from error
    words = {line.strip() for line in lines if line.strip()}
    spaced = sorted(word for word in words if " " in word)
    if spaced:
        raise ConfigError(key, f"{path!r} holds {spaced[0]!r}: text is split at spaces, so no word can have one")
    return words

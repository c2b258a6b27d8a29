"""ALBERT's ids as transformers' slow ``AlbertTokenizer`` gives them, in the graph."""

import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text

from components.text_transform.charmap import apply_charmap
from components.text_transform.cleaning import collapse_whitespace, lower

_QUOTES = "``|''"
_CAPITAL_SIGMA = "Σ"


class Albert(tf.Module):
    """SentencePiece with what ALBERT does before and after it.

    Before: white space, quotation marks, and a table of replacements that drops accents and lower-cases. After: a piece
    such as ``▁9,`` makes way for the pieces of ``9`` and of ``,``.

    Args:
        model: uint8, the serialized model.
        charmap: Compiled table of replacements, uint8.
        ids: int32, the ids that take the place of each piece of the model, one after the other.
        starts: int64, where in ``ids`` those of each piece begin, and the length of ``ids``.
        remove_space: Whether runs of white space count as one space.
        final_sigma: Whether a capital sigma that the table leaves is lower-cased, which depends on what is beside it.
            (The table lower-cases sigmas that are plain letters; those of mathematics become letters only by it.)
    """

    def __init__(
        self,
        model: np.ndarray,
        charmap: np.ndarray,
        ids: np.ndarray,
        starts: np.ndarray,
        remove_space: bool,
        final_sigma: bool,
    ) -> None:
        super().__init__()
        self._tokenizer = tf_text.SentencepieceTokenizer(model=model.tobytes(), out_type=tf.int32)
        self._charmap = tf.constant(charmap)
        self._ids = tf.constant(ids, tf.int32)
        self._starts = tf.constant(starts, tf.int64)
        self._remove_space = remove_space
        self._final_sigma = final_sigma

    def __call__(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Gives the ids of each text, without special tokens.

        Args:
            texts: (N,) string, valid UTF-8.

        Returns:
            (N, None) int32.
        """
        found = self._tokenizer.tokenize(self._normalize(texts))
        rows = tf.RaggedTensor.from_row_splits(self._ids, self._starts, validate=False)
        return found.with_flat_values(tf.gather(rows, found.flat_values)).merge_dims(1, 2)

    def _normalize(self, texts: tf.Tensor) -> tf.Tensor:
        if self._remove_space:
            texts = collapse_whitespace(texts)
        texts = tf.strings.regex_replace(texts, _QUOTES, '"')
        texts = apply_charmap(texts, self._charmap)
        return _lower_sigmas(texts) if self._final_sigma else texts


def _lower_sigmas(texts: tf.Tensor) -> tf.Tensor:
    found = tf.strings.regex_full_match(texts, f"(?s).*{_CAPITAL_SIGMA}.*")
    return tf.cond(tf.reduce_any(found), lambda: tf.where(found, lower(texts), texts), lambda: tf.identity(texts))

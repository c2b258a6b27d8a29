"""T5's ids as transformers' slow ``T5Tokenizer`` with ``legacy=False`` gives them, in the graph."""

import numpy as np
import tensorflow as tf

from components.text_transform.sentencepiece import SentencePiece

_SPACE_MARK = "▁"


class T5(tf.Module):
    """SentencePiece that keeps white space at the start of a text.

    SentencePiece by itself drops it, so every text is given a lead whose pieces are dropped again. The mark that stands
    for spaces in pieces counts as a space in texts.

    Args:
        model: uint8, the serialized model, which puts no space of its own before a text.
        ids: int32, the model's id to ours; empty if they are the same.
        lead: What is put before every text that is not empty.
        lead_pieces: The number of its pieces.
    """

    def __init__(self, model: np.ndarray, ids: np.ndarray, lead: str, lead_pieces: int) -> None:
        super().__init__()
        self._sentencepiece = SentencePiece(model, ids)
        self._lead = lead
        self._lead_pieces = lead_pieces

    def __call__(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Gives the ids of each text, without special tokens.

        Args:
            texts: (N,) string, valid UTF-8.

        Returns:
            (N, None) int32.
        """
        lead = tf.where(tf.equal(texts, ""), "", self._lead)
        spaced = tf.strings.regex_replace(texts, _SPACE_MARK, " ")
        return self._sentencepiece(tf.strings.join([lead, spaced]))[:, self._lead_pieces :]

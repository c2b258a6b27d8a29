"""SentencePiece ids as the library itself gives them, in the graph."""

import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text


class SentencePiece(tf.Module):
    """The tokenizer of a SentencePiece model.

    Args:
        model: uint8, the serialized model.
        ids: int32, the model's id to ours; empty if they are the same.
    """

    def __init__(self, model: np.ndarray, ids: np.ndarray) -> None:
        super().__init__()
        self._tokenizer = tf_text.SentencepieceTokenizer(model=model.tobytes(), out_type=tf.int32)
        self._ids = tf.constant(ids, tf.int32) if len(ids) else None

    def __call__(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Gives the ids of each text, without special tokens.

        Args:
            texts: (N,) string, valid UTF-8.

        Returns:
            (N, None) int32.
        """
        ids = self._tokenizer.tokenize(texts)
        return ids if self._ids is None else ids.with_flat_values(tf.gather(self._ids, ids.flat_values))

"""A text graph for tests that need no trained tokenizer."""

import tensorflow as tf

from tests.components.tiny import VOCABULARY, CharacterGraph

PLACEHOLDER = "\ue000"  # a private code point that stands for [MASK] while a text is taken apart


class MaskingCharacterGraph(CharacterGraph):
    """A character is a token; ``[MASK]`` is the mask token."""

    def tokenize_masked(self, texts: tf.Tensor, max_length: int | None = None) -> tf.RaggedTensor:
        marked = tf.strings.regex_replace(texts, r"\[MASK\]", PLACEHOLDER)
        codes = tf.strings.unicode_decode(marked, "UTF-8")[:, : None if max_length is None else max_length - 2]
        ids = tf.where(codes.flat_values == ord(PLACEHOLDER), self.mask_id, 5 + codes.flat_values % (VOCABULARY - 5))
        ends = tf.ones([tf.shape(texts)[0], 1], tf.int32)
        return tf.concat([ends * self.cls_id, codes.with_flat_values(ids), ends * self.sep_id], axis=1)

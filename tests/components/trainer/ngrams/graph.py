"""A text graph without a trained tokenizer: lower-cased, a token a character."""

import tensorflow as tf


class Characters(tf.Module):
    """Stands in for TextGraph where only cleaning and tokens are read."""

    def clean(self, texts: tf.Tensor) -> tf.Tensor:
        return tf.strings.lower(texts, "utf-8")

    def encode(self, texts: tf.Tensor) -> tf.RaggedTensor:
        return tf.strings.unicode_decode(self.clean(texts), "UTF-8")

"""Several heads behind the interface of one."""

from collections.abc import Sequence

import tensorflow as tf
import tf_keras


class Ensemble(tf_keras.Model):
    """The mean of the heads' probabilities, as logits.

    The softmax of what it gives, or the sigmoid where a text may have several labels, is that mean, so that it stands
    wherever a head does. All heads read the features of one run of the encoder.
    """

    def __init__(self, heads: Sequence[tf_keras.Model], multi_label: bool = False) -> None:
        """Joins heads.

        Args:
            heads: From features to logits, all of the same classes.
            multi_label: Whether a text may have several labels or none.
        """
        super().__init__(name="ensemble")
        self.heads = list(heads)
        self._multi_label = multi_label

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Gives the logarithm of the mean probability, or of its odds.

        Args:
            inputs: Features, as the heads take them.
            training: Passed on to the heads.

        Returns:
            float32 of shape ``[batch, classes]``.
        """
        logits = tf.stack([head(inputs, training=training) for head in self.heads])
        if self._multi_label:
            yes, no = (tf.reduce_logsumexp(tf.math.log_sigmoid(sign * logits), axis=0) for sign in (1.0, -1.0))
            return yes - no
        return tf.reduce_logsumexp(tf.nn.log_softmax(logits), axis=0) - tf.math.log(float(len(self.heads)))

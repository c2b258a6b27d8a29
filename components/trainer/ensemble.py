"""Several heads behind the interface of one."""

from collections.abc import Sequence

import tensorflow as tf
import tf_keras


class Ensemble(tf_keras.Model):
    """The mean of the heads' probabilities, as logits.

    The softmax of what it gives is that mean, so that it stands wherever a head does. All heads read the features of
    one run of the encoder.
    """

    def __init__(self, heads: Sequence[tf_keras.Model]) -> None:
        """Joins heads.

        Args:
            heads: From features to logits, all of the same classes.
        """
        super().__init__(name="ensemble")
        self.heads = list(heads)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Gives the logarithm of the mean probability.

        Args:
            inputs: Features, as the heads take them.
            training: Passed on to the heads.

        Returns:
            float32 of shape ``[batch, classes]``.
        """
        logs = tf.stack([tf.nn.log_softmax(head(inputs, training=training)) for head in self.heads])
        return tf.reduce_logsumexp(logs, axis=0) - tf.math.log(float(len(self.heads)))

"""Encoder and head as one model that Keras trains."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf
import tf_keras
from transformers import TFPreTrainedModel

from components.trainer.finetuning.optimizer import LayerwiseAdamW

Forward = Callable[[TFPreTrainedModel, tf_keras.Model, tf.Tensor, tf.Tensor, bool], tf.Tensor]
"""From encoder, head, ids ``[batch, length]``, lengths ``[batch]`` and whether dropout is on, to logits."""

Losses = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""From labels ``[batch, ...]`` and logits ``[batch, classes]`` to a loss a row."""


class FineTuner(tf_keras.Model):
    """Trains an encoder with its head on the batches of `components.trainer.finetuning.batches`.

    Nothing in a step branches on a tensor, so it compiles with XLA where shapes are static.
    """

    def __init__(
        self,
        encoder: TFPreTrainedModel,
        head: tf_keras.Model,
        forward: Forward,
        losses: Losses,
        layerwise: LayerwiseAdamW,
    ) -> None:
        """Joins the parts.

        Args:
            encoder: Trained in place.
            head: Trained in place.
            forward: How the two make logits.
            losses: The loss of each row.
            layerwise: Which variables are trained, and how fast.
        """
        super().__init__()
        self.encoder = encoder
        self.head = head
        self.layerwise = layerwise
        self._forward = forward
        self._loss_of_rows = losses
        self.loss_mean = tf_keras.metrics.Mean(name="loss")

    @property
    def metrics(self) -> list[tf_keras.metrics.Metric]:
        """Reset by Keras at the start of every epoch."""
        return [self.loss_mean]

    def call(self, batch: dict[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Computes the logits of a batch, float32 of shape ``[batch, classes]``."""
        return self._forward(self.encoder, self.head, batch["input_ids"], batch["lengths"], training)

    def train_step(self, batch: dict[str, tf.Tensor]) -> dict[str, Any]:
        """One step of gradient descent; called by ``fit`` on every replica."""
        real = tf.cast(batch["weights"] > 0, tf.float32)
        rows = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tf.reduce_sum(real))
        with tf.GradientTape() as tape:
            losses = self._loss_of_rows(batch["labels"], self(batch, training=True)) * batch["weights"]
            loss = tf.reduce_sum(losses) / rows  # replicas' parts add up to the mean over the whole batch
        targets = self.layerwise.targets
        gradients = tape.gradient(loss, targets, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        # Sparse gradients of embeddings: XLA cannot compile them, and their norm counts a token's rows apart.
        self.layerwise.apply([tf.convert_to_tensor(gradient) for gradient in gradients])
        self.loss_mean.update_state(losses, real)
        return self.get_metrics_result()

    def predict_step(self, batch: dict[str, tf.Tensor]) -> tf.Tensor:
        """The logits of a batch; called by ``predict``."""
        return self(batch, training=False)

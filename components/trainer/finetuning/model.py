"""Encoder and head as one model that Keras trains."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf
import tf_keras
from transformers import TFPreTrainedModel

from components.trainer.finetuning.optimizer import LayerwiseAdamW
from components.trainer.strategy import summed_over_replicas
from components.training.accumulation import sum_over_parts

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
        accumulation_steps: int = 1,
    ) -> None:
        """Joins the parts.

        Args:
            encoder: Trained in place.
            head: Trained in place.
            forward: How the two make logits.
            losses: The loss of each row.
            layerwise: Which variables are trained, and how fast.
            accumulation_steps: Parts of a replica's batch that a training step computes one after another; divides its
                rows. It may be changed before the first step.
        """
        super().__init__()
        self.encoder = encoder
        self.head = head
        self.layerwise = layerwise
        self.accumulation_steps = accumulation_steps
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
        rows = tf.reduce_sum(_real(batch))
        rows_of_all = summed_over_replicas(rows)
        targets = self.layerwise.targets
        *gradients, losses = sum_over_parts(
            self.accumulation_steps,
            batch,
            lambda part: self.gradients_and_loss(part, rows_of_all),
            [*(variable.shape for variable in targets), []],
        )
        self.layerwise.apply(gradients)
        self.loss_mean.update_state(tf.math.divide_no_nan(losses, rows), rows)
        return self.get_metrics_result()

    def gradients_and_loss(self, batch: dict[str, tf.Tensor], rows: tf.Tensor) -> list[tf.Tensor]:
        """Computes what a part of a batch adds to a step.

        Args:
            batch: Some rows.
            rows: Number of rows of the whole batch that do not only fill it up.

        Returns:
            Gradients of the sum of losses divided by ``rows``; then that sum.
        """
        with tf.GradientTape() as tape:
            losses = self._loss_of_rows(batch["labels"], self(batch, training=True)) * batch["weights"]
            loss = tf.reduce_sum(losses) / rows  # parts and replicas add up to the mean over the whole batch
        targets = self.layerwise.targets
        gradients = tape.gradient(loss, targets, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        # Sparse gradients of embeddings: XLA cannot compile them, and their norm counts a token's rows apart.
        return [*map(tf.convert_to_tensor, gradients), tf.reduce_sum(losses * _real(batch))]

    def predict_step(self, batch: dict[str, tf.Tensor]) -> tf.Tensor:
        """The logits of a batch; called by ``predict``."""
        return self(batch, training=False)


def _real(batch: dict[str, tf.Tensor]) -> tf.Tensor:
    """1 for a row that counts, 0 for one that fills the batch up."""
    return tf.cast(batch["weights"] > 0, tf.float32)

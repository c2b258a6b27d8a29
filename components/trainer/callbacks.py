"""Keras callbacks of the Trainer."""

import tf_keras

from components import progress
from components.training.failures import check_loss


class Progress(tf_keras.callbacks.Callback):
    """Tells whoever watches how far the training is, once an epoch."""

    def __init__(self, epochs: int) -> None:
        """Keeps the number of epochs that a full training has.

        Args:
            epochs: At most so many epochs.
        """
        super().__init__()
        self._epochs = epochs
        self._finished = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Reports the epoch and its metrics."""
        self._finished = epoch + 1
        logs = logs or {}
        shown = {"loss": "loss", "val_loss": "validation loss", "val_accuracy": "validation accuracy"}
        detail = ", ".join(f"{text} {logs[key]:.3f}" for key, text in shown.items() if key in logs)
        progress.report(self._finished, self._epochs, detail)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Reports that the work is done, early stopping or not."""
        progress.report(self._epochs, self._epochs, f"{self._finished} epochs")


class CheckLoss(tf_keras.callbacks.Callback):
    """Ends a training that diverges, before early stopping takes its weights for the best."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Checks both losses.

        Raises:
            DivergedError: If one is not finite.
        """
        for name in logs.keys() & {"loss", "val_loss"}:
            check_loss(logs[name], int(self.model.optimizer.iterations.numpy()))

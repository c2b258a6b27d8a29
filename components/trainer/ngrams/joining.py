"""Adding the n-gram model's logits to the network's."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from scipy.optimize import minimize
from scipy.special import log_softmax

from components.trainer.ngrams.model import NGramModel


@dataclass(frozen=True)
class Scales:
    """How much each part's logits count.

    Attributes:
        network: Factor of the network's logits, 0 or more.
        ngrams: Factor of the n-gram model's logits, 0 or more.
    """

    network: float
    ngrams: float

    def join(self, network: np.ndarray, ngrams: np.ndarray) -> np.ndarray:
        """Adds logits.

        Args:
            network: Of shape ``[n, classes]``.
            ngrams: Of the same shape.
        """
        return self.network * network + self.ngrams * ngrams


def choose_scales(network: np.ndarray, ngrams: np.ndarray, label_ids: np.ndarray) -> Scales:
    """Chooses the factors with the smallest cross-entropy, which is convex in them.

    This is a product of experts with a temperature each; with two numbers to choose, some hundred examples suffice.

    Args:
        network: Logits of examples that the network was not trained on, of shape ``[n, classes]``, n at least 1.
        ngrams: Logits of the same examples, which the n-gram model was not trained on.
        label_ids: Their class numbers, int of shape ``[n]``.
    """
    parts = np.stack([network, ngrams]).astype(np.float64)
    rows = np.arange(len(label_ids))
    targets = parts[:, rows, label_ids]

    def loss(factors: np.ndarray) -> tuple[float, np.ndarray]:
        logs = log_softmax(np.tensordot(factors, parts, axes=1), axis=-1)
        expected = np.sum(np.exp(logs) * parts, axis=-1)
        return -logs[rows, label_ids].mean(), (expected - targets).mean(axis=-1)

    found = minimize(loss, np.ones(2), jac=True, method="L-BFGS-B", bounds=[(0, None), (0, None)])
    return Scales(*found.x.tolist())


class Joint(tf.Module):
    """The n-gram model and the factors, for the served graph."""

    def __init__(self, model: NGramModel, scales: Scales) -> None:
        """Joins the two.

        Args:
            model: The n-gram model.
            scales: How much each part counts.
        """
        super().__init__(name="joint")
        self.model, self.scales = model, scales

    def __call__(self, texts: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        """Adds the n-gram model's logits.

        Args:
            texts: Raw texts, string of shape ``[n]``.
            logits: The network's, float32 of shape ``[n, classes]``.

        Returns:
            float32 of shape ``[n, classes]``.
        """
        return self.scales.join(logits, self.model(texts))

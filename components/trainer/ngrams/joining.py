"""Adding the n-gram model's logits to the network's."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from scipy.optimize import minimize
from scipy.special import log_softmax

from components.trainer.ngrams.model import NGramModel

_LEAST_SPREAD = 1.0  # logits that say less do not set the measure


@dataclass(frozen=True)
class Scales:
    """How much each part's logits count.

    Attributes:
        network: Factor of the network's logits, positive.
        ngrams: Factor of the n-gram model's logits, positive.
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
    """Chooses the factors with the smallest cross-entropy, which is convex in them, and a weak prior beside it.

    This is a product of experts with a temperature each; with two numbers to choose, some hundred examples suffice.
    The prior decides where there are only a few, or where all are told so surely that any factor does: it is normal,
    around the network as it is and n-grams that say as much (whose logits have its standard deviation), and as wide.
    No part has less than a hundredth of that, so that there are always classes to choose from.

    Args:
        network: Logits of examples that the network was not trained on, of shape ``[n, classes]``, n at least 1.
        ngrams: Logits of the same examples, which the n-gram model was not trained on.
        label_ids: Their class numbers, int of shape ``[n]``.
    """
    parts = np.stack([network, ngrams]).astype(np.float64)
    parts -= parts.mean(axis=-1, keepdims=True)
    rows = np.arange(len(label_ids))
    targets = parts[:, rows, label_ids]
    spreads = np.maximum(parts.std(axis=(1, 2)), _LEAST_SPREAD)
    centre = spreads[0] / spreads

    def loss(factors: np.ndarray) -> tuple[float, np.ndarray]:
        logs = log_softmax(np.tensordot(factors, parts, axes=1), axis=-1)
        expected = np.sum(np.exp(logs) * parts, axis=-1)
        away = factors / centre - 1
        value = -logs[rows, label_ids].sum() + away @ away / 2
        gradient = (expected - targets).sum(axis=-1) + away / centre
        return value / len(rows), gradient / len(rows)

    found = minimize(loss, centre, jac=True, method="L-BFGS-B", bounds=[(least, None) for least in centre / 100])
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

"""What the network says of training examples that it has not seen."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from components.errors import DataError
from components.feature_gen.records import FeatureSet
from components.trainer.config import TrainerConfig
from components.trainer.ngrams.windows import windows
from components.trainer.validation import validation_part

Logits = Callable[[tf.Tensor], tf.Tensor]
"""From raw texts, string of shape ``[n]``, n at least 1, to logits ``[n, classes]``."""

_BATCH_TEXTS, _BATCH_BYTES = 64, 1 << 20


@dataclass(frozen=True)
class Unseen:
    """What the network says of examples that it was not trained on.

    Attributes:
        folds: The part that each example of the train split belongs to, int of shape ``[n]``; negative for those that
            the network has seen. The n-gram model that judges a part is trained on all examples outside of it.
        logits: The network's, float32 of shape ``[unseen, classes]``, in the order of the unseen examples.
    """

    folds: np.ndarray
    logits: np.ndarray


def judge_validation_part(data: FeatureSet, network: Logits, config: TrainerConfig) -> Unseen:
    """Asks the network for the validation part, which neither the head nor the second stage was trained on.

    Args:
        data: The train split.
        network: Gives its logits.
        config: Of the training.

    Raises:
        DataError: If the validation part is empty.
    """
    held_out = validation_part(data, config)
    if not held_out.any():
        raise DataError(
            f"trainer.validation_share {config.validation_share} of {len(data)} examples leaves none to weigh the "
            "n-grams on: raise it, or set trainer.ngrams to null"
        )
    return Unseen(np.where(held_out, 0, -1), in_batches(network, data.texts[held_out]))


def in_batches(function: Logits, texts: np.ndarray) -> np.ndarray:
    """Computes logits of many texts, those of like length together.

    Args:
        function: Gives the logits of a batch.
        texts: UTF-8 bytes, object array of shape ``[n]``, n at least 1.

    Returns:
        float32 of shape ``[n, classes]``, in the order of the texts.
    """
    compiled = tf.function(function, input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    order = np.argsort([len(text) for text in texts], kind="stable")
    ordered = texts[order]
    parts = [compiled(ordered[part]).numpy() for part in windows(ordered, _BATCH_TEXTS, _BATCH_BYTES)]
    logits = np.empty((len(texts), parts[0].shape[1]), np.float32)
    logits[order] = np.concatenate(parts)
    return logits

"""Trains the n-gram model and finds out, on examples that neither part has seen, how much each is to count."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from components.feature_gen.records import FeatureSet
from components.metrics import ClassificationMetrics, compute_metrics
from components.text_transform.graph import TextGraph
from components.trainer.ngrams.config import NGramsConfig
from components.trainer.ngrams.joining import Joint, choose_scales
from components.trainer.ngrams.training import train_ngrams
from components.trainer.ngrams.unseen import Unseen, in_batches


@dataclass(frozen=True)
class JointResult:
    """The joint model and its figures.

    Attributes:
        joint: The n-gram model, trained on the whole train split, and the factors.
        network: Metrics of the network alone on the unseen examples.
        ngrams: Metrics of n-gram models that have not seen them either.
        both: Metrics of the two together, on the examples that their two factors were chosen on.
    """

    joint: Joint
    network: ClassificationMetrics
    ngrams: ClassificationMetrics
    both: ClassificationMetrics

    def summary(self) -> dict[str, Any]:
        """What ``metrics.json`` says of it: figures by name."""
        alone = {"network": self.network, "ngrams": self.ngrams, "both": self.both}
        return {
            "features": self.joint.model.features,
            "unseen_examples": self.both.example_count,
            "factors": asdict(self.joint.scales),
            "weighted_f1": {name: metrics.weighted_f1 for name, metrics in alone.items()},
            "accuracy": {name: metrics.accuracy for name, metrics in alone.items()},
        }


def fit_joint(
    data: FeatureSet, unseen: Unseen, labels: list[str], text_graph: TextGraph, config: NGramsConfig
) -> JointResult:
    """Trains n-gram models without each part of the unseen examples, chooses the factors, and trains on all.

    Args:
        data: The train split.
        unseen: What the network says of some of its examples; at least one.
        labels: Label texts by class number.
        text_graph: Cleans and tokenizes.
        config: Which n-grams.

    Raises:
        DataError: See `train_ngrams`.
    """
    logits = np.empty((len(data), len(labels)), np.float32)
    for fold in np.unique(unseen.folds[unseen.folds >= 0]):
        inside = unseen.folds == fold
        model = train_ngrams(data.texts[~inside], data.label_ids[~inside], len(labels), text_graph, config)
        logits[inside] = in_batches(model, data.texts[inside])
    rows = unseen.folds >= 0
    ngrams, actual = logits[rows], data.label_ids[rows]
    scales = choose_scales(unseen.logits, ngrams, actual)
    judged = (unseen.logits, ngrams, scales.join(unseen.logits, ngrams))
    metrics = (compute_metrics(actual, values.argmax(axis=-1), labels) for values in judged)
    everything = train_ngrams(data.texts, data.label_ids, len(labels), text_graph, config)
    return JointResult(Joint(everything, scales), *metrics)

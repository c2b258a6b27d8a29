"""Is a classifier better than another on the same texts, or was it luck?"""

import numpy as np
import pydantic
from scipy.stats import bootstrap

from components.evaluator.aligning import Aligned, align
from components.evaluator.measuring import calibration_error, mean_loss
from components.metrics import f1_averages
from components.predictions import Predictions
from components.rounding import apart

METRICS = ("accuracy", "micro_f1", "macro_f1", "weighted_f1")
_DRAWN_AT_ONCE = 10_000_000  # numbers of units


class LabelChanges(pydantic.BaseModel):
    """What two classifiers do not know of each other's labels.

    Attributes:
        new: Labels that the candidate knows and the other does not.
        gone: Labels that the other knows and the candidate does not.
        new_examples: Texts that have a new label: all of them are wrong for the other.
        gone_answers: Texts that the other gave a label that is gone: these answers are wrong.
    """

    new: list[str] = []
    gone: list[str] = []
    new_examples: int = 0
    gone_answers: int = 0


class Comparison(pydantic.BaseModel):
    """The metrics of two classifiers, and how far apart they are in one of them.

    Averages of F1 are over the candidate's labels, for both.

    Attributes:
        metric: Which one.
        values: The candidate's, by metric of `METRICS`.
        others: The other's; also ``loss`` and ``ece``, if it gives probabilities.
        changes: How their labels differ.
        low: Lower end of the interval of ``value - other``.
        high: Its upper end.
        confidence: Of the interval.
        uri: Where the other is; empty if that is not told.
    """

    metric: str
    values: dict[str, float]
    others: dict[str, float]
    changes: LabelChanges = LabelChanges()
    low: float
    high: float
    confidence: float
    uri: str = ""

    @property
    def value(self) -> float:
        """The candidate's value of the metric."""
        return self.values[self.metric]

    @property
    def other(self) -> float:
        """The other's."""
        return self.others[self.metric]

    @property
    def difference(self) -> float:
        """How much better the candidate is."""
        return self.value - self.other

    def told(self, margin: float = 0) -> dict[str, str]:
        """The figures for a person, in as many decimals as it takes to tell them apart.

        Args:
            margin: What the difference is compared with.

        Returns:
            ``value``, ``other``, ``difference`` without its sign, ``relation`` (above or below), ``low`` and ``high``.
        """
        value, other = apart([self.value, self.other])
        (difference,) = apart([abs(self.difference)], [0, abs(margin)])
        low, high = apart([self.low, self.high], [0, margin], sign=True)
        relation = "above" if self.difference >= 0 else "below"
        return {
            "value": value, "other": other, "difference": difference, "relation": relation, "low": low, "high": high,
        }  # fmt: skip


def compare(
    candidate: Predictions,
    other: Predictions,
    metric: str,
    confidence: float,
    resamples: int,
    seed: int = 0,
    gives_probabilities: bool = True,
) -> Comparison:
    """Compares two classifiers by a paired bootstrap (Efron & Tibshirani 1993, chapter 13: percentile intervals).

    Texts are drawn with replacement and both are judged on the same ones, again and again; where it is known which
    texts belong together (an article, an author), whole groups are drawn, since their texts are alike.

    The two may know different labels, which are matched by name. A text is wrong for the one that does not know its
    label, and so is an answer with a label that no text can have any more.

    Args:
        candidate: Its answers.
        other: Another's to the same texts.
        metric: One of `METRICS`.
        confidence: Of the interval, for example 0.95.
        resamples: How often texts are drawn.
        seed: Another seed draws others.
        gives_probabilities: Whether the other's probabilities mean something.

    Raises:
        ValueError: If the texts are not the same.
        DataError: If texts cannot be told apart by their ids.
    """
    if not np.array_equal(candidate.ids, other.ids):
        raise ValueError("the two were not asked about the same texts")
    aligned = align(candidate, other)
    units = _units(candidate.groups)
    counts = [_counts(aligned.actual, chosen, units) for chosen in (aligned.chosen, aligned.other_chosen)]
    labels = aligned.actual.shape[1]
    averaged = aligned.averaged

    def difference(drawn: np.ndarray) -> float:
        weights = np.bincount(drawn, minlength=len(counts[0]))
        mine, theirs = (_scores(weights @ count, labels, averaged)[metric] for count in counts)
        return mine - theirs

    values, others = (_scores(count.sum(axis=0), labels, averaged) for count in counts)
    low, high = -1.0, 1.0  # of one text, or of one group, nothing can be said
    if len(counts[0]) > 1:
        interval = bootstrap(
            (np.arange(len(counts[0])),),
            difference,
            n_resamples=resamples,
            batch=max(1, _DRAWN_AT_ONCE // len(counts[0])),
            vectorized=False,
            confidence_level=confidence,
            method="percentile",
            random_state=seed,
        ).confidence_interval
        low, high = float(interval.low), float(interval.high)
    if gives_probabilities:
        others |= {"loss": mean_loss(aligned.other), "ece": calibration_error(aligned.other)}
    return Comparison(
        metric=metric,
        values=values,
        others=others,
        changes=_changes(candidate, other, aligned),
        low=low,
        high=high,
        confidence=confidence,
    )


def _changes(candidate: Predictions, other: Predictions, aligned: Aligned) -> LabelChanges:
    new = [label not in other.labels for label in aligned.labels]
    gone = [label not in candidate.labels for label in aligned.labels]
    return LabelChanges(
        new=[label for label in candidate.labels if label not in other.labels],
        gone=[label for label in other.labels if label not in candidate.labels],
        new_examples=int(aligned.actual[:, : len(new)][:, new].any(axis=1).sum()),
        gone_answers=int(aligned.other_chosen[:, : len(gone)][:, gone].any(axis=1).sum()),
    )


def _units(groups: np.ndarray) -> np.ndarray:
    """What is drawn: the number of its unit for each row. A row that is in no group is a unit of its own."""
    own = np.array([b"\0%d" % row for row in range(len(groups))], object)
    _, units = np.unique(np.where(groups == b"", own, groups), return_inverse=True)
    return units


def _counts(actual: np.ndarray, chosen: np.ndarray, units: np.ndarray) -> np.ndarray:
    """What the scores are made of, added up by unit: right, actual and chosen by label, then texts all right, texts."""
    right = actual & chosen
    exact = (actual == chosen).all(axis=1, keepdims=True)
    rows = np.concatenate([right, actual, chosen, exact, np.ones_like(exact)], axis=1)
    counts = np.zeros((units.max() + 1, rows.shape[1]))
    np.add.at(counts, units, rows)
    return counts


def _scores(sums: np.ndarray, labels: int, averaged: np.ndarray) -> dict[str, float]:
    right, actual, chosen = sums[:-2].reshape(3, labels)
    outside = chosen[~averaged].sum()  # answers that no text can confirm: wrong, and of no label that is averaged over
    averages = f1_averages(right[averaged], actual[averaged], chosen[averaged], outside)
    return {"accuracy": float(sums[-2] / sums[-1]), **averages}

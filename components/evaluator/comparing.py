"""Is a classifier better than another on the same texts, or was it luck?"""

import numpy as np
import pydantic
from scipy.stats import bootstrap

from components.errors import DataError
from components.evaluator.measuring import measure
from components.metrics import f1_averages
from components.predictions import Predictions

METRICS = ("accuracy", "micro_f1", "macro_f1", "weighted_f1")
_DRAWN_AT_ONCE = 10_000_000  # numbers of units


class Comparison(pydantic.BaseModel):
    """The metrics of two classifiers, and how far apart they are in one of them.

    Attributes:
        metric: Which one.
        values: The candidate's, by metric of `METRICS`.
        others: The other's; also ``loss`` and ``ece`` if its labels are the same.
        low: Lower end of the interval of ``value - other``.
        high: Its upper end.
        confidence: Of the interval.
        uri: Where the other is; empty if that is not told.
    """

    metric: str
    values: dict[str, float]
    others: dict[str, float]
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


def compare(
    candidate: Predictions, other: Predictions, metric: str, confidence: float, resamples: int, seed: int = 0
) -> Comparison:
    """Compares two classifiers by a paired bootstrap (Efron & Tibshirani 1993, chapter 13: percentile intervals).

    Texts are drawn with replacement and both are judged on the same ones, again and again; where it is known which
    texts belong together (an article, an author), whole groups are drawn, since their texts are alike.

    Args:
        candidate: Its answers.
        other: Another's to the same texts; its labels may be others.
        metric: One of `METRICS`.
        confidence: Of the interval, for example 0.95.
        resamples: How often texts are drawn.
        seed: Another seed draws others.

    Raises:
        ValueError: If the texts are not the same.
        DataError: If texts cannot be told apart by their ids.
    """
    if not np.array_equal(candidate.ids, other.ids):
        raise ValueError("the two were not asked about the same texts")
    actual, also = (_marks(each.actual, each.labels, candidate.labels) for each in (candidate, other))
    both = [number for number, label in enumerate(candidate.labels) if label in other.labels]
    if not np.array_equal(actual[:, both], also[:, both]):
        raise DataError("rows with the same id have different labels: make `id_column` unique, over all spans too")
    units = _units(candidate.groups)
    counts = [_counts(actual, _marks(p.chosen, p.labels, candidate.labels), units) for p in (candidate, other)]
    labels = len(candidate.labels)

    def difference(drawn: np.ndarray) -> float:
        weights = np.bincount(drawn, minlength=len(counts[0]))
        mine, theirs = (_scores(weights @ count, labels)[metric] for count in counts)
        return mine - theirs

    values, others = (_scores(count.sum(axis=0), labels) for count in counts)
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
    if other.labels == candidate.labels:
        measured = measure(other)
        others |= {name: value for name in ("loss", "ece") if (value := getattr(measured, name)) is not None}
    return Comparison(metric=metric, values=values, others=others, low=low, high=high, confidence=confidence)


def _marks(answers: np.ndarray, labels: list[str], wanted: list[str]) -> np.ndarray:
    """Marks, bool of shape ``[n, wanted + 1]``: the last for labels that are not wanted."""
    places = np.array([wanted.index(label) if label in wanted else len(wanted) for label in labels])
    marks = np.zeros((len(answers), len(wanted) + 1), bool)
    rows, numbers = np.nonzero(answers) if answers.ndim == 2 else (np.arange(len(answers)), answers)
    marks[rows, places[numbers]] = True
    return marks


def _units(groups: np.ndarray) -> np.ndarray:
    """What is drawn: the number of its unit for each row. A row that is in no group is a unit of its own."""
    own = np.array([b"\0%d" % row for row in range(len(groups))], object)
    _, units = np.unique(np.where(groups == b"", own, groups), return_inverse=True)
    return units


def _counts(actual: np.ndarray, chosen: np.ndarray, units: np.ndarray) -> np.ndarray:
    """What the scores are made of, added up by unit: right, actual and chosen by label, then texts all right, texts."""
    right = actual & chosen
    exact = (actual == chosen).all(axis=1, keepdims=True)
    rows = np.concatenate([right[:, :-1], actual[:, :-1], chosen[:, :-1], exact, np.ones_like(exact)], axis=1)
    counts = np.zeros((units.max() + 1, rows.shape[1]))
    np.add.at(counts, units, rows)
    return counts


def _scores(sums: np.ndarray, labels: int) -> dict[str, float]:
    right, actual, chosen = sums[:-2].reshape(3, labels)
    return {"accuracy": float(sums[-2] / sums[-1]), **f1_averages(right, actual, chosen)}

"""Compares facts of served texts with those of the training texts, by TensorFlow Data Validation."""

import dataclasses

import numpy as np
import pandas as pd

from components.text_facts import TextFacts

CATEGORIES = ("script", "label")
LENGTHS = ("characters", "tokens")
NUMBERS = (*LENGTHS, "unknown_share")


@dataclasses.dataclass(frozen=True)
class Difference:
    """How far one fact has moved.

    Attributes:
        fact: A name of `components.text_facts.TextFacts`.
        training: What it is in training, in words.
        served: What it is when served.
        distance: 0: the same, 1: nothing in common; TFDV's L-infinity norm for script and label, its Jensen-Shannon
            divergence for numbers.
    """

    fact: str
    training: str
    served: str
    distance: float


def compare(training: TextFacts, served: TextFacts) -> list[Difference]:
    """Compares all facts.

    A row with the least and one with the largest numbers of both sides are added to each, so that both have the same
    bins: of a number that is always the same TFDV makes one bin without width, from which all others are far away.

    Args:
        training: Of at least one text.
        served: Of at least one text.

    Returns:
        A difference a fact, in the order of the facts.
    """
    import tensorflow_data_validation as tfdv

    frames = {name: pd.DataFrame(dataclasses.asdict(facts)) for name, facts in
              (("training", training), ("served", served))}  # fmt: skip
    comparable = {name: _comparable(frame) for name, frame in frames.items()}
    ends = pd.concat(list(comparable.values()))[list(NUMBERS)].agg(["min", "max"])
    statistics = {
        name: tfdv.generate_statistics_from_dataframe(pd.concat([frame, ends], ignore_index=True))
        for name, frame in comparable.items()
    }
    schema = tfdv.infer_schema(statistics["training"])
    for fact in frames["training"]:
        comparator = tfdv.get_feature(schema, fact).skew_comparator
        kind = comparator.infinity_norm if fact in CATEGORIES else comparator.jensen_shannon_divergence
        kind.threshold = 0.0  # so that the distance is told, whatever it is
    found = tfdv.validate_statistics(statistics["training"], schema, serving_statistics=statistics["served"])
    distances = {info.path.step[0]: info.skew_measurements[0].value for info in found.drift_skew_info}
    return [
        Difference(fact, _words(frames["training"][fact]), _words(frames["served"][fact]), distances[fact])
        for fact in frames["training"]
    ]


def _comparable(frame: pd.DataFrame) -> pd.DataFrame:
    """TFDV counts numbers in equal bins up to the largest: of lengths, one long text would leave all others in one."""
    return frame.assign(**{name: np.log2(1 + frame[name]) for name in LENGTHS})


def _words(values: pd.Series) -> str:
    """The most frequent values with their shares; of numbers the mean and two percentiles."""
    if values.name in CATEGORIES:
        shares = values.value_counts(normalize=True).head(3)
        return ", ".join(f"{value or '(none)'} {share:.0%}" for value, share in shares.items())
    if values.name == "unknown_share":
        return f"mean {values.mean():.1%}"
    return f"mean {values.mean():.0f}, half up to {values.median():.0f}, 95% up to {values.quantile(0.95):.0f}"

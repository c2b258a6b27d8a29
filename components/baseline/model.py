"""TF-IDF and a linear support vector machine."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.svm import LinearSVC

from components.baseline.config import BaselineConfig
from components.errors import DataError
from components.metrics import ClassificationMetrics, compute_metrics

# Hiragana, katakana, ideographs, half-width katakana: scripts that are written without spaces.
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f]")
_WORD = r"(?u)\b\w+\b"  # scikit-learn's own pattern drops words of one letter
_SAMPLE = 1000


@dataclass(frozen=True)
class LabelledTexts:
    """Texts and their labels, row by row.

    Attributes:
        texts: Raw texts.
        labels: The labels of each: one, or any number where there may be several.
        multi_label: Whether there may be several or none.
        ids: Of the rows, if they have any.
        groups: Which rows belong together, empty bytes where that is not known; if it is asked for.
    """

    texts: list[str]
    labels: list[tuple[str, ...]]
    multi_label: bool = False
    ids: list[bytes] = field(default_factory=list)
    groups: list[bytes] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        """All labels, sorted."""
        return sorted({label for row in self.labels for label in row})


@dataclass(frozen=True)
class Answers:
    """What the baseline made of the eval split.

    Attributes:
        labels: Label texts by class number.
        actual: Class numbers, int of shape ``[n]``; or marks, bool of shape ``[n, classes]``.
        chosen: The same of what was answered.
    """

    labels: list[str]
    actual: np.ndarray
    chosen: np.ndarray

    @property
    def metrics(self) -> ClassificationMetrics:
        """Metrics of the answers; no loss, since the model gives no probabilities."""
        return compute_metrics(self.actual, self.chosen, self.labels)

    @property
    def marks(self) -> tuple[np.ndarray, np.ndarray]:
        """Both as marks, whatever they are."""
        if self.actual.ndim == 2:
            return self.actual, self.chosen
        one_hot = np.eye(len(self.labels), dtype=bool)
        return one_hot[self.actual], one_hot[self.chosen]


def choose_analyzer(texts: Sequence[str]) -> Literal["word", "char"]:
    """Chooses character n-grams where most letters are of a script that is written without spaces.

    Args:
        texts: Raw texts; the first thousand decide.

    Example:
        >>> choose_analyzer(["京都でラーメンを食べた。", "明日は iPhone を買う"])
        'char'
    """
    sample = "".join(texts[:_SAMPLE])
    letters = sum(character.isalpha() for character in sample)
    return "char" if len(_UNSPACED.findall(sample)) * 2 > letters else "word"


def build_model(
    analyzer: Literal["word", "char"], config: BaselineConfig, rows: int, multi_label: bool = False
) -> Pipeline:
    """Builds the untrained model.

    Args:
        analyzer: What the n-grams are made of.
        config: Their lengths and the classifier.
        rows: Number of training texts: in a handful of them an n-gram need not repeat to count.
        multi_label: Whether a text may have several labels: each is then decided on by itself.
    """
    classifier = LinearSVC(C=config.regularization, random_state=config.seed)
    longest = config.word_ngrams if analyzer == "word" else config.char_ngrams
    return make_pipeline(
        TfidfVectorizer(
            analyzer=analyzer,
            ngram_range=(1, longest),
            min_df=min(config.min_count, max(1, rows // 100)),
            sublinear_tf=True,
            token_pattern=_WORD if analyzer == "word" else None,
            dtype=np.float32,
        ),
        OneVsRestClassifier(classifier) if multi_label else classifier,
    )


def train_and_answer(train: LabelledTexts, evaluation: LabelledTexts, config: BaselineConfig) -> Answers:
    """Trains on one split and answers the other.

    Args:
        train: The train split.
        evaluation: The eval split. Labels that the train split lacks are never answered.
        config: The model.

    Raises:
        DataError: If a split is empty, or there is only one label to train on.
    """
    learned = train.classes
    _check(learned, evaluation)
    analyzer = choose_analyzer(train.texts) if config.analyzer == "auto" else config.analyzer
    model = build_model(analyzer, config, len(train.texts), train.multi_label)
    model.fit(train.texts, _targets(train, learned))
    predicted = model.predict(evaluation.texts)
    labels = [*learned, *(label for label in evaluation.classes if label not in learned)]
    actual = _targets(evaluation, labels)
    if train.multi_label:
        predicted = np.pad(predicted, [(0, 0), (0, len(labels) - len(learned))])
    return Answers(labels, actual, predicted.astype(actual.dtype))


def _targets(data: LabelledTexts, labels: list[str]) -> np.ndarray:
    """Class numbers, int of shape ``[n]``; or marks, bool of shape ``[n, classes]``."""
    if data.multi_label:
        marks: np.ndarray = MultiLabelBinarizer(classes=labels).fit_transform(data.labels).astype(bool)
        return marks
    numbers = {label: number for number, label in enumerate(labels)}
    return np.array([numbers[label] for (label,) in data.labels])


def _check(labels: list[str], evaluation: LabelledTexts) -> None:
    if len(labels) < 2:
        raise DataError(f"a classifier needs two labels or more, the train split has only {labels}")
    if not evaluation.texts:
        raise DataError("the eval split has no examples: check the input and its split")

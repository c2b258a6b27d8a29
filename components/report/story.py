"""What a report tells, as data: everything that the nodes measured, in the order in which it is told.

Page and model card are made of it and read no files themselves.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from components.evaluator.comparing import Comparison
from components.evaluator.gates import Verdict
from components.files import is_remote
from components.metrics import ClassificationMetrics, SliceMetrics

CLASSIFIER, MASKED_MODEL = "Classifier", "Masked language model"


@dataclasses.dataclass(frozen=True)
class Source:
    """An artifact that the report was made of.

    Attributes:
        node: Which node made it.
        kind: Its type.
        uri: Where it is.
        id: Its number in ML Metadata.
    """

    node: str
    kind: str
    uri: str
    id: int


@dataclasses.dataclass(frozen=True)
class DataSet:
    """The texts of one ExampleGen.

    Attributes:
        title: For a heading.
        origins: Which files, in words.
        spans: Numbers of the instalments that they are, the newest last; empty if they come in one.
        counts: By split: ``rows``, ``rejected``, ``left_out``.
        labels: By label: rows by split; empty for texts without.
        tokens: By split: what `components.token_statistics.counts.summarize` gives.
        findings: What the gates found, blocking or not: ``split``, ``feature``, ``summary``, ``detail``.
        layouts: How its text files were read, in words: encodings, line ends, delimiters.
        passed: Whether a gate let it pass: what it found in data that it refused, `Story.stopped` says.
    """

    title: str
    origins: Sequence[str]
    spans: Sequence[int]
    counts: Mapping[str, Mapping[str, Any]]
    labels: Mapping[str, Mapping[str, int]]
    tokens: Mapping[str, Mapping[str, Any]]
    findings: Sequence[Mapping[str, Any]]
    passed: bool
    layouts: Sequence[str] = ()


@dataclasses.dataclass(frozen=True)
class Mistake:
    """A text that was classified wrongly.

    Attributes:
        text: Its beginning.
        actual: Its label, or labels.
        chosen: What the model said.
        score: How sure it was: the probability of the worst decision.
    """

    text: str
    actual: str
    chosen: str
    score: float


@dataclasses.dataclass(frozen=True)
class Judged:
    """A classifier on the eval split.

    Attributes:
        metrics: Over all texts.
        slices: By slice name and value.
        comparisons: With ``baseline`` and ``blessed``, as far as they are there.
        verdict: The gates'.
        mistakes: The most confident ones, worst first.
        remarks: What a person should know that no gate asked about.
    """

    metrics: ClassificationMetrics
    slices: Mapping[str, Mapping[str, SliceMetrics]]
    comparisons: Mapping[str, Comparison]
    verdict: Verdict
    mistakes: Sequence[Mistake]
    remarks: Sequence[str]


@dataclasses.dataclass(frozen=True)
class Served:
    """A model that was to be pushed.

    Attributes:
        title: For a heading.
        check: What ServableCheck wrote.
        pushed: The directory of the version that holds it; empty if it was not pushed.
        reason: Why not, if it was not.
    """

    title: str
    check: Mapping[str, Any]
    pushed: str
    reason: str

    @property
    def base_path(self) -> str:
        """The serving directory that the version is in."""
        return self.pushed.rpartition("/")[0]

    @property
    def name(self) -> str:
        """What it is called in the serving directory."""
        return self.base_path.rpartition("/")[2]

    @property
    def is_remote(self) -> bool:
        """Whether it lies in another file system than this machine's."""
        return is_remote(self.pushed)


@dataclasses.dataclass(frozen=True)
class Story:
    """Everything.

    Attributes:
        name: The pipeline's.
        run_id: The run's; empty if it is not known.
        versions: Of the libraries, by name.
        config: The whole configuration, as YAML.
        tf_serving: The version of TF Serving that the models are for.
        stopped: Why the run ended early; empty if it did not.
        data: Corpus and labelled texts, as far as they are there.
        pretraining: What the Pretrainer wrote; empty if there is none.
        mlm_metrics: Held-out figures of the masked language model.
        mlm_verdict: The decision about it.
        training: What the Trainer wrote; empty if there is none.
        judged: The classifier on the eval split.
        served: Models that were checked.
        sources: All artifacts that this was read from.
    """

    name: str
    run_id: str
    versions: Mapping[str, str]
    config: str
    tf_serving: str
    stopped: str
    data: Sequence[DataSet]
    pretraining: Mapping[str, Any]
    mlm_metrics: Mapping[str, float]
    mlm_verdict: Verdict | None
    training: Mapping[str, Any]
    judged: Judged | None
    served: Sequence[Served]
    sources: Sequence[Source]

    @property
    def verdicts(self) -> list[Verdict]:
        """All that were decided."""
        judged = self.judged.verdict if self.judged else None
        return [verdict for verdict in (judged, self.mlm_verdict) if verdict]

    @property
    def refused(self) -> bool:
        """Whether a model was not good enough, or is not served for another reason."""
        served = all(one.check.get("servable", True) and one.pushed for one in self.served)
        return not served or not all(verdict.blessed for verdict in self.verdicts)

    @property
    def has_model(self) -> bool:
        """Whether the run made a model that a card can describe."""
        return self.judged is not None or bool(self.mlm_metrics)

    @property
    def carded(self) -> Served | None:
        """What became of the model that the card describes: the classifier, or else the masked language model."""
        title = CLASSIFIER if self.judged else MASKED_MODEL
        return next((one for one in self.served if one.title == title), None)

    @property
    def why_not_served(self) -> str:
        """Why the model of the card is not served; empty if it is."""
        served, verdict = self.carded, self.judged.verdict if self.judged else self.mlm_verdict
        if served and served.pushed:
            return ""
        if verdict and not verdict.blessed:
            return verdict.message
        if served and not served.check.get("servable", True):
            return "; ".join(served.check.get("failures", [])) or "ServableCheck refused it"
        return (served and served.reason) or "no node pushed it"

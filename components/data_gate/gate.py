"""The decision: may these examples be trained on?"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2

from components.data_gate.config import DataGateConfig
from components.data_gate.messages import explain
from components.examples import COLUMN
from components.rounding import share_apart

DATASET = "(data set)"
REJECTED_ROWS = "REJECTED_ROWS"
TOO_FEW_ROWS = "TOO_FEW_ROWS"
NO_ROWS = "NO_ROWS"

_Info = anomalies_pb2.AnomalyInfo


@dataclasses.dataclass(frozen=True)
class Counts:
    """Rows of a split, as ExampleGen counted them.

    Attributes:
        rows: Rows that became Examples.
        rejected: Rows that were read and set aside.
        left_out: Usable rows that a source's ``limit`` left out.
    """

    rows: int
    rejected: int
    left_out: int = 0

    @property
    def read(self) -> int:
        """All rows that were read."""
        return self.rows + self.rejected + self.left_out

    @property
    def rejected_share(self) -> float:
        """Share of unusable rows in all rows that were read; 0 if none was read."""
        return self.rejected / self.read if self.read else 0.0


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a split.

    Attributes:
        split: Name of the split.
        feature: Name of the feature, or `DATASET`.
        kind: TFDV's name of the anomaly's type, or one of the gates' own.
        summary: What is wrong, in a few words.
        detail: What is wrong, with numbers and values.
        blocks: Whether it stops the run.
        rows: Some rows that show it.
        ignored: Whether the configuration says not to mind it.
    """

    split: str
    feature: str
    kind: str
    summary: str
    detail: str
    blocks: bool
    rows: tuple[str, ...] = ()
    ignored: bool = False


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The decision about all splits.

    Attributes:
        splits: Figures by split.
        findings: Everything that was found, also what does not block.
    """

    splits: dict[str, dict[str, Any]]
    findings: list[Finding]

    @property
    def accepted(self) -> bool:
        """Whether the run may go on."""
        return not any(finding.blocks for finding in self.findings)

    def to_dict(self) -> dict[str, object]:
        """The content of ``verdict.json``."""
        return {
            "accepted": self.accepted,
            "splits": self.splits,
            "findings": [dataclasses.asdict(finding) for finding in self.findings],
        }


def judge(
    config: DataGateConfig,
    counts: Mapping[str, Counts],
    anomalies: Mapping[str, anomalies_pb2.Anomalies],
    others: Sequence[Finding] = (),
) -> Verdict:
    """Decides whether a set of Examples may be trained on.

    Anomalies of severity WARNING (a schema can lower one by `severity_overrides`) are reported and do not
    block. Columns that are kept because the configuration says so are none, whether the schema knows them or not.

    Args:
        config: Limits, and the anomalies to be ignored.
        counts: Rows by split.
        anomalies: What ExampleValidator found, by split.
        others: What else was found; what the configuration ignores of it does not block.

    Returns:
        The verdict, with every finding in the order of the splits, and the others last.
    """
    findings: list[Finding] = []
    for split in [*counts, *(name for name in anomalies if name not in counts)]:
        if split in counts:
            findings += _count_findings(config, split, counts[split])
        if split in anomalies:
            findings += _anomaly_findings(config, split, anomalies[split])
    for finding in others:
        ignored = _is_ignored(config, finding.feature, finding.kind)
        findings.append(dataclasses.replace(finding, blocks=finding.blocks and not ignored, ignored=ignored))
    figures = {
        split: {**dataclasses.asdict(count), "rejected_share": count.rejected_share} for split, count in counts.items()
    }
    return Verdict(figures, findings)


def refusal(
    verdict: Verdict,
    examples: Mapping[tuple[str, str], list[str]],
    where: str,
    key: str,
    settings: Sequence[str] | None = None,
) -> str:
    """Says why the run stops, for a person.

    Args:
        verdict: A verdict that does not accept.
        examples: What was seen, by split and feature; rejected rows under `DATASET`.
        where: What was judged, for example the directory of the Examples.
        key: The gate's key in the configuration, for example ``labelled.gate``.
        settings: Further keys that have an effect on what was judged; None: all that remedies know.

    Returns:
        Several lines: each blocking finding with what to do about it.
    """
    blocking = [finding for finding in verdict.findings if finding.blocks]
    lines = [f"the data did not pass the gate ({len(blocking)} finding{'s' if len(blocking) > 1 else ''}): {where}"]
    for finding in blocking:
        lines.append(f"- split {finding.split!r}, feature {finding.feature!r}: {finding.summary}. {finding.detail}")
        values = finding.rows or examples.get((finding.split, finding.feature))
        if values:
            lines.append("    for example: " + "; ".join(values))
        lines.append(f"    remedy: {explain(finding.kind, key, settings)}")
    return "\n".join(lines)


def _count_findings(config: DataGateConfig, split: str, counts: Counts) -> Iterator[Finding]:
    if counts.rejected_share > config.max_rejected_share:
        share, limit = share_apart(counts.rejected_share, config.max_rejected_share)
        yield Finding(
            split,
            DATASET,
            REJECTED_ROWS,
            "Too many unusable rows",
            f"{counts.rejected:,} of {counts.read:,} rows ({share}) could not be used; max_rejected_share is {limit}.",
            blocks=True,
        )
    if counts.rows < config.min_rows:
        yield Finding(
            split,
            DATASET,
            TOO_FEW_ROWS,
            "Too few rows",
            f"{counts.rows:,} usable rows; min_rows is {config.min_rows:,}.",
            blocks=True,
        )
    elif not counts.rows:
        yield Finding(split, DATASET, NO_ROWS, "No rows", "The split has no usable row.", blocks=False)


def _anomaly_findings(config: DataGateConfig, split: str, found: anomalies_pb2.Anomalies) -> Iterator[Finding]:
    infos = {_feature(key, info): info for key, info in sorted(found.anomaly_info.items())}
    if found.HasField("dataset_anomaly_info"):
        infos[DATASET] = found.dataset_anomaly_info
    for feature, info in infos.items():
        for reason in info.reason or [info]:
            kind = _Info.Type.Name(reason.type) if isinstance(reason, _Info.Reason) else "UNKNOWN_TYPE"
            if kind == "SCHEMA_NEW_COLUMN" and feature.startswith(COLUMN):
                continue
            ignored = _is_ignored(config, feature, kind)
            yield Finding(
                split,
                feature,
                kind,
                reason.short_description,
                reason.description,
                blocks=info.severity != _Info.WARNING and not ignored,
                ignored=ignored,
            )
    if found.data_missing:
        yield Finding(split, DATASET, "NO_DATA_IN_SPAN", "No data", "The split has no rows.", blocks=True)


def _is_ignored(config: DataGateConfig, feature: str, kind: str) -> bool:
    return feature in config.ignore_anomalies or kind in config.ignore_anomalies


def _feature(key: str, info: anomalies_pb2.AnomalyInfo) -> str:
    return ".".join(info.path.step) or key

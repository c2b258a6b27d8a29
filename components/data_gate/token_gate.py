"""The decision: does the tokenizer fit these texts?"""

from collections.abc import Iterator, Mapping
from typing import Any

from components.data_gate.config import TokenLimits
from components.data_gate.gate import DATASET, Finding, Verdict
from components.rounding import apart, exact, share_apart

Statistics = Mapping[str, Any]
_NAMED = 5  # labels in a message


def judge(limits: TokenLimits, statistics: Mapping[str, Statistics]) -> Verdict:
    """Decides whether tokenized texts may be trained on.

    Args:
        limits: What is still acceptable, in every split.
        statistics: What `components.token_statistics.counts.summarize` gives, by split.

    Returns:
        The verdict; every finding blocks, but labels without a token only where there is a limit.
    """
    findings = [
        finding
        for split, figures in statistics.items()
        for finding in (
            *(Finding(split, *found, blocks=True) for found in _findings(limits, figures)),
            *_empty_labels(limits, split, figures),
        )
    ]
    figures = {
        split: {name: value for name, value in all_of_it.items() if name != "shown"}
        for split, all_of_it in statistics.items()
    }
    return Verdict(figures, findings)


def examples(statistics: Mapping[str, Statistics]) -> dict[tuple[str, str], list[str]]:
    """Rows to show with a finding, by split and feature.

    Args:
        statistics: As for `judge`.
    """
    return {
        (split, feature): figures["shown"][name]
        for split, figures in statistics.items()
        for feature, name in (("text", "empty"), ("input_ids", "unknown"))
    }


def _findings(limits: TokenLimits, figures: Statistics) -> Iterator[tuple[str, str, str, str]]:
    rows, tokens = figures["rows"], figures["tokens"]
    if figures["unknown_share"] > limits.max_unknown_share:
        share, limit = share_apart(figures["unknown_share"], limits.max_unknown_share)
        yield (
            "input_ids",
            "UNKNOWN_TOKENS",
            "Too many unknown tokens",
            f"{figures['unknown_tokens']:,} of {tokens:,} tokens ({share}) are unknown; max_unknown_share is {limit}.",
        )
    if figures["empty_share"] > limits.max_empty_share:
        share, limit = share_apart(figures["empty_share"], limits.max_empty_share)
        yield (
            "text",
            "EMPTY_TEXTS",
            "Too many texts without any token",
            f"{figures['empty_rows']:,} of {rows:,} texts ({share}) have no token left after "
            f"cleaning; max_empty_share is {limit}.",
        )
    if figures["truncated_share"] > limits.max_truncated_share:
        share, limit = share_apart(figures["truncated_share"], limits.max_truncated_share)
        yield (
            "token_count",
            "TRUNCATED_TEXTS",
            "Too many texts are cut",
            f"{figures['truncated_rows']:,} of {rows:,} texts ({share}) are longer than "
            f"text.max_length; max_truncated_share is {limit}.",
        )
    if figures["vocabulary_use"] < limits.min_vocabulary_use:
        share, limit = share_apart(figures["vocabulary_use"], limits.min_vocabulary_use)
        yield (
            DATASET,
            "VOCABULARY_USE",
            "Too little of the vocabulary is used",
            f"{figures['vocabulary_used']:,} different tokens ({share} of the vocabulary) "
            f"occur; min_vocabulary_use is {limit}.",
        )
    mean = figures["mean_tokens"]
    if mean < limits.min_mean_tokens:
        yield (
            "token_count",
            "SHORT_TEXTS",
            "Texts are too short",
            _mean(mean, "min_mean_tokens", limits.min_mean_tokens),
        )
    if limits.max_mean_tokens is not None and mean > limits.max_mean_tokens:
        yield "token_count", "LONG_TEXTS", "Texts are too long", _mean(mean, "max_mean_tokens", limits.max_mean_tokens)


def _empty_labels(limits: TokenLimits, split: str, figures: Statistics) -> Iterator[Finding]:
    if found := figures.get("empty_labels"):
        named = ", ".join(f"{label!r} ({rows:,})" for label, rows in list(found.items())[:_NAMED])
        more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
        most = limits.max_empty_labels
        yield Finding(
            split,
            "text",
            "EMPTY_LABELS",
            "No text of a label has a token",
            f"{named}{more}: nothing is left of these texts after cleaning"
            f"{'' if most is None else f'; max_empty_labels is {most}'}.",
            blocks=most is not None and len(found) > most,
        )


def _mean(mean: float, key: str, limit: float) -> str:
    (shown,) = apart([mean], [limit], decimals=1)
    return f"{shown} tokens on average; {key} is {exact(limit)}."

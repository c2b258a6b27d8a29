"""The decision: does the tokenizer fit these texts?"""

from collections.abc import Iterator, Mapping
from typing import Any

from components.data_gate.config import TokenLimits
from components.data_gate.gate import DATASET, Finding, Verdict

Statistics = Mapping[str, Any]


def judge(limits: TokenLimits, statistics: Mapping[str, Statistics]) -> Verdict:
    """Decides whether tokenized texts may be trained on.

    Args:
        limits: What is still acceptable, in every split.
        statistics: What `components.token_statistics.counts.summarize` gives, by split.

    Returns:
        The verdict; every finding blocks.
    """
    findings = [
        Finding(split, feature, kind, summary, detail, blocks=True)
        for split, figures in statistics.items()
        for feature, kind, summary, detail in _findings(limits, figures)
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
        yield (
            "input_ids",
            "UNKNOWN_TOKENS",
            "Too many unknown tokens",
            f"{figures['unknown_tokens']:,} of {tokens:,} tokens ({figures['unknown_share']:.2%}) are unknown; "
            f"max_unknown_share is {limits.max_unknown_share:.2%}.",
        )
    if figures["empty_share"] > limits.max_empty_share:
        yield (
            "text",
            "EMPTY_TEXTS",
            "Too many texts without any token",
            f"{figures['empty_rows']:,} of {rows:,} texts ({figures['empty_share']:.2%}) have no token left after "
            f"cleaning; max_empty_share is {limits.max_empty_share:.2%}.",
        )
    if figures["truncated_share"] > limits.max_truncated_share:
        yield (
            "token_count",
            "TRUNCATED_TEXTS",
            "Too many texts are cut",
            f"{figures['truncated_rows']:,} of {rows:,} texts ({figures['truncated_share']:.2%}) are longer than "
            f"text.max_length; max_truncated_share is {limits.max_truncated_share:.2%}.",
        )
    if figures["vocabulary_use"] < limits.min_vocabulary_use:
        yield (
            DATASET,
            "VOCABULARY_USE",
            "Too little of the vocabulary is used",
            f"{figures['vocabulary_used']:,} different tokens ({figures['vocabulary_use']:.2%} of the vocabulary) "
            f"occur; min_vocabulary_use is {limits.min_vocabulary_use:.2%}.",
        )
    mean = figures["mean_tokens"]
    if mean < limits.min_mean_tokens:
        limit = f"min_mean_tokens is {limits.min_mean_tokens:g}."
        yield "token_count", "SHORT_TEXTS", "Texts are too short", f"{mean:.1f} tokens on average; {limit}"
    if limits.max_mean_tokens is not None and mean > limits.max_mean_tokens:
        limit = f"max_mean_tokens is {limits.max_mean_tokens:g}."
        yield "token_count", "LONG_TEXTS", "Texts are too long", f"{mean:.1f} tokens on average; {limit}"

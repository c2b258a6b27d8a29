"""The verdict on tokens."""

from typing import Any

import pytest

from components.data_gate.config import TokenLimits
from components.data_gate.gate import refusal
from components.data_gate.token_gate import examples, judge

GOOD = {
    "rows": 100,
    "empty_rows": 1,
    "empty_share": 0.01,
    "truncated_rows": 30,
    "truncated_share": 0.3,
    "tokens": 2000,
    "unknown_tokens": 100,
    "unknown_share": 0.05,
    "mean_tokens": 20.0,
    "vocabulary_used": 400,
    "vocabulary_use": 0.4,
    "shown": {"empty": ["r1 ''"], "unknown": ["r2 '😀'"]},
}


def kinds(limits: dict[str, Any], **figures: Any) -> list[tuple[str, str]]:
    verdict = judge(TokenLimits(**limits), {"train": GOOD, "eval": GOOD | figures})
    return [(finding.split, finding.kind) for finding in verdict.findings]


def test_the_usual_is_accepted() -> None:
    verdict = judge(TokenLimits(), {"train": GOOD})
    assert verdict.accepted
    assert verdict.to_dict()["splits"] == {"train": {name: value for name, value in GOOD.items() if name != "shown"}}


@pytest.mark.parametrize(
    ("limits", "figures", "kind"),
    [
        ({}, {"unknown_share": 0.21}, "UNKNOWN_TOKENS"),
        ({}, {"empty_share": 0.11}, "EMPTY_TEXTS"),
        ({"max_truncated_share": 0.3}, {"truncated_share": 0.31}, "TRUNCATED_TEXTS"),
        ({"min_vocabulary_use": 0.4}, {"vocabulary_use": 0.39}, "VOCABULARY_USE"),
        ({"min_mean_tokens": 20}, {"mean_tokens": 19.9}, "SHORT_TEXTS"),
        ({"max_mean_tokens": 20}, {"mean_tokens": 20.1}, "LONG_TEXTS"),
    ],
)
def test_each_limit_holds_in_each_split(limits: dict[str, Any], figures: dict[str, Any], kind: str) -> None:
    assert kinds(limits) == []
    assert kinds(limits, **figures) == [("eval", kind)]


def test_the_refusal_names_figures_limit_rows_and_remedy() -> None:
    statistics = {"train": GOOD | {"unknown_tokens": 500, "unknown_share": 0.25, "empty_share": 0.5, "empty_rows": 50}}
    verdict = judge(TokenLimits(), statistics)
    message = refusal(
        verdict, examples(statistics), "/runs/tokens", "corpus.gate", ["text.cleaning", "tokenizer.vocab_size"]
    )
    assert not verdict.accepted
    assert "(2 findings): /runs/tokens" in message
    assert "500 of 2,000 tokens (25.00%) are unknown; max_unknown_share is 20.00%." in message
    assert "50 of 100 texts (50.00%) have no token left" in message
    assert "for example: r2 '😀'" in message and "for example: r1 ''" in message
    assert "corpus.gate.tokens.max_unknown_share" in message and "(text.cleaning)" in message
    assert "(tokenizer.vocab_size), or raise" in message and "text.stop_words" not in message
    plain = refusal(verdict, {}, "/runs/tokens", "corpus.gate", [])
    assert "text." not in plain and "tokenizer." not in plain


def test_figures_of_a_refusal_differ_from_their_limits() -> None:
    close = GOOD | {"unknown_share": 0.2000001, "mean_tokens": 9.9999, "vocabulary_use": 0.39999999}
    verdict = judge(TokenLimits(min_mean_tokens=10, min_vocabulary_use=0.4), {"train": close})
    unknown, vocabulary, mean = (finding.detail for finding in verdict.findings)
    assert "(20.00001%)" in unknown and "is 20.00%" in unknown
    assert "(39.999999% of" in vocabulary and "is 40.00%" in vocabulary
    assert mean == "9.9999 tokens on average; min_mean_tokens is 10."


def test_labels_of_which_nothing_is_left_after_cleaning() -> None:
    statistics = {"train": GOOD | {"empty_labels": {"旅": 3, "京都": 1}}}
    (finding,) = judge(TokenLimits(), statistics).findings
    assert (finding.kind, finding.blocks) == ("EMPTY_LABELS", False)
    assert finding.detail == "'旅' (3), '京都' (1): nothing is left of these texts after cleaning."
    assert judge(TokenLimits(max_empty_labels=2), statistics).accepted
    refused = judge(TokenLimits(max_empty_labels=1), statistics)
    assert "labelled.gate.tokens.max_empty_labels" in refusal(refused, {}, "x", "labelled.gate")

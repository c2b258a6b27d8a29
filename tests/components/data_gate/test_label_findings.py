"""What the gate says of labels and their texts."""

import unicodedata
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.data_gate.config import LabelledGateConfig, LabelLimits
from components.data_gate.gate import Counts, Finding, judge, refusal
from components.data_gate.label_facts import Collected, LabelledRow, collect, folded
from components.data_gate.label_findings import label_findings

Row = tuple[str, str, str]  # split, text, label


def rows(table: Iterable[Row]) -> list[LabelledRow]:
    return [
        LabelledRow(split, f"rows.csv:{number}", text, tuple(label.split("|")) if label else ())
        for number, (split, text, label) in enumerate(table, start=1)
    ]


def sound(labels: Iterable[str] = ("京都", "グルメ"), count: int = 4, first: int = 0) -> list[Row]:
    """Rows that nothing can be said against."""
    return [
        (split, f"話 {place}、その{number}、{split}", label)
        for place, label in enumerate(labels, first)
        for split in ("train", "eval")
        for number in range(count)
    ]


def found(table: Iterable[Row], limits: LabelLimits | None = None, train: int = 2) -> list[Finding]:
    return label_findings(limits or LabelLimits(), collect(rows(table)), {"train": train})


def only(table: Iterable[Row], limits: LabelLimits | None = None, train: int = 2) -> Finding:
    (finding,) = found(table, limits, train)
    return finding


def test_of_sound_labels_nothing_is_said() -> None:
    assert found(sound()) == []
    assert found(sound(["京都|グルメ", "京都", "グルメ"])) == []


@pytest.mark.parametrize(
    "variant", ["ｽﾎﾟｰﾂ", "スポーツ ", "スポ　ーツ", "スポーツ\u200b", unicodedata.normalize("NFD", "スポーツ")]
)
def test_japanese_labels_that_differ_in_width_or_white_space(variant: str) -> None:
    finding = only(sound(["スポーツ", "京都"]) + sound([variant], count=3, first=2))

    assert (finding.kind, finding.split, finding.blocks) == ("SIMILAR_LABELS", "(all splits)", False)
    assert f"'スポーツ' (8 rows) and {variant!r} (6 rows)" in finding.detail
    assert finding.rows == (f"{variant!r} in rows.csv:17 (train)",)


def test_labels_that_differ_in_case_stop_the_run_where_a_limit_says_so() -> None:
    table = sound(["Sports", "sports", "ＳＰＯＲＴＳ", "travel"])
    assert not only(table, LabelLimits(max_similar=2)).blocks
    finding = only(table, LabelLimits(max_similar=1))
    assert finding.blocks and finding.detail.endswith("; labels.max_similar is 1.")
    assert len(finding.rows) == 2


@given(st.text(st.characters(exclude_categories=["Cs", "Cf"]), min_size=1), st.sampled_from(["upper", "lower"]))
def test_case_and_white_space_never_count(label: str, case: str) -> None:
    # Some letters have no simple counterpart in the other case: those are compared as they are folded.
    changed = getattr(label, case)()
    if changed.casefold() == label.casefold():
        assert folded(f" {changed}\u3000") == folded(label)


def test_a_label_with_fewer_rows_than_a_split_needs() -> None:
    table = [*sound(), ("train", "一つだけの話", "旅")]
    in_train, in_eval = found(table)
    assert (in_train.kind, in_train.split, in_eval.split) == ("RARE_LABELS", "train", "eval")
    assert in_train.detail == "'旅' (1): 2 or more are needed."
    assert in_eval.detail == "'旅' (0): 1 or more are needed."
    assert in_train.rows == in_eval.rows == ("'旅' in rows.csv:17 (train)",)
    assert found(table, train=5)[0].detail.startswith("'旅' (1), '京都' (4), 'グルメ' (4): 5 or more")


@pytest.mark.parametrize(("least", "blocks"), [(1, [False, True]), (2, [True, True]), (5, [True, True])])
def test_fewest_rows_of_a_label(least: int, blocks: list[bool]) -> None:
    table = [*sound(), ("train", "一つだけの話", "旅")]
    findings = found(table, LabelLimits(min_rows=least))
    assert [one.blocks for one in findings] == blocks
    assert findings[0].detail.endswith(f"; labels.min_rows is {least}.")


def test_a_label_that_train_does_not_have() -> None:
    table = [*sound(), ("eval", "ほかの話", "旅"), ("eval", "もう一つの話", "旅")]
    finding = only(table)
    assert (finding.kind, finding.split, finding.blocks) == ("UNSEEN_LABELS", "eval", False)
    assert finding.detail == "'旅' (2): 2 rows (20.00%) whose label no model can learn."
    assert only(table, LabelLimits(max_unseen_share=0.2)).blocks is False
    stopped = only(table, LabelLimits(max_unseen_share=0.199999))
    assert stopped.blocks and "(20.00%)" in stopped.detail and "is 19.9999%" in stopped.detail
    assert [one.kind for one in found(table, LabelLimits(min_rows=1)) if one.blocks] == ["RARE_LABELS"]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["同じ話"] * 3, "3 texts (all equal)"),
        (["ﾃｽﾄ", "テスト", " テスト\n"], "3 texts (all equal)"),
        (["１２", "3,4", "-5.6"], "3 texts (all numbers)"),
        (["!!!", "…", "。"], "3 texts without a letter or a digit"),
        (["😀"], "1 text without a letter or a digit"),
    ],
)
def test_texts_that_say_nothing(texts: list[str], said: str) -> None:
    table = sound() + [("train", text, "旅") for text in texts]
    findings = [one for one in found(table, LabelLimits(max_uninformative=0)) if one.kind == "UNINFORMATIVE_TEXTS"]
    assert [one.detail for one in findings] == [f"the {said} of '旅'; labels.max_uninformative is 0."]
    assert findings[0].blocks and findings[0].feature == "text"


def test_a_text_column_of_numbers() -> None:
    table = [(split, f"{n}", label) for split in ("train", "eval") for n in range(4) for label in ("1", "2")]
    finding = next(one for one in found(table) if one.kind == "UNINFORMATIVE_TEXTS")
    assert finding.detail.endswith("and so of all labels.")


def test_equal_texts_with_different_labels_on_both_sides_of_the_split() -> None:
    table = [
        *sound(),
        ("train", "部屋は　ｷﾚｲ", "京都"),
        ("eval", "部屋は キレイ", "グルメ"),
        ("eval", "別の話", "京都"),
    ]
    finding = only(table)
    assert (finding.kind, finding.blocks) == ("CONFLICTING_LABELS", False)
    assert finding.detail == "1 texts, 2 rows (10.53%)."
    assert finding.rows == ("'部屋は キレイ' has '京都' in rows.csv:17 (train) and 'グルメ' in rows.csv:18 (eval)",)
    assert only(table, LabelLimits(max_conflicting_share=0.1)).blocks
    assert not only(table, LabelLimits(max_conflicting_share=0.11)).blocks


def test_the_same_labels_in_another_order_are_no_conflict() -> None:
    table = sound(["甲|乙", "甲", "乙"])
    assert found([*table, ("train", "話", "甲|乙"), ("train", "話", "乙|甲")]) == []
    assert only([*table, ("train", "話", "甲|乙"), ("train", "話", "")]).rows[0].count("no label") == 1


def test_one_label_only() -> None:
    finding = only(sound(["京都"]))
    assert (finding.kind, finding.split, finding.blocks) == ("FEW_LABELS", "train", False)
    assert [one.blocks for one in found(sound(), LabelLimits(min_labels=3))] == [True]


def test_labels_that_look_like_ids_or_like_texts() -> None:
    table = [("train", f"{n}番目の話", f"id-{n}") for n in range(40)]
    assert "40 labels in 40 rows" in next(one for one in found(table) if one.kind == "MANY_LABELS").detail
    assert [one.kind for one in found(sound(), LabelLimits(max_labels=1)) if one.blocks] == ["MANY_LABELS"]
    finding = only(sound(["京都" * 51, "グルメ"]))
    assert (finding.kind, finding.rows[0][:6]) == ("LONG_LABELS", "'京都京都京")
    assert only(sound(["京都\n嵐山", "グルメ"])).kind == "LONG_LABELS"
    assert only(sound(), LabelLimits(max_length=2)).blocks


def test_more_labels_and_texts_than_are_kept() -> None:
    """Counts of texts become estimates, and nothing is kept beyond the constants."""
    facts = Collected(most_labels=5, most_texts=64)
    for number in range(2000):
        for label in ("甲", f"乙{number % 50}"):
            facts.add(LabelledRow("train", f"rows.csv:{number}", f"話 {number}", (label,)))
    assert len(facts.labels) == 5 and facts.more_labels
    assert len(facts._seen) <= 64 and facts.is_sample
    assert 1000 < facts.conflicting_texts < 4000 and facts.conflicting_rows == 2 * facts.conflicting_texts
    assert len(facts.conflicts) == 3
    kinds = {one.kind: one.detail for one in label_findings(LabelLimits(), facts, {})}
    assert kinds["MANY_LABELS"].startswith("more than 5 labels") and kinds["CONFLICTING_LABELS"].startswith("about ")


def test_a_limit_stops_the_run_with_the_rows_and_a_remedy() -> None:
    config = LabelledGateConfig(labels=LabelLimits(max_similar=0))
    table = sound(["スポーツ", "ｽﾎﾟｰﾂ", "京都"])
    counts = {"train": Counts(12, 0), "eval": Counts(12, 0)}
    verdict = judge(config, counts, {}, found(table, config.labels))
    assert not verdict.accepted
    said = refusal(verdict, {}, "x", "labelled.gate")
    assert "    for example: 'ｽﾎﾟｰﾂ' in rows.csv:9 (train)\n" in said
    assert said.endswith("remedy: write each label in one way, or raise labelled.gate.labels.max_similar")


@pytest.mark.parametrize("ignore", ["label", "SIMILAR_LABELS"])
def test_what_is_ignored_is_kept_and_not_told(ignore: str) -> None:
    config = LabelledGateConfig(labels=LabelLimits(max_similar=0), ignore_anomalies=[ignore])
    verdict = judge(config, {}, {}, found(sound(["スポーツ", "ｽﾎﾟｰﾂ"]), config.labels))
    (finding,) = verdict.findings
    assert verdict.accepted and finding.ignored


def test_a_split_without_rows_is_told() -> None:
    (finding,) = judge(LabelledGateConfig(min_rows=0), {"eval": Counts(0, 0)}, {}).findings
    assert (finding.kind, finding.blocks) == ("NO_ROWS", False)

"""What looks wrong about labels: warnings, which stop the run where a limit in the configuration says so."""

from collections.abc import Iterator, Mapping, Sequence

from components.data_gate.config import LabelLimits
from components.data_gate.gate import Finding
from components.data_gate.label_facts import SHOWN, Collected, LabelFacts, folded, short
from components.rounding import share_apart

ALL = "(all splits)"
TRAIN = "train"
_LONG_LABEL = 100  # characters: longer ones are texts
_FEWEST_ALIKE = 3  # rows: two may well be alike
_FEWEST_IDS = 10  # labels; as many labels as rows say nothing of a handful of rows
_NAMED = 5  # labels in a message


def label_findings(limits: LabelLimits, facts: Collected, needed: Mapping[str, int]) -> list[Finding]:
    """Judges labels and their texts.

    Args:
        limits: What stops the run.
        facts: What was collected of all splits.
        needed: By split, the rows of a label without which something cannot be done with it; a split that is not named
            needs one.
    """
    return [
        *_similar(limits, facts),
        *_rare(limits, facts, needed),
        *_unseen(limits, facts),
        *_uninformative(limits, facts),
        *_conflicting(limits, facts),
        *_number_of_labels(limits, facts),
        *_long(limits, facts),
    ]


def _similar(limits: LabelLimits, facts: Collected) -> Iterator[Finding]:
    groups: dict[str, list[str]] = {}
    for label in facts.labels:
        groups.setdefault(folded(label), []).append(label)
    found = [sorted(group, key=lambda label: -facts.labels[label].total) for group in groups.values() if len(group) > 1]
    if found:
        count = sum(len(group) - 1 for group in found)
        named = "; ".join(
            " and ".join(f"{label!r} ({facts.labels[label].total:,} rows)" for label in group)
            for group in found[:_NAMED]
        )
        yield _finding(
            "SIMILAR_LABELS",
            "Labels differ only in case, width or white space",
            f"{named}{_more(len(found))}{_limit('max_similar', limits.max_similar)}.",
            count > _or_any(limits.max_similar),
            [f"{label!r} in {facts.labels[label].first[0]}" for group in found for label in group[1:]],
        )


def _rare(limits: LabelLimits, facts: Collected, needed: Mapping[str, int]) -> Iterator[Finding]:
    for split in sorted(facts.rows, key=lambda name: name != TRAIN):
        least = max(needed.get(split, 1), limits.min_rows or 0)
        few = {
            label: one
            for label, one in facts.labels.items()
            if one.rows[split] < least and (one.rows[TRAIN] or limits.min_rows)  # without a limit, `_unseen` tells
        }
        if few:
            ordered = sorted(few, key=lambda label: few[label].rows[split])
            named = ", ".join(f"{label!r} ({few[label].rows[split]:,})" for label in ordered[:_NAMED])
            yield _finding(
                "RARE_LABELS",
                "Labels have fewer rows than the split needs",
                f"{named}{_more(len(few))}: {least:,} or more are needed{_limit('min_rows', limits.min_rows)}.",
                any(one.rows[split] < (limits.min_rows or 0) for one in few.values()),
                [f"{label!r} in {few[label].first[0]}" for label in ordered],
                split,
            )


def _unseen(limits: LabelLimits, facts: Collected) -> Iterator[Finding]:
    if not facts.rows[TRAIN]:
        return
    for split in sorted(facts.rows):
        unseen = {label: one for label, one in facts.labels.items() if one.rows[split] and not one.rows[TRAIN]}
        if unseen:
            rows = sum(one.rows[split] for one in unseen.values())
            share, limit = _shares(rows / facts.rows[split], limits.max_unseen_share)
            named = ", ".join(f"{label!r} ({one.rows[split]:,})" for label, one in list(unseen.items())[:_NAMED])
            yield _finding(
                "UNSEEN_LABELS",
                f"Labels have no row in {TRAIN!r}",
                f"{named}{_more(len(unseen))}: {rows:,} rows ({share}) whose label no model can "
                f"learn{_limit('max_unseen_share', limit)}.",
                rows / facts.rows[split] > _or_any(limits.max_unseen_share),
                [f"{label!r} in {one.first[0]}" for label, one in unseen.items()],
                split,
            )


def _uninformative(limits: LabelLimits, facts: Collected) -> Iterator[Finding]:
    found = {label: said for label, one in facts.labels.items() if (said := _sameness(one))}
    if found:
        named = "; ".join(f"the {said} of {label!r}" for label, said in list(found.items())[:_NAMED])
        whole = ", and so of all labels" if len(found) == len(facts.labels) else ""
        yield _finding(
            "UNINFORMATIVE_TEXTS",
            "Texts of a label say nothing about it",
            f"{named}{_more(len(found))}{whole}{_limit('max_uninformative', limits.max_uninformative)}.",
            len(found) > _or_any(limits.max_uninformative),
            [f"{facts.labels[label].shown!r} in {facts.labels[label].first[0]}" for label in found],
            feature="text",
        )


def _sameness(facts: LabelFacts) -> str:
    rows = f"{facts.total:,} text{'s' * (facts.total > 1)}"
    if facts.blank:
        return f"{rows} without a letter or a digit"
    if facts.total < _FEWEST_ALIKE:
        return ""
    return f"{rows} (all equal)" if facts.equal else f"{rows} (all numbers)" if facts.numbers else ""


def _conflicting(limits: LabelLimits, facts: Collected) -> Iterator[Finding]:
    if facts.conflicting_texts:
        share = facts.conflicting_rows / max(facts.rows.total(), 1)
        shown, limit = _shares(share, limits.max_conflicting_share)
        about = "about " if facts.is_sample else ""
        yield _finding(
            "CONFLICTING_LABELS",
            "Equal texts have different labels",
            f"{about}{facts.conflicting_texts:,} texts, {facts.conflicting_rows:,} rows "
            f"({shown}){_limit('max_conflicting_share', limit)}.",
            share > _or_any(limits.max_conflicting_share),
            facts.conflicts,
            feature="text",
        )


def _number_of_labels(limits: LabelLimits, facts: Collected) -> Iterator[Finding]:
    in_train = [label for label, one in facts.labels.items() if one.rows[TRAIN]]
    least = max(2, limits.min_labels or 0)
    if facts.rows[TRAIN] and len(in_train) < least:
        yield _finding(
            "FEW_LABELS",
            "Too few labels to tell apart",
            f"{', '.join(map(repr, in_train)) or 'no label'}: a classifier needs two or "
            f"more{_limit('min_labels', limits.min_labels)}.",
            len(in_train) < (limits.min_labels or 0),
            [f"{label!r} in {facts.labels[label].first[0]}" for label in in_train],
            TRAIN,
        )
    rows, labels = facts.rows.total(), len(facts.labels)
    over = labels > _or_any(limits.max_labels) or (facts.more_labels and limits.max_labels is not None)
    if over or facts.more_labels or (labels >= _FEWEST_IDS and labels * 2 > rows):
        count = f"more than {labels:,}" if facts.more_labels else f"{labels:,}"
        yield _finding(
            "MANY_LABELS",
            "There are very many labels",
            f"{count} labels in {rows:,} rows, as if they were ids{_limit('max_labels', limits.max_labels)}.",
            over,
            [f"{short(label)!r} in {one.first[0]}" for label, one in list(facts.labels.items())[:SHOWN]],
        )


def _long(limits: LabelLimits, facts: Collected) -> Iterator[Finding]:
    longest = _LONG_LABEL if limits.max_length is None else limits.max_length
    found = [label for label in facts.labels if len(label) > longest or len(label.splitlines()) > 1]
    if found:
        lengths = max(map(len, found))
        yield _finding(
            "LONG_LABELS",
            "Labels look like texts",
            f"{len(found):,} of {len(facts.labels):,} labels have more than {longest:,} characters or several lines, "
            f"the longest {lengths:,}{_limit('max_length', limits.max_length)}.",
            limits.max_length is not None and lengths > limits.max_length,
            [f"{short(label)!r} in {facts.labels[label].first[0]}" for label in found],
        )


def _finding(
    kind: str,
    summary: str,
    detail: str,
    blocks: bool,
    rows: Sequence[str],
    split: str = ALL,
    feature: str = "label",
) -> Finding:
    return Finding(split, feature, kind, summary, detail, blocks, tuple(rows[:SHOWN]))


def _or_any(limit: float | None) -> float:
    return float("inf") if limit is None else limit


def _limit(key: str, limit: float | str | None) -> str:
    return "" if limit is None else f"; labels.{key} is {limit}"


def _shares(share: float, limit: float | None) -> tuple[str, str | None]:
    return (f"{share:.2%}", None) if limit is None else share_apart(share, limit)


def _more(count: int) -> str:
    return f" and {count - _NAMED:,} more" if count > _NAMED else ""

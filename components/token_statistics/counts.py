"""Counts of tokens: plain sums, so that those of several files add up to those of all."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

_SHOWN = 3
_LONGEST_TEXT = 60
PERCENTILES = (50, 95, 99)
_NO_LABELS = np.zeros(0, np.int64)


@dataclasses.dataclass(frozen=True, order=True)
class SeenRow:
    """A row to show to a person; the smallest are shown.

    Attributes:
        rank: Smaller is more telling.
        id: The row's id.
        text: Its text, shortened.
    """

    rank: float
    id: str
    text: str

    def __str__(self) -> str:
        """The id and the text."""
        return f"{self.id} {self.text!r}"


@dataclasses.dataclass(frozen=True)
class TokenCounts:
    """What was counted of a set of rows. Special tokens around a text do not count.

    Attributes:
        lengths: Rows by the number of tokens of the whole text, int64 of shape ``(longest + 1,)``.
        occurrences: Kept tokens by id, int64 of shape ``(vocab_size,)``.
        unknown: Kept tokens that are unknown.
        truncated: Rows that were cut.
        empty_rows: Some rows without any token.
        unknown_rows: The rows with the largest shares of unknown tokens.
        label_rows: Rows by label number, int64; as long as the largest number asks for.
        label_empty: Of these, rows without any token; of the same shape.
    """

    lengths: np.ndarray
    occurrences: np.ndarray
    unknown: int = 0
    truncated: int = 0
    empty_rows: tuple[SeenRow, ...] = ()
    unknown_rows: tuple[SeenRow, ...] = ()
    label_rows: np.ndarray = dataclasses.field(default_factory=lambda: _NO_LABELS)
    label_empty: np.ndarray = dataclasses.field(default_factory=lambda: _NO_LABELS)

    @property
    def rows(self) -> int:
        """All rows."""
        return int(self.lengths.sum())


def count_rows(
    ids: np.ndarray,
    row_lengths: np.ndarray,
    token_counts: np.ndarray,
    names: Sequence[bytes],
    texts: Sequence[bytes],
    vocab_size: int,
    unk_id: int,
    special: int,
    label_ids: np.ndarray = _NO_LABELS,
    label_counts: np.ndarray = _NO_LABELS,
) -> TokenCounts:
    """Counts a batch of transformed rows.

    Args:
        ids: Token ids of all rows, one after the other, special ones included, int64.
        row_lengths: Ids of each row, int64 of shape ``(n,)``.
        token_counts: Tokens of each whole text, before it was cut and without special ones, int64 of shape ``(n,)``.
        names: Ids of the rows, UTF-8.
        texts: Their raw texts, UTF-8.
        vocab_size: The number of ids.
        unk_id: The id of the unknown token.
        special: Special ids around each text.
        label_ids: Label numbers of all rows, one after the other, -1 for one that is unknown.
        label_counts: Labels of each row, int64 of shape ``(n,)``; empty for texts without labels.

    Returns:
        The counts.
    """
    kept = row_lengths - special
    row_of = np.repeat(np.arange(len(row_lengths)), row_lengths)
    unknown = np.bincount(row_of[ids == unk_id], minlength=len(row_lengths))
    shares = unknown / np.maximum(kept, 1)
    occurrences = np.bincount(ids, minlength=vocab_size)
    worst = [row for row in np.argsort(-shares, kind="stable")[:_SHOWN] if unknown[row]]

    def seen(rows: Iterable[int], ranks: np.ndarray) -> tuple[SeenRow, ...]:
        shown = (SeenRow(float(ranks[row]), _decode(names[row]), _short(_decode(texts[row]))) for row in rows)
        return tuple(sorted(shown))

    known = label_ids >= 0
    empty = np.repeat(token_counts[: len(label_counts)] == 0, label_counts)
    most = int(label_ids.max(initial=-1)) + 1
    return TokenCounts(
        lengths=np.bincount(token_counts),
        occurrences=occurrences,
        unknown=int(unknown.sum()),
        truncated=int((token_counts > kept).sum()),
        empty_rows=seen(np.flatnonzero(token_counts == 0)[:_SHOWN], np.zeros(len(token_counts))),
        unknown_rows=seen(worst, -shares),
        label_rows=np.bincount(label_ids[known], minlength=most),
        label_empty=np.bincount(label_ids[known & empty], minlength=most),
    )


def add(parts: Iterable[TokenCounts], vocab_size: int) -> TokenCounts:
    """Adds up the counts of parts; the order of the parts does not matter.

    Args:
        parts: Any number of counts.
        vocab_size: The number of ids.
    """
    counts = list(parts)
    lengths = np.zeros(max((len(part.lengths) for part in counts), default=1), np.int64)
    occurrences = np.zeros(vocab_size, np.int64)
    label_rows, label_empty = np.zeros((2, max((len(part.label_rows) for part in counts), default=0)), np.int64)
    for part in counts:
        lengths[: len(part.lengths)] += part.lengths
        occurrences += part.occurrences
        label_rows[: len(part.label_rows)] += part.label_rows
        label_empty[: len(part.label_empty)] += part.label_empty
    return TokenCounts(
        lengths=lengths,
        occurrences=occurrences,
        unknown=sum(part.unknown for part in counts),
        truncated=sum(part.truncated for part in counts),
        empty_rows=tuple(sorted(row for part in counts for row in part.empty_rows)[:_SHOWN]),
        unknown_rows=tuple(sorted(row for part in counts for row in part.unknown_rows)[:_SHOWN]),
        label_rows=label_rows,
        label_empty=label_empty,
    )


def summarize(counts: TokenCounts, special_ids: Iterable[int], labels: Sequence[str] = ()) -> dict[str, Any]:
    """The figures of a split.

    Args:
        counts: Its counts.
        special_ids: Ids of special tokens, which do not count as tokens or as used vocabulary; the unknown token counts
            as a token of a text.
        labels: Label texts by number; nothing for texts without labels.

    Returns:
        ``rows``; ``empty_rows``, ``truncated_rows`` and their shares of the rows; ``tokens`` kept, ``lost_tokens`` that
        were cut off; ``unknown_tokens`` and their share of the tokens kept; ``mean_tokens``, ``p50_tokens`` to
        ``p99_tokens`` and ``max_tokens`` of whole texts; ``vocabulary_used`` (different tokens) and
        ``vocabulary_use``, its share of the vocabulary; ``lengths``: rows by the number of tokens of the whole text, in
        bins whose lowest number, the key, doubles; ``shown``: rows worth looking at;
        ``empty_labels``, if there are labels: by label text the rows of each of which no text has a token.
    """
    rows = counts.rows
    whole = int(np.arange(len(counts.lengths)) @ counts.lengths)
    special = sorted(set(special_ids))
    ordinary = counts.occurrences.copy()
    ordinary[special] = 0
    tokens = int(ordinary.sum()) + counts.unknown
    used = int(np.count_nonzero(ordinary))
    empty = int(counts.lengths[0])
    cumulative = np.cumsum(counts.lengths)
    return {
        "rows": rows,
        "empty_rows": empty,
        "empty_share": empty / max(rows, 1),
        "truncated_rows": counts.truncated,
        "truncated_share": counts.truncated / max(rows, 1),
        "tokens": tokens,
        "lost_tokens": whole - tokens,
        "unknown_tokens": counts.unknown,
        "unknown_share": counts.unknown / max(tokens, 1),
        "mean_tokens": whole / max(rows, 1),
        **{f"p{p}_tokens": int(np.searchsorted(cumulative, rows * p / 100)) for p in PERCENTILES},
        "max_tokens": len(counts.lengths) - 1,
        "vocabulary_used": used,
        "vocabulary_use": used / max(len(ordinary) - len(special), 1),
        "lengths": _histogram(counts.lengths),
        "shown": {
            "empty": [str(row) for row in counts.empty_rows],
            "unknown": [str(row) for row in counts.unknown_rows],
        },
        **({"empty_labels": _empty_labels(counts, labels)} if labels else {}),
    }


def _empty_labels(counts: TokenCounts, labels: Sequence[str]) -> dict[str, int]:
    rows = zip(labels, counts.label_rows.tolist(), counts.label_empty.tolist(), strict=False)
    return {label: all_ for label, all_, no_token in rows if all_ and all_ == no_token}


def _histogram(lengths: np.ndarray) -> dict[int, int]:
    bins = [0, *(1 << power for power in range(int(len(lengths) - 1).bit_length()))]
    return {low: int(rows) for low, rows in zip(bins, np.add.reduceat(lengths, bins), strict=True)}


def _decode(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"

import random

import numpy as np
import pytest

from components.token_statistics.counts import TokenCounts, add, count_rows, summarize

VOCAB_SIZE, UNK, CLS, SEP = 10, 1, 2, 3
SPECIAL = [0, UNK, CLS, SEP, 4]
# id, text, kept tokens, tokens of the whole text
ROWS = [
    ("r0", "京都へ", [5, 6, 7], 3),
    ("r1", "", [], 0),
    ("r2", "😀 ?", [UNK, UNK, 5], 5),
    ("r3", "a", [UNK], 1),
]


def count(rows) -> TokenCounts:
    ids = [[CLS, *kept, SEP] for _, _, kept, _ in rows]
    return count_rows(
        np.array([one for row in ids for one in row]),
        np.array([len(row) for row in ids]),
        np.array([whole for *_, whole in rows]),
        [name.encode() for name, *_ in rows],
        [text.encode() for _, text, *_ in rows],
        VOCAB_SIZE,
        UNK,
        special=2,
    )


def test_figures_of_a_split() -> None:
    figures = summarize(count(ROWS), SPECIAL)
    shown, lengths = figures.pop("shown"), figures.pop("lengths")
    assert lengths == {0: 1, 1: 1, 2: 1, 4: 1}  # none, 1, 3 and 5 tokens
    assert figures == {
        "rows": 4,
        "empty_rows": 1,
        "empty_share": 0.25,
        "truncated_rows": 1,
        "truncated_share": 0.25,
        "tokens": 7,
        "lost_tokens": 2,
        "unknown_tokens": 3,
        "unknown_share": 3 / 7,
        "mean_tokens": 2.25,
        "p50_tokens": 1,
        "p95_tokens": 5,
        "p99_tokens": 5,
        "max_tokens": 5,
        "vocabulary_used": 3,
        "vocabulary_use": 0.6,
    }
    assert shown == {"empty": ["r1 ''"], "unknown": ["r3 'a'", "r2 '😀 ?'"]}


@pytest.mark.parametrize("parts", [1, 2, 4])
def test_parts_add_up_to_the_whole(parts: int) -> None:
    rows = ROWS * 3
    counted = [count(rows[start::parts]) for start in range(parts)]
    random.Random(0).shuffle(counted)
    assert summarize(add(counted, VOCAB_SIZE), SPECIAL) == summarize(count(rows), SPECIAL)


def test_a_split_without_rows() -> None:
    figures = summarize(add([], VOCAB_SIZE), SPECIAL)
    assert (figures["rows"], figures["unknown_share"], figures["mean_tokens"], figures["max_tokens"]) == (0, 0, 0, 0)


def test_long_texts_are_shortened() -> None:
    figures = summarize(count([("r", "字" * 100, [UNK], 1)]), SPECIAL)
    assert figures["shown"]["unknown"] == [f"r '{'字' * 59}…'"]


def test_labels_of_which_no_text_has_a_token() -> None:
    """Rows with several labels or none, counted in two parts."""
    labels = [[0, 1], [2], [0], [], [2, -1]]
    lengths = np.array([3, 0, 0, 1, 0])

    def part(rows: list[int]) -> TokenCounts:
        return count_rows(
            np.zeros(0, np.int64),
            np.zeros(len(rows), np.int64),
            lengths[rows],
            [b""] * len(rows),
            [b""] * len(rows),
            VOCAB_SIZE,
            UNK,
            0,
            np.array([label for row in rows for label in labels[row]], np.int64),
            np.array([len(labels[row]) for row in rows]),
        )

    counts = add([part([0, 1]), part([2, 3, 4])], VOCAB_SIZE)
    assert (counts.label_rows.tolist(), counts.label_empty.tolist()) == ([2, 1, 2], [1, 0, 2])
    assert summarize(counts, SPECIAL, ["京都", "グルメ", "旅"])["empty_labels"] == {"旅": 2}
    assert "empty_labels" not in summarize(counts, SPECIAL)

"""Texts in batches: none lost, none too many, none too wide."""

import itertools
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from pipeline.serving import batches as module
from pipeline.serving.batches import batches


@given(st.lists(st.text(max_size=9)), st.integers(1, 5))
def test_all_in_order(texts: list[str], size: int) -> None:
    found = list(batches(texts, size))
    assert list(itertools.chain(*found)) == texts
    assert all(1 <= len(batch) <= size for batch in found)


def test_long_texts_are_fewer(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(module, "_LARGEST", 100)
    texts = ["短い"] * 3 + ["x" * 60] * 3 + ["y" * 1000] + ["短い"]
    found = list(batches(texts, 8))
    assert [[len(text) for text in batch] for batch in found] == [[2, 2, 2], [60], [60], [60], [1000], [2]]


def test_no_text_is_read_before_it_is_needed() -> None:
    taken: list[int] = []

    def endless() -> Iterator[str]:
        for number in itertools.count():
            taken.append(number)
            yield str(number)

    assert next(batches(endless(), 4)) == ["0", "1", "2", "3"]
    assert len(taken) == 4

"""Texts answered in another order: every answer comes back to its text, and little is read ahead."""

import concurrent.futures
import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.serving import order
from pipeline.serving.order import by_length, several_at_a_time


@given(st.lists(st.text(max_size=9)), st.integers(1, 5))
def test_every_text_has_its_own_answer(texts: list[str], window: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "_TEXTS", window)
        assert list(by_length(lambda some: [text.upper() for text in some], texts)) == [text.upper() for text in texts]


def test_texts_of_about_the_same_length_are_asked_together() -> None:
    asked: list[str] = []

    def answer(texts: Iterator[str]) -> Iterator[str]:
        for text in texts:
            asked.append(text)
            yield text

    assert list(by_length(answer, ["長い文章", "短い", "中くらい"[:3], "x"])) == ["長い文章", "短い", "中くら", "x"]
    assert asked == ["x", "短い", "中くら", "長い文章"]


def test_few_texts_are_read_ahead_and_fewer_long_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    def endless(size: int) -> Iterator[str]:
        for number in itertools.count():
            taken.append(number)
            yield "京" * size

    next(by_length(list, endless(1)))
    assert len(taken) == 1024
    taken.clear()
    next(by_length(list, endless(1 << 20)))
    assert len(taken) == 4


def test_an_answer_too_few_is_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        list(by_length(lambda some: list(some)[1:], ["a", "b"]))


def test_batches_at_a_time_in_order_and_none_left_running() -> None:
    asked: list[list[str]] = []
    with concurrent.futures.ThreadPoolExecutor(1) as executor:

        def answer(batch: list[str]) -> list[str]:
            asked.append(batch)
            return batch

        answers = several_at_a_time(lambda batch: executor.submit(answer, batch), (["a", str(n)] for n in range(9)), 3)
        assert list(itertools.islice(answers, 4)) == ["a", "0", "a", "1"]
        answers.close()  # type: ignore[attr-defined]
    assert len(asked) <= 4


def test_an_error_in_a_batch_comes_where_its_answers_would() -> None:
    with concurrent.futures.ThreadPoolExecutor(2) as executor:

        def answer(batch: list[str]) -> list[float]:
            return [1 / int(one) for one in batch]

        answers = several_at_a_time(lambda batch: executor.submit(answer, batch), [["1", "2"], ["0"], ["4"]], 2)
        assert list(itertools.islice(answers, 2)) == [1.0, 0.5]
        with pytest.raises(ZeroDivisionError):
            next(answers)

"""What waits for the model is asked together; nobody gets another's answer, nobody pays for another's mistake."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.serving.server.batcher import Arrays, Batcher, Batching
from pipeline.serving.server.refusals import Refusal
from pipeline.serving.server.threads import ModelThreads


class Model:
    """Answers with the length of each text, and as wide as the longest; remembers its calls, and can be held up."""

    def __init__(self) -> None:
        self.calls: list[list[bytes]] = []
        self.free = threading.Event()
        self.free.set()

    def __call__(self, texts: Sequence[bytes]) -> Arrays:
        self.calls.append(list(texts))
        assert self.free.wait(10)
        if b"bad" in texts:
            raise ValueError("bad")
        width = max(map(len, texts), default=0)
        letters: np.ndarray = np.full((len(texts), width), b"", object)
        for row, text in enumerate(texts):
            letters[row, : len(text)] = [bytes([letter]) for letter in text]
        return {"length": np.array([len(text) for text in texts]), "letters": letters}


def run(work: Callable[[Batcher, Model], Awaitable[None]], **batching: object) -> Model:
    model = Model()

    async def inside() -> None:
        threads = ModelThreads(2)
        how = Batching(**{"parallel": 1, **batching})  # type: ignore[arg-type]
        await work(Batcher(model, threads, how), model)
        threads.shutdown()

    asyncio.run(inside())
    return model


async def held_up(batcher: Batcher, model: Model, requests: Sequence[Sequence[bytes]]) -> list[object]:
    """Sends requests while the model is busy with another, and then lets it go on."""
    model.free.clear()
    first = asyncio.create_task(batcher.answer([b"first"]))
    await asyncio.sleep(0.05)
    waiting = [asyncio.create_task(batcher.answer(texts)) for texts in requests]
    await asyncio.sleep(0)
    model.free.set()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


def test_what_waits_is_asked_together_as_far_as_it_fits() -> None:
    async def work(batcher: Batcher, model: Model) -> None:
        answers = await held_up(batcher, model, [[b"aa", b"bb"], [b"cc"], [b"dd"], []])
        assert [answer["length"].tolist() for answer in answers] == [[2, 2], [2], [2], []]  # type: ignore[index]

    assert run(work, max_batch_size=3).calls == [[b"first"], [b"aa", b"bb", b"cc"], [b"dd"]]


def test_what_is_no_text_harms_nobody_else() -> None:
    async def work(batcher: Batcher, model: Model) -> None:
        with pytest.raises(TypeError):
            await batcher.answer([None])  # type: ignore[list-item]
        assert (await batcher.answer([b"aa"]))["length"].tolist() == [2]

    run(work)


def test_texts_of_other_lengths_are_not_put_together_and_none_waits_for_ever() -> None:
    async def work(batcher: Batcher, model: Model) -> None:
        answers = await held_up(batcher, model, [[b"x" * 9], [b"a"], [b"y" * 10], [b"b"]])
        assert [answer["length"].tolist() for answer in answers] == [[9], [1], [10], [1]]  # type: ignore[index]

    assert run(work).calls == [[b"first"], [b"x" * 9, b"y" * 10], [b"a", b"b"]]


def test_without_batching_every_request_is_a_call() -> None:
    async def work(batcher: Batcher, model: Model) -> None:
        await held_up(batcher, model, [[b"a"], [b"b"]])

    assert run(work, together=False).calls == [[b"first"], [b"a"], [b"b"]]


def test_who_is_to_blame_pays_alone() -> None:
    async def work(batcher: Batcher, model: Model) -> None:
        good, bad, other = await held_up(batcher, model, [[b"one"], [b"bad"], [b"two"]])
        assert good["length"].tolist() == other["length"].tolist() == [3]  # type: ignore[index]
        assert isinstance(bad, ValueError)

    run(work)


def test_who_has_gone_is_not_asked_for() -> None:
    async def work(batcher: Batcher, model: Model) -> None:
        model.free.clear()
        first = asyncio.create_task(batcher.answer([b"first"]))
        await asyncio.sleep(0.05)
        gone, stays = (asyncio.create_task(batcher.answer([text])) for text in (b"gone", b"stays"))
        await asyncio.sleep(0)
        gone.cancel()
        model.free.set()
        await asyncio.gather(first, stays)

    assert run(work).calls == [[b"first"], [b"stays"]]


def test_parts_of_a_large_request_take_turns_with_others() -> None:
    async def work(batcher: Batcher, model: Model) -> None:
        model.free.clear()
        large = asyncio.create_task(batcher.answer([b"%d" % number for number in range(6)]))
        await asyncio.sleep(0.05)
        small = asyncio.create_task(batcher.answer([b"small"]))
        await asyncio.sleep(0)
        model.free.set()
        assert (await large)["length"].tolist() == [1] * 6
        await small

    calls = run(work, max_batch_size=2).calls
    assert calls.index([b"small"]) == 1


def test_idle_and_told_to_wait_for_others() -> None:
    async def work(batcher: Batcher, model: Model) -> None:
        first = asyncio.create_task(batcher.answer([b"a"]))
        await asyncio.sleep(0.02)
        assert model.calls == []
        await asyncio.gather(first, batcher.answer([b"b"]))

    assert run(work, timeout=0.2).calls == [[b"a", b"b"]]


def test_too_many_that_wait_are_refused() -> None:
    async def work(batcher: Batcher, model: Model) -> None:
        answers = await held_up(batcher, model, [[b"a"], [b"b"], [b"c"]])
        assert [isinstance(answer, Refusal) for answer in answers] == [False, False, True]
        assert str(answers[2]).startswith("UNAVAILABLE")
        assert (await batcher.answer([b"d"]))["length"].tolist() == [1]

    run(work, max_waiting=2)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.binary(max_size=4).filter(lambda text: text != b"bad"), max_size=7), max_size=8))
def test_everybody_gets_his_own(requests: list[list[bytes]]) -> None:
    async def work(batcher: Batcher, model: Model) -> None:
        answers = await asyncio.gather(*map(batcher.answer, requests))
        for texts, answer in zip(requests, answers, strict=True):
            assert answer["length"].tolist() == [len(text) for text in texts]
            assert [b"".join(row) for row in answer["letters"].tolist()] == texts

    run(work, max_batch_size=3)

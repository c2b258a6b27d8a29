"""Calls go to the thread that was busy last, to others only when it is busy."""

import asyncio
import os
import threading
from pathlib import Path

import pytest
import tensorflow as tf

from components.servable_check.warmup import WARMUP_FILE, write_warmup
from pipeline.serving.server import loaded
from pipeline.serving.server.threads import ModelThreads


def test_the_thread_that_was_busy_last_is_asked_again():
    async def ask() -> list[str]:
        threads = ModelThreads(3)
        names = [await threads.submit(lambda: threading.current_thread().name) for _ in range(4)]
        threads.shutdown()
        return names

    assert len(set(asyncio.run(ask()))) == 1


def test_calls_are_made_at_a_time_and_what_is_too_much_waits():
    async def ask() -> tuple[set[str], list[str]]:
        threads = ModelThreads(2)
        both = threading.Barrier(2, timeout=10)

        def meet() -> str:
            both.wait()
            return threading.current_thread().name

        met = await asyncio.gather(*(threads.submit(meet) for _ in range(6)))
        threads.shutdown()
        return set(met), met

    names, met = asyncio.run(ask())
    assert len(names) == 2 and len(met) == 6


def test_an_error_is_the_callers():
    async def ask() -> None:
        threads = ModelThreads(1)
        with pytest.raises(ZeroDivisionError):
            await threads.submit(lambda: 1 // 0)
        assert await threads.submit(lambda: "then") == "then"
        threads.shutdown()

    asyncio.run(ask())


@pytest.mark.parametrize(("lengths", "several"), [([90, 30, 5000], False), ([900, 40, 5000], True), ([], False)])
def test_a_call_gets_several_threads_where_texts_are_long(tmp_path: Path, lengths: list[int], several: bool) -> None:
    if lengths:
        write_warmup(str(tmp_path), ["serving_default", "tf_example", "classify"], [b"a" * n for n in lengths])
    requests = list(loaded._read_warmup(tmp_path / WARMUP_FILE))
    found = loaded._threads_for(requests)
    assert found == (min(4, os.cpu_count() or 1) if several else 1)
    kinds = [log.WhichOneof("log_type") for log in requests]
    assert kinds.count("classify_log") == (len(lengths) + 1 if lengths else 0)
    again = list(tf.data.TFRecordDataset(str(tmp_path / WARMUP_FILE)).as_numpy_iterator()) if lengths else []
    assert [log.SerializeToString(deterministic=True) for log in requests] == again

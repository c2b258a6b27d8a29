"""A node that takes too long is stopped, politely first."""

import threading
import time
from collections.abc import Iterator

import pytest

from components.errors import Terminated
from pipeline.run import terminated_in_order
from pipeline.time_limit import TimedOut, time_limit


@pytest.fixture(autouse=True)
def handled() -> Iterator[None]:
    with terminated_in_order():
        yield


def fail(error: TimedOut) -> None:
    raise AssertionError(error)


def test_a_block_that_takes_too_long() -> None:
    start = time.monotonic()
    with pytest.raises(TimedOut, match=r"^Trainer was stopped after 0\.005 min"), time_limit("Trainer", 0.005, fail):
        time.sleep(10)
    assert time.monotonic() - start < 5


def test_the_signal_is_known_below_an_error_of_others() -> None:
    with pytest.raises(TimedOut), time_limit("Trainer", 0.001, fail):
        try:
            time.sleep(10)
        except Terminated as error:
            raise RuntimeError("a worker has ended") from error


def test_a_block_in_time_and_one_without_limit() -> None:
    for minutes in (0.002, None):
        with time_limit("Trainer", minutes, fail):
            pass
    time.sleep(0.3)  # the limit would be over by now, and a signal would end this test


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(ZeroDivisionError), time_limit("Trainer", 1.0, fail):
        _ = 1 / 0
    with pytest.raises(Terminated), time_limit("Trainer", 1.0, fail):
        raise Terminated("from outside")


def test_a_block_that_does_not_listen_is_given_up() -> None:
    given_up = threading.Event()
    with pytest.raises(TimedOut), time_limit("Trainer", 0.001, lambda error: given_up.set(), grace=0.2):
        try:
            time.sleep(10)
        except Terminated:
            assert given_up.wait(5)
            raise

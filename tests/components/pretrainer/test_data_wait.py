"""What is measured is the consumer's wait: it follows the slower of the two, whatever the machine's speed."""

import time

import pytest
import tensorflow as tf

from components.pretrainer.data_wait import DataWait

pytestmark = pytest.mark.slow

BATCHES, PAUSE = 8, 0.05


def slow_source(pause: float) -> tf.data.Dataset:
    def wait(number):
        tf.numpy_function(lambda: time.sleep(pause), [], [])
        return {"input_ids": tf.fill([4, 2], number)}

    return tf.data.Dataset.range(BATCHES).map(wait).prefetch(tf.data.AUTOTUNE)


def consume(pause: float, source: tf.data.Dataset) -> tuple[float, float, list]:
    """Seconds waited, seconds in all, and the elements."""
    wait = DataWait()
    start, elements = time.monotonic(), []
    for element in wait.watch(source):
        time.sleep(pause)
        elements.append(element["input_ids"].numpy().tolist())
    return wait.seconds(), time.monotonic() - start, elements


def test_a_slow_source_keeps_its_consumer_waiting():
    waited, seconds, _ = consume(0.0, slow_source(PAUSE))
    assert 0.7 * BATCHES * PAUSE < waited < seconds


def test_a_slow_consumer_waits_little_for_a_quick_source():
    waited, seconds, _ = consume(PAUSE, slow_source(0.001))
    assert waited < 0.5 * seconds


def test_the_elements_stay_the_same():
    assert consume(0.0, slow_source(0.0))[2] == [[[n, n]] * 4 for n in range(BATCHES)]


def test_steps_in_one_graph_are_seen_too():
    """As Keras takes batches: several in one execution of a function."""
    wait = DataWait()
    iterator = iter(wait.watch(slow_source(PAUSE)))

    @tf.function
    def execution():
        for _ in tf.range(BATCHES):
            next(iterator)

    execution()
    assert wait.seconds() > 0.7 * BATCHES * PAUSE

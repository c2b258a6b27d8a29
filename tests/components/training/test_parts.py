import pytest
import tensorflow as tf

from components.errors import TfxBertError
from components.memory import Memory
from components.training.parts import Workload, choose_parts

MB = 1_000_000
KEY = "pretrainer.accumulation_steps"
STRATEGY = tf.distribute.get_strategy()


def graph(megabytes):
    """Holds so much at once."""
    return tf.function(lambda: tf.exp(tf.zeros([megabytes, 250_000]))).get_concrete_function().graph


def work(rows=64, megabytes=1000, weights=0):
    traced = []

    def trace():
        traced.append(rows)
        return graph(megabytes // 2)  # the tensor and what is made of it

    return Workload(rows, 4 * megabytes * MB, weights * MB, trace), traced


def choose(memory, wanted="auto", **options):
    return choose_parts(KEY, wanted, work(**options)[0], STRATEGY, "a shorter text", memory)


def there(megabytes, free=None):
    return Memory(megabytes * MB, (megabytes if free is None else free) * MB, "a test")


def test_a_batch_that_fits_beyond_doubt_is_not_looked_at():
    load, traced = work()
    assert choose_parts(KEY, "auto", load, STRATEGY, "", there(8001)).accumulation_steps == 1
    assert not traced


@pytest.mark.parametrize(("megabytes", "count"), [(2400, 1), (2200, 2), (600, 4), (300, 8), (100, 32), (60, 64)])
def test_as_few_parts_as_fit_into_half_of_the_memory(megabytes, count):
    parts = choose(there(megabytes))
    assert (parts.accumulation_steps, parts.rows_at_once) == (count, 64 // count)
    assert parts.step_bytes <= parts.budget_bytes == megabytes * MB / 2


def test_the_number_of_parts_divides_the_rows():
    """And is at least twice the one before, so that little differences of memory do not matter."""
    assert {choose(there(megabytes), rows=12).accumulation_steps for megabytes in (300, 350, 400, 500)} == {12}
    assert choose(there(600), rows=12).accumulation_steps == 4
    assert choose(there(2200), rows=7).accumulation_steps == 7


def test_the_choice_does_not_follow_what_is_free():
    """Else two runs of the same would give two models."""
    assert {choose(there(1000, free)).accumulation_steps for free in (1000, 900, 800, 700)} == {4}
    assert choose(there(1000, 200)).accumulation_steps == 8  # unless there is no other way


def test_weights_count_whatever_the_number_of_parts():
    assert choose(there(2400), weights=20).accumulation_steps == 2
    with pytest.raises(TfxBertError, match=r"computes 1 of its 64 rows at a time needs about 198 MB, and there are"):
        choose(there(150), weights=20)


def test_a_given_number_is_taken_or_refused():
    assert choose(there(2400), wanted=16).accumulation_steps == 16
    with pytest.raises(TfxBertError) as error:
        choose(there(800), wanted=1)
    assert str(error.value) == (
        "out of memory: a step that computes 64 of its 64 rows at a time needs about 1.15 GB, and there are 800 MB of "
        "800 MB free (a test); try pretrainer.accumulation_steps: auto, a shorter text"
    )


def test_a_given_number_that_may_just_fit_is_tried():
    assert choose(there(1100), wanted=1).accumulation_steps == 1

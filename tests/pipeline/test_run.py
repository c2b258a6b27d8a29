"""What ends a run."""

import apache_beam as beam
import pytest

from pipeline.run import was_interrupted


def interrupt(_: int) -> None:
    raise KeyboardInterrupt


def test_an_interrupt_is_known_through_beam() -> None:
    with pytest.raises(RuntimeError) as caught, beam.Pipeline() as pipeline:
        _ = pipeline | beam.Create([1]) | beam.Map(interrupt)
    assert was_interrupted(caught.value)


def test_other_errors_are_none() -> None:
    assert was_interrupted(KeyboardInterrupt())
    assert not was_interrupted(RuntimeError("KeyboardInterrupt"))
    with pytest.raises(ValueError) as caught:
        try:
            raise OSError
        except OSError as error:
            raise ValueError from error
    assert not was_interrupted(caught.value)

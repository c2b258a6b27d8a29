"""What ends a run."""

import apache_beam as beam
import pytest

from components.errors import Terminated
from pipeline.run import stopped_by


def interrupt(_: int) -> None:
    raise KeyboardInterrupt


def test_an_interrupt_is_known_through_beam() -> None:
    with pytest.raises(RuntimeError) as caught, beam.Pipeline() as pipeline:
        _ = pipeline | beam.Create([1]) | beam.Map(interrupt)
    assert isinstance(stopped_by(caught.value), KeyboardInterrupt)


def test_other_errors_are_none() -> None:
    assert stopped_by(KeyboardInterrupt())
    assert str(stopped_by(Terminated("saved at step 3"))) == "saved at step 3"
    assert not stopped_by(RuntimeError("KeyboardInterrupt"))
    with pytest.raises(ValueError) as caught:
        try:
            raise OSError
        except OSError as error:
            raise ValueError from error
    assert not stopped_by(caught.value)

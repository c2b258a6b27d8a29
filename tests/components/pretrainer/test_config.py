import pydantic
import pytest

from components.pretrainer.config import PretrainerConfig


def message(**values) -> str:
    with pytest.raises(pydantic.ValidationError) as caught:
        PretrainerConfig(**values)
    return str(caught.value)


def test_epochs_and_steps_exclude_each_other():
    assert "epochs 3 and max_steps 10 are both given" in message(epochs=3, max_steps=10)


def test_some_end_is_needed():
    assert "set epochs, max_steps or minutes" in message()


@pytest.mark.parametrize("end", [{"epochs": 1}, {"max_steps": 1}, {"minutes": 0.5}, {"epochs": 1, "minutes": 2}])
def test_one_end_is_enough(end):
    assert PretrainerConfig(**end).model_dump(include=end.keys()) == end


def test_heads_must_divide_the_width():
    assert "hidden_size 100 is not a multiple of heads 3" in message(hidden_size=100, heads=3, epochs=1)


def test_blocks_must_fit_the_positions():
    assert "block_length 64 is more than max_positions 32" in message(block_length=64, max_positions=32, epochs=1)


def test_unknown_keys_are_refused():
    assert "learning_rat" in message(epochs=1, learning_rat=1)


def test_survives_json():
    config = PretrainerConfig(minutes=1.5, precision="bfloat16", clip_norm=None)
    assert PretrainerConfig.model_validate_json(config.model_dump_json()) == config

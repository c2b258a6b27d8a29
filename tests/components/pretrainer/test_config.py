import pydantic
import pytest

from components.pretrainer.config import NETWORK_KEYS, PretrainerConfig


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


def test_parts_must_divide_the_batch():
    assert "batch_size 32 is not a multiple of accumulation_steps 3" in message(epochs=1, accumulation_steps=3)


def test_tpus_have_no_float16():
    assert "precision float16 is not for strategy tpu" in message(epochs=1, precision="float16", strategy="tpu")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("architecture", "roberta"),
        ("packing", "line"),
        ("decay", "exponential"),
        ("precision", "float64"),
        ("patience", 0),
        ("accumulation_steps", 0),
        ("whole_words", "words"),
    ],
)
def test_values_that_there_are_not_are_refused(key, value):
    assert key in message(epochs=1, **{key: value})


def test_what_was_given_of_the_network():
    assert PretrainerConfig(epochs=1, block_length=64).given_network_keys() == []
    given = PretrainerConfig(epochs=1, layers=4, architecture="electra", dropout=0.1).given_network_keys()
    assert given == ["architecture", "layers", "dropout"]
    assert set(NETWORK_KEYS) <= set(PretrainerConfig.model_fields)


def test_unknown_keys_are_refused():
    assert "learning_rat" in message(epochs=1, learning_rat=1)


def test_survives_json():
    config = PretrainerConfig(minutes=1.5, precision="float16", clip_norm=None, patience=2, decay="cosine")
    assert PretrainerConfig.model_validate_json(config.model_dump_json()) == config

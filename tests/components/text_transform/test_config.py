import pydantic
import pytest
import yaml

from components.text_transform.config import CLEANING_STEPS, RECIPES, TextConfig


def test_a_recipe_stands_for_its_steps():
    config = TextConfig.model_validate(yaml.safe_load("cleaning: newsgroups"))
    assert config.cleaning == [
        "lower",
        "drop_crlf",
        "newline_to_space",
        "digits_to_zero",
        "drop_symbols",
        "fullwidth_to_halfwidth",
        "drop_hyphens",
        "collapse_spaces",
        "collapse_dots",
        "drop_tabs",
    ]


def test_recipes_hold_known_steps():
    assert all(set(steps) <= set(CLEANING_STEPS) for steps in RECIPES.values())


def test_steps_keep_their_order_through_json():
    config = TextConfig(cleaning=["nfkc", "lower"], stop_words=["japanese"], unknown_marker="<unk>")
    assert TextConfig.model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize("value, message", [(["upper"], "'upper'.*lower"), ("newsgroup", "'newsgroup'.*newsgroups")])
def test_unknown_names_are_refused_with_the_known_ones(value, message):
    with pytest.raises(pydantic.ValidationError, match=message):
        TextConfig(cleaning=value)


def test_special_tokens_need_room():
    with pytest.raises(pydantic.ValidationError, match="max_length"):
        TextConfig(max_length=2)

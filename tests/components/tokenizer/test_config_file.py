"""Values of a wrong type in a tokenizer's JSON files."""

import json
from pathlib import Path

import pytest

from components.errors import DataError
from components.tokenizer import config_file, reference

PATH = Path("model/tokenizer_config.json")
WRONG = {
    "do_lower_case": ("false", None, [], 1),
    "remove_space": (None,),
    "legacy": ("false",),
    "strip_accents": (0,),
    "model_max_length": ("512", "x", [], {}, True),
    "model_input_names": (5, None, ["input_ids", 5]),
    "extra_ids": (-5, "9"),
    "unk_token": (5, {"special": True}),
    "added_tokens_decoder": ([1], {"-1": {"content": "</s>"}}, {"x": {"content": "寺"}}, {"5": "寺"}, {"5": {}}),
    "additional_special_tokens": ("寺", [5]),
    "extra_special_tokens": ("寺",),
    "sp_model_kwargs": ({"reverse": True}, {"add_bos": True}, {"enable_sampling": True, "alpha": 0.1}, [1]),
}
RIGHT = {
    "do_lower_case": False,
    "legacy": None,
    "model_max_length": 1e30,
    "model_input_names": ["input_ids"],
    "unk_token": {"content": "[UNK]", "__type": "AddedToken"},
    "mask_token": None,
    "added_tokens_decoder": {"5": {"content": "寺", "special": True}},
    "additional_special_tokens": None,
    "extra_special_tokens": {"image": "<image>"},
    "sp_model_kwargs": {},
    "something_else": 5,
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_a_wrong_value_is_named(key, value):
    with pytest.raises(DataError) as refused:
        config_file.check(PATH, {**RIGHT, key: value})
    message = str(refused.value)
    assert message.startswith(f"{PATH}: {key} ") and "\n" not in message


def test_the_value_is_shown():
    with pytest.raises(DataError, match=r'json: model_max_length is "512", but it must be a number or null: take the'):
        config_file.check(PATH, {"model_max_length": "512"})
    with pytest.raises(DataError, match=r'added_tokens_decoder has \{"-1": \{"content": "寺"\}\}, but it must give'):
        config_file.check(PATH, {"added_tokens_decoder": {"-1": {"content": "寺"}}})


def test_right_values():
    config_file.check(PATH, RIGHT)
    config_file.check(PATH, {"sp_model_kwargs": {"enable_sampling": False}})


@pytest.mark.parametrize("index", [-1, "5", None, 2**40])
def test_added_tokens_are_ids(index):
    config_file.check_added(PATH, {"寺": 5})
    with pytest.raises(DataError, match="'寺' is .*, but it must be an id"):
        config_file.check_added(PATH, {"寺": index})


@pytest.mark.parametrize("name", ["tokenizer_config.json", "special_tokens_map.json"])
def test_both_files_are_checked_before_a_tokenizer_is_made(tmp_path, name):
    (tmp_path / name).write_text(json.dumps({"cls_token": 5}))
    with pytest.raises(DataError, match=f"{name}: cls_token is 5, but"):
        reference.check_files(tmp_path)

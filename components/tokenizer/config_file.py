"""What ``tokenizer_config.json`` and the files beside it may say.

transformers hardly looks at these values when it loads a tokenizer. One of a wrong type fails later, in the middle of
something else, or counts as false.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from components.errors import DataError, shortened

CONFIG = "tokenizer_config.json"
ADDED_TOKENS = "added_tokens.json"
_DIGITS = re.compile("[0-9]{1,9}")  # larger numbers are no ids
_MOST_IDS = 10**9
_FLAGS = (
    *("do_lower_case", "keep_accents", "remove_space", "split_by_punct", "tokenize_chinese_chars", "normalize"),
    *("do_word_tokenize", "do_subword_tokenize", "do_basic_tokenize"),
)
_FLAGS_OR_NOTHING = ("add_prefix_space", "legacy", "strip_accents")
_TOKENS = tuple(f"{role}_token" for role in ("bos", "eos", "unk", "sep", "pad", "cls", "mask"))


def check(path: Path, content: Mapping[str, Any]) -> None:
    """Refuses values of a wrong type, and options that no text graph can follow.

    Args:
        path: A ``tokenizer_config.json`` or ``special_tokens_map.json``.
        content: What it says.

    Raises:
        DataError: If there is such a value; the message names file, key and value.
    """
    for key, (expected, fits) in _EXPECTED.items():
        if key in content and not fits(content[key]):
            raise DataError(
                f"{path}: {key} is {_shown(content[key])}, but it must be {expected}: take the file that came with the "
                f"model, or correct {key}"
            )
    for index, token in content.get("added_tokens_decoder", {}).items():
        if not _DIGITS.fullmatch(index) or not isinstance(token, dict) or not _is_token(token):
            raise DataError(
                f"{path}: added_tokens_decoder has {_shown({index: token})}, but it must give an object with a content "
                "for an id, which is a number from 0: take the file that came with the model"
            )
    options = content.get("sp_model_kwargs")
    if options not in (None, {}, {"enable_sampling": False}):
        raise DataError(
            f"{path}: sp_model_kwargs is {_shown(options)}, and options of SentencePiece are not supported: if the "
            "model was trained without them, delete sp_model_kwargs"
        )


def check_added(path: Path, content: Mapping[str, Any]) -> None:
    """Refuses an ``added_tokens.json`` that has something other than ids.

    Args:
        path: The file.
        content: What it says: word to id.

    Raises:
        DataError: If it has something other than ids.
    """
    for word, index in content.items():
        if not _is_id(index):
            raise DataError(
                f"{path}: {shortened(word)!r} is {_shown(index)}, but it must be an id, which is a number from 0: take "
                "the file that came with the model"
            )


def _shown(value: Any) -> str:
    return shortened(json.dumps(value, ensure_ascii=False))


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_IDS


def _is_token(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, dict) and isinstance(value.get("content"), str))


def _are_tokens(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_token, value))


def _or_nothing(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


_EXPECTED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    **{key: ("true or false", _is_flag) for key in _FLAGS},
    **{key: ("true, false or null", _or_nothing(_is_flag)) for key in _FLAGS_OR_NOTHING},
    **{key: ("a string, an object with a string as its content, or null", _or_nothing(_is_token)) for key in _TOKENS},
    "model_max_length": ("a number or null", _or_nothing(_is_number)),
    "model_input_names": (
        "a list of strings",
        lambda value: isinstance(value, list) and all(isinstance(name, str) for name in value),
    ),
    "extra_ids": ("a number from 0", _is_id),
    "added_tokens_decoder": ("an object", lambda value: isinstance(value, dict)),
    "additional_special_tokens": ("a list of tokens or null", _or_nothing(_are_tokens)),
    "extra_special_tokens": (
        "a list of tokens, an object or null",
        _or_nothing(lambda value: isinstance(value, dict) or _are_tokens(value)),
    ),
}

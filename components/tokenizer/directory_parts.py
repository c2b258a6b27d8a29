"""What the directories of all kinds of tokenizers are put together from."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from transformers import AddedToken

from components.text_transform.config import TextConfig
from components.text_transform.spec import GraphSpec, write_spec
from components.text_transform.stop_words import resolve_stop_words
from components.tokenizer.sentencepiece_layout import SentencePieceLayout


def make_spec(
    kind: str, pieces: Sequence[str], special_ids: Mapping[str, int], text: TextConfig, **options: Any
) -> GraphSpec:
    """Makes the text graph's spec.

    Args:
        kind: The subword algorithm.
        pieces: In order of ids.
        special_ids: The ids of pad and unk, and of cls, sep and mask, or eos.
        text: Cleaning and stop words.
        **options: What is special to the algorithm.

    Returns:
        The spec.
    """
    ids = dict(special_ids)
    return GraphSpec.model_validate(
        {
            "kind": kind,
            "pieces": pieces,
            "pad_id": ids["pad"],
            "unk_id": ids["unk"],
            "before": [ids["cls"]] if "cls" in ids else [],
            "after": [ids["sep"] if "sep" in ids else ids["eos"]],
            "mask_id": ids.get("mask"),
            **text_options(text),
            **options,
        }
    )


def text_options(text: TextConfig) -> dict[str, Any]:
    """Gives what cleaning and stop words are in a spec.

    Args:
        text: Cleaning and stop words.

    Returns:
        Fields of `GraphSpec`.

    Raises:
        ConfigError: If a list of stop words cannot be read.
    """
    return {
        "cleaning": text.cleaning,
        "stop_words": resolve_stop_words(text.stop_words, text.nltk_english),
        "unknown_marker": text.unknown_marker,
    }


def slow_config(
    name: str, layout: SentencePieceLayout, added: Mapping[int, AddedToken] | None = None, **options: Any
) -> bytes:
    """Makes the ``tokenizer_config.json`` of a slow tokenizer.

    Args:
        name: Its class.
        layout: Its special tokens.
        added: Other added tokens, by id.
        **options: Of the class.

    Returns:
        The file's content.
    """
    special = {layout.special_ids[role]: token for role, token in layout.special.items()}
    tokens = {**layout.more_special, **(added or {}), **special}
    config = {
        "tokenizer_class": name,
        **{f"{role}_token": token.content for role, token in layout.special.items()},
        "additional_special_tokens": [token.content for _, token in sorted(layout.more_special.items())],
        "clean_up_tokenization_spaces": False,
        "added_tokens_decoder": {str(index): _json(token) for index, token in sorted(tokens.items())},
        **options,
    }
    return json.dumps(config, indent=1, ensure_ascii=False).encode()


def write_files(
    directory: str | Path, files: Mapping[str, bytes], spec: GraphSpec, tables: dict[str, np.ndarray]
) -> None:
    """Writes a directory.

    Args:
        directory: Where to write; made if it is not there.
        files: transformers' files by name.
        spec: The text graph.
        tables: Its large arrays.
    """
    path = Path(directory)
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (path / name).write_bytes(content)
    write_spec(directory, spec, tables)


def as_array(model: bytes) -> np.ndarray:
    """Gives a serialized model as a table, uint8."""
    return np.frombuffer(model, np.uint8)


def _json(token: AddedToken) -> dict[str, str | bool]:
    flags = ("content", "lstrip", "rstrip", "normalized", "single_word", "special")
    return {flag: getattr(token, flag) for flag in flags}

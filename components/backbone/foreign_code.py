"""Refuses model directories that bring Python code of their own.

transformers asks at the terminal whether to run such code, and an answer that nobody meant to give runs it. Nothing
here asks: such a directory is refused, before anything of it is loaded. Imports no library, so that a run can check
before it loads TFX.
"""

from pathlib import Path
from typing import Any

from components.backbone.json_files import read_json
from components.errors import DataError

FILES = (
    "config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "preprocessor_config.json",
    "processor_config.json",
    "feature_extractor_config.json",
    "image_processor_config.json",
    "video_preprocessor_config.json",
    "generation_config.json",
)
"""Files in which transformers looks for classes to import."""
KEYS = ("auto_map", "custom_pipelines")
"""Keys that name classes in Python files of the directory, or of another one on the Hub."""


def refuse(directory: Path) -> None:
    """Refuses a directory whose files name code of its own.

    Args:
        directory: A local directory with a model, a tokenizer or both. Files that are broken are passed over here.

    Raises:
        DataError: If there is such code.
    """
    for name in FILES:
        content = _read(directory / name)
        for key in KEYS:
            if found := _classes(content.get(key)):
                raise DataError(
                    f"{directory / name}: {key} names code of the directory's own ({found[0]}), which tfx-bert never "
                    f"runs: use a model of one of transformers' own classes; if this is one all the same, delete {key}"
                )


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_json(path) if path.is_file() else {}
    except DataError:
        return {}


def _classes(value: Any) -> list[str]:
    """Every string in a value, at whatever depth."""
    found, rest = [], [value]
    while rest:
        one = rest.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, dict | list):
            rest.extend(one.values() if isinstance(one, dict) else one)
    return found

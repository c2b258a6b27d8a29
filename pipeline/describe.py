"""A configuration as YAML with a comment above each key that says what it is for."""

import textwrap
from collections.abc import Iterator
from typing import Any, get_args

import pydantic
import yaml

from components.base import Config

WIDTH = 100
STEP = "  "


def describe(config: Config, plain: dict[str, Any]) -> str:
    """Writes the comments and the values.

    Args:
        config: Its fields have the descriptions.
        plain: What of it is to be shown, as `pydantic.BaseModel.model_dump` gives it by alias; keys may be missing.

    Returns:
        YAML of the same values. Of a section that is null the keys that it takes stand in its comment.
    """
    return "".join(f"{line}\n" for line in _section(config, plain))


def _section(config: Config, plain: dict[str, Any]) -> Iterator[str]:
    for name, field in type(config).model_fields.items():
        key, value = field.alias or name, getattr(config, name)
        if key not in plain:
            continue
        yield from _comment(field, value)
        if isinstance(value, Config):
            yield f"{key}:"
            yield from _indented(_section(value, plain[key]))
        elif isinstance(value, list) and value and all(isinstance(item, Config) for item in value):
            yield f"{key}:"
            for item, shown in zip(value, plain[key], strict=True):
                yield "-"
                yield from _indented(_section(item, shown))
        else:
            yield from yaml.safe_dump({key: plain[key]}, allow_unicode=True, sort_keys=False).splitlines()


def _comment(field: Any, value: Any) -> Iterator[str]:
    kinds = [type(value)] if isinstance(value, Config) else _sections(field.annotation)
    text = field.description or next(map(_first_line, kinds), "")
    if value is None and (keys := [key for kind in kinds for key in kind.model_fields]):
        text = f"{text} Keys: {', '.join(keys)}."
    yield from (f"# {line}" for line in textwrap.wrap(text, WIDTH))


def _sections(annotation: Any) -> list[type[Config]]:
    """The configuration classes that a field may hold."""
    if isinstance(annotation, type) and issubclass(annotation, Config):
        return [annotation]
    return [kind for part in get_args(annotation) for kind in _sections(part)]


def _first_line(kind: type[pydantic.BaseModel]) -> str:
    return (kind.__doc__ or "").partition("\n")[0]


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (STEP + line for line in lines)

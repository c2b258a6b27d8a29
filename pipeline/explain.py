"""Turning pydantic's complaints into lines that name the key, the value and the nearest valid name."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

import pydantic

from components.errors import MOST_CHARACTERS, shortened

MOST_LINES = 10


def explain(error: pydantic.ValidationError, model: type[pydantic.BaseModel]) -> str:
    """One line a mistake.

    Args:
        error: What pydantic raised.
        model: The model that was validated; its field names are the valid ones that are suggested.

    Returns:
        The lines, joined by newlines, each ``key: what is wrong``; the first `MOST_LINES` of them.
    """
    items = error.errors(include_url=False)
    lines = list(dict.fromkeys(_line(item, model) for item in items[:MOST_LINES]))
    if len(items) > MOST_LINES:
        lines.append(f"and {len(items) - MOST_LINES:,} more")
    return "\n".join(lines)


def nearest(name: str, valid: Sequence[str]) -> str:
    """The end of a sentence that names the valid name nearest to a wrong one, and all valid ones."""
    close = _close(name, valid)
    if close:
        return f", did you mean {close[0]!r}? (valid: {', '.join(valid)})"
    return f" (valid: {', '.join(valid)})" if valid else ""


def _close(name: str, valid: Sequence[str]) -> list[str]:
    # Nothing long is the misspelling of a key, and comparing takes the square of the length.
    return difflib.get_close_matches(name, valid, n=1, cutoff=0.5) if len(name) <= MOST_CHARACTERS else []


def _line(item: Any, root: type[pydantic.BaseModel]) -> str:
    key = ".".join(shortened(str(part)) for part in item["loc"] if part != "[key]")
    value, kind = item.get("input"), item["type"]
    shown = shortened(repr(value))
    if kind == "extra_forbidden":
        name, valid = key.rpartition(".")[2], _known_keys(item["loc"][:-1], root)
        elsewhere = [path for path in _key_paths(root) if path.rpartition(".")[2] == name]
        if elsewhere and not _close(name, valid):
            return f"{key}: unknown key, did you mean {' or '.join(map(repr, elsewhere))}? (valid: {', '.join(valid)})"
        return f"{key}: unknown key{nearest(name, valid)}"
    if kind in ("model_type", "dict_type"):
        return f"{key}: {shown} is not valid: it must hold keys and values"
    if kind == "missing":
        return f"{key}: is required"
    if kind == "value_error":
        said = " ".join(str(item["ctx"]["error"]).split())
        return f"{key}: {said}" if key else said
    if kind == "literal_error":
        expected = [part.strip(" '") for part in item["ctx"]["expected"].replace(" or ", ",").split(",")]
        return f"{key}: {shown} is not valid{nearest(str(value), expected)}"
    return f"{key}: {shown} is not valid: {item['msg'][0].lower()}{item['msg'][1:]}"


def _known_keys(location: Sequence[str | int], root: type[pydantic.BaseModel]) -> list[str]:
    model: Any = root
    for part in location:
        if isinstance(part, str) and model is not None and part not in _fields(model):
            continue  # the name of a union's member, which pydantic puts into the location
        if isinstance(part, str) and model is not None:
            model = next(iter(_models(_fields(model)[part].annotation)), None)
    return list(_fields(model)) if model is not None else []


def _key_paths(model: type[pydantic.BaseModel], prefix: str = "") -> Iterator[str]:
    """The dotted paths of all keys of a model and of the models in it; those in lists have no place of their own."""
    for name, field in _fields(model).items():
        yield f"{prefix}{name}"
        if getattr(field.annotation, "__origin__", None) is not list:
            for part in _models(field.annotation):
                yield from _key_paths(part, f"{prefix}{name}.")


def _fields(model: type[pydantic.BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _models(annotation: Any) -> Iterator[type[pydantic.BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)

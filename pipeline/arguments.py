"""Arguments that several verbs have, and what all of them have in common that name a file or a folder."""

import inspect
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import typer
from typer.models import ArgumentInfo, OptionInfo

from components.errors import ConfigError
from components.files import is_remote

Preset = Annotated[str, typer.Argument(metavar="PRESET|FILE.yaml", help="A shipped preset or a file.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key, for example trainer.epochs=3."),
]
Span = Annotated[int | None, typer.Option(help="Which instalment to read where `files` has {SPAN}; else the newest.")]

MOST_BYTES_OF_A_NAME = 255  # of a file or folder, on Linux' file systems
MOST_BYTES_OF_A_PATH = 4095


def check_path(key: str, text: str) -> None:
    """Checks what can be said of a path before anybody looks for it.

    Args:
        key: The option or the configuration key.
        text: A path of this machine.

    Raises:
        ConfigError: If it is empty, holds a NUL, is longer than a path can be, or begins with an unknown user's ``~``.
    """
    if not text.strip():
        raise ConfigError(key, "is empty: give a path, or leave it out")
    if "\0" in text:
        raise ConfigError(key, "there is a NUL in it, which no path has")
    longest = max((len(os.fsencode(name)) for name in text.split("/")), default=0)
    for size, most, what in (
        (longest, MOST_BYTES_OF_A_NAME, "a name in it"),
        (len(os.fsencode(text)), MOST_BYTES_OF_A_PATH, "it"),
    ):
        if size > most:
            raise ConfigError(key, f"{what} has {size:,} bytes, and file systems take {most:,} at most: {text[:60]}...")
    try:
        Path(text).expanduser()
    except RuntimeError:
        raise ConfigError(key, f"{text}: there is no user {text.split('/')[0][1:]!r} with a home folder") from None


def check_paths(app: typer.Typer, arguments: Sequence[str]) -> None:
    """Checks every path of a command line with `check_path`.

    Typer makes ``.`` of an empty path, and one ``/`` of two, so it is done before.

    Args:
        app: The application.
        arguments: Of the command line, without the program's name.

    Raises:
        ConfigError: If a path cannot be one, or is a URI where only a path of this machine will do.
    """
    verb, rest = _verb(app, list(arguments))
    if verb is None:
        return
    # Not `get_type_hints`, which puts another Optional around what is None by default.
    hints = {name: each.annotation for name, each in inspect.signature(verb, eval_str=True).parameters.items()}
    options = {name: hint for hint in hints.values() for name in _names(hint, hints)}
    positional = [hint for hint in hints.values() if isinstance(_info(hint), ArgumentInfo)]
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if name == "--":
            return
        if name.startswith("-") and name in options:
            hint = options[name]
            if not equals and bool not in _kinds(hint):
                if not rest:
                    return  # Typer says that something is missing
                value = rest.pop(0)
            _check(name, hint, value)
        elif not name.startswith("-") and positional:
            hint = positional[0]
            if not any(get_origin(kind) is list for kind in _kinds(hint)):
                positional.pop(0)
            _check(_info(hint).metavar or "", hint, f"{name}{equals}{value}")


def _verb(app: typer.Typer, arguments: list[str]) -> tuple[Callable[..., Any] | None, list[str]]:
    """The function of the verb that is asked for, and the arguments after it."""
    if not arguments:
        return None, []
    for group in app.registered_groups:
        if group.name == arguments[0] and group.typer_instance:
            return _verb(group.typer_instance, arguments[1:])
    for command in app.registered_commands:
        if command.callback and arguments[0] == (command.name or command.callback.__name__.replace("_", "-")):
            return command.callback, arguments[1:]
    return None, []


def _names(hint: Any, hints: dict[str, Any]) -> Iterator[str]:
    if isinstance(info := _info(hint), OptionInfo):
        own = next(name for name, each in hints.items() if each is hint)
        # Inside Annotated, Typer keeps the first name where the default would be.
        given = [name for name in (info.default, *(info.param_decls or ())) if isinstance(name, str)]
        yield from given or [f"--{own.replace('_', '-')}"]


def _info(hint: Any) -> Any:
    found = [each for each in getattr(hint, "__metadata__", ()) if isinstance(each, OptionInfo | ArgumentInfo)]
    return found[0] if found else None


def _kinds(hint: Any) -> tuple[Any, ...]:
    kind = get_args(hint)[0]
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _check(name: str, hint: Any, value: str) -> None:
    local = Path in _kinds(hint)
    if not local and not any(word in (_info(hint).metavar or "") for word in ("DIR", "FILE")):
        return
    if not is_remote(value):
        check_path(name, value)
    elif local:
        raise ConfigError(name, f"{value} is a URI, and this takes a path of this machine")

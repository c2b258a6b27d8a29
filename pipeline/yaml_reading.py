"""YAML and JSON from outside: values alone, within limits, and every mistake with its line.

PyYAML takes a text apart; what becomes of its parts is decided here. A value is text, a number, true, false, null, a
list or a mapping; no tag makes anything else, so nothing can run code.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from yaml import events
from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

MAX_BYTES = 8 << 20  # of a file
MAX_DEPTH = 50  # lists and mappings in each other
_TOO_DEEP = f"there are more than {MAX_DEPTH} lists and mappings inside each other"
MAX_VALUES = 250_000  # of a document, those that aliases repeat included
LARGEST = 2**63 - 1  # of whole numbers, below 0 too
_SHOWN = 80  # characters of a value in a message

_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast
_RESOLVER = Resolver()
_PREFIX = "tag:yaml.org,2002:"
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_INT = re.compile(r"[-+]?(0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|0b[01_]+)")
_FLOAT = re.compile(r"[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?")
_ENCODINGS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class YamlError(ValueError):
    """A text that cannot be read as YAML.

    Attributes:
        line: Counted from 1; 0: unknown.
        key: Dotted key of the value; empty where there is none.
        problem: What is wrong, in one line.
    """

    def __init__(self, line: int, key: str, problem: str) -> None:
        """Keeps the parts of the message."""
        super().__init__(f"line {line}: {key}: {problem}")
        self.line, self.key, self.problem = line, key, problem


def read_file(path: Path) -> list[Any]:
    """Reads all documents of a file.

    Args:
        path: A regular file, in UTF-8, or in UTF-16 with a byte order mark.

    Returns:
        A value a document; none for an empty file.

    Raises:
        OSError: If it cannot be opened.
        YamlError: If it is too large, in another encoding, or not YAML.
    """
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise YamlError(0, "", f"it is larger than {MAX_BYTES >> 20} MiB")
    encoding = next((name for mark, name in _ENCODINGS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise YamlError(line, "", f"this is not {encoding.upper()[:6].rstrip('-')}: save the file as UTF-8") from None
    return read_documents(text)


def read_value(text: str) -> Any:
    """Reads one document.

    Args:
        text: YAML.

    Returns:
        Its value; None if there is none.

    Raises:
        YamlError: If it is not YAML, or holds several documents.
    """
    documents = read_documents(text)
    if len(documents) > 1:
        raise YamlError(0, "", "there are several documents, divided by ---: keep one")
    return documents[0] if documents else None


def read_documents(text: str) -> list[Any]:
    """Reads all documents of a text.

    Raises:
        YamlError: If it is not YAML.
    """
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise YamlError(line, "", "there is a NUL, which no text has: save the file as UTF-8")
    try:
        return list(_Builder(yaml.parse(text, Loader=_PARSER)).documents())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(error.problem or error.context).split())
        if "nesting depth" in problem:  # newer versions of libyaml count, too
            problem = _TOO_DEEP
        raise YamlError(mark.line + 1 if mark else 0, "", _shortened(problem)) from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise YamlError(0, "", _shortened(" ".join(str(error).split()))) from None


class _Builder:
    """Makes values of the events that PyYAML's parser gives."""

    def __init__(self, parsed: Iterator[events.Event]) -> None:
        self._parsed = parsed
        self._path: list[str] = []
        self._count = 0
        self._anchors: dict[str, tuple[Any, int]] = {}  # a value, and how many there are in it

    def documents(self) -> Iterator[Any]:
        for event in self._parsed:
            if isinstance(event, events.DocumentStartEvent):
                self._anchors.clear()
                self._count = 0
                yield self._value(next(self._parsed), 0)

    def _value(self, event: Any, depth: int) -> Any:
        self._counted(1, event)
        if isinstance(event, events.AliasEvent):
            return self._repeated(event)
        before = self._count
        if isinstance(event, events.ScalarEvent):
            value = self._scalar(event)
        elif depth >= MAX_DEPTH:
            raise self._error(event, _TOO_DEEP)
        elif isinstance(event, events.SequenceStartEvent):
            self._check_tag(event, "seq")
            value = self._list(depth)
        else:
            self._check_tag(event, "map")
            value = self._mapping(event, depth)
        if event.anchor:
            self._anchors[event.anchor] = value, self._count - before + 1
        return value

    def _list(self, depth: int) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self._parsed), events.SequenceEndEvent):
            self._path.append(str(len(values)))
            values.append(self._value(event, depth + 1))
            self._path.pop()
        return values

    def _mapping(self, start: Any, depth: int) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(event := next(self._parsed), events.MappingEndEvent):
            merge = isinstance(event, events.ScalarEvent) and event.value == "<<" and event.implicit[0]
            key = "<<" if merge else self._key(event, depth)
            if key in own:
                raise self._error(event, f"the key {key!r} is given twice")
            self._path.append(key)
            value = self._value(next(self._parsed), depth + 1)
            self._path.pop()
            if not merge:
                own[key] = value
                continue
            for part in value if isinstance(value, list) else [value]:
                if not isinstance(part, dict):
                    raise self._error(event, "<< takes a mapping, or a list of mappings")
                merged = part | merged
        return merged | own

    def _key(self, event: Any, depth: int) -> str:
        key = self._value(event, depth + 1)
        if not isinstance(key, str):
            text = getattr(event, "value", "")
            shown = f"{_shortened(text)!r} is {_kind(key)}" if text else f"there is {_kind(key)}"
            raise self._error(event, f"a key must be text, but {shown}: put it in quotes")
        return key

    def _repeated(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            raise self._error(event, f"*{event.anchor} stands for nothing before it, or for what it is in")
        value, count = self._anchors[event.anchor]
        self._counted(count, event)
        return _copied(value)

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        plain, quoted = event.implicit
        given = event.tag if event.tag not in (None, "!") else None
        tag = given or _RESOLVER.resolve(ScalarNode, text, (plain, quoted))
        kind = tag.removeprefix(_PREFIX)
        if "\0" in text:
            raise self._error(event, "there is a NUL in it")
        if kind in ("str", "value", "merge"):
            return text
        if kind == "null" and text.lower() in ("", "~", "null"):
            return None
        if kind == "bool" and text.lower() in _BOOLEANS:
            return _BOOLEANS[text.lower()]
        if kind == "int" and _INT.fullmatch(text):
            return self._int(event, text.replace("_", ""))
        if kind == "float" and _FLOAT.fullmatch(text) and math.isfinite(number := float(text.replace("_", ""))):
            return number
        raise self._error(event, _refusal(_shortened(text), kind, given))

    def _int(self, event: Any, digits: str) -> int:
        number = int(digits, 0) if len(digits) <= 70 else LARGEST + 1
        if abs(number) > LARGEST:
            raise self._error(event, f"{_shortened(digits)} is too large a number: the largest is {LARGEST}")
        return number

    def _check_tag(self, event: Any, kind: str) -> None:
        if event.tag not in (None, "!", _PREFIX + kind):
            raise self._error(event, _refusal("", event.tag.removeprefix(_PREFIX), event.tag))

    def _counted(self, more: int, event: Any) -> None:
        self._count += more
        if self._count > MAX_VALUES:
            raise self._error(event, f"there are more than {MAX_VALUES:,} values, those that aliases repeat included")

    def _error(self, event: Any, problem: str) -> YamlError:
        return YamlError(event.start_mark.line + 1, ".".join(map(_shortened, self._path)), problem)


def _refusal(text: str, kind: str, given: str | None) -> str:
    """Why a value is none, or not the one that it looks like."""
    if given is not None and kind not in ("null", "bool", "int", "float", "timestamp"):
        name = given.replace(_PREFIX, "!!")
        return f"the tag {_shortened(name)} is not used here: leave it out"
    if kind == "timestamp":
        return f"{text} is a date for YAML, and no key takes one: put it in quotes if it is text"
    if kind == "int" and ":" in text:
        return f"{text} is a number of base 60 for YAML: write it as a plain number, or in quotes if it is text"
    if kind == "int" and text.lstrip("+-").replace("_", "").isdigit():
        return f"{text} is an octal number for YAML: leave out the 0 in front, or put it in quotes if it is text"
    if kind == "float" and text.lower().lstrip("+-") in (".inf", ".nan"):
        return f"{text} is not a finite number"
    what = {"int": "a whole number", "float": "a finite number", "bool": "true or false", "null": "null"}
    return f"{text!r} is not {what.get(kind, kind)}"


def _kind(value: Any) -> str:
    kinds = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a mapping"}
    return kinds.get(type(value), "null")


def _copied(value: Any) -> Any:
    """The value itself, so that a change at one place is none at another; its size was counted."""
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text):,} characters)"

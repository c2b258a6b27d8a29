"""Spans: data that comes in numbered instalments, of which a run reads one.

A path with ``{SPAN}`` stands for one path a number: ``reviews/{SPAN}/*.csv`` for ``reviews/7/*.csv`` and
``reviews/008/*.csv``, of which the second is the newest.
"""

import re
from collections.abc import Callable, Sequence
from glob import has_magic

from components.errors import ConfigError
from components.example_gen.files import list_matches

SPAN = "{SPAN}"

Files = str | dict[str, str]  # as `SourceConfig.files`


def find_spans(key: str, pattern: str) -> dict[int, str]:
    """The spans that there are.

    Args:
        key: For errors: where the path stands in the configuration.
        pattern: An absolute or remote path with ``{SPAN}``, perhaps more than once, and perhaps wildcards in other
            parts.

    Returns:
        By number, the path of its files; only numbers whose whole path is there.

    Raises:
        ConfigError: If a part of the path has ``{SPAN}`` and a wildcard, or a number is there in two spellings.
    """
    for part in pattern.split("/"):
        if SPAN in part and has_magic(part):
            raise ConfigError(key, f"{pattern}: a folder or file name with {SPAN} may not have wildcards beside it")
    depth = pattern[: pattern.index(SPAN)].count("/")
    start = "/".join(pattern.split("/")[: depth + 1])  # the first that names the span; what follows is looked at then
    before, _, after = start.rpartition("/")[2].partition(SPAN)
    named = re.compile(re.escape(before) + r"(\d+)" + re.escape(after.replace(SPAN, "*")).replace(r"\*", r"\d+"))
    spans: dict[int, str] = {}
    for path in sorted(list_matches(start.replace(SPAN, "*"))):
        found = named.fullmatch(path.rstrip("/").rpartition("/")[2])
        whole = pattern.replace(SPAN, found[1]) if found else ""
        if found and list_matches(whole) and spans.setdefault(int(found[1]), whole) != whole:
            raise ConfigError(key, f"{whole} and {spans[int(found[1])]} are the same span: remove one")
    return spans


def choose_span(key: str, patterns: Sequence[str], wanted: int | None) -> tuple[int, dict[str, str]]:
    """Chooses the span to read.

    Args:
        key: For errors: where the number stands in the configuration.
        patterns: The paths with ``{SPAN}`` that are read together.
        wanted: Its number; None: the newest that all of them have.

    Returns:
        The number, and by pattern the path of its files.

    Raises:
        ConfigError: If there is no such span.
    """
    found = {pattern: find_spans(key, pattern) for pattern in patterns}
    common = set.intersection(*(set(spans) for spans in found.values()))
    if wanted is None and not common:
        raise ConfigError(key, f"no span has all of {', '.join(patterns)}")
    span = max(common) if wanted is None else wanted
    for pattern, spans in found.items():
        if span not in spans:
            there = ", ".join(map(str, sorted(spans))) or "none"
            raise ConfigError(key, f"{pattern} has no span {span}; there are: {there}")
    return span, {pattern: spans[span] for pattern, spans in found.items()}


def take_span(key: str, files: Sequence[Files], wanted: int | None) -> tuple[int | None, list[Files]]:
    """Puts one span into all paths that leave it open.

    Args:
        key: For errors: where the number stands in the configuration.
        files: Those of all sources, which are read together.
        wanted: Its number; None: the newest that all of them have.

    Returns:
        The number, and the files with it; None, and the files as they are, if no path has ``{SPAN}``.

    Raises:
        ConfigError: If there is no such span.
    """
    paths = [text for one in files for text in (one.values() if isinstance(one, dict) else [one])]
    patterns = [text for text in paths if SPAN in text]
    if not patterns:
        return None, list(files)
    span, chosen = choose_span(key, patterns, wanted)
    return span, [change_paths(one, lambda text: chosen.get(text, text)) for one in files]


def change_paths(files: Files, change: Callable[[str], str]) -> Files:
    """The files of a source with another path for each.

    Args:
        files: One path, or one a split.
        change: Gives it.
    """
    return {split: change(text) for split, text in files.items()} if isinstance(files, dict) else change(files)

"""JSON lines: an object a line."""

import itertools
import json
import re
from collections.abc import Iterable, Iterator

from components.errors import DataError
from components.example_gen.readers.lines import decode, is_blank, raw_lines
from components.example_gen.rows import Entry, Piece, Rejection

HEAD = 100
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_keys(piece: Piece, wanted: Iterable[str] = ()) -> list[str]:
    """The keys in the first 100 objects of a file, in order of first appearance.

    Args:
        piece: A whole file.
        wanted: Keys for which to read on until each was there, to the end of the file if one is nowhere.

    Raises:
        DataError: If there are lines among the first 100 that are not blank, but none that holds an object.
    """
    entries = read_objects(raw_lines(piece), piece)
    head = list(itertools.islice(entries, HEAD))
    if head and all(isinstance(entry, Rejection) for entry in head):
        raise DataError(f"{piece.path}: no JSON object in its first {len(head)} lines; the first is {_reason(head[0])}")
    keys: dict[str, None] = {}
    missing = set(wanted)
    for number, entry in enumerate(itertools.chain(head, entries), start=1):
        if not isinstance(entry, Rejection):
            keys |= dict.fromkeys(entry.values)
            missing -= keys.keys()
        if number >= len(head) and not missing:
            break
    return list(keys)


def read_objects(lines: Iterable[tuple[int, bytes]], piece: Piece) -> Iterator[Entry | Rejection]:
    """Reads objects; blank lines are none.

    Args:
        lines: What `raw_lines` gives.
        piece: Where they are from.
    """
    for number, raw in lines:
        if is_blank(raw):
            continue
        line = decode(raw, piece, number)
        if isinstance(line, Rejection):
            yield line
            continue
        try:
            value = json.loads(line)
            if SURROGATE.search(line):
                json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            yield Rejection(piece.path, number, "half of a surrogate pair, which is no character")
            continue
        except (ValueError, RecursionError) as error:
            yield Rejection(piece.path, number, f"not valid JSON: {error}")
            continue
        if isinstance(value, dict):
            yield Entry(value, number)
        else:
            yield Rejection(piece.path, number, f"a JSON {type(value).__name__}, not an object")


def _reason(entry: object) -> str:
    return entry.reason if isinstance(entry, Rejection) else ""

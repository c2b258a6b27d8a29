"""JSON lines: an object a line, in UTF-8."""

import itertools
import json
import re
from collections.abc import Iterable, Iterator

from components.errors import DataError
from components.example_gen.config import SourceConfig
from components.example_gen.readers import columns
from components.example_gen.readers.lines import decode, is_blank, raw_lines
from components.example_gen.rows import Piece, Rejection, Row

HEAD = 100
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_keys(path: str, wanted: Iterable[str] = ()) -> list[str]:
    """The keys in the first 100 objects of a file, in order of first appearance.

    Args:
        path: The file.
        wanted: Keys for which to read on until each was there, to the end of the file if one is nowhere.

    Raises:
        DataError: If there are lines among the first 100 that are not blank, but none that holds an object.
    """
    entries = _objects(Piece(0, None, path, path))
    head = list(itertools.islice(entries, HEAD))
    if head and all(isinstance(entry, Rejection) for entry in head):
        raise DataError(f"{path}: no JSON object in its first {len(head)} lines; the first is {_reason(head[0])}")
    keys: dict[str, None] = {}
    missing = set(wanted)
    for number, entry in enumerate(itertools.chain(head, entries), start=1):
        if not isinstance(entry, Rejection):
            keys |= dict.fromkeys(entry[1])
            missing -= keys.keys()
        if number >= len(head) and not missing:
            break
    return list(keys)


def read_jsonl(piece: Piece, config: SourceConfig) -> Iterator[Row | Rejection]:
    """Reads objects; a key that an object does not have counts as a missing value.

    Args:
        piece: A file or a range of its lines.
        config: Names the keys.
    """
    for entry in _objects(piece):
        if isinstance(entry, Rejection):
            yield entry
        else:
            yield columns.to_row(entry[1], piece, entry[0], config)


def _objects(piece: Piece) -> Iterator[tuple[int, dict[str, object]] | Rejection]:
    for number, raw in raw_lines(piece):
        if is_blank(raw):
            continue
        line = decode(raw, piece.path, number)
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
            yield number, value
        else:
            yield Rejection(piece.path, number, f"a JSON {type(value).__name__}, not an object")


def _reason(entry: object) -> str:
    return entry.reason if isinstance(entry, Rejection) else ""

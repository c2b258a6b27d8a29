"""The files of a configuration: finding them, fingerprinting them, and the pieces in which they are read."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import PurePosixPath

from components.errors import DataError
from components.example_gen import files
from components.example_gen.config import ExampleGenConfig, SourceConfig
from components.example_gen.files import InputFile
from components.example_gen.readers import knbc, newsgroups
from components.example_gen.rows import Piece, Rejection

MESSAGES = 500
SUFFIXES = {
    "wikitext": (".tokens", ".raw", ".txt"),
    "text": (".txt",),
    "newsgroups": ("",),
    "knbc": tuple(knbc.PAIR),
    "knbc_tsv": (".tsv",),
    "csv": (".csv",),
    "tsv": (".tsv",),
    "jsonl": (".jsonl",),
    "parquet": (".parquet",),
    "xlsx": (".xlsx", ".xlsm"),
}
PACKED_FORMATS = ("wikitext", "text", "knbc_tsv", "csv", "tsv", "jsonl")


@dataclass(frozen=True)
class Input:
    """The files of one path of one source; ``split`` is None if their rows are still to be divided."""

    source: int
    split: str | None
    files: list[InputFile]


@dataclass
class Plan:
    """What there is to read, and the files that were refused at once."""

    pieces: list[Piece] = field(default_factory=list)
    refused: list[tuple[int, str | None, Rejection]] = field(default_factory=list)


def find_inputs(config: ExampleGenConfig) -> list[Input]:
    """Lists the files of all sources.

    Args:
        config: Its paths must be absolute or remote.

    Raises:
        DataError: If a path does not exist, a glob matches nothing, a directory has no file of the format, or one file
            belongs to two paths.
    """
    inputs = [
        Input(number, split, files.find(path, _suffixes(source), recursive=source.format == "newsgroups"))
        for number, source in enumerate(config.sources)
        for split, path in source.paths.items()
    ]
    seen: dict[str, Input] = {}
    for given in inputs:
        for file in given.files:
            other = seen.setdefault(file.path, given)
            if other is not given:
                here, there = (f"{place.split or 'files'} of source {place.source + 1}" for place in (other, given))
                raise DataError(f"{file.path}: belongs to two inputs, {here} and {there}; keep one")
    return inputs


def fingerprint_inputs(inputs: Iterable[Input]) -> str:
    """A JSON list of fingerprints (`files.fingerprint`), one an input, that changes when a file does."""
    return json.dumps([f"{given.split or 'all'}: {files.fingerprint(given.files)}" for given in inputs])


def plan(config: ExampleGenConfig, inputs: list[Input]) -> Plan:
    """Makes one piece of every file, KNBC pair, or few hundred messages.

    Raises:
        DataError: If one file of a KNBC pair is missing.
    """
    result = Plan()
    for given in inputs:
        shape = config.sources[given.source].format
        if shape == "knbc":
            result.pieces += _pairs(given)
        elif shape == "newsgroups":
            _plan_messages(given, result)
        else:
            result.pieces += [Piece(given.source, given.split, file.path, "", file.size) for file in given.files]
    names = files.unique_names(piece.path for piece in result.pieces)
    span = "" if config.span is None else f"{config.span}/"  # rows of several spans may meet, see components.window
    for piece in result.pieces:
        piece.name = span + names[piece.path]
    return result


def _suffixes(source: SourceConfig) -> list[str]:
    plain = SUFFIXES[source.format]
    return [*plain, *(f"{suffix}.gz" for suffix in plain if source.format in PACKED_FORMATS)]


def _folder(file: InputFile) -> str:
    return newsgroups.folder_of(file.path) or "."


def _pairs(given: Input) -> Iterator[Piece]:
    for folder, members in groupby(sorted(given.files, key=_folder), _folder):
        pair = list(members)
        names = {PurePosixPath(file.path).name for file in pair}
        if not names >= set(knbc.PAIR):
            raise DataError(f"{folder}: needs both {' and '.join(knbc.PAIR)}; found {', '.join(sorted(names))}")
        yield Piece(given.source, given.split, folder, "", sum(file.size for file in pair))


def _plan_messages(given: Input, result: Plan) -> None:
    loose = [file for file in given.files if not file.path.lower().endswith(newsgroups.TAR_SUFFIXES)]
    tars = [file for file in given.files if file.path.lower().endswith(newsgroups.TAR_SUFFIXES)]
    result.pieces += [Piece(given.source, given.split, file.path, "", file.size) for file in tars]
    groups = newsgroups.group_folders(file.path for file in loose)
    if not tars and not groups:
        raise DataError(f"{_folder(loose[0])}: has no folders of messages")
    for folder, members in groupby(sorted(loose, key=_folder), _folder):
        messages = list(members)
        if folder not in groups:
            rejections = [newsgroups.stray(file.path, 1, file.path) for file in messages]
            result.refused += [(given.source, given.split, rejection) for rejection in rejections]
            continue
        for start in range(0, len(messages), MESSAGES):
            chunk = messages[start : start + MESSAGES]
            paths = [file.path for file in chunk]
            result.pieces.append(
                Piece(given.source, given.split, folder, "", sum(file.size for file in chunk), messages=paths)
            )

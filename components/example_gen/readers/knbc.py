"""KNBC, the Kyoto University and NTT blog corpus, in two layouts: pairs of CSV files, and its own ``corpus2`` TSV."""

import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import PurePosixPath

from components.errors import DataError
from components.example_gen.config import SourceConfig
from components.example_gen.files import nearest
from components.example_gen.layouts import find_layout
from components.example_gen.readers.csv_records import parse
from components.example_gen.readers.delimited import read_header
from components.example_gen.readers.lines import decode, is_blank, raw_lines
from components.example_gen.rows import Piece, Rejection, Row

PAIR = {"features.csv": "feature", "labels.csv": "label"}
THEMES = {"Gourmet": "グルメ", "Keitai": "携帯電話", "Kyoto": "京都", "Sports": "スポーツ"}
SENTENCE_ID = re.compile(r"(KN\d+_[A-Za-z]+_\d+)-\d+-\d+-\d+")
TSV_FIELDS = 6


def check_pair(directory: str, source: SourceConfig) -> None:
    """Makes sure that ``features.csv`` and ``labels.csv`` have the columns ``feature`` and ``label``.

    Args:
        directory: Where they are.
        source: Names their encoding.

    Raises:
        DataError: If one of them has not.
    """
    for name, column in PAIR.items():
        path = f"{directory}/{name}"
        header = read_header(Piece(0, None, path, path, layout=find_layout(path, source)), tabs=False)
        if header != [column]:
            raise DataError(f"{directory}/{name}: must have the one column {column!r}; its columns are {header}")


def read_pair(piece: Piece, source: SourceConfig) -> Iterator[Row | Rejection]:
    """Reads sentences from ``features.csv`` and their labels from the same records of ``labels.csv``.

    Args:
        piece: The directory of the two; the ids are ``NAME:LINE``.
        source: Names their encoding.

    Raises:
        DataError: If one file has more records than the other.
    """
    (texts, text_file), (labels, label_file) = (_column(piece, name, source) for name in PAIR)
    for place, pair in enumerate(zip_longest(texts, labels)):
        match pair:
            case (None, _) | (_, None):
                short, long = (text_file, label_file) if pair[0] is None else (label_file, text_file)
                raise DataError(f"{piece.path}: {short} ends after {place} records, {long} goes on: which is whose?")
            case (Rejection() as wrong, _) | (_, Rejection() as wrong):
                yield wrong
            case ((number, text), (_, label)):
                yield Row(f"{piece.name}:{number}", text, label.strip(), None, f"{piece.path}/{text_file}", number)


def check_theme(path: str) -> None:
    """Makes sure that a TSV file is named after one of the four themes.

    Raises:
        DataError: If it is not.
    """
    stem = _stem(path)
    if stem not in THEMES:
        raise DataError(f"{path}: {stem!r} is no theme of KNBC{nearest(stem, THEMES)}: they are {', '.join(THEMES)}")


def read_tsv(piece: Piece) -> Iterator[Row | Rejection]:
    """Reads sentences from a file of ``corpus2``: id, sentence, and four fields of opinion annotation.

    The label is the theme in the file's name, in Japanese; the group is the article in the id.

    Args:
        piece: A file or a range of its lines.
    """
    label = THEMES[_stem(piece.path)]
    for number, raw in raw_lines(piece):
        if is_blank(raw):
            continue
        line = decode(raw, piece, number)
        if isinstance(line, Rejection):
            yield line
            continue
        fields = line.split("\t")
        name = SENTENCE_ID.fullmatch(fields[0])
        if len(fields) != TSV_FIELDS:
            yield Rejection(piece.path, number, f"{len(fields)} fields instead of {TSV_FIELDS}")
        elif name is None:
            yield Rejection(piece.path, number, f"{fields[0]!r} is no sentence id such as 'KN001_Kyoto_1-1-1-01'")
        elif not fields[1].strip():
            yield Rejection(piece.path, number, "no sentence")
        else:
            yield Row(fields[0], fields[1], label, name[1], piece.path, number)


def _column(piece: Piece, file: str, source: SourceConfig) -> tuple[Iterator[tuple[int, str] | Rejection], str]:
    path = f"{piece.path}/{file}"
    one = Piece(piece.source, piece.split, path, piece.name, layout=find_layout(path, source))
    pairs = parse(raw_lines(one), path, ",", one.layout.encoding)
    next(pairs)  # the header, which was checked
    return (_single(record, path) for record in pairs), file


def _single(record: tuple[int, list[str]] | Rejection, path: str) -> tuple[int, str] | Rejection:
    if isinstance(record, Rejection):
        return record
    number, fields = record
    if len(fields) > 1:
        return Rejection(path, number, f"{len(fields)} fields instead of 1")
    return (number, fields[0]) if fields and fields[0].strip() else Rejection(path, number, "no value")


def _stem(path: str) -> str:
    return PurePosixPath(path).name.split(".")[0]

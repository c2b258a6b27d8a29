"""Deciding how a text file is written, where its source leaves it open."""

import io
from collections.abc import Iterable
from functools import partial

from components.errors import DataError
from components.example_gen import delimiters, encodings
from components.example_gen.config import SourceConfig
from components.example_gen.encodings import AUTO, Opener
from components.example_gen.layout import Layout, translated
from components.example_gen.opening import BUFFER, open_binary

HEAD = 1 << 20


def find_layout(path: str, source: SourceConfig, columns: Iterable[str] = ()) -> Layout:
    """Decides on the whole of a file how it is written.

    Args:
        path: The file.
        source: What it says goes before what the file looks like.
        columns: The columns that are wanted, which help to know the delimiter of a CSV file.

    Raises:
        DataError: If that is not certain, or the file cannot be read.
    """
    return layout_of(partial(open_binary, path), path, source, columns)


def layout_of(opener: Opener, path: str, source: SourceConfig, columns: Iterable[str] = ()) -> Layout:
    """As `find_layout`, of anything that can be opened more than once."""
    encoding = encodings.decide(opener, path) if source.encoding == AUTO else source.encoding
    layout = Layout(encoding, _has_only_carriage_returns(opener, Layout(encoding)))
    if source.format == "csv":
        if source.delimiter == AUTO:
            layout = Layout(encoding, layout.carriage_returns, delimiters.decide(opener, layout, path, columns))
        else:
            layout = Layout(encoding, layout.carriage_returns, source.delimiter)
    return layout


def find_layout_of_head(path: str, source: SourceConfig, columns: Iterable[str] = ()) -> Layout:
    """As `find_layout`, but decided on the first mebibyte if that is certain: enough to read the names of columns."""
    with open_binary(path) as stream:
        head = stream.read(HEAD)
        whole = len(head) < HEAD
    if not whole:
        end = max(head.rfind(b"\n"), head.rfind(b"\r")) + 1
        head = head[: end or HEAD]
        try:
            return layout_of(partial(io.BytesIO, head), path, source, columns)
        except DataError:
            return find_layout(path, source, columns)
    return layout_of(partial(io.BytesIO, head), path, source, columns)


def _has_only_carriage_returns(opener: Opener, layout: Layout) -> bool:
    found = False
    with opener() as raw, translated(raw, layout) as stream:
        while block := stream.read(BUFFER):
            if b"\n" in block:
                return False
            found = found or b"\r" in block
    return found

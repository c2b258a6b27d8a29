"""Files of lines: dividing them into ranges, and reading the lines of one."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from components.example_gen.layout import BOM, decode_line, limited_lines, open_text
from components.example_gen.rows import Piece, Rejection, Row

_SPACES = (
    *(bytes([one]) for one in range(0x1C, 0x20)),
    b"\xc2\x85",
    b"\xc2\xa0",
    b"\xe1\x9a",
    b"\xe2\x80",
    b"\xe2\x81",
    b"\xe3\x80",
)

Scan = Callable[[Iterable[bytes]], Iterator[tuple[bytes, bool, bool]]]
"""Gives every line back, with whether a range may begin there, and whether a border of articles is there."""


def divide(piece: Piece, length: int, scan: Scan) -> Iterator[Piece]:
    """Divides a file into ranges of whole lines, each knowing how many lines and articles there are before it.

    Args:
        piece: A whole file of lines, neither packed nor in need of translation.
        length: Bytes that a range has at least, the last one excepted.
        scan: Tells at which lines a range may begin, and at which an article does.

    Yields:
        Pieces that follow each other without gaps; one if the file is not larger than a range.
    """
    if piece.size <= length:
        yield piece
        return
    position = row = article = 0
    part = replace(piece)
    lengths: deque[int] = deque()  # of the lines that the scan has taken, which may look ahead
    with open_text(piece.path, piece.layout) as stream:
        for _, may_begin, is_border in scan(_measured(limited_lines(stream, piece.path), lengths)):
            if may_begin and position - part.start >= length:
                yield replace(part, stop=position)
                part = replace(piece, start=position, row=row, article=article)
            position += lengths.popleft()
            row += 1
            article += is_border
    yield part


def _measured(lines: Iterable[tuple[bytes, int]], lengths: deque[int]) -> Iterator[bytes]:
    for line, length in lines:
        lengths.append(length)
        yield line


def scan_text(lines: Iterable[bytes]) -> Iterator[tuple[bytes, bool, bool]]:
    """Plain text for `divide`: a range may begin at any line, and a blank line is a border of articles."""
    return ((line, True, is_blank(line)) for line in lines)


def raw_lines(piece: Piece) -> Iterator[tuple[int, bytes]]:
    """Reads the lines of a piece in UTF-8, with their numbers in the file and their ends, without a byte order mark.

    Of lines that are too long there is only the beginning, see `limited_lines`; `decode` rejects them.
    """
    position = piece.start
    with open_text(piece.path, piece.layout) as stream:
        if position:
            stream.seek(position)
        for number, (line, length) in enumerate(limited_lines(stream, piece.path), piece.row + 1):
            position += length
            yield number, line.removeprefix(BOM) if number == 1 else line
            if piece.stop is not None and position >= piece.stop:
                return


def decode(line: bytes, piece: Piece, number: int) -> str | Rejection:
    """Decodes a line of `raw_lines` without its end, or says why it is no text."""
    try:
        return decode_line(line, piece.layout.encoding).rstrip("\r\n")
    except ValueError as error:
        return Rejection(piece.path, number, str(error))


def is_blank(line: bytes) -> bool:
    """Whether a line has nothing but white space of any kind Unicode knows, such as ideographic spaces."""
    left = line.strip()
    if not left.startswith(_SPACES):
        return not left
    try:
        return not left.decode("utf-8").strip()
    except UnicodeDecodeError:
        return False


def read_text(piece: Piece, with_articles: bool = False) -> Iterator[Row | Rejection]:
    """Reads plain text: every line that is not blank is a row, as it stands but for its line end.

    Args:
        piece: A file of lines or a range of one.
        with_articles: Whether rows get a group, ``NAME#NUMBER`` of the article that blank lines delimit.
    """
    article = piece.article
    for number, raw in raw_lines(piece):
        if is_blank(raw):
            article += 1
            continue
        text = decode(raw, piece, number)
        if isinstance(text, Rejection):
            yield text
            continue
        group = f"{piece.name}#{article + 1}" if with_articles else None
        yield Row(f"{piece.name}:{number}", text, None, group, piece.path, number)

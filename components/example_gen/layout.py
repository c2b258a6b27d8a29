"""How a text file is written: its encoding, its line ends, what stands between its fields.

Whatever they are, the readers see UTF-8 with line feeds: `open_text` translates as it streams.
"""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from components.errors import DataError
from components.example_gen.limits import MAX_ENDLESS, MAX_LINE, shown
from components.example_gen.opening import BUFFER, open_binary

UTF8 = "utf-8"
BOM = b"\xef\xbb\xbf"
_ESCAPE = 0xDC00  # a byte that cannot be decoded goes on as a lone surrogate, so that it spoils its line only


@dataclass(frozen=True)
class Layout:
    """How a text file is written.

    Attributes:
        encoding: Python's name of it.
        carriage_returns: Whether CR alone ends its lines.
        delimiter: What stands between the fields of a CSV file.
    """

    encoding: str = UTF8
    carriage_returns: bool = False
    delimiter: str = ","

    def describe(self, with_delimiter: bool) -> dict[str, str]:
        """What was decided, for people: ``encoding``, ``line_ends``, and ``delimiter`` where there are fields."""
        said = {"encoding": self.encoding, "line_ends": "CR" if self.carriage_returns else "LF or CRLF"}
        return said | ({"delimiter": {"\t": "tab"}.get(self.delimiter, self.delimiter)} if with_delimiter else {})

    @property
    def is_plain(self) -> bool:
        """Whether the bytes of the file are what the readers see, so that it can be read in ranges of bytes."""
        return self.encoding == UTF8 and not self.carriage_returns


PLAIN = Layout()


def open_text(path: str, layout: Layout) -> BinaryIO:
    """Opens a text file as UTF-8 with line feeds.

    Args:
        path: The file, which may be packed by gzip.
        layout: How it is written.

    Raises:
        DataError: If the path leads to something else than a regular file.
    """
    return translated(open_binary(path), layout)


def translated(stream: BinaryIO, layout: Layout) -> BinaryIO:
    """A stream as UTF-8 with line feeds; closed with what is returned."""
    return stream if layout.is_plain else io.BufferedReader(_Translated(stream, layout), BUFFER)


def limited_lines(stream: BinaryIO, path: str) -> Iterator[tuple[bytes, int]]:
    """The lines of a stream with their ends, and their lengths in bytes.

    Of a line longer than `limits.MAX_LINE` only a beginning that is longer than that is given, without its end.

    Args:
        stream: What to read.
        path: The file's name, for errors.

    Raises:
        DataError: If a line does not end within `limits.MAX_ENDLESS` bytes.
    """
    readline, limit, number = stream.readline, MAX_LINE + 1, 0
    while line := readline(limit):
        number += 1
        length = len(line)
        if length == limit and not line.endswith(b"\n"):
            while (more := readline(BUFFER)) and length <= MAX_ENDLESS:
                length += len(more)
                if more.endswith(b"\n"):
                    break
            if length > MAX_ENDLESS:
                raise DataError(f"{path}: line {number} does not end within {shown(MAX_ENDLESS)}; is this a text file?")
        yield line, length


def decode_line(line: bytes, encoding: str = UTF8) -> str:
    """Decodes a line of a translated stream.

    Args:
        line: With or without its end.
        encoding: Of the file, for the message.

    Raises:
        ValueError: If it is too long or no text, with the reason for a person to read.
    """
    if len(line) > MAX_LINE:
        raise ValueError(f"a line of more than {shown(MAX_LINE)}")
    try:
        text = line.decode(UTF8)
    except UnicodeDecodeError as error:
        if encoding != UTF8:
            raise ValueError(_not(encoding, line)) from None
        raise ValueError(f"not UTF-8: byte 0x{line[error.start]:02x} at position {error.start + 1}") from None
    if "\0" in text:
        raise ValueError("a NUL character, which is no text")
    return text


def _not(encoding: str, line: bytes) -> str:
    text = line.decode(UTF8, "surrogatepass")
    place = next(place for place, character in enumerate(text) if 0xD800 <= ord(character) <= 0xDFFF)
    return f"not {encoding}: byte 0x{ord(text[place]) & 0xFF:02x} after {place} characters"


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return chr(_ESCAPE + error.object[error.start]), max(error.end, error.start + 1)


codecs.register_error("tfx-bert.escape", _escape)


class _Translated(io.RawIOBase):
    """A stream as UTF-8 with line feeds."""

    def __init__(self, stream: BinaryIO, layout: Layout) -> None:
        self._stream = stream
        self._decoder = None
        if layout.encoding != UTF8:
            self._decoder = codecs.getincrementaldecoder(layout.encoding)("tfx-bert.escape")
        self._carriage_returns = layout.carriage_returns
        self._ready = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and not self._ended:
            block = cast(io.BufferedReader, self._stream).read1(BUFFER)
            self._ended = not block
            if self._decoder is not None:
                block = self._decoder.decode(block, final=self._ended).encode(UTF8, "surrogatepass")
            if self._carriage_returns:
                block = block.replace(b"\r", b"\n")
            self._ready = memoryview(block)
        length = min(len(buffer), len(self._ready))
        buffer[:length] = self._ready[:length]
        self._ready = self._ready[length:]
        return length

    def close(self) -> None:
        super().close()
        self._stream.close()

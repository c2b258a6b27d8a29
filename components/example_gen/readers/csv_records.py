"""The records of a CSV file (RFC 4180), in time that grows with the length of the file, whatever is in it.

A record that breaks the quoting rules costs one line: reading goes on at the line after the one where it began. A line
is looked at in one of two states: a record begins there, or a quoted field goes on. What becomes of a line in the
second state does not depend on where the field began. So when a record breaks in some line, every later record whose
quoted field would reach that line breaks there too, and no line is looked at more than once in either state.
"""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from components.example_gen.layout import UTF8, decode_line
from components.example_gen.limits import MAX_LINE, MAX_RECORD, MAX_RECORD_LINES, shown
from components.example_gen.rows import Rejection

NumberedLine = tuple[int, bytes]
Record = tuple[int, list[str]] | Rejection
"""The number of a record's first line, and its fields, none for a blank line."""

_CARRIAGE_RETURN = "new-line character seen in unquoted field"  # how Python's messages begin
_OPEN = "unexpected end of data"
_MESSAGES = {
    _CARRIAGE_RETURN: "a carriage return (CR) in a field without quotation marks; quote it, or end lines with LF",
    _OPEN: "a quotation mark is never closed",
}


@dataclass(slots=True)
class _Line:
    """A line of the file.

    Attributes:
        number: Its number.
        text: With its end; None if it is too long to be held.
        wrong: Why it is no text, though quotation marks in it count; else empty.
        size: Bytes in UTF-8.
    """

    number: int
    text: str | None
    wrong: str
    size: int


def parse(lines: Iterator[NumberedLine], path: str, delimiter: str, encoding: str = UTF8) -> Iterator[Record]:
    """Reads the fields of every record, header included; see `Record`.

    Args:
        lines: The lines of a file with their numbers and ends.
        path: The file's name, for rejections.
        delimiter: What stands between fields.
        encoding: Of the file, for messages.

    Returns:
        Records, and rejections of those that cannot be read, in the order of the file.
    """
    csv.field_size_limit(2 * MAX_RECORD)
    return _Parser(lines, path, delimiter, encoding).records()


class _Parser:
    """Reads records; holds the lines that are looked at ahead of the present one."""

    def __init__(self, lines: Iterator[NumberedLine], path: str, delimiter: str, encoding: str) -> None:
        self._lines = lines
        self._path = path
        self._delimiter = delimiter
        self._encoding = encoding
        self._ahead: deque[_Line] = deque()
        self._looked = 0  # lines of those, from the first on, within which a quoted field goes on
        self._size = 0  # of the lines that were looked at
        self._break = ""  # why a quoted field cannot go on behind them, if that is known

    def records(self) -> Iterator[Record]:
        """See `parse`."""
        while True:
            if not self._ahead:
                number, raw = next(self._lines, (0, b""))
                if not raw:
                    return
                if b'"' not in raw:  # nearly all lines of nearly all files
                    yield self._plain(number, raw)
                    continue
                self._hold(number, raw)
            line = self._take()
            if line.text is None or (line.wrong and '"' not in line.text):
                yield Rejection(self._path, line.number, line.wrong)
            elif '"' not in line.text:
                yield self._divided(line.number, line.text)
            else:
                fields, problem = self._fields([line.text])
                if problem == _OPEN:
                    yield self._quoted(line, line.text)
                else:
                    yield self._record([line], fields, problem)

    def _plain(self, number: int, raw: bytes) -> Record:
        """A line without quotation marks that nothing before it concerns."""
        try:
            return self._divided(number, decode_line(raw, self._encoding))
        except ValueError as error:
            return Rejection(self._path, number, str(error))

    def _divided(self, number: int, text: str) -> Record:
        plain = text.rstrip("\r\n")
        if "\r" in plain:
            return Rejection(self._path, number, _explain(_CARRIAGE_RETURN))
        return number, plain.split(self._delimiter) if plain else []

    def _quoted(self, first: _Line, text: str) -> Record:
        """A record of whose first line a quoted field goes on."""
        while first.size + self._size <= MAX_RECORD and self._looked < MAX_RECORD_LINES:
            if not self._break and self._looked == len(self._ahead) and not self._fetch():
                self._break = _OPEN
            if self._break:  # perhaps found by a record before this one
                return self._record([first], None, self._break)
            line = self._ahead[self._looked]
            if line.text is None:
                self._break = line.wrong
                continue
            fields, problem = self._fields(['"' + line.text]) if '"' in line.text else (None, _OPEN)
            if fields is not None:
                lines = [first, *(self._ahead.popleft() for _ in range(self._looked + 1))]
                self._looked = self._size = 0
                fields, problem = self._fields([text, *(line.text or "" for line in lines[1:])])
                return self._record(lines, fields, problem)
            if problem == _OPEN:
                self._looked += 1
                self._size += line.size
            else:
                self._break = problem
        limit = f"{shown(MAX_RECORD)} or {MAX_RECORD_LINES:,} lines"
        return Rejection(self._path, first.number, f"not valid CSV: a quotation mark is not closed within {limit}")

    def _record(self, lines: list[_Line], fields: list[str] | None, problem: str) -> Record:
        if fields is None:
            return Rejection(self._path, lines[0].number, _explain(problem))
        wrong = next((line for line in lines if line.wrong), None)
        return Rejection(self._path, wrong.number, wrong.wrong) if wrong else (lines[0].number, fields)

    def _fields(self, lines: list[str]) -> tuple[list[str] | None, str]:
        """The fields of a record, or what Python's reader says is wrong with it."""
        try:
            return next(csv.reader(lines, delimiter=self._delimiter, strict=True)), ""
        except csv.Error as error:
            return None, str(error)

    def _fetch(self) -> bool:
        """Reads a line ahead; tells whether there was one."""
        number, raw = next(self._lines, (0, b""))
        if raw:
            self._hold(number, raw)
        return bool(raw)

    def _hold(self, number: int, raw: bytes) -> None:
        try:
            line = _Line(number, decode_line(raw, self._encoding), "", len(raw))
        except ValueError as error:
            text = raw.decode("utf-8", "replace").replace("\0", "\ufffd") if len(raw) <= MAX_LINE else None
            line = _Line(number, text, str(error), len(raw))
        self._ahead.append(line)

    def _take(self) -> _Line:
        """The next line, as one where a record begins."""
        line = self._ahead.popleft()
        if self._looked:
            self._looked -= 1
            self._size -= line.size
        else:
            self._break = ""  # it was in this line
        return line


def _explain(problem: str) -> str:
    said = next((said for begin, said in _MESSAGES.items() if problem.startswith(begin)), problem)
    return f"not valid CSV: {said}"

"""Opening a Parquet file so that it can neither run code nor fill the memory.

Writers that go through Arrow leave a note in the metadata, ``ARROW:schema``, that says which Arrow types the columns
had. pyarrow follows it: to types that it may not know, and before 14.0.1 to pickles. The Parquet schema says
everything that is needed here, so the note is hidden from pyarrow, and with it logical types that pyarrow 10 does not
know, which would otherwise keep it from opening the file at all.
"""

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

from components.arrow import pa, pq
from components.errors import DataError, first_line
from components.example_gen.limits import MAX_BATCH, MAX_FOOTER, MAX_LIST_PAGE, MAX_PAGE, shown
from components.example_gen.readers.thrift import LIST, STRUCT, Compact, ThriftError

BATCH_ROWS = 1000
_MAGIC = b"PAR1"
_TAIL = 8  # the length of the metadata, and the magic number
_NOTE = b"\x18\x0cARROW:schema\x18"  # as first field of a struct that has a second one: a key with a value
_HIDDEN = b"\x18\x0cARROW-schema\x18"
_SCHEMA, _LOGICAL_TYPE, _NEWEST_KNOWN = 2, 10, 14  # fields of parquet.thrift; UUID is the 14th logical type
_PAGE_SIZE, _PACKED_SIZE, _DATA_PAGE, _DICTIONARY_PAGE, _DATA_PAGE_2 = 2, 3, 5, 7, 8
_UNKNOWN = ("not yet implemented", "not recognized", "unrecognized", "unsupported", "unknown encoding", "only supports")
_FIRST_HEADER, _LONGEST_HEADER = 1 << 12, 1 << 24


def open_parquet(path: str, stream: BinaryIO) -> Any:
    """Opens a file as ``pyarrow.parquet.ParquetFile``, by its Parquet schema alone.

    Args:
        path: The file's name, for errors.
        stream: The file.

    Raises:
        DataError: If it is no Parquet file, or one that this pyarrow cannot read.
    """
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(size - _TAIL, 0))
    tail = stream.read(_TAIL)
    if tail[4:] == b"PARE":
        raise DataError(f"{path}: is an encrypted Parquet file; decrypt it first")
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != _MAGIC or length > size - _TAIL - len(_MAGIC):
        raise DataError(f"{path}: not a Parquet file: it does not end as one does; is the file whole?")
    if length > MAX_FOOTER:
        raise DataError(f"{path}: its metadata are larger than {shown(MAX_FOOTER)}; write it in fewer row groups")
    begin = size - _TAIL - length
    stream.seek(begin)
    with readable(path):
        try:
            footer = _clean(stream.read(length))
        except ThriftError as error:
            raise DataError(f"{path}: not a Parquet file: its metadata are damaged ({error})") from error
        end = footer + len(footer).to_bytes(4, "little") + _MAGIC
        return pq.ParquetFile(io.BufferedReader(_Patched(stream, begin, end)))


@contextmanager
def readable(path: str) -> Iterator[None]:
    """Turns what pyarrow raises for a file into one error; it decodes names and looks up columns only when asked.

    Args:
        path: The file.

    Raises:
        DataError: If it cannot be read.
    """
    try:
        yield
    except MemoryError:  # Arrow's too: says nothing of the file
        raise
    except (pa.ArrowException, OSError, RuntimeError, ValueError, LookupError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: BaseException) -> DataError:
    said = first_line(error)
    if any(word in said.lower() for word in _UNKNOWN):
        return DataError(
            f"{path}: pyarrow {pa.__version__} cannot read this kind of Parquet ({said}); write it anew with PLAIN or "
            "dictionary encoding and snappy or zstd compression, or read it with the stack for Python 3.12 and 3.13, "
            "which has a newer pyarrow"
        )
    return DataError(f"{path}: cannot be read: {said}; is the file whole?")


def batch_rows(path: str, stream: BinaryIO, table: Any, groups: Sequence[int], names: Sequence[str]) -> int:
    """How many rows may be unpacked at once, so that they take `limits.MAX_BATCH` at most.

    A dictionary holds a value once that rows repeat a million times, so the size of a file says nothing of the size of
    its rows; the headers of its pages do.

    Args:
        path: The file's name, for errors.
        stream: The file.
        table: The opened file.
        groups: The row groups that will be read.
        names: The columns that will be read.

    Raises:
        DataError: If a page is larger than `limits.MAX_PAGE`.
    """
    largest = 1.0
    for group in groups:
        row_group = table.metadata.row_group(group)
        for column in (row_group.column(place) for place in range(row_group.num_columns)):
            if column.path_in_schema.split(".")[0] not in names:
                continue
            repeated = column.path_in_schema.count(".") > 0
            dictionary = 0
            for size, values, is_dictionary in _pages(stream, column):
                where = f"{path}: row group {group + 1}, column {column.path_in_schema!r}"
                if size > MAX_PAGE:
                    raise DataError(f"{where}: a page unpacks to more than {shown(MAX_PAGE)}; write smaller pages")
                if repeated and values > MAX_LIST_PAGE:
                    raise DataError(f"{where}: a page of lists has more than {MAX_LIST_PAGE:,} values")
                if is_dictionary:
                    dictionary = size
                elif any("DELTA" in encoding for encoding in column.encodings):  # a value may repeat the one before it
                    largest = max(largest, size)
                else:
                    largest = max(largest, size / max(values, 1))
            if dictionary:
                largest = max(largest, dictionary)
    return max(1, min(BATCH_ROWS, int(MAX_BATCH / largest)))


def _clean(footer: bytes) -> bytes:
    """Metadata without the note about Arrow types, and without logical types newer than pyarrow 10."""
    unknown = _unknown_logical_types(footer)
    parts, position = [], 0
    for begin, end in unknown:
        parts.append(footer[position:begin])
        position = end
    parts.append(footer[position:])
    return b"".join(parts).replace(_NOTE, _HIDDEN)


def _unknown_logical_types(footer: bytes) -> list[tuple[int, int]]:
    """Where they are; each is the last field of its struct, so that no other field depends on it."""
    found = []
    reader = Compact(footer)
    for number, kind in reader.fields():
        if number != _SCHEMA or kind != LIST:
            reader.skip(kind)
            continue
        count, _ = reader.items()
        for _ in range(count):
            head = reader.position
            for field, inner in reader.fields():
                begin = head
                if field == _LOGICAL_TYPE and inner == STRUCT:
                    for which, what in reader.fields():
                        if which > _NEWEST_KNOWN:
                            found.append((begin, -1))
                        reader.skip(what)
                    if found and found[-1] == (begin, -1):
                        found[-1] = (begin, reader.position)
                else:
                    reader.skip(inner)
                head = reader.position
        break  # what follows are the row groups
    return found


def _pages(stream: BinaryIO, column: Any) -> Iterator[tuple[int, int, bool]]:
    """Bytes when unpacked, number of values, and whether it is a dictionary, of every page of a column chunk."""
    position = column.data_page_offset
    if column.dictionary_page_offset:
        position = min(position, column.dictionary_page_offset)
    end = position + column.total_compressed_size
    values_left = column.num_values
    while position < end and values_left > 0:
        length, page = _page_header(stream, position)
        yield page.size, page.values, page.is_dictionary
        if not page.is_dictionary:
            values_left -= page.values
        position += length + page.packed


class _Page:
    size = packed = values = 0
    is_dictionary = False


def _page_header(stream: BinaryIO, position: int) -> tuple[int, _Page]:
    length = _FIRST_HEADER
    while True:
        stream.seek(position)
        data = stream.read(length)
        reader, page = Compact(data), _Page()
        try:
            for number, kind in reader.fields():
                if number == _PAGE_SIZE:
                    page.size = reader.integer()
                elif number == _PACKED_SIZE:
                    page.packed = reader.integer()
                elif number in (_DATA_PAGE, _DICTIONARY_PAGE, _DATA_PAGE_2) and kind == STRUCT:
                    page.is_dictionary = number == _DICTIONARY_PAGE
                    for inner, inner_kind in reader.fields():
                        if inner == 1:
                            page.values = reader.integer()
                        else:
                            reader.skip(inner_kind)
                else:
                    reader.skip(kind)
        except ThriftError:
            if len(data) < length or length >= _LONGEST_HEADER:
                raise
            length *= 16
            continue
        if reader.position > len(data) or page.packed < 0 or page.size < 0:
            raise ThriftError("a page header is damaged")
        return reader.position, page


class _Patched(io.RawIOBase):
    """A file with another end."""

    def __init__(self, stream: BinaryIO, begin: int, end: bytes) -> None:
        self._stream = stream
        self._begin = begin
        self._end = end
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._begin + len(self._end)}[whence]
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        if self._position >= self._begin:
            at = self._position - self._begin
            data = self._end[at : at + len(buffer)]
        else:
            self._stream.seek(self._position)
            data = self._stream.read(min(len(buffer), self._begin - self._position))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

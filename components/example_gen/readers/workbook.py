"""Opening an Excel workbook, which is a zip file of XML, within limits and without what only spreadsheets need.

openpyxl parses the XML, with defusedxml: entities are refused. Its own way to open a workbook for reading would look
at all sheets and trust the sizes and row numbers in them, so its parts are put together here.
"""

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from defusedxml.ElementTree import fromstring
from openpyxl import DEFUSEDXML
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS

from components.errors import ConfigError, DataError, first_line
from components.example_gen.files import nearest
from components.example_gen.limits import MAX_SHEET_PART, MAX_SHEET_ROWS, MAX_SHEET_STRINGS, shown
from components.example_gen.opening import open_raw

Cells = list[dict[str, Any]]
"""Of each cell that is there: ``column`` from 1, ``value``, and ``data_type``, ``e`` for an error of a formula."""

_OLE = b"\xd0\xcf\x11\xe0"  # how .xls files begin, and workbooks with a password

if not DEFUSEDXML:  # a dependency of this project
    raise ImportError("openpyxl must not parse workbooks without defusedxml")


@contextmanager
def opened(path: str, sheet: str | None) -> Iterator[Iterator[tuple[int, Cells]]]:
    """The rows of a sheet with their numbers, from 1; only those that are there.

    Args:
        path: The workbook.
        sheet: Name of the sheet; None: the first.

    Raises:
        ConfigError: If there is no such sheet.
        DataError: If the file is no workbook, is damaged, or is beyond the limits.
    """
    with _said_plainly(path), open_raw(path) as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells what it leaves out: styles, extensions
        if stream.read(len(_OLE)) == _OLE:
            raise DataError(f"{path}: is an .xls file or protected by a password; save it as .xlsx without one")
        stream.seek(0)
        workbook = _Workbook(stream)
        with workbook.archive.open(workbook.part_of(sheet, path)) as part:
            yield _rows(workbook, _Limited(part, path), path)


class _Archive(zipfile.ZipFile):
    """A zip file whose members are read whole only within a limit, and only as XML without declarations."""

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        """Reads a member, as openpyxl does with all parts but sheets and strings."""
        self.measure(name, MAX_SHEET_PART)
        content = super().read(name, pwd)
        fromstring(content, forbid_dtd=True)  # where lxml is installed, openpyxl would read declarations
        return content

    def measure(self, name: str | zipfile.ZipInfo, limit: int) -> None:
        """Makes sure that a member is not too large; zipfile gives no more of it than it says here."""
        info = name if isinstance(name, zipfile.ZipInfo) else self.getinfo(name)
        if info.file_size > limit:
            raise DataError(f"{info.filename} in it unpacks to more than {shown(limit)}; save the sheet as CSV")


class _Workbook(ExcelReader):
    """The parts of a workbook that are needed to read one sheet."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream, read_only=True, data_only=True, keep_links=False)
        self.archive = _Archive(stream)
        self.read_manifest()
        if strings := self.package.find(SHARED_STRINGS):
            self.archive.measure(strings.PartName[1:], MAX_SHEET_STRINGS)
        self.read_strings()
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)  # tells which numbers are dates
        self.sheets = {
            one.name: rel.target
            for one, rel in self.parser.find_sheets()
            if rel.target in self.valid_files and "chartsheet" not in rel.Type
        }

    def part_of(self, sheet: str | None, path: str) -> str:
        """The member of the zip file that holds a sheet."""
        if not self.sheets:
            raise DataError("has no sheet with cells")
        if sheet is None:
            return str(next(iter(self.sheets.values())))
        if sheet not in self.sheets:
            names = ", ".join(map(repr, self.sheets))
            near = nearest(sheet, self.sheets)
            raise ConfigError("sheet", f"{path}: no sheet {sheet!r}{near}; its sheets are {names}")
        return str(self.sheets[sheet])


class _Limited:
    """A part of a workbook that may be long, but not between two rows."""

    def __init__(self, part: Any, path: str) -> None:
        self._part = part
        self._path = path
        self.since_row = 0

    def read(self, size: int = 1 << 14) -> bytes:
        data: bytes = self._part.read(size)
        self.since_row += len(data)
        if self.since_row > MAX_SHEET_PART:
            raise DataError(f"{self._path}: a row of the sheet has more than {shown(MAX_SHEET_PART)} of XML")
        return data


def _rows(workbook: _Workbook, part: _Limited, path: str) -> Iterator[tuple[int, Cells]]:
    wb = workbook.wb
    parser = WorkSheetParser(
        part,
        workbook.shared_strings,
        data_only=True,
        epoch=wb.epoch,
        date_formats=wb._date_formats,
        timedelta_formats=wb._timedelta_formats,
    )
    last = 0
    for number, cells in parser.parse():
        part.since_row = 0
        parser.row_dimensions.clear()
        if not last < number <= MAX_SHEET_ROWS:
            raise DataError(f"{path}: row {number} comes after row {last}, which no Excel workbook has")
        last = number
        yield number, cells


@contextmanager
def _said_plainly(path: str) -> Iterator[None]:
    """Turns the errors of a damaged workbook into one; openpyxl has none of its own, so that any may come."""
    try:
        yield
    except (ConfigError, MemoryError):
        raise
    except DataError as error:
        raise error if str(error).startswith(path) else DataError(f"{path}: {error}") from None
    except zipfile.BadZipFile as error:
        raise DataError(f"{path}: not an Excel workbook (.xlsx): {first_line(error)}") from error
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read as an Excel workbook: {error.strerror or first_line(error)}"
        ) from error
    except Exception as error:
        raise DataError(
            f"{path}: cannot be read as an Excel workbook: {first_line(error)}; is the file whole?"
        ) from error

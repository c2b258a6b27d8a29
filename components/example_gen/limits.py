"""How much of an input file is held in memory at once; docs/data.md lists these limits.

A row beyond a limit is rejected with its place; a file that as a whole cannot be read within them is a `DataError`.
"""

MIB = 1 << 20

MAX_LINE = 16 * MIB
"""Bytes of a line, in UTF-8."""

MAX_RECORD = 16 * MIB
"""Bytes of a CSV record, all of its lines together."""

MAX_RECORD_LINES = 100_000
"""Lines of a CSV record."""

MAX_TEXT = 16 * MIB
"""Bytes of one value (a cell, a JSON string, a Parquet value), in UTF-8."""

MAX_ENDLESS = 1024 * MIB
"""Bytes that are skipped in search of the end of a line that is too long, before the file is given up."""

MAX_BAD_ROWS = 100_000
"""Rejected rows in succession, after which a file is given up: it is not a file of that format."""

MAX_LISTED = 100_000
"""Rejected rows in ``rejected.jsonl``, the first by file and place; ``counts.json`` counts all of them."""

MAX_MEMBER = 16 * MIB
"""Bytes of one member of a tar file, unpacked, and of one newsgroup message."""

MAX_MEMBERS = 5_000_000
"""Members of a tar file."""

MAX_FOOTER = 64 * MIB
"""Bytes of the metadata at the end of a Parquet file."""

MAX_PAGE = 256 * MIB
"""Bytes of a page of a Parquet file, unpacked; writers make pages of about 1 MiB."""

MAX_BATCH = 64 * MIB
"""Bytes of Parquet values that are unpacked at once, so that small files with huge repeated values stay small."""

MAX_LIST_PAGE = 4_000_000
"""Values in a page of a Parquet column of lists."""

MAX_SHEET_STRINGS = 64 * MIB
"""Bytes of the shared strings of an Excel workbook, unpacked; they are held in memory."""

MAX_SHEET_PART = 16 * MIB
"""Bytes of any other part of a workbook that is held in memory, and of one row of a sheet, as XML."""

MAX_SHEET_ROWS = 1_048_576
"""Rows of a sheet, which is what Excel allows."""

MAX_SHEET_COLUMNS = 16_384
"""Columns of a sheet, which is what Excel allows."""


def shown(size: int) -> str:
    """A limit as people write it.

    Example:
        >>> shown(MAX_LINE)
        '16 MiB'
    """
    return f"{size // MIB:,} MiB"

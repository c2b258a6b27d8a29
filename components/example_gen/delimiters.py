"""What stands between the fields of a CSV file: decided on its records, or refused."""

import itertools
from collections import Counter
from collections.abc import Iterable

from components.errors import DataError
from components.example_gen.encodings import Opener
from components.example_gen.layout import BOM, Layout, limited_lines, translated
from components.example_gen.readers.csv_records import parse
from components.example_gen.rows import Rejection

CANDIDATES = (",", ";", "\t", "|")
RECORDS = 1000
"""Records that are looked at."""
LEAST_EVEN = 0.9
"""Share of the records that must have as many fields as the header."""

_NAMES = {"\t": "tab"}


def decide(opener: Opener, layout: Layout, path: str, columns: Iterable[str] = ()) -> str:
    """Decides on the delimiter of a CSV file.

    Of several that divide the records evenly, the one counts that gives the wanted columns.

    Args:
        opener: Opens the file at its beginning, unpacked.
        layout: How it is written otherwise.
        path: Its name, for errors.
        columns: Columns that the header must name.

    Returns:
        The delimiter; a comma if there is one column only.

    Raises:
        DataError: If several fit.
    """
    wanted = set(columns)
    found = {one: _records(opener, layout, path, one) for one in CANDIDATES}
    named = [one for one in CANDIDATES if wanted and found[one] and wanted <= set(found[one][0])]
    if len(named) == 1:
        return named[0]
    even = [one for one in named or CANDIDATES if _are_even(found[one])]
    if len(even) == 1:
        return even[0]
    if not even or named:  # a single column, or a header that leaves no doubt about the wanted ones: as RFC 4180 has it
        return named[0] if named else ","
    names = " or ".join(_NAMES.get(one, one) for one in even)
    raise DataError(f"{path}: what divides its fields is not certain: {names}; name it with the key `delimiter`")


def of_header(line: bytes, column: str) -> str | None:
    """The delimiter of a header line that names a column; None if it names it with no delimiter."""
    for delimiter in CANDIDATES:
        record = next(parse(iter([(1, line)]), "", delimiter), None)
        if isinstance(record, tuple) and column in record[1]:
            return delimiter
    return None


def _records(opener: Opener, layout: Layout, path: str, delimiter: str) -> list[list[str]]:
    """The first records with at least one field, the header first; none if it cannot be read."""
    with opener() as raw, translated(raw, layout) as stream:
        lines = ((number, line) for number, (line, _) in enumerate(limited_lines(stream, path), start=1))
        marked = ((number, line.removeprefix(BOM) if number == 1 else line) for number, line in lines)
        records = list(itertools.islice(parse(marked, path, delimiter, layout.encoding), RECORDS))
    if not records or isinstance(records[0], Rejection):
        return []
    return [fields for record in records if not isinstance(record, Rejection) and (fields := record[1])]


def _are_even(records: list[list[str]]) -> bool:
    if not records or len(records[0]) < 2:
        return False
    sizes = Counter(map(len, records))
    return sizes[len(records[0])] >= len(records) * LEAST_EVEN

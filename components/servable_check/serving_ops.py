"""Which ops a release of TF Serving registers: a graph with another one is not loaded by it.

``serving_ops.txt`` has a line an op: its name, and the first and the last release, of 2.12 to 2.20, that register it.
`components.servable_check.collect_ops` makes it.
"""

import dataclasses
from collections.abc import Iterable
from pathlib import Path

TABLE = Path(__file__).with_name("serving_ops.txt")
# The last of each, and so the tag of its image; tensorflow-serving-api has the same numbers.
VERSIONS = {
    "2.12": "2.12.2", "2.13": "2.13.1", "2.14": "2.14.1", "2.15": "2.15.1", "2.16": "2.16.1", "2.17": "2.17.1",
    "2.18": "2.18.1", "2.19": "2.19.1", "2.20": "2.20.0",
}  # fmt: skip
RELEASES = tuple(VERSIONS)
# Registered everywhere, but their kernels call Python, which a server has not.
PYTHON_ONLY = frozenset({"EagerPyFunc", "PyFunc", "PyFuncStateless"})


@dataclasses.dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        op: Name of the op.
        first: First release that registers it, of `RELEASES`.
        last: Last release that does.
    """

    op: str
    first: str
    last: str


def serving_ops(release: str) -> frozenset[str]:
    """The ops of a release.

    Args:
        release: One of `RELEASES`.
    """
    place = RELEASES.index(release)
    return frozenset(
        row.op for row in read_table(TABLE) if RELEASES.index(row.first) <= place <= RELEASES.index(row.last)
    )


def read_table(path: Path) -> list[Row]:
    """Reads a table."""
    return [Row(*line.split()) for line in path.read_text(encoding="utf-8").splitlines()]


def write_table(path: Path, rows: Iterable[Row]) -> None:
    """Writes a table."""
    path.write_text("".join(f"{row.op} {row.first} {row.last}\n" for row in rows), encoding="utf-8")

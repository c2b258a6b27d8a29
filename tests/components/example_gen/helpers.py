"""What the tests of ExampleGen share."""

from collections.abc import Iterable
from pathlib import Path

from components.example_gen.rows import Piece, Rejection, Row


def write(path: Path, content: str | bytes) -> str:
    """Writes a file, folders included, and gives its path as a string."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return str(path)


def piece(path: str | Path, **parts: object) -> Piece:
    """A whole file that is called by its own name."""
    size = Path(path).stat().st_size if Path(path).is_file() else 0
    return Piece(0, None, str(path), Path(path).name, size, **parts)  # type: ignore[arg-type]


def texts(items: Iterable[Row | Rejection]) -> list[str]:
    """The texts of rows, none of which may be a rejection."""
    found = []
    for item in items:
        assert isinstance(item, Row), item
        found.append(item.text)
    return found


def short(items: Iterable[Row | Rejection]) -> list[tuple[object, ...]]:
    """Rows as (id, text, label), rejections as (row number, reason)."""
    return [(item.id, item.text, item.label) if isinstance(item, Row) else (item.row, item.reason) for item in items]

"""Joins sets of examples by copying their files; knows nothing of TFX."""

import json
from collections.abc import Iterable, Mapping, Sequence

from components import files
from components.errors import DataError
from components.example_gen.names import COUNTS_FILE, LAYOUTS_FILE, REJECTED_FILE, SOURCES_FILE
from components.examples import split_files
from components.window.names import WINDOW_FILE


def join(parts: Mapping[int, str], splits: Sequence[str], output: str, branch: str = "labelled") -> None:
    """Writes the examples of all parts, split by split, in the order of the spans.

    Args:
        parts: By span, the folder of its Examples.
        splits: Names of their splits.
        output: Folder of the joined Examples; local or remote, as the parts are.
        branch: The section of the configuration that an error names.

    Raises:
        DataError: If a part was read with other settings than the last one.
    """
    sources = {span: files.read_text(f"{uri}/{SOURCES_FILE}") for span, uri in parts.items()}
    other = [span for span, found in sources.items() if found != list(sources.values())[-1]]
    if other:
        last = [span for span in parts if span > max(other)]
        raise DataError(
            f"the sources have been changed since span {other[0]} was read (the columns, labels or splits of "
            f"{branch}.sources): read {', '.join(map(str, other))} again with --span, or set "
            f"{branch}.resolver.rolling_window to {len(last)}"
        )
    counts = {span: json.loads(files.read_text(f"{uri}/{COUNTS_FILE}") or "{}") for span, uri in parts.items()}
    for split in splits:
        found = [file for uri in parts.values() for file in split_files(f"{uri}/Split-{split}")]
        for number, file in enumerate(found):
            files.copy(file, f"{output}/Split-{split}/rows-{number:05d}-of-{len(found):05d}.gz")
    summed = {split: _summed(found[split] for found in counts.values()) for split in splits}
    files.write_text(f"{output}/{COUNTS_FILE}", json.dumps(summed, indent=2) + "\n")
    rejected = [files.read_text(f"{uri}/{REJECTED_FILE}") or "" for uri in parts.values()]
    files.write_text(f"{output}/{REJECTED_FILE}", "".join(rejected))
    layouts = [json.loads(files.read_text(f"{uri}/{LAYOUTS_FILE}") or "{}") for uri in parts.values()]
    files.write_text(
        f"{output}/{LAYOUTS_FILE}", json.dumps({path: one for part in layouts for path, one in part.items()})
    )
    files.write_text(f"{output}/{WINDOW_FILE}", json.dumps({"spans": list(parts)}) + "\n")


def _summed(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for name, number in one.items():
            total[name] = total.get(name, 0) + number
    return total

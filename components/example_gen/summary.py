"""What became of every row: ``counts.json``, ``rejected.jsonl`` and ``layouts.json`` beside the splits."""

import json
from collections.abc import Iterable, Iterator

from tfx.dsl.io import fileio

from components import files
from components.errors import DataError
from components.example_gen.config import ExampleGenConfig
from components.example_gen.names import COUNTS_FILE, LAYOUTS_FILE, REJECTED_FILE
from components.example_gen.rows import Rejection

ERRORS = "errors.json"

Counts = dict[str, dict[str, int]]


def write_summary(
    directory: str,
    splits: list[str],
    written: Iterable[tuple[str, int]],
    left_out: Iterable[tuple[str, int]],
    rejected: Iterable[tuple[str, int]],
    listed: Iterable[tuple[str, Rejection]],
    errors: list[str],
    layouts: Iterable[tuple[str, dict[str, str]]] = (),
) -> None:
    """Writes the counts of every split, the rejected rows by file and row, and the files that broke off, if any.

    Args:
        directory: Where to write.
        splits: Names of all splits.
        written: Split and number of rows written to one of its files.
        left_out: Split and number of rows beyond `SourceConfig.limit`.
        rejected: Split and number of rejected rows.
        listed: Split and rejection, by file and row: the first of them.
        errors: Messages about files that could not be read to their end.
        layouts: Path of a text file, and how it is written: ``encoding``, ``line_ends``, ``delimiter``.
    """
    counts: Counts = {split: {"rows": 0, "rejected": 0, "left_out": 0} for split in splits}
    for kind, pairs in (("rows", written), ("left_out", left_out), ("rejected", rejected)):
        for split, number in pairs:
            counts[split][kind] += number
    lines = [
        json.dumps({"split": split, "file": row.file, **_place(row), "reason": row.reason}, ensure_ascii=False)
        for split, row in listed
    ]
    _write(directory, REJECTED_FILE, "".join(f"{line}\n" for line in lines))
    found = dict(sorted(layouts))
    _write(directory, LAYOUTS_FILE, json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    _write(directory, COUNTS_FILE, json.dumps(counts, indent=2) + "\n")
    if errors:
        _write(directory, ERRORS, json.dumps(sorted(errors), ensure_ascii=False))


def check_summary(directory: str, config: ExampleGenConfig | None = None, branch: str = "") -> Counts:
    """Reads the counts back.

    Args:
        directory: Where they were written.
        config: The sources, for the remedy; None if it is not known.
        branch: Their section of the configuration, for the remedy.

    Returns:
        For each split the numbers of ``rows``, ``rejected`` rows, and rows ``left_out`` beyond a limit.

    Raises:
        DataError: If a file could not be read to its end, or a split has no row.
    """
    if files.is_there(f"{directory}/{ERRORS}"):
        raise DataError("\n".join(json.loads(_read(directory, ERRORS))))
    counts: Counts = json.loads(_read(directory, COUNTS_FILE))
    for split, count in counts.items():
        if not count["rows"]:
            raise DataError(
                f"split {split!r} has no rows. {_remedy(directory, split, count['rejected'], config, branch)}"
            )
    return counts


def _remedy(directory: str, split: str, rejected: int, config: ExampleGenConfig | None, branch: str) -> str:
    if not rejected:
        if config is None:
            return "Name other files, or, where rows are divided, raise split.eval_share"
        prefix = f"{branch}." if branch else ""
        return ", or ".join([f"Name other files in {prefix}sources", *_other_splits(config, split, prefix)])
    lines = (json.loads(line) for line in _read(directory, REJECTED_FILE).splitlines())
    first = next((line for line in lines if line["split"] == split), None)
    if first is None:
        return f"{rejected:,} rows were rejected, as those in {REJECTED_FILE} were"
    place = Rejection(first["file"], first["row"], first["reason"], first.get("record", 0)).place
    return f"{rejected:,} rows were rejected, the first at {first['file']}, {place}: {first['reason']}"


def _place(row: Rejection) -> dict[str, int]:
    return {"row": row.row} | ({"record": row.record} if row.record else {})


def _other_splits(config: ExampleGenConfig, split: str, prefix: str) -> Iterator[str]:
    """How the rows that are divided could be divided otherwise; nothing that is so already."""
    for number, source in enumerate(config.sources):
        share, key = source.split.eval_share, f"{prefix}sources.{number}.split"
        if isinstance(source.files, str) and share:
            yield f"{'raise' if split == 'eval' else 'lower'} {key}.eval_share ({share:g} now)"
            if source.labelled and source.split.method == "hash":
                yield f"set {key}.method to stratified, which leaves every label a row in train"


def _write(directory: str, name: str, text: str) -> None:
    fileio.makedirs(directory)
    with fileio.open(f"{directory}/{name}", "wb") as file:
        file.write(text.encode("utf-8"))


def _read(directory: str, name: str) -> str:
    with fileio.open(f"{directory}/{name}", "rb") as file:
        return str(file.read().decode("utf-8"))

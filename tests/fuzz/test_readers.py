"""Any bytes as input files: a `DataError` or a `ConfigError`, or rows that add up; soon, and in little memory.

TFX_BERT_FUZZ_EXAMPLES is the number of inputs a format.
"""

import gzip
import io
import itertools
import os
import resource
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from components.arrow import pa, pq
from components.errors import ConfigError, DataError
from components.example_gen import reading
from components.example_gen.config import ExampleGenConfig, SourceConfig
from components.example_gen.inputs import find_inputs, plan
from components.example_gen.readers.lines import is_blank
from components.example_gen.rows import Piece, Rejection, Row
from pipeline.serving.inputs import read_texts

EXAMPLES = int(os.environ.get("TFX_BERT_FUZZ_EXAMPLES", "30"))
LONGEST_SECONDS = 2
MOST_MEMORY = 1 << 30

fuzz = settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True
)

TOKENS = [
    *(
        b'"',
        b",",
        b";",
        b"\t",
        b"|",
        b"\n",
        b"\r",
        b"\r\n",
        b"\0",
        b" ",
        b"text",
        b"label",
        b"a",
        b'"a","b"\n',
        b"[",
        b"{",
    ),
    *(
        b"[",
        b"{",
        b'{"text": "x", "label": "y"}\n',
        b"\\ud83c",
        b"\x1b$B",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\x82\xa0",
        b"\xa4\xa2",
    ),
    *("京都のお寺は静かだった。".encode(encoding) for encoding in ("utf-8", "cp932", "euc_jp", "utf-16-le")),
    *("schöne Bäder\n".encode(encoding) for encoding in ("utf-8", "cp1252", "utf-16-be")),
    *(b"KN001_Kyoto_1-1-1-01\t", b" = T = \n", b"\xe3\x80\x80", b"\x85", b"x" * 300),
]
BYTES = st.one_of(
    st.binary(max_size=300),
    st.lists(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=3)), max_size=60).map(b"".join),
    st.lists(st.sampled_from(TOKENS[:12]), max_size=60).map(lambda parts: b"text,label\n" + b"".join(parts) * 40),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def read_all(path: Path, format: str, **options: object) -> int | None:
    """Reads a file as a run and as `predict` does; gives the number of rows and rejections, None if it is refused."""
    begun = time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count = None
    try:
        given = {"format": format, "files": str(path), **options}
        config = ExampleGenConfig.model_validate({"sources": given})
        source = config.sources[0]
        pieces = plan(config, find_inputs(config)).pieces
        reading.check(config, pieces)
        parts = [part for one in pieces for part in reading.divide(reading.laid_out(one, source), source, length=50)]
        rows = [row for part in parts for row in reading.read(part, source)]
        assert all(isinstance(row, Row | Rejection) for row in rows)
        assert all("\0" not in row.text and row.text.strip() for row in rows if isinstance(row, Row))
        count = len(rows)
    except (DataError, ConfigError) as error:
        assert "\n" not in str(error)
        assert str(path) in str(error)
    try:
        for _ in read_texts([], str(path)):
            pass
    except (DataError, ConfigError) as error:
        assert "\n" not in str(error)
    assert time.process_time() - begun < LONGEST_SECONDS * 2  # two readings
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MOST_MEMORY
    return count


def maybe_packed(content: bytes, packed: bool) -> bytes:
    return gzip.compress(content, mtime=0) if packed else content


@seed(1)
@fuzz
@given(BYTES, st.booleans(), st.sampled_from(["text", "wikitext", "jsonl", "tsv", "csv", "knbc_tsv"]))
def test_files_of_lines(folder: Path, content: bytes, packed: bool, format: str) -> None:
    name = "Kyoto.tsv" if format == "knbc_tsv" else f"a.{'txt' if 'text' in format else format}"
    (folder / name).write_bytes(maybe_packed(content, packed))
    read_all(folder / name, format)


@seed(2)
@fuzz
@given(BYTES, st.sampled_from(["text", "tsv", "jsonl"]))
def test_no_line_vanishes(folder: Path, content: bytes, format: str) -> None:
    """In UTF-8, where lines are known without a reader: rows, rejections and blank lines are all of them."""
    path = folder / f"counted.{format}"
    path.write_bytes(b"text\n" + content if format == "tsv" else content)
    only_cr = b"\r" in content and b"\n" not in path.read_bytes()
    lines = (content.replace(b"\r", b"\n") if only_cr else content).removesuffix(b"\n").split(b"\n")
    if format != "tsv":
        lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
    blank = (lambda line: not line.rstrip(b"\r")) if format == "tsv" else is_blank
    config = SourceConfig.model_validate({"format": format, "files": str(path), "encoding": "utf-8"})
    found = Piece(0, None, str(path), path.name, path.stat().st_size)
    try:
        rows = list(reading.read(reading.laid_out(found, config), config))
    except DataError as error:
        assert "is compressed with" in str(error) or "cannot be read" in str(error)  # it begins as packed files do
        return
    assert len(rows) == sum(not blank(line) for line in lines)


@seed(3)
@fuzz
@given(BYTES, BYTES)
def test_pairs_of_knbc(folder: Path, texts: bytes, labels: bytes) -> None:
    pair = folder / "pair"
    pair.mkdir(exist_ok=True)
    (pair / "features.csv").write_bytes(b"feature\n" + texts)
    (pair / "labels.csv").write_bytes(b"label\n" + labels)
    read_all_of_folder = ExampleGenConfig.model_validate({"sources": {"format": "knbc", "files": str(pair)}})
    try:
        pieces = plan(read_all_of_folder, find_inputs(read_all_of_folder)).pieces
        reading.check(read_all_of_folder, pieces)
        for _ in itertools.chain.from_iterable(reading.read(one, read_all_of_folder.sources[0]) for one in pieces):
            pass
    except DataError as error:
        assert str(pair) in str(error)


def parquet() -> bytes:
    buffer = io.BytesIO()
    labels = pa.array([["x"], ["y", "z"]] * 20)
    pq.write_table(pa.table({"text": ["京都", "b"] * 20, "label": labels}), buffer, row_group_size=15)
    return buffer.getvalue()


def workbook() -> bytes:
    from openpyxl import Workbook

    book, buffer = Workbook(), io.BytesIO()
    assert book.active is not None
    for row in (["text", "label"], ["京都", "x"], [3, True], ["b", "#N/A"]):
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("sci.med/1", "sci.med/2", "rec.autos/1"):
            member = tarfile.TarInfo(name)
            member.size = 5
            archive.addfile(member, io.BytesIO(b"caf\xe9!"))
    return buffer.getvalue()


EDITS = st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=4), st.integers(0, 4)), max_size=6)


def edited(content: bytes, edits: list[tuple[float, bytes, int]]) -> bytes:
    for place, new, removed in edits:
        at = int(place * len(content))
        content = content[:at] + new + content[at + removed :]
    return content


@pytest.mark.parametrize(
    ("name", "format", "make"),
    [("a.parquet", "parquet", parquet), ("a.tar", "newsgroups", tar), ("a.xlsx", "xlsx", workbook)],
)
def test_damaged_files(folder: Path, name: str, format: str, make: Callable[[], bytes]) -> None:
    whole = make()

    @seed(4)
    @fuzz
    @given(EDITS, st.booleans())
    def damage(edits: list[tuple[float, bytes, int]], packed: bool) -> None:
        content = edited(whole, edits)
        (folder / name).write_bytes(maybe_packed(content, packed and format == "newsgroups"))
        count = read_all(folder / name, format)
        assert edits or count

    damage()


@seed(5)
@fuzz
@given(st.sampled_from(["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"]), EDITS)
def test_damaged_parts_of_a_workbook(folder: Path, part: str, edits: list[tuple[float, bytes, int]]) -> None:
    path = folder / "parts.xlsx"
    with zipfile.ZipFile(io.BytesIO(workbook())) as whole, zipfile.ZipFile(path, "w") as archive:
        for name in whole.namelist():
            content = whole.read(name)
            archive.writestr(name, edited(content, edits) if name == part else content)
    read_all(path, "xlsx")

import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import ConfigError, DataError
from components.example_gen import layouts, reading
from components.example_gen.config import ExampleGenConfig, SourceConfig
from components.example_gen.inputs import find_inputs, plan
from components.example_gen.layout import Layout
from components.example_gen.rows import Rejection, Row
from pipeline.serving.inputs import Unreadable, read_texts
from tests.components.example_gen.helpers import piece, short, write

TEXTS = ["京都のお寺は静かで、よかった。", "携帯電話の電池がすぐに切れる。", "朝食がおいしかったです。"]


def read(path: str, format: str = "csv", length: int = reading.RANGE_BYTES, **options: Any) -> list[Row | Rejection]:
    """What a run reads: the columns are checked, files are laid out and divided."""
    labelled = {"label_column": "label"} if format in ("csv", "tsv", "jsonl", "xlsx") else {}
    config = ExampleGenConfig.model_validate({"sources": {"format": format, "files": path, **labelled, **options}})
    pieces = plan(config, find_inputs(config)).pieces
    source = config.sources[0]
    reading.check(config, pieces)
    parts = [part for one in pieces for part in reading.divide(reading.laid_out(one, source), source, length)]
    return [row for part in parts for row in reading.read(part, source)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932", "euc_jp"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_as_people_have_it(tmp_path: Path, encoding: str, end: str, delimiter: str) -> None:
    rows = [f"text{delimiter}label", *(f"{text}{delimiter}良い" for text in TEXTS), f'"a, ""b""; c|d"{delimiter}京都']
    content = end.join(rows)
    path = write(tmp_path / "A.CSV.GZ", gzip.compress((content + end).encode(encoding)))
    expected = [("A.CSV.GZ:" + str(row + 2), text, "良い") for row, text in enumerate(TEXTS)]
    assert short(read(path)) == [*expected, ("A.CSV.GZ:5", 'a, "b"; c|d', "京都")]
    assert list(read_texts([], path)) == [*TEXTS, 'a, "b"; c|d']  # predict reads what training reads


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "cp932", "euc_jp"])
@pytest.mark.parametrize("end", ["\n", "\r"])
@pytest.mark.parametrize("format", ["text", "jsonl", "tsv"])
def test_other_formats_of_lines(tmp_path: Path, encoding: str, end: str, format: str) -> None:
    lines = {
        "text": TEXTS,
        "jsonl": [f'{{"text": "{text}", "label": "x"}}' for text in TEXTS],
        "tsv": ["text\tlabel", *(f"{text}\tx" for text in TEXTS)],
    }[format]
    path = write(tmp_path / f"a.{format}", (end.join(lines) + end).encode(encoding))
    rows = read(path, format, length=1)
    assert [row.text for row in rows if isinstance(row, Row)] == TEXTS
    assert list(read_texts([], path)) == TEXTS


def test_a_corpus_in_utf16_is_read_as_text(tmp_path: Path) -> None:
    lines = [f"the room number {line} was clean and quiet" for line in range(1000)]
    for name, encoding in (("mark", "utf-16"), ("none", "utf-16-le")):
        path = write(tmp_path / f"{name}.txt", "\r\n".join(lines).encode(encoding))
        assert [row.text for row in read(path, "text") if isinstance(row, Row)] == lines
        assert list(read_texts([], path)) == lines


def test_the_end_of_a_file_counts_as_much_as_its_beginning(tmp_path: Path) -> None:
    beginning = "plain,a\n" * 300_000  # more than the head that `check` looks at
    path = write(
        tmp_path / "a.csv", ("text,label\n" + beginning).encode() + "".join(f"{t},b\n" for t in TEXTS).encode("cp932")
    )
    rows = read(path)
    assert [row.text for row in rows[-3:] if isinstance(row, Row)] == TEXTS


def test_an_encoding_that_is_named_is_used(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\nПривет,a\n".encode("cp1251"))
    with pytest.raises(DataError, match="its encoding is not certain"):
        read(path)
    with pytest.raises(DataError, match=r"--encoding"):
        list(read_texts([], path))
    assert short(read(path, encoding="windows-1251")) == [("a.csv:2", "Привет", "a")]
    assert list(read_texts([], path, encoding="cp1251")) == ["Привет"]
    with pytest.raises(ConfigError, match="--encoding: 'nope' is no encoding"):
        list(read_texts([], path, encoding="nope"))


def test_bytes_that_are_not_of_the_encoding_reject_their_row(tmp_path: Path) -> None:
    content = "text,label\n" + "".join(f"{text},a\n" for text in TEXTS * 10)
    path = write(tmp_path / "a.csv", content.encode("cp932") + b"\x81\x20bad,a\n")
    rows = read(path)
    assert len(rows) == 31
    assert isinstance(rows[-1], Rejection)
    assert rows[-1].reason == "not cp932: byte 0x81 after 0 characters"
    assert rows[-1].place == "record 32, line 32"


def test_a_carriage_return_in_a_cell_is_told_with_its_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", b"text,label\nfirst\rsecond,x\ngood,y\n")
    bad, good = read(path)
    assert isinstance(bad, Rejection)
    assert (bad.row, "a carriage return (CR) in a field without quotation marks" in bad.reason) == (2, True)
    assert short([good]) == [("a.csv:3", "good", "y")]


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("text,label\na;b;c,x\n", ","),
        ("text;label\na, b;x\nc, d;y\n", ";"),
        ("id|text\n1|a,b\n", "|"),
        ("text\nonly one, column\n", ","),
        ("text\ta,b\n1\t2,3\n", "\t"),  # the wanted column decides
    ],
)
def test_delimiters(tmp_path: Path, content: str, delimiter: str) -> None:
    path = write(tmp_path / "a.csv", content)
    source = SourceConfig(format="csv", files=path)
    assert layouts.find_layout(path, source, ["text"]) == Layout(delimiter=delimiter)


def test_a_delimiter_that_is_not_certain_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a,b;c\n1,2;3\n")
    with pytest.raises(DataError, match=r"a\.csv: what divides its fields is not certain: , or ;; .* `delimiter`"):
        layouts.find_layout(path, SourceConfig(format="csv", files=path), ["text"])
    assert layouts.find_layout(path, SourceConfig(format="csv", files=path, delimiter=";"), ["text"]).delimiter == ";"


@pytest.mark.parametrize("key", [{"delimiter": "ab"}, {"delimiter": '"'}, {"encoding": "rot13"}, {"date_format": "Y"}])
def test_values_that_cannot_be(key: dict[str, str]) -> None:
    dated = {"date_column": "d", "split": {"method": "newest"}} if "date_format" in key else {}
    with pytest.raises(ValueError, match=next(iter(key))):
        SourceConfig.model_validate({"format": "csv", "files": "x", **dated, **key})


def test_dates_of_another_form(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label,day\na,x,31.01.2024\nb,x,2024-02-01\n")
    options = {"date_column": "day", "date_format": "%d.%m.%Y", "split": {"method": "newest"}}
    row, wrong = read(path, **options)
    assert isinstance(row, Row)
    assert row.date == 1_706_659_200
    assert isinstance(wrong, Rejection)
    assert wrong.reason == "'day' is '2024-02-01', not a date of the form '%d.%m.%Y'"


FIELD = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=6)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.just(""), FIELD, st.just("a,b"), st.just('"x')), max_size=20),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_no_row_vanishes(tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str) -> None:
    """Rows that are read, rejected, or blank are all there are."""
    folder = tmp_path_factory.mktemp("rows")
    content = end.join(["text", *lines]) + end
    blank = sum(not line.strip(" \t　") for line in lines)
    found = read(write(folder / "a.txt", content), "text", encoding="utf-8")
    assert len(found) == len(lines) + 1 - blank
    source = SourceConfig(format="tsv", files="x", encoding="utf-8")
    tsv = reading.laid_out(piece(write(folder / "a.tsv", content)), source)
    assert len(list(reading.read_entries(tsv, source))) == sum(line != "" for line in lines)


def test_lines_beyond_the_limit_are_rejected_where_they_are(tmp_path: Path) -> None:
    long = b"x" * ((16 << 20) + 1)
    path = write(tmp_path / "a.txt.gz", gzip.compress(b"one\n" + long + b"\ntwo\n"))
    assert short(read(path, "text")) == [
        ("a.txt.gz:1", "one", None),
        (2, "a line of more than 16 MiB"),
        ("a.txt.gz:3", "two", None),
    ]
    assert list(read_texts([], path)) == ["one", Unreadable(f"{path}, row 2: a line of more than 16 MiB"), "two"]
    path = write(tmp_path / "b.txt", b"one\n" + long + b"\ntwo\n")
    assert short(read(path, "text", length=1))[2] == ("b.txt:3", "two", None)


def test_a_line_without_end_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.example_gen.layout.MAX_LINE", 1000)
    monkeypatch.setattr("components.example_gen.layout.MAX_ENDLESS", 10_000)
    path = write(tmp_path / "a.csv.gz", gzip.compress(b"x" * 5_000_000))
    with pytest.raises(DataError, match=r"a\.csv\.gz: line 1 does not end within .*; is this a text file\?"):
        read(path)


def test_too_many_bad_rows_in_succession(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BAD_ROWS", 10)
    path = write(tmp_path / "a.csv", "text,label\n" + "alone\n" * 10 + "a,b\n")
    assert len(read(path)) == 11
    path = write(tmp_path / "b.csv", "text,label\n" + "alone\n" * 11)
    with pytest.raises(DataError, match=r"b\.csv: 10 rows in succession cannot be used, the last at record 12"):
        read(path)

import csv
import io
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.example_gen import limits
from components.example_gen.readers import csv_records
from components.example_gen.readers.csv_records import parse
from components.example_gen.rows import Rejection


def read(content: str | bytes, delimiter: str = ",") -> list[tuple[int, object]]:
    """Records, and rejections as their line and None."""
    raw = content if isinstance(content, bytes) else content.encode()
    lines = iter(enumerate(re.findall(b"[^\\n]*\\n|[^\\n]+", raw), start=1))
    return [(one.row, None) if isinstance(one, Rejection) else one for one in parse(lines, "a.csv", delimiter)]


def read_by_trying(content: str) -> list[tuple[int, object]]:
    """What `parse` promises, in quadratic time: Python's reader from every line after one that breaks."""
    lines = re.findall("[^\\n]*\\n|[^\\n]+", content)
    found: list[tuple[int, object]] = []
    begin = 0
    while begin < len(lines):
        reader = csv.reader(lines[begin:], strict=True)
        try:
            found.append((begin + 1, next(reader)))
            begin += reader.line_num
        except csv.Error:
            found.append((begin + 1, None))
            begin += 1
    return found


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(['"', '"', ",", "\n", "\n", "\r", "a", "京"]), max_size=30).map("".join))
def test_equals_reading_again_from_every_line(content: str) -> None:
    assert read(content) == read_by_trying(content)


FIELD = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r"), max_size=8)


@settings(deadline=None)
@given(st.lists(st.tuples(FIELD, FIELD), max_size=12), st.sampled_from(",;\t|"))
def test_what_python_writes_is_read_back(fields: list[tuple[str, str]], delimiter: str) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter).writerows(fields)
    assert [tuple(record[1]) for record in read(buffer.getvalue(), delimiter)] == fields  # type: ignore[arg-type]


@pytest.mark.parametrize("unit", ['a","b\n', '"a\n', 'a,"b""\n', '"x"y\n', '"a' + "\n" * 9, '\n"\n', '""""","\n'])
def test_time_grows_with_the_length(unit: str) -> None:
    lines = unit.count("\n")
    begun = time.monotonic()
    found = read("text,label\n" + unit * (30_000 // lines))
    assert time.monotonic() - begun < 10  # quadratic, it took minutes for a tenth of this
    assert len(found) > 10_000


def test_a_record_that_is_too_long_costs_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_records, "MAX_RECORD", 100)
    rows = "".join(f"行{row},b\n" for row in range(50))
    assert read(f'text,label\n"open,a\n{rows}"') == [
        (1, ["text", "label"]),
        (2, None),
        *((row + 3, [f"行{row}", "b"]) for row in range(50)),
        (53, None),
    ]


def test_a_record_of_too_many_lines_costs_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_records, "MAX_RECORD_LINES", 3)
    assert read('"a\nb\nc"\n') == [(1, ["a\nb\nc"])]
    assert read('"a\nb\nc\nd\ne"\n') == [(1, None), (2, ["b"]), (3, ["c"]), (4, ["d"]), (5, ['e"'])]


def test_bytes_that_are_no_text_reject_their_whole_record() -> None:
    found = list(parse(iter([(1, b'"a\n'), (2, b'caf\xe9"\n'), (3, b'b"\n'), (4, b"c\0\n")]), "a.csv", ","))
    assert found[0] == Rejection("a.csv", 2, "not UTF-8: byte 0xe9 at position 4")
    assert found[1:] == [(3, ['b"']), Rejection("a.csv", 4, "a NUL character, which is no text")]


def test_a_carriage_return_in_a_field_is_explained() -> None:
    (found,) = parse(iter([(1, b"first\rsecond,x\n")]), "a.csv", ",")
    assert found == Rejection(
        "a.csv",
        1,
        "not valid CSV: a carriage return (CR) in a field without quotation marks; quote it, or end lines with LF",
    )


def test_a_line_beyond_the_limit_is_rejected() -> None:
    long = b"x" * (limits.MAX_LINE + 1)  # as `limited_lines` gives it
    found = list(parse(iter([(1, b'"a\n'), (2, long), (3, b"b\n")]), "a.csv", ","))
    assert [one.row for one in found if isinstance(one, Rejection)] == [1, 2]
    assert found[-1] == (3, ["b"])
    assert "a line of more than 16 MiB" in str(found[1])

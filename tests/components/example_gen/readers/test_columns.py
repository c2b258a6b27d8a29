from datetime import date, datetime, timedelta, timezone

import pytest

from components.errors import ConfigError
from components.example_gen.config import SourceConfig
from components.example_gen.readers import columns
from components.example_gen.rows import Piece, Rejection, Row

DATED = SourceConfig(format="csv", files="x", date_column="日付", split={"method": "newest"})
SOURCE = SourceConfig(format="csv", files="x", label_column="label", id_column="id")


def test_wanted() -> None:
    assert list(columns.wanted(SOURCE).items()) == [
        ("text", "text_column"),
        ("label", "label_column"),
        ("id", "id_column"),
    ]
    assert list(columns.wanted(SOURCE.model_copy(update={"unlabelled": True}))) == ["text", "id"]
    assert list(columns.wanted(SOURCE.model_copy(update={"group_column": "id"}))) == ["text", "label", "id"]


def test_missing_columns_are_named_with_the_nearest() -> None:
    columns.check("a.csv", ["id", "text", "label", "more"], SOURCE)
    with pytest.raises(ConfigError) as error:
        columns.check("a.csv", ["id", "text", "labels"], SOURCE)
    assert error.value.key == "label_column"
    assert error.value.reason == (
        "a.csv: no column 'label' (did you mean 'labels'?); its columns are 'id', 'text', 'labels'"
    )
    with pytest.raises(ConfigError, match="column 'text' appears 2 times"):
        columns.check("a.csv", ["id", "text", "text", "label"], SOURCE)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1970-01-02", 86_400),
        (" 1970-01-01T00:00:01.500Z ", 1.5),
        ("1970-01-01T09:00:00+09:00", 0),
        ("1970-01-01 00:00:00.123456789+0000", 0.123456),
        ("1970-01-01T00:00:01.5-01", 3601.5),
        ("1970-W01-5", 86_400),
        (date(1970, 1, 2), 86_400),
        (datetime(1970, 1, 1, 0, 1), 60),
        (datetime(1970, 1, 1, 9, tzinfo=timezone(timedelta(hours=9))), 0),
        (-7, -7),
        ("58045", 58_045),
    ],
)
def test_dates_become_numbers(value: object, expected: float) -> None:
    row = columns.to_row({"text": "京都", "日付": value}, Piece(0, None, "a.csv", "a.csv"), 3, DATED)
    assert isinstance(row, Row)
    assert row.date == expected


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "no value in '日付'"),
        ("", "no value in '日付'"),
        ("昨日", "'日付' is '昨日', neither an ISO 8601 date or time nor a number"),
        ("nan", "'日付' is 'nan', neither an ISO 8601 date or time nor a number"),
        ("1e999", "'日付' is '1e999', neither an ISO 8601 date or time nor a number"),
        (10**400, f"'日付' is {str(10**400)[:57]}..., neither an ISO 8601 date or time nor a number"),
        ("2024-13-01", "'日付' is '2024-13-01', neither an ISO 8601 date or time nor a number"),
        (True, "'日付' is True, neither an ISO 8601 date or time nor a number"),
    ],
)
def test_what_is_no_date_is_rejected(value: object, reason: str) -> None:
    row = columns.to_row({"text": "京都", "日付": value}, Piece(0, None, "a.csv", "a.csv"), 3, DATED)
    assert row == Rejection("a.csv", 3, reason)


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        ("京都|グルメ", ("京都", "グルメ")),
        (" a | b|a||", ("a", "b")),
        ("", ()),
        (None, ()),
        (["京都", "a|b"], ("京都", "a|b")),
        ([], ()),
        (7, ("7",)),
    ],
)
def test_several_labels(value: object, labels: tuple[str, ...]) -> None:
    config = SourceConfig(format="jsonl", files="x", label_column="label", label_separator="|")
    row = columns.to_row({"text": "文", "label": value}, Piece(0, None, "a", "a"), 1, config)
    assert isinstance(row, Row)
    assert row.label == labels


def test_a_list_where_one_label_is_due_is_rejected() -> None:
    config = SourceConfig(format="jsonl", files="x", label_column="label")
    row = columns.to_row({"text": "文", "label": ["a"]}, Piece(0, None, "a", "a"), 1, config)
    assert row == Rejection("a", 1, "'label' is ['a']: several labels need label_separator in the configuration")


@pytest.mark.parametrize("separator", [None, "|"])
def test_a_label_with_a_line_break_is_rejected(separator: str | None) -> None:
    config = SourceConfig(format="csv", files="x", label_column="label", label_separator=separator)
    row = columns.to_row({"text": "文", "label": "京\n都"}, Piece(0, None, "a", "a"), 1, config)
    assert row == Rejection("a", 1, r"'label' is '京\n都': a label cannot hold a line break")

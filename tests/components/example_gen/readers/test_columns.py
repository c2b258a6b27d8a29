import pytest

from components.errors import ConfigError
from components.example_gen.config import SourceConfig
from components.example_gen.readers import columns

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

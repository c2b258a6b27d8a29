"""Finding the spans of a path and choosing one."""

from pathlib import Path

import pytest

from components.errors import ConfigError
from components.example_gen.spans import choose_span, find_spans


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    for name in ("7", "008", "12", "latest", "12b", "13"):
        (tmp_path / f"日{name}").mkdir()
        if name != "13":  # is still being written
            (tmp_path / f"日{name}" / "a.csv").touch()
    return tmp_path


def test_numbers_with_and_without_zeros_are_spans_and_nothing_else_is(reviews: Path) -> None:
    pattern = f"{reviews}/日{{SPAN}}/*.csv"
    texts = {7: "7", 8: "008", 12: "12"}
    assert find_spans("labelled.span", pattern) == {
        number: f"{reviews}/日{text}/*.csv" for number, text in texts.items()
    }


def test_a_span_in_the_name_of_a_file(tmp_path: Path) -> None:
    for name in ("reviews-20261126.csv", "reviews-20261127.csv", "reviews-20261127.csv.part"):
        (tmp_path / name).touch()
    assert sorted(find_spans("labelled.span", f"{tmp_path}/reviews-{{SPAN}}.csv")) == [20261126, 20261127]


def test_a_span_that_stands_twice(tmp_path: Path) -> None:
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / "part-3.csv").touch()
    assert find_spans("labelled.span", f"{tmp_path}/{{SPAN}}/part-{{SPAN}}.csv") == {3: f"{tmp_path}/3/part-3.csv"}


def test_the_newest_that_all_paths_have(reviews: Path) -> None:
    (reviews / "labels-8.csv").touch()
    patterns = [f"{reviews}/日{{SPAN}}/*.csv", f"{reviews}/labels-{{SPAN}}.csv"]
    span, paths = choose_span("labelled.span", patterns, None)
    assert (span, paths[patterns[0]]) == (8, f"{reviews}/日008/*.csv")


def test_a_span_that_is_not_there_is_named_with_those_that_are(reviews: Path) -> None:
    with pytest.raises(ConfigError, match=r"labelled.span: .*has no span 9; there are: 7, 8, 12"):
        choose_span("labelled.span", [f"{reviews}/日{{SPAN}}/*.csv"], 9)
    with pytest.raises(ConfigError, match="no span has all of"):
        choose_span("labelled.span", [f"{reviews}/nothing-{{SPAN}}"], None)


def test_spans_of_another_file_system() -> None:
    import tensorflow as tf

    for number in (1, 2):
        tf.io.gfile.makedirs(f"ram://spans/{number}")
        with tf.io.gfile.GFile(f"ram://spans/{number}/a.csv", "w") as file:
            file.write("text\n")
    assert find_spans("labelled.span", "ram://spans/{SPAN}/a.csv") == {
        1: "ram://spans/1/a.csv",
        2: "ram://spans/2/a.csv",
    }


def test_two_spellings_of_a_number_are_refused(reviews: Path) -> None:
    (reviews / "日8").mkdir()
    (reviews / "日8" / "a.csv").touch()
    with pytest.raises(ConfigError, match="are the same span: remove one"):
        find_spans("labelled.span", f"{reviews}/日{{SPAN}}/*.csv")


@pytest.mark.parametrize("part", ["*{SPAN}.csv", "{SPAN}*.csv", "[ab]-{SPAN}"])
def test_a_wildcard_beside_the_span_is_refused(tmp_path: Path, part: str) -> None:
    with pytest.raises(ConfigError, match="may not have wildcards beside it"):
        find_spans("labelled.span", f"{tmp_path}/{part}")

import json
from pathlib import Path

import pytest

from components.errors import DataError
from components.example_gen.config import ExampleGenConfig
from components.example_gen.rows import Rejection
from components.example_gen.summary import check_summary, write_summary


def test_summary(tmp_path: Path) -> None:
    listed = [
        ("train", Rejection("a.csv", 9, "early")),
        ("train", Rejection("a.csv", 10, "late")),
        ("eval", Rejection("b.csv", 3, "理由")),
    ]
    written = [("train", 5), ("eval", 2), ("train", 4)]
    left_out, rejected = [("train", 7), ("train", 1)], [("train", 2), ("eval", 1)]
    write_summary(str(tmp_path), ["train", "eval"], written, left_out, rejected, listed, [])
    assert check_summary(str(tmp_path)) == {
        "train": {"rows": 9, "rejected": 2, "left_out": 8},
        "eval": {"rows": 2, "rejected": 1, "left_out": 0},
    }
    lines = (tmp_path / "rejected.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"split": "train", "file": "a.csv", "row": 9, "reason": "early"},
        {"split": "train", "file": "a.csv", "row": 10, "reason": "late"},
        {"split": "eval", "file": "b.csv", "row": 3, "reason": "理由"},
    ]
    assert "理由" in lines[2]


def test_a_split_without_rows_is_an_error(tmp_path: Path) -> None:
    write_summary(str(tmp_path), ["train", "eval"], [("train", 5), ("eval", 0)], [], [], [], [])
    with pytest.raises(DataError, match=r"split 'eval' has no rows\. Name other files, .* raise split\.eval_share"):
        check_summary(str(tmp_path))
    listed = [("train", Rejection("a.csv", 1, "other")), ("eval", Rejection("a.csv", 2, "no text in 'text'"))]
    write_summary(str(tmp_path), ["train", "eval"], [("train", 5)], [], [("train", 1), ("eval", 1)], listed, [])
    with pytest.raises(DataError, match=r"1 rows were rejected, the first at a\.csv, row 2: no text in 'text'"):
        check_summary(str(tmp_path))


@pytest.mark.parametrize(
    ("source", "empty", "said", "not_said"),
    [
        ({"split": {}}, "eval", "raise labelled.sources.0.split.eval_share (0.1 now)", "lower"),
        ({"split": {}}, "eval", "labelled.sources.0.split.method to stratified", "corpus"),
        ({"split": {"method": "stratified"}}, "eval", "raise labelled.sources.0", "method"),
        ({"split": {"eval_share": 0.9}}, "train", "lower labelled.sources.0.split.eval_share (0.9 now)", "raise"),
        ({"files": {"train": "a.csv", "eval": "b.csv"}}, "eval", "Name other files in labelled.sources", "split."),
    ],
)
def test_the_remedy_names_the_branch_and_only_what_is_not_so_already(
    tmp_path: Path, source: dict, empty: str, said: str, not_said: str
) -> None:
    rows = {"format": "csv", "files": "a.csv", "label_column": "label", **source}
    config = ExampleGenConfig.model_validate({"sources": [rows]})
    write_summary(str(tmp_path), ["train", "eval"], [({"train": "eval", "eval": "train"}[empty], 5)], [], [], [], [])
    with pytest.raises(DataError) as refused:
        check_summary(str(tmp_path), config, "labelled")
    assert said in str(refused.value)
    assert not_said not in str(refused.value).partition("rows.")[2]


def test_files_that_broke_off_are_an_error(tmp_path: Path) -> None:
    write_summary(str(tmp_path), ["train"], [("train", 5)], [], [], [], ["b.gz: cut", "a.gz: cut"])
    with pytest.raises(DataError, match=r"^a\.gz: cut\nb\.gz: cut$"):
        check_summary(str(tmp_path))

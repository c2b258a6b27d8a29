import json
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from components.errors import DataError
from components.example_gen.config import ExampleGenConfig
from components.example_gen.inputs import find_inputs, fingerprint_inputs, plan
from components.example_gen.readers.newsgroups import read_newsgroups
from components.example_gen.rows import Piece
from tests.components.example_gen.helpers import short, write


def config(*sources: dict[str, Any]) -> ExampleGenConfig:
    return ExampleGenConfig.model_validate({"sources": sources})


def pieces(given: ExampleGenConfig) -> list[Piece]:
    return plan(given, find_inputs(given)).pieces


def test_pieces_know_source_split_and_unique_names(tmp_path: Path) -> None:
    for name in ("a/x.txt", "b/x.txt", "b/y.txt.gz", "b/notes.md"):
        write(tmp_path / name, "文\n")
    first = {"format": "text", "files": str(tmp_path / "b")}
    second = {"format": "text", "files": {"train": str(tmp_path / "a/*.txt")}}
    assert [(one.source, one.split, one.name, one.size) for one in pieces(config(first, second))] == [
        (0, None, "b/x.txt", 4),
        (0, None, "y.txt.gz", 4),
        (1, "train", "a/x.txt", 4),
    ]


def test_a_knbc_pair_is_one_piece(tmp_path: Path) -> None:
    for folder in ("trains", "tests"):
        for name in ("features.csv", "labels.csv", "notes.csv"):
            write(tmp_path / folder / name, "12345")
    given = config({"format": "knbc", "files": {"train": str(tmp_path / "trains"), "eval": str(tmp_path / "tests")}})
    assert [(one.split, one.name, one.size) for one in pieces(given)] == [
        ("train", "trains", 10),
        ("eval", "tests", 10),
    ]
    assert {one.name for one in pieces(config({"format": "knbc", "files": str(tmp_path / "t*")}))} == {
        "tests",
        "trains",
    }
    (tmp_path / "tests" / "labels.csv").unlink()
    with pytest.raises(DataError, match=r"tests: needs both features\.csv and labels\.csv; found features\.csv"):
        pieces(given)


def test_messages_are_pieces_by_folder(tmp_path: Path) -> None:
    for number in range(501):
        write(tmp_path / "bydate/sci.med" / str(number), "x")
    write(tmp_path / "bydate/rec.autos/1", "x")
    write(tmp_path / "bydate/README", "x")
    write(tmp_path / "more.tar.gz", "x")
    given = config({"format": "newsgroups", "files": str(tmp_path)})
    found = plan(given, find_inputs(given))
    assert [len(one.messages) for one in found.pieces] == [0, 1, 500, 1]  # the tar file, rec.autos, sci.med
    assert [(source, split, row.reason) for source, split, row in found.refused] == [
        (0, None, "README: not in a group's folder, so it has no label")
    ]


@pytest.mark.parametrize("start", ["", "./", "ram://inputs/"])
def test_messages_at_relative_and_remote_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("news/sci.med/1", "news/sci.med/2", "news/README"):
        tf.io.gfile.makedirs(f"{start}{name}".rpartition("/")[0])
        with tf.io.gfile.GFile(f"{start}{name}", "w") as file:
            file.write("text")
    given = config({"format": "newsgroups", "files": f"{start}news"})
    found = plan(given, find_inputs(given))
    assert [one.messages for one in found.pieces] == [[f"{start}news/sci.med/{number}" for number in (1, 2)]]
    assert [row.file for _, _, row in found.refused] == [f"{start}news/README"]
    rows = read_newsgroups(found.pieces[0])
    assert short(rows) == [("sci.med/1", "text", "sci.med"), ("sci.med/2", "text", "sci.med")]


def test_a_folder_without_groups_is_an_error(tmp_path: Path) -> None:
    given = config({"format": "newsgroups", "files": write(tmp_path / "alone" / "1", "x")})
    assert pieces(given)[0].messages == [str(tmp_path / "alone" / "1")]
    with pytest.raises(DataError, match="empty: has no file"):
        (tmp_path / "empty").mkdir()
        pieces(config({"format": "newsgroups", "files": str(tmp_path / "empty")}))


def test_one_file_in_two_splits_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "x\n")
    given = config({"format": "text", "files": {"train": str(tmp_path), "eval": path}})
    with pytest.raises(DataError, match=r"a\.txt: belongs to two inputs, train of source 1 and eval of source 1"):
        find_inputs(given)


def test_fingerprint_lists_every_input(tmp_path: Path) -> None:
    given = config(
        {"format": "text", "files": write(tmp_path / "a.txt", "12345")},
        {"format": "text", "files": {"train": write(tmp_path / "b.txt", "1"), "eval": write(tmp_path / "c.txt", "12")}},
    )
    parts = json.loads(fingerprint_inputs(find_inputs(given)))
    assert [part.partition(", sha256")[0] for part in parts] == [
        "all: 1 files, 5 bytes",
        "train: 1 files, 1 bytes",
        "eval: 1 files, 2 bytes",
    ]

from pathlib import Path

import pytest

from components.data_gate.accepted import Accepted, note, recall
from components.errors import DataError


def accept(folder: Path, span: int, clock: int) -> Accepted:
    accepted = Accepted(span=span, examples=f"{folder}/examples-{span}-{clock}", statistics=f"{folder}/統計-{span}")
    note(str(folder / "noted"), accepted, lambda: clock)
    return accepted


def test_in_the_order_in_which_it_was_accepted(tmp_path: Path) -> None:
    noted = [accept(tmp_path, span, clock) for span, clock in ((7, 5), (8, 900), (7, 1_000), (9, 20_000))]

    assert recall(str(tmp_path / "noted")) == noted


def test_a_note_that_is_none(tmp_path: Path) -> None:
    accept(tmp_path, 1, 1)
    (tmp_path / "noted" / "2.json").write_text("", encoding="utf-8")
    (tmp_path / "noted" / "README").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="2.json is no note of a gate: delete it, and read its span again"):
        recall(str(tmp_path / "noted"))


def test_nothing_is_noted_yet(tmp_path: Path) -> None:
    assert recall(str(tmp_path / "noted")) == []

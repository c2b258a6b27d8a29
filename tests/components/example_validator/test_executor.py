"""Where no ML Metadata can be asked, what the gate has noted says what drift is measured against."""

import shutil
from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components.data_gate.accepted import Accepted, note
from components.example_validator.executor import _accepted_before

pytestmark = pytest.mark.slow  # imports TFX


def test_the_last_accepted_of_another_span_that_was_not_deleted_since(tmp_path: Path) -> None:
    for span in (1, 2, 3, 4):
        (tmp_path / f"統計-{span}" / "Split-train").mkdir(parents=True)
        accepted = Accepted(span=span, examples="", statistics=str(tmp_path / f"統計-{span}"))
        note(str(tmp_path / "noted"), accepted, lambda: span)  # noqa: B023 called at once
    shutil.rmtree(tmp_path / "統計-3")
    now = standard_artifacts.ExampleStatistics()
    now.uri, now.span = str(tmp_path / "統計-5"), 4

    (before,) = _accepted_before(now, str(tmp_path / "noted"))

    assert before.uri == str(tmp_path / "統計-2") and before.split_names == '["train"]'
    shutil.rmtree(tmp_path / "統計-2")
    shutil.rmtree(tmp_path / "統計-1")
    assert _accepted_before(now, str(tmp_path / "noted")) == []

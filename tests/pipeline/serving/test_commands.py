"""What `predict` and `fill-mask` print, and their exit codes."""

import json
from pathlib import Path

import pytest

from components.errors import ConfigError
from pipeline.serving.commands import print_fillings, print_predictions
from tests.components.servable_check import models


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    serving = tmp_path_factory.mktemp("serving") / "demo"
    models.save_classifier(serving / "1")
    return serving


def test_a_json_line_a_text_in_order(classifier: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert print_predictions(classifier, ["京都の寺", "グルメ"], None) == 0
    out, err = capsys.readouterr()
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["label"] for row in rows] == ["京都", "グルメ"]
    assert rows[0]["score"] == pytest.approx(max(rows[0]["probabilities"].values()))
    assert "京都" in out  # not escaped
    assert err == ""


def test_a_bad_row_is_named_and_the_others_are_answered(
    classifier: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"text": "京都"}\n{"txt": 1}\n{"text": "グルメ"}\n', encoding="utf-8")
    assert print_predictions(classifier, [], str(file)) == 3
    out, err = capsys.readouterr()
    assert [json.loads(line)["label"] for line in out.splitlines()] == ["京都", "グルメ"]
    assert "row 2" in err


def test_nothing_to_classify(classifier: Path) -> None:
    with pytest.raises(ConfigError, match="give texts, or --input"):
        print_predictions(classifier, [], None)


def test_fillings_are_tokens_with_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_fillings(models.save_fill_mask(tmp_path / "m"), "京都の[MASK]に行く")
    assert capsys.readouterr().out.splitlines()[0] == "0.5000  寺"

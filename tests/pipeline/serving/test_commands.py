"""What `predict` and `fill-mask` print, and their exit codes."""

import contextlib
import gzip
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from components.errors import ConfigError, DataError, TfxBertError
from components.text_transform.config import TextConfig
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.training import train_tokenizer
from pipeline.serving.asking import open_directory
from pipeline.serving.client import Failure
from pipeline.serving.commands import answer_rows, print_fillings, print_predictions, print_tokens
from pipeline.serving.inputs import Unreadable
from pipeline.serving.target import ServingError
from tests.components.pusher.written import write_model
from tests.components.servable_check import models


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    serving = tmp_path_factory.mktemp("serving") / "demo"
    models.save_classifier(serving / "1")
    return serving


def predict(model: Path, texts: list[str], source: str | None = None, output: Path | None = None) -> int:
    return print_predictions(open_directory(model, 32), texts, source, output)


def test_a_json_line_a_text_in_order(classifier: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert predict(classifier, ["京都の寺", "グルメ"]) == 0
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
    assert predict(classifier, [], str(file)) == 3
    out, err = capsys.readouterr()
    first, second, third = map(json.loads, out.splitlines())
    assert (first["label"], third["label"]) == ("京都", "グルメ")
    assert second == {"error": f"{file}, row 2: no string in 'text'"}
    assert err == "tfx-bert: 1 of 3 rows have an `error` instead of an answer\n"


@given(st.lists(st.booleans(), max_size=12), st.integers(1, 5))
def test_answers_stand_where_their_rows_stood(readable: list[bool], batch: int) -> None:
    rows = [f"text {n}" if good else Unreadable(f"row {n}") for n, good in enumerate(readable)]

    def answer(texts: Iterator[str]) -> Iterator[str]:
        while some := list(itertools.islice(texts, batch)):
            yield from (text.upper() for text in some)

    expected = [row.upper() if isinstance(row, str) else row for row in rows]
    assert list(answer_rows(answer, iter(rows))) == expected


def test_rows_that_cannot_be_read_do_not_wait_for_a_text() -> None:
    bad = Unreadable("行: bad")
    rows = iter([bad, "x", *[bad] * 30_001, "y"])
    asked: list[list[str]] = []

    def answer(texts: Iterator[str]) -> list[str]:
        asked.append(list(texts))
        return asked[-1]

    answers = answer_rows(answer, rows)
    assert isinstance(next(answers), Unreadable) and not asked
    found = list(answers)
    assert asked == [["x"], ["y"]]
    assert [place for place, one in enumerate(found) if isinstance(one, str)] == [0, 30_002]


def test_a_server_that_goes_away_ends_a_bulk_run_which_then_goes_on(tmp_path: Path) -> None:
    source, output = tmp_path / "in.txt", tmp_path / "out.jsonl"
    source.write_text("京都\nグルメ\nスポーツ\n", encoding="utf-8")
    output.write_text("of yesterday\n")

    def away(texts: Iterator[str]) -> Iterator[Failure]:
        yield Failure(next(texts))
        raise ServingError("UNAVAILABLE", "gone")

    def back(texts: Iterator[str]) -> Iterator[Failure]:
        yield from map(Failure, texts)

    with pytest.raises(TfxBertError, match=r"UNAVAILABLE: gone; what was answered is kept, the same command goes on"):
        print_predictions(contextlib.nullcontext((away, "m")), [], str(source), output)
    assert output.read_text() == "of yesterday\n"
    assert print_predictions(contextlib.nullcontext((back, "m")), [], str(source), output) == 3
    lines = [json.loads(line)["error"] for line in output.read_text(encoding="utf-8").splitlines()]
    assert lines == ["京都", "グルメ", "スポーツ"]


def test_texts_are_not_overwritten_by_their_answers(classifier: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.txt"
    source.write_text("京都\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"--output: .*in.txt is what --input names"):
        predict(classifier, [], str(source), tmp_path / "." / "in.txt")
    assert source.read_text(encoding="utf-8") == "京都\n"


@pytest.mark.parametrize("content", ["京都\n".encode("utf-16"), gzip.compress("京都\n".encode(), mtime=0)])
def test_other_encodings_and_gzip_are_read(
    classifier: Path, tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.txt").write_bytes(content)
    assert predict(classifier, [], str(tmp_path / "in.txt")) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_an_encoding_that_is_not_certain_is_not_answered(classifier: Path, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_bytes("Привет\n".encode("cp1251"))
    with pytest.raises(DataError, match=r"in\.txt: its encoding is not certain: .* or --encoding"):
        predict(classifier, [], str(tmp_path / "in.txt"))


def test_a_wrong_file_is_said_before_a_model_is_loaded(tmp_path: Path) -> None:
    write_model(tmp_path)  # it is whole, and does not load
    with pytest.raises(ConfigError, match="nowhere is not a file"):
        predict(tmp_path, [], str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match="nowhere is not a file"):
        predict(tmp_path, [], str(tmp_path / "nowhere"), tmp_path / "out.jsonl")


def test_no_rows_are_answered_without_loading_but_the_model_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    write_model(tmp_path)  # it is whole, and does not load
    assert predict(tmp_path, [], str(tmp_path / "empty.txt")) == 0
    with pytest.raises(ConfigError, match="--model"):
        predict(tmp_path / "nowhere", [], str(tmp_path / "empty.txt"))


def test_nothing_to_classify(classifier: Path) -> None:
    with pytest.raises(ConfigError, match="no texts: give some, or --input"):
        predict(classifier, [])


def test_tokens_of_a_model_and_of_a_tokenizer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert print_tokens(models.save_tokens(tmp_path / "m"), None, ["京都", "", "a"], None) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        {"cleaned": "京都", "pieces": ["京", "都"], "ids": [0x4EAC, 0x90FD]},
        {"cleaned": "", "pieces": [], "ids": []},
        {"cleaned": "a", "pieces": ["a"], "ids": [0x61]},
    ]
    texts = [b"A cat, a cat", "猫と京都".encode()]
    train_tokenizer(texts, tmp_path / "t", TokenizerConfig(vocab_size=40), TextConfig(cleaning=["lower"]))
    (tmp_path / "in.csv").write_text("text\n猫とA\n", encoding="utf-8")
    assert print_tokens(None, tmp_path / "t", ["Cat"], str(tmp_path / "in.csv")) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["cleaned"] for row in rows] == ["cat", "猫とa"]
    assert rows[1]["pieces"][:2] == ["[CLS]", "猫"] and rows[1]["pieces"][-1] == "[SEP]"
    assert rows[1]["ids"] == AutoTokenizer.from_pretrained(tmp_path / "t")("猫とa")["input_ids"]


def test_tokens_of_one_thing_at_a_time(tmp_path: Path) -> None:
    for both in ((None, None), (tmp_path, tmp_path)):
        with pytest.raises(ConfigError, match="either --tokenizer DIR or --model DIR"):
            print_tokens(*both, ["a"], None)


def test_of_several_masks_the_first_is_filled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_fillings(models.save_fill_mask(tmp_path / "m"), "[MASK]の[MASK]")
    assert capsys.readouterr().err == "tfx-bert: the text holds 2 [MASK]; the first was filled\n"


def test_a_text_to_fill_that_is_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not valid UTF-8"):
        print_fillings(tmp_path, "[MASK] \udcff")


def test_fillings_are_tokens_with_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_fillings(models.save_fill_mask(tmp_path / "m"), "京都の[MASK]に行く")
    assert capsys.readouterr().out.splitlines()[0] == "0.5000  寺"

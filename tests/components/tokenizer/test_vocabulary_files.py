"""A tokenizer.json and the file beside it that say different things."""

import json
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from components.errors import DataError
from components.tokenizer import vocabulary_files
from tests.components.tokenizer import families

PATH = Path("model/tokenizer.json")
ROWS = ["[PAD]", "[UNK]", "the", "寺", "の"]
ADDED = [{"id": 5, "content": "<turn>", "special": True}]
IDS = {row: number for number, row in enumerate(ROWS)}


def word_piece(ids) -> dict:
    return {"model": {"type": "WordPiece", "vocab": ids}, "added_tokens": ADDED}


WRONG_ROWS = {
    "another id": ({**IDS, "寺": 4, "の": 3}, "'寺' has id 4 in tokenizer.json .* and id 3 in vocab.txt"),
    "one id twice": ({**IDS, "の": 3}, "'の' has id 3 in"),
    "a word less": ({row: IDS[row] for row in ROWS[:-1]}, "'の' has no id in tokenizer.json"),
    "a word more": ({**IDS, "古い": 5}, "'古い' has id 5 in tokenizer.json .* and no id in vocab.txt"),
    "nothing": ({}, r"'\[PAD\]' has no id in"),
}


@pytest.mark.parametrize("name", WRONG_ROWS)
def test_rows(tmp_path, name):
    (tmp_path / "vocab.txt").write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    vocabulary_files.check_rows(PATH, word_piece(IDS), tmp_path / "vocab.txt")
    ids, message = WRONG_ROWS[name]
    with pytest.raises(DataError, match=f"tokenizer.json contradicts vocab.txt beside it: {message}"):
        vocabulary_files.check_rows(PATH, word_piece(ids), tmp_path / "vocab.txt")


def test_of_a_repeated_row_the_last_counts(tmp_path):
    (tmp_path / "vocab.txt").write_text("寺\nの\n寺\n\n", encoding="utf-8")
    vocabulary_files.check_rows(PATH, word_piece({"の": 1, "寺": 2}), tmp_path / "vocab.txt")


def test_other_kinds_and_no_tokenizer_json_say_nothing(tmp_path):
    for content in ({}, {"model": 5}, {"model": {"type": "WordLevel", "vocab": {}}}, {"model": {"type": "WordPiece"}}):
        vocabulary_files.check_rows(PATH, content, tmp_path / "vocab.txt")
        vocabulary_files.check_model(PATH, content, tmp_path / "spm.model")


CHANGES = {
    "order": lambda words: words.insert(5, words.pop(6)),
    "less": lambda words: words.pop(20),
    "more": lambda words: words.append(["古い寺の", -9.0]),
    "another": lambda words: words[9].__setitem__(0, "古い寺の"),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("family", ["xlm-roberta", "t5"])
def test_pieces_of_a_model(tmp_path, family, name):
    families.SENTENCEPIECE[family](tmp_path)
    (model,) = tmp_path.glob("*.model")
    content = json.loads(AutoTokenizer.from_pretrained(tmp_path).backend_tokenizer.to_str())
    vocabulary_files.check_model(PATH, content, model)
    CHANGES[name](content["model"]["vocab"])
    with pytest.raises(
        DataError, match=rf"contradicts {model.name} beside it: of the pieces that texts can have, numb"
    ):
        vocabulary_files.check_model(PATH, content, model)

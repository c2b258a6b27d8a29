import pytest

from components.text_transform.config import TextConfig
from components.text_transform.graph import TextGraph
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.training import CleanedTexts, train_tokenizer
from tests.components.tokenizer.corpus import ROWS


def test_the_corpus_is_cleaned_as_texts_will_be():
    text = TextConfig(cleaning=["lower", "digits_to_zero"], unknown_marker="<UNK>")
    assert list(CleanedTexts([b"A12<UNK>B", b"", b"\xffC"], text)) == ["a0 b", "", "\ufffdc"]


def test_stop_words_are_dropped(tmp_path):
    (tmp_path / "words.txt").write_text("the\nは\n", encoding="utf-8")
    text = TextConfig(stop_words=[str(tmp_path / "words.txt")])
    assert list(CleanedTexts([b"the cat  the", "猫 は 犬".encode()], text)) == ["cat", "猫 犬"]


@pytest.mark.parametrize("kind", ["wordpiece", "sentencepiece"])
def test_what_cleaning_deletes_is_not_learned(tmp_path, kind):
    text = TextConfig(cleaning=["drop_symbols", "digits_to_zero"])
    train_tokenizer(ROWS, tmp_path, TokenizerConfig(kind=kind, vocab_size=450), text)
    graph = TextGraph.load(tmp_path)
    characters = set("".join(piece for index, piece in enumerate(graph.pieces) if index not in graph.special_ids))
    assert not characters & set("。、,'1２4")
    assert "0" in characters

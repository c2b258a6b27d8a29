import pytest
import sentencepiece

from components.tokenizer.sentencepiece_model import replace_first, reserve, without_dummy_prefix
from tests.components.tokenizer import families
from tests.components.tokenizer.corpus import TEXTS


def pieces(model: bytes, text: str) -> list[str]:
    return sentencepiece.SentencePieceProcessor(model_proto=model).encode(text, out_type=str)


@pytest.fixture(scope="module")
def model() -> bytes:
    return families.train(user_defined_symbols=["[SEP]", "OK"], normalization_rule_name="identity")


def test_a_reserved_piece_is_not_met(model):
    assert "[SEP]" in pieces(model, "a [SEP] b")
    reserved = reserve(model, ["[SEP]", "</s>", "<unk>", "not there"])
    assert "[SEP]" not in pieces(reserved, "a [SEP] b") and "OK" in pieces(reserved, "OK")
    assert [pieces(reserved, text) for text in TEXTS] == [pieces(model, text) for text in TEXTS]


def test_a_model_with_nothing_to_reserve_is_not_touched(model):
    assert reserve(model, ["</s>", "<unk>", "not there"]) is model


def test_no_space_is_put_before_a_text(model):
    assert pieces(model, "a")[0] == "▁a" or pieces(model, "a")[0] == "▁"
    assert pieces(without_dummy_prefix(model), "a") == ["a"]


def test_characters_are_replaced_before(model):
    replaced = replace_first(model, {ord("K"): "k", ord("O"): "o"})
    assert pieces(replaced, "The OK boat") == pieces(model, "The ok boat")
    assert replace_first(replaced, {}) is replaced
    assert replace_first(families.train(), {ord("▁"): " "}) == families.train()

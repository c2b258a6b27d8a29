import numpy as np
import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st
from sentencepiece import sentencepiece_model_pb2

from components.tokenizer.charsmap import put_before, read_charsmap, write_charsmap
from tests.components.tokenizer import families

TABLE = {"a": "b", "ab": "X", "abc": "", "あ": "ア", "か\u3099": "が", "é": "e", "😀": "smile"}


def normalizer(table: dict[str, str]) -> sentencepiece.SentencePieceProcessor:
    """SentencePiece with a table of ours: byte fallback spells what a text became, whatever it is."""
    options = {"byte_fallback": True, "vocab_size": 700, "normalization_rule_name": "identity"}
    model = sentencepiece_model_pb2.ModelProto.FromString(families.train(**options))
    model.normalizer_spec.precompiled_charsmap = write_charsmap(table)
    model.normalizer_spec.remove_extra_whitespaces = False
    model.normalizer_spec.add_dummy_prefix = False
    return sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())


def normalized(processor: sentencepiece.SentencePieceProcessor, text: str) -> str:
    return processor.decode(processor.encode(text))


def longest_first(table: dict[str, str], text: str) -> str:
    parts = []
    while text:
        size = next((size for size in range(len(text), 0, -1) if text[:size] in table), 0)
        parts.append(table[text[:size]] if size else text[0])
        text = text[size or 1 :]
    return "".join(parts)


@pytest.fixture(scope="module")
def processor():
    return normalizer(TABLE)


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from("abcあか\u3099éx\0 😀"), max_size=12))
def test_sentencepiece_replaces_the_longest_keys(processor, text):
    assert normalized(processor, text) == longest_first(TABLE, text)


def test_what_was_written_is_read():
    assert read_charsmap(write_charsmap(TABLE)) == TABLE
    assert read_charsmap(write_charsmap({})) == {} and write_charsmap({}) == b""


def test_reads_the_rules_of_sentencepiece():
    model = sentencepiece_model_pb2.ModelProto.FromString(families.train())
    table = read_charsmap(model.normalizer_spec.precompiled_charsmap)
    assert (table["①"], table["か\u3099"], table["\u3000"], table["▁"]) == ("1", "が", " ", " ")
    assert 200_000 < len(table) < 250_000


FIRST = {ord("A"): "a", ord("É"): "e\u0301", ord("x"): "", ord("½"): "ab", ord("ｶ"): "か", ord("가"): "ᄀ\u1161"}
THEN = {"ab": "AB", "e\u0301": "é", "か\u3099": "が", "ᄀ\u1161": "가", "ᄀ\u1161\u11a8": "각", "b": "B", "x": "never"}


@settings(max_examples=500, deadline=None)
@given(text=st.text(st.sampled_from("AaÉeb½ｶか\u3099\u0301가ᄀ\u1161\u11a8"), max_size=8))
def test_one_table_does_as_two(text):
    assert longest_first(put_before(FIRST, THEN), text) == longest_first(THEN, text.translate(FIRST))


def test_a_character_that_is_dropped_in_the_middle_keeps_its_neighbours_apart():
    combined = put_before(FIRST, THEN)
    assert longest_first(combined, "xab") == "AB" and longest_first(combined, "axb") == "aB"


def test_units_that_are_free_are_never_met():
    units = np.frombuffer(write_charsmap({"a": "b"})[4:-2], np.uint32)
    assert set(units[units >> 31 == 0].tolist()).isdisjoint({0})

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from components.text_transform.charmap import apply_charmap, build_charmap

MAPPING = {
    0: "<nul>",
    ord("A"): "a",
    ord("é"): "e",
    0x301: "",
    ord("字"): " 字 ",
    0x1F600: "grin",
    0xFF21: "Ａ",
    0x10FFFF: "!",
}


def applied(texts: list[str], mapping: dict[int, str]) -> list[str]:
    return [text.decode() for text in apply_charmap(tf.constant(texts), build_charmap(mapping)).numpy()]


def test_replaces_deletes_and_keeps():
    assert applied(["A\0Bé e\u0301 漢字! 😀\U0010ffff", "", "plain"], MAPPING) == [
        "a<nul>Be e 漢 字 ! grin!",
        "",
        "plain",
    ]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(st.sampled_from("\0Aaé\u0301漢字😀Ａ\U0010ffff !"), max_size=12), min_size=1, max_size=8))
def test_is_str_translate(texts):
    assert applied(texts, MAPPING) == [text.translate(MAPPING) for text in texts]


def test_an_empty_table_changes_nothing():
    assert applied(["a字\0"], {}) == ["a字\0"]


def test_keeps_the_shape():
    result = apply_charmap(tf.constant([["A"], ["b"]]), build_charmap(MAPPING))
    assert result.numpy().tolist() == [[b"a"], [b"b"]]


def test_a_replacement_has_at_most_63_bytes():
    assert applied(["x"], {ord("x"): "あ" * 21}) == ["あ" * 21]
    with pytest.raises(ValueError, match="U\\+0078 is longer than 63 bytes"):
        build_charmap({ord("x"): "あ" * 22})

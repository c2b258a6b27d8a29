import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from components.text_transform.utf8 import valid_utf8
from tests.components.tokenizer.hard_cases import HARD, INVALID_UTF8


def test_replaces_as_python_does():
    rows = [text.encode() for text in HARD] + INVALID_UTF8
    assert valid_utf8(tf.constant(rows)).numpy().tolist() == [row.decode(errors="replace").encode() for row in rows]


def test_valid_text_is_untouched():
    rows = [text.encode() for text in HARD]
    assert valid_utf8(tf.constant(rows)).numpy().tolist() == rows


BYTES = st.lists(
    st.sampled_from([0, 0x41, 0x80, 0x8F, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF8, 0xFF])
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=8) | BYTES.map(bytes), min_size=1, max_size=10))
def test_random_bytes(rows):
    assert valid_utf8(tf.constant(rows)).numpy().tolist() == [row.decode(errors="replace").encode() for row in rows]

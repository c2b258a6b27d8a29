"""The slices by length and by unknown tokens: whole, in order, without overlap."""

from hypothesis import given
from hypothesis import strategies as st

from components.evaluator import slices


@given(st.integers(0, 100_000))
def test_every_length_is_in_the_slice_that_names_it(characters):
    words = slices.text_length(characters).split()

    assert int(words[0]) <= characters
    assert words[1] != "to" or characters <= int(words[2])


@given(st.integers(0, 500), st.integers(0, 500))
def test_more_unknown_tokens_are_never_in_an_earlier_slice(first, second):
    few, many = sorted((first, second))
    order = slices.order()

    assert order.index(slices.unknown_tokens(few, 500)) <= order.index(slices.unknown_tokens(many, 500))


def test_a_text_without_tokens_has_no_unknown_ones():
    assert slices.unknown_tokens(0, 0) == "none"


def test_one_unknown_token_of_twenty_is_exactly_five_percent():
    assert slices.unknown_tokens(1, 20) == "over 1% to 5%"
    assert slices.unknown_tokens(2, 20) == "over 5% to 20%"
    assert slices.unknown_tokens(20, 20) == "over 20%"

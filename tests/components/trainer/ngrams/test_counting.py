import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from components.trainer.ngrams.config import NGramsConfig
from components.trainer.ngrams.counting import fingerprints, ngrams_of
from tests.components.trainer.ngrams.graph import Characters

SEQUENCES = st.lists(st.lists(st.integers(0, 3) | st.integers(0, 0x10FFFF), max_size=9), min_size=1, max_size=5)


@settings(deadline=None, max_examples=40)
@given(SEQUENCES, st.integers(1, 4))
def test_equal_ngrams_and_no_others_have_equal_fingerprints(sequences: list[list[int]], longest: int) -> None:
    found = fingerprints(tf.ragged.constant(sequences, tf.int32), longest, salt=1).to_list()
    expected = [
        [
            tuple(row[start : start + length])
            for length in range(1, longest + 1)
            for start in range(len(row) - length + 1)
        ]
        for row in sequences
    ]
    assert [len(row) for row in found] == [len(row) for row in expected]
    pairs = {pair for have, want in zip(found, expected, strict=True) for pair in zip(have, want, strict=True)}
    assert len(pairs) == len({fingerprint for fingerprint, _ in pairs}) == len({ngram for _, ngram in pairs})


def test_tokens_and_characters_are_told_apart() -> None:
    texts = tf.constant(["京都", "Aa", ""])
    tokens = ngrams_of(Characters(), texts, NGramsConfig(tokens=2, characters=0)).to_list()
    characters = ngrams_of(Characters(), texts, NGramsConfig(tokens=0, characters=2)).to_list()
    both = ngrams_of(Characters(), texts, NGramsConfig(tokens=2, characters=2)).to_list()
    assert [len(row) for row in tokens] == [3, 3, 0]
    assert not {*tokens[0], *tokens[1]} & {*characters[0], *characters[1]}
    assert both == [first + second for first, second in zip(tokens, characters, strict=True)]
    pair = ngrams_of(Characters(), tf.constant(["ab"]), NGramsConfig(tokens=1, characters=1)).to_list()
    assert len(set(pair[0])) == 4, "the token 98 is not the character 97"
    assert characters[1][0] == characters[1][1], "cleaned: a and a"

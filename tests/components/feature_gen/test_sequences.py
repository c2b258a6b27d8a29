"""Ragged token vectors against lists of arrays."""

import hypothesis
import hypothesis.strategies as st
import numpy as np

from components.feature_gen.sequences import TokenSequences

WIDTH = 3


def make(lengths, dtype=np.float32):
    values = np.random.default_rng(0).normal(5, 2, (sum(lengths), WIDTH)).astype(dtype)
    return TokenSequences.from_flat(values, np.array(lengths, np.int64))


@hypothesis.given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=20), seed=st.integers(0, 99), extra=st.integers(0, 5)
)
def test_any_choice_of_texts_is_padded_as_if_each_were_alone(lengths, seed, extra):
    sequences = make(lengths)
    alone = list(sequences)
    rows = np.random.default_rng(seed).integers(0, len(lengths), 7)
    length = max(lengths[row] for row in rows) + extra

    chosen = sequences[rows]
    tokens, mask = chosen.padded(length)

    assert (tokens.shape, tokens.dtype, mask.shape) == ((7, length, WIDTH), np.float32, (7, length))
    for place, row in enumerate(rows):
        assert mask[place].tolist() == [True] * lengths[row] + [False] * (length - lengths[row])
        np.testing.assert_array_equal(tokens[place, : lengths[row]], alone[row])
        assert not tokens[place, lengths[row] :].any()


def test_a_selection_shares_the_buffer():
    sequences = make([2, 3, 1])

    kept = sequences[np.array([True, False, True])]

    assert kept.values is sequences.values
    assert [len(row) for row in kept] == [2, 1]


def test_moments_are_those_of_the_chosen_tokens():
    sequences = make([1 + number % 5 for number in range(150)])[np.arange(3, 150, 2)]
    tokens = np.concatenate(list(sequences))

    mean, variance = sequences.moments()

    np.testing.assert_allclose(mean, tokens.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(variance, tokens.var(axis=0), rtol=1e-4)


def test_float16_gives_float32_batches():
    sequences = make([2, 4], np.float16)

    tokens, _ = sequences.padded(4)

    assert tokens.dtype == np.float32
    np.testing.assert_array_equal(tokens[1], list(sequences)[1])

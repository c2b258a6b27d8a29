"""Which pieces are words, and that words are hidden whole."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from components.pretrainer.masking import Vocabulary, mask_blocks, max_predictions
from components.pretrainer.whole_words import word_joints

LENGTH = 24
WORDS, PARTS, CLOSED = range(5, 20), range(20, 30), range(30, 35)
VOCABULARY = Vocabulary(
    size=35,
    pad_id=0,
    cls_id=2,
    mask_id=4,
    special_ids=(0, 1, 2, 3, 4),
    continuing_ids=tuple(PARTS),
    closing_ids=tuple(CLOSED),
)
BLOCKS = st.lists(st.integers(0, 34), min_size=LENGTH, max_size=LENGTH)


def words_of(block: list[int]) -> list[list[int]]:
    """Positions of each word: what a reader would say."""
    words: list[list[int]] = []
    for place, token in enumerate(block):
        joined = place > 0 and token in PARTS and block[place - 1] >= 5 and block[place - 1] not in CLOSED
        if token >= 5 and joined:
            words[-1].append(place)
        elif token >= 5:
            words.append([place])
    return words


def mask(blocks, share=0.25, seed=(1, 2)) -> dict[str, np.ndarray]:
    masked = mask_blocks(tf.constant(blocks, tf.int32), tf.constant(seed), VOCABULARY, share, whole_words=True)
    return {name: tensor.numpy() for name, tensor in masked.items()}


def chosen(masked: dict[str, np.ndarray], row: int = 0) -> set[int]:
    return set(masked["positions"][row][masked["weights"][row] > 0].tolist())


def test_pieces_of_wordpiece():
    assert word_joints(["[UNK]", "temple", "##s", "京", "##は", "#"], wordpiece=True) == ((2, 4), ())


def test_pieces_of_sentencepiece():
    pieces = ["▁temple", "s", "▁don", "'", "t", "▁京都", "には", "ー", "々", "2024", "▁", "ｶﾅ", "▁(a)", "é"]
    continuing, closing = word_joints(pieces, wordpiece=False)
    assert [pieces[i] for i in continuing] == ["s", "t", "2024", "é"]
    assert [pieces[i] for i in closing] == ["'", "▁京都", "には", "ー", "々", "ｶﾅ", "▁(a)"]


@settings(deadline=None, max_examples=60)
@given(st.lists(BLOCKS, min_size=4, max_size=4), st.sampled_from([0.1, 0.25, 0.5]), st.integers(0, 99))
def test_words_are_hidden_whole_or_not_at_all(blocks, share, seed):
    masked = mask(blocks, share, (seed, 0))
    slots = max_predictions(LENGTH, share)
    assert masked["positions"].shape == (4, slots)
    for row, block in enumerate(blocks):
        places, words = chosen(masked, row), words_of(block)
        assert places == set(itertools.chain.from_iterable(word for word in words if set(word) & places))
        wanted = max(round(sum(map(len, words)) * share), 1)
        left = [len(word) for word in words if not set(word) & places]
        if len(places) < wanted:  # what is left out has no room: it is longer than all that may still be hidden
            assert all(length > min(wanted - len(places), slots) for length in left) or len(left) > 4
        assert len(places) <= slots


def test_words_of_a_length_are_as_likely_and_the_share_is_kept():
    block = [2, 5, 20, 6, 7, 21, 22, 8, 30, 9, 20, 10, 11, 23, 24, 12, 31, 13, 14, 25, 15, 16, 17, 3]
    masked = mask([block] * 2000)
    counts = np.zeros(LENGTH)
    for row in range(2000):
        counts[list(chosen(masked, row))] += 1
    shares = counts / 2000
    assert shares.sum() == pytest.approx(round(22 * 0.25), abs=0.3)
    assert shares[[0, -1]].tolist() == [0, 0]
    for word in words_of(block):
        assert len(set(shares[word])) == 1
    by_length = {n: [shares[w[0]] for w in words_of(block) if len(w) == n] for n in (1, 2, 3)}
    assert all(np.ptp(found) < 0.1 for found in by_length.values())  # three standard deviations are 0.03
    assert np.mean(by_length[1]) > np.mean(by_length[2]) > np.mean(by_length[3]) > 0.15


def test_labels_are_the_original_tokens():
    blocks = np.random.default_rng(0).integers(5, 35, (50, LENGTH))
    masked = mask(blocks)
    rows, slots = np.nonzero(masked["weights"])
    assert np.array_equal(blocks[rows, masked["positions"][rows, slots]], masked["labels"][rows, slots])
    restored = masked["input_ids"].copy()
    restored[rows, masked["positions"][rows, slots]] = masked["labels"][rows, slots]
    assert np.array_equal(restored, blocks)


def test_a_word_longer_than_the_slots_is_left_alone():
    long = [2, 5, *[20] * 21, 3]
    assert chosen(mask([long])) == set()
    assert chosen(mask([[2, 5, 20, 20, 3, *[0] * 19]], share=0.15)) == {1, 2, 3}  # longer than the share, not the slots


def test_the_seed_alone_decides():
    blocks = np.random.default_rng(0).integers(5, 35, (8, LENGTH))
    first, again, other = mask(blocks), mask(blocks), mask(blocks, seed=(1, 3))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["positions"], other["positions"])


@pytest.mark.slow
def test_xla_compiles_it():
    blocks = np.random.default_rng(0).integers(0, 35, (8, LENGTH))

    @tf.function(jit_compile=True, autograph=False)
    def compiled(seed):
        return mask_blocks(tf.constant(blocks, tf.int32), seed, VOCABULARY, 0.25, whole_words=True)

    masked = {name: tensor.numpy() for name, tensor in compiled(tf.constant([1, 2])).items()}
    for row, block in enumerate(blocks.tolist()):
        places = chosen(masked, row)
        assert places == set(itertools.chain.from_iterable(word for word in words_of(block) if set(word) & places))
        assert places

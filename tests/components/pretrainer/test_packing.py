import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.pretrainer.packing import WAYS, Corpus, PackingReport, count_blocks, pack, packing_report, shuffle

TEXTS = st.lists(st.lists(st.integers(1, 99), min_size=1, max_size=20), min_size=1, max_size=20)


def flat(texts: list[list[int]]) -> list[int]:
    return list(itertools.chain.from_iterable(texts))


def corpus_of(texts: list[list[int]]) -> Corpus:
    return Corpus(np.array(flat(texts), np.int32), np.array([len(text) for text in texts]))


def test_pack_lays_texts_end_to_end_and_pads_the_rest():
    corpus = corpus_of([[2, 7, 8, 3], [2, 9, 3]])
    assert pack(corpus, 3, pad_id=0).tolist() == [[2, 7, 8], [3, 2, 9], [3, 0, 0]]


def test_an_exact_fit_needs_no_padding():
    assert pack(corpus_of([[2, 7, 8, 3]]), 2, pad_id=0).tolist() == [[2, 7], [8, 3]]


@given(TEXTS, st.integers(1, 40))
def test_packing_loses_and_adds_nothing(texts, block_length):
    blocks = pack(corpus_of(texts), block_length, pad_id=0)
    stream = blocks.reshape(-1).tolist()
    tokens = flat(texts)
    assert stream[: len(tokens)] == tokens
    assert stream[len(tokens) :] == [0] * (blocks.size - len(tokens))
    assert blocks.size - len(tokens) < block_length


@given(TEXTS, st.integers(0, 5))
def test_shuffling_keeps_texts_whole(texts, seed):
    mixed = shuffle(corpus_of(texts), (seed, 0))
    found = [part.tolist() for part in np.split(mixed.ids, np.cumsum(mixed.lengths)[:-1])]
    assert sorted(found) == sorted(texts)


def test_the_order_depends_on_the_seed_alone():
    corpus = corpus_of([[i] for i in range(1, 30)])
    first, again, other = (shuffle(corpus, seed).ids.tolist() for seed in ((1, 0), (1, 0), (1, 1)))
    assert first == again
    assert first != other


@given(TEXTS, st.integers(2, 40))
def test_lines_keep_each_text_apart_and_its_ends(texts, block_length):
    blocks = pack(corpus_of(texts), block_length, pad_id=0, packing="lines")
    for block, text in zip(blocks.tolist(), texts, strict=True):
        kept = text if len(text) <= block_length else [*text[: block_length - 1], text[-1]]
        assert block == kept + [0] * (block_length - len(kept))


@pytest.mark.parametrize("way", WAYS)
@given(TEXTS, st.integers(1, 40))
def test_the_report_counts_what_the_blocks_hold(way, texts, block_length):
    corpus = corpus_of(texts)  # no token is the padding id
    blocks = pack(corpus, block_length, 0, way)
    report = packing_report(corpus, block_length, way)
    assert blocks.shape == (count_blocks(corpus, block_length, way), block_length)
    assert (report.blocks, report.slots) == (len(blocks), blocks.size)
    assert report.useful_share == np.count_nonzero(blocks) / blocks.size
    assert report.tokens_lost == len(flat(texts)) - np.count_nonzero(blocks)


def test_report():
    corpus = corpus_of([[2, 7, 8, 3], [2, 9, 3]])
    assert packing_report(corpus, 5, "packed") == PackingReport(
        texts=2, tokens=7, blocks=2, block_length=5, slots=10, useful_share=0.7, tokens_lost=0
    )
    assert packing_report(corpus, 3, "lines") == PackingReport(
        texts=2, tokens=7, blocks=2, block_length=3, slots=6, useful_share=1.0, tokens_lost=1
    )


def test_lengths_must_match_the_ids():
    with pytest.raises(ValueError, match="lengths add up to 3, but there are 2 ids"):
        Corpus(np.array([5, 6]), np.array([3]))

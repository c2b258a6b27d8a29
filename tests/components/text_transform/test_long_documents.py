"""What is kept of long texts, against plain Python."""

import hypothesis.strategies as st
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from transformers import AutoTokenizer

from components.text_transform.config import CutConfig
from components.text_transform.graph import TextGraph
from components.text_transform.long_documents import cut_ids, split_ids
from components.token_statistics.counts import count_rows, summarize
from tests.components.text_transform.conftest import PIECES
from tests.components.text_transform.texts import texts

WORDS = st.lists(st.sampled_from(["the", "cat", "cats", "sat", "猫", "かん", "0", "."]), max_size=25).map(" ".join)
ROWS = ["the cats sat. 猫かん 0 the", "", "猫"]


@pytest.fixture(scope="module")
def graph(plain):
    return TextGraph.load(plain)


@pytest.fixture(scope="module")
def hugging_face(plain):
    tokenizer = AutoTokenizer.from_pretrained(plain)
    return lambda text: tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]


@given(texts() | st.lists(WORDS, min_size=1, max_size=5), st.integers(3, 14), st.floats(0, 1))
@example(["the cats sat on 京都の猫 [SEP] かん 0 ."], 6, 0.25)
@settings(deadline=None)
def test_head_and_tail_equal_plain_python(graph, hugging_face, rows, max_length, share):
    def kept(tokens: list[int]) -> list[int]:
        room = max_length - 2
        head = round(share * room)
        return tokens if len(tokens) <= room else tokens[:head] + tokens[len(tokens) - (room - head) :]

    cut = CutConfig(long_documents="head_tail", head_share=share)

    ids = graph.tokenize(tf.constant(rows), max_length, cut).to_list()

    assert ids == [[2, *kept(hugging_face(text)), 3] for text in rows]


def test_the_papers_numbers():
    (ids,) = cut_ids(tf.ragged.range([2000]), 510, CutConfig(long_documents="head_tail")).to_list()
    assert ids == [*range(128), *range(2000 - 382, 2000)]


@given(
    st.lists(st.lists(st.integers(0, 99), max_size=30), min_size=1, max_size=6),
    st.integers(1, 8).flatmap(lambda room: st.tuples(st.just(room), st.integers(0, room - 1))),
    st.integers(1, 4),
)
@settings(deadline=None)
def test_chunks_equal_plain_python(rows, room_and_overlap, max_chunks):
    room, overlap = room_and_overlap

    def windows(tokens: list[int]) -> list[list[int]]:
        found, start = [tokens[:room]], room - overlap
        while len(found) < max_chunks and start + overlap < len(tokens):
            found.append(tokens[start : start + room])
            start += room - overlap
        return found

    cut = CutConfig(long_documents="chunks", chunk_overlap=overlap, max_chunks=max_chunks)
    ids = tf.ragged.constant(rows, ragged_rank=1, dtype=tf.int32)

    assert split_ids(cut_ids(ids, room, cut), room, overlap).to_list() == [windows(row) for row in rows]


def test_each_chunk_has_special_tokens_of_its_own(graph):
    ids = graph.tokenize(tf.constant(ROWS), 6, CutConfig(long_documents="chunks"))

    chunks = graph.chunks(tf.cast(ids, tf.int64), 6, 0)

    assert [[PIECES[number] for number in row] for row in chunks.to_list()[0]] == [
        ["[CLS]", "the", "cat", "##s", "sat", "[SEP]"],
        ["[CLS]", ".", "猫", "か", "##ん", "[SEP]"],
        ["[CLS]", "0", "the", "[SEP]"],
    ]
    assert chunks.to_list()[1:] == [[[2, 3]], [[2, 9, 3]]]
    assert graph.chunks(ids[:0], 6, 0).values.nrows() == 0


@pytest.mark.parametrize(
    ("cut", "lost"),
    [
        (CutConfig(), 10 - 4),
        (CutConfig(long_documents="head_tail"), 10 - 4),
        (CutConfig(long_documents="chunks", max_chunks=2), 10 - 8),
        (CutConfig(long_documents="chunks", max_chunks=2, chunk_overlap=1), 10 - 7),
        (CutConfig(long_documents="chunks"), 0),
    ],
)
def test_token_statistics_know_what_was_cut(graph, cut, lost):
    ids, tokens = graph.tokenize(tf.constant(ROWS), 6, cut), graph.encode(tf.constant(ROWS)).row_lengths().numpy()
    names = [b"a", b"b", b"c"]

    counts = count_rows(ids.values.numpy(), ids.row_lengths().numpy(), tokens, names, names, len(PIECES), 1, special=2)

    figures = summarize(counts, graph.special_ids)
    assert (figures["lost_tokens"], figures["truncated_rows"]) == (lost, int(lost > 0))
    assert figures["tokens"] == np.sum(tokens) - lost

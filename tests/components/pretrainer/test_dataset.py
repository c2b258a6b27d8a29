import itertools

import numpy as np
import pytest

from components.examples import split_files
from components.pretrainer import dataset
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.masking import Vocabulary
from components.pretrainer.packing import Corpus
from tests.components.tiny import write_examples

VOCABULARY = Vocabulary(size=60, pad_id=0, cls_id=2, mask_id=4, special_ids=(0, 1, 2, 3, 4))
CONFIG = PretrainerConfig(max_positions=16, block_length=8, batch_size=4, epochs=1, seed=11)


def corpus(texts: int = 20, length: int = 7) -> Corpus:
    ids = np.random.default_rng(0).integers(5, 60, texts * length).astype(np.int32)
    return Corpus(ids, np.full(texts, length))


def originals(batch: dict) -> list[list[int]]:
    """The blocks of a batch before masking."""
    blocks = batch["input_ids"].numpy().copy()
    rows, slots = np.nonzero(batch["weights"].numpy())
    blocks[rows, batch["positions"].numpy()[rows, slots]] = batch["labels"].numpy()[rows, slots]
    return blocks.tolist()


def take(batches, count: int) -> list[dict]:
    return list(itertools.islice(batches, count))


def same(left: dict, right: dict) -> bool:
    return all(np.array_equal(left[name], right[name]) for name in left)


def test_reads_ragged_ids_in_the_order_of_the_files(tmp_path):
    write_examples(tmp_path / "b-00001.gz", [{"input_ids": [2, 9, 3]}, {"input_ids": []}])
    write_examples(tmp_path / "a-00000.gz", [{"input_ids": [2, 7, 8, 3], "text": "京都".encode()}])
    found = dataset.read_corpus(split_files(tmp_path))
    assert found.ids.tolist() == [2, 7, 8, 3, 2, 9, 3]
    assert found.lengths.tolist() == [4, 3]


def test_reads_nothing_from_nothing():
    assert dataset.read_corpus([]).lengths.size == 0


@pytest.mark.parametrize("shuffle_texts", [True, False])
def test_an_epoch_holds_every_token_once(shuffle_texts):
    config = CONFIG.model_copy(update={"shuffle_texts": shuffle_texts})
    epochs = [dataset.epoch_blocks(corpus(), config, 0, epoch) for epoch in (0, 0, 1)]
    assert [blocks.shape for blocks in epochs] == [(18, 8)] * 3  # 140 tokens are 17.5 blocks
    for blocks in epochs:
        assert sorted(blocks[blocks != 0].tolist()) == sorted(corpus().ids.tolist())
    assert np.array_equal(epochs[0], epochs[1])
    assert not np.array_equal(epochs[0], epochs[2])


def test_batches_run_over_the_ends_of_epochs_without_losing_a_block():
    batches = take(dataset.training_batches(corpus(), CONFIG, VOCABULARY), 9)  # 36 blocks: two epochs
    seen = [block for batch in batches for block in originals(batch)]
    wanted = [*dataset.epoch_blocks(corpus(), CONFIG, 0, 0), *dataset.epoch_blocks(corpus(), CONFIG, 0, 1)]
    assert seen == [block.tolist() for block in wanted]
    assert {batch["input_ids"].shape for batch in batches} == {(4, 8)}


def test_masks_are_reproducible_and_differ_between_epochs():
    config = CONFIG.model_copy(update={"batch_size": 18})
    first, second = take(dataset.training_batches(corpus(), config, VOCABULARY), 2)
    again = take(dataset.training_batches(corpus(), config, VOCABULARY), 1)[0]
    assert same(first, again)
    assert not np.array_equal(first["positions"], second["positions"])


def test_the_stream_can_start_anywhere():
    whole = take(dataset.training_batches(corpus(), CONFIG, VOCABULARY), 8)
    rest = take(dataset.training_batches(corpus(), CONFIG, VOCABULARY, first_step=6), 2)
    assert same(whole[6], rest[0]) and same(whole[7], rest[1])


def test_lines_are_blocks_in_a_new_order_every_epoch():
    config = CONFIG.model_copy(update={"packing": "lines"})
    epochs = [dataset.epoch_blocks(corpus(), config, 0, epoch) for epoch in (0, 0, 1)]
    assert epochs[0].shape == (20, 8) and (epochs[0][:, 7] == 0).all()
    assert np.array_equal(epochs[0], epochs[1]) and not np.array_equal(epochs[0], epochs[2])
    batches = take(dataset.training_batches(corpus(), config, VOCABULARY), 5)  # one epoch
    assert [block for batch in batches for block in originals(batch)] == epochs[0].tolist()
    assert len(list(dataset.eval_batches(corpus(), config, VOCABULARY))) == 5


def test_whole_words_are_hidden_if_asked_for():
    vocabulary = Vocabulary(**{**vars(VOCABULARY), "continuing_ids": tuple(range(30, 60))})
    config = CONFIG.model_copy(update={"whole_words": True, "mask_share": 0.4, "batch_size": 18})
    (batch,) = take(dataset.training_batches(corpus(), config, vocabulary), 1)
    for row, block in enumerate(originals(batch)):
        hidden = set(batch["positions"].numpy()[row][batch["weights"].numpy()[row] > 0].tolist())
        for place in range(1, 8):
            if block[place] >= 30 and block[place - 1] >= 5:
                assert (place in hidden) == (place - 1 in hidden)


def test_evaluation_is_the_same_every_time_and_filled_up_with_nothing():
    batches = dataset.eval_batches(corpus(5), CONFIG, VOCABULARY)  # 35 tokens: 5 blocks, so 2 batches
    first, again = list(batches), list(batches)
    assert all(same(left, right) for left, right in zip(first, again, strict=True))
    assert [batch["weights"].numpy().sum(axis=1).tolist() for batch in first] == [[1, 1, 1, 1], [1, 0, 0, 0]]


def test_evaluation_can_be_cut_short():
    config = CONFIG.model_copy(update={"eval_blocks": 4})
    assert len(list(dataset.eval_batches(corpus(), config, VOCABULARY))) == 1

import numpy as np
import pytest
import tensorflow as tf

from components.pretrainer.masking import Vocabulary, lay_out, mask_blocks, max_predictions

VOCABULARY = Vocabulary(size=1000, pad_id=0, cls_id=2, mask_id=4, special_ids=(0, 1, 2, 3, 4))


def mask(blocks, seed=(0, 0), share=0.15):
    masked = mask_blocks(tf.constant(blocks, tf.int32), tf.constant(seed), VOCABULARY, share)
    return {name: tensor.numpy() for name, tensor in masked.items()}


def many_blocks() -> np.ndarray:
    blocks = np.random.default_rng(0).integers(5, 1000, (400, 100))
    blocks[:, ::10] = 2  # 10 special tokens in each block leave 90 that can be masked
    return blocks


@pytest.mark.parametrize(("length", "share", "slots"), [(128, 0.15, 20), (100, 0.15, 15), (10, 0.01, 1), (64, 0.2, 13)])
def test_slots(length, share, slots):
    assert max_predictions(length, share) == slots


def test_number_of_predictions_is_the_rounded_share_of_ordinary_tokens():
    masked = mask(many_blocks())
    assert masked["weights"].shape == (400, 15)
    assert set(masked["weights"].sum(axis=1)) == {14.0}  # 90 * 0.15 = 13.5, rounded to even


def test_labels_are_the_original_tokens_and_nothing_else_changes():
    blocks = many_blocks()
    masked = mask(blocks)
    used = masked["weights"] > 0
    rows = np.repeat(np.arange(400)[:, None], 15, axis=1)
    assert np.array_equal(blocks[rows, masked["positions"]], masked["labels"])
    restored = masked["input_ids"].copy()
    restored[rows[used], masked["positions"][used]] = masked["labels"][used]
    assert np.array_equal(restored, blocks)
    assert all(len(set(row)) == 15 for row in masked["positions"].tolist())


def test_special_tokens_are_never_chosen_and_never_put_in():
    masked = mask(many_blocks())
    used = masked["weights"] > 0
    assert masked["labels"][used].min() >= 5
    assert set(np.unique(masked["input_ids"])) & {0, 1, 3} == set()


def test_80_10_10():
    blocks = many_blocks()
    masked = mask(blocks)
    used = masked["weights"] > 0
    hidden = np.take_along_axis(masked["input_ids"], masked["positions"], axis=1)[used]
    labels = masked["labels"][used]
    total = labels.size  # 5,600: three standard deviations of a share of 0.1 are 0.012
    assert (hidden == 4).sum() / total == pytest.approx(0.8, abs=0.016)
    assert (hidden == labels).sum() / total == pytest.approx(0.1, abs=0.012)
    random = hidden[(hidden != 4) & (hidden != labels)]
    assert len(set(random.tolist())) > 0.4 * random.size  # drawn from all over the vocabulary


def test_every_place_is_as_likely():
    chosen = np.zeros(100)
    masked = mask(many_blocks())
    np.add.at(chosen, masked["positions"][masked["weights"] > 0], 1)
    ordinary = np.delete(chosen, np.arange(0, 100, 10))
    assert ordinary.mean() == pytest.approx(400 * 14 / 90)
    assert ordinary.std() < 12  # binomial: 7.2


def test_the_seed_alone_decides():
    blocks = many_blocks()[:8]
    first, again, other = mask(blocks, (3, 5)), mask(blocks, (3, 5)), mask(blocks, (3, 6))
    for name in first:
        assert np.array_equal(first[name], again[name])
    assert not np.array_equal(first["positions"], other["positions"])


def test_short_blocks_use_what_they_have():
    blocks = [[2, 9, 3, 0, 0, 0, 0, 0, 0, 0], [0] * 10]
    masked = mask(blocks, share=0.3)
    assert masked["weights"].tolist() == [[1, 0, 0], [0, 0, 0]]
    assert masked["positions"][0, 0] == 1 and masked["labels"][0, 0] == 9
    assert masked["input_ids"][1].tolist() == [0] * 10


BLOCKS = [[7, 3, 2, 8, 3, 2, 9, 9], [2, 7, 8, 3, 2, 3, 0, 0]]


def test_layout_by_text():
    layout = lay_out(tf.constant(BLOCKS), VOCABULARY, by_text=True)
    assert layout["text_ids"].numpy().tolist() == [[1, 1, 2, 2, 2, 3, 3, 3], [1, 1, 1, 1, 2, 2, 0, 0]]
    assert layout["position_ids"].numpy()[:, :6].tolist() == [[0, 1, 0, 1, 2, 0], [0, 1, 2, 3, 0, 1]]
    assert layout["position_ids"].dtype == tf.int32


def test_layout_by_block():
    layout = lay_out(tf.constant(BLOCKS), VOCABULARY, by_text=False)
    assert layout["text_ids"].numpy().tolist() == [[1] * 8, [1] * 6 + [0] * 2]
    assert layout["position_ids"].numpy().tolist() == [list(range(8))] * 2

"""Dynamic masking for masked language modelling, as TensorFlow ops with static shapes.

The procedure is BERT's (Devlin et al. 2019, https://arxiv.org/abs/1810.04805, section 3.1): a share of the
tokens is chosen; of these, 80% become ``[MASK]``, 10% a random token and 10% stay. A new choice is made every
time a block is seen (RoBERTa, Liu et al. 2019). Only the chosen positions are returned as labels, in a fixed
number of slots, so that the model can gather them.
"""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from components.pretrainer.whole_words import choose_words

MASKED, RANDOM = 0.8, 0.1  # shares of the chosen tokens; the rest stays as it is


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """What masking has to know about the token ids.

    Attributes:
        size: Number of ids.
        pad_id: Padding.
        cls_id: The ``[CLS]`` token, with which every text begins.
        mask_id: The ``[MASK]`` token.
        special_ids: Ids that are never masked and never put in at random; padding and ``[MASK]`` among them.
        continuing_ids: Pieces that go on with a word; this and the next are for whole words, see `word_joints`.
        closing_ids: Pieces that no piece goes on with.
    """

    size: int
    pad_id: int
    cls_id: int
    mask_id: int
    special_ids: tuple[int, ...]
    continuing_ids: tuple[int, ...] = ()
    closing_ids: tuple[int, ...] = ()

    def regular_ids(self) -> list[int]:
        """Ids of ordinary tokens, ascending."""
        special = set(self.special_ids)
        return [i for i in range(self.size) if i not in special]


def max_predictions(block_length: int, mask_share: float) -> int:
    """Number of prediction slots of a block: enough for the share of a block without special tokens.

    Args:
        block_length: Tokens in a block.
        mask_share: Share of them to predict.

    Returns:
        At least 1.
    """
    return math.ceil(round(block_length * mask_share, 6))


def mask_blocks(
    blocks: tf.Tensor, seed: tf.Tensor, vocabulary: Vocabulary, mask_share: float, whole_words: bool = False
) -> dict[str, tf.Tensor]:
    """Chooses tokens and hides them; the same seed gives the same choice on any machine.

    In a block with ``m`` maskable tokens ``round(m * mask_share)`` are chosen (half a token is rounded to
    even), but at least one where there is any: never more than the slots. With whole words it may be a few less, or
    with a long word in a short text more, see `choose_words`; each piece of a word has its own fate of the three.

    Args:
        blocks: Token ids, int32, shape ``(batch, block_length)``.
        seed: int32 or int64, shape ``(2,)``.
        vocabulary: Which ids are special, and which go on with a word.
        mask_share: Share of the maskable tokens to predict.
        whole_words: Whether all tokens of a word are chosen, or none.

    Returns:
        ``input_ids`` int32 ``(batch, block_length)`` after masking; ``positions`` int32 ``(batch, slots)``,
        in no particular order; ``labels`` int32 ``(batch, slots)``, the original ids at these positions; ``weights``
        float32 ``(batch, slots)``, 1 for a slot in use and 0 for an empty one.
    """
    slots = max_predictions(int(blocks.shape[1]), mask_share)
    seeds = tf.unstack(tf.random.split(seed, 3))
    maskable = tf.math.logical_not(_is_in(blocks, vocabulary.special_ids, vocabulary.size))
    available = tf.reduce_sum(tf.cast(maskable, tf.float32), axis=1, keepdims=True)
    wanted = tf.minimum(tf.maximum(tf.round(available * mask_share), 1.0), available)
    if whole_words:
        positions, in_use = choose_words(maskable, _continues(blocks, vocabulary), seeds[0], wanted, slots)
    else:
        chance = tf.where(maskable, tf.random.stateless_uniform(tf.shape(blocks), seeds[0]), -1.0)
        positions = tf.math.top_k(chance, slots).indices
        in_use = tf.cast(tf.range(slots), tf.float32)[tf.newaxis, :] < wanted
    labels = tf.gather(blocks, positions, batch_dims=1)

    fate = tf.random.stateless_uniform(tf.shape(labels), seeds[1])
    regular = tf.constant(vocabulary.regular_ids(), tf.int32)
    drawn = tf.random.stateless_uniform(tf.shape(labels), seeds[2], 0, tf.size(regular), tf.int32)
    hidden = tf.where(
        fate < MASKED, vocabulary.mask_id, tf.where(fate < MASKED + RANDOM, tf.gather(regular, drawn), labels)
    )
    return {
        "input_ids": _put(blocks, positions, tf.where(in_use, hidden, labels)),
        "positions": positions,
        "labels": labels,
        "weights": tf.cast(in_use, tf.float32),
    }


def lay_out(blocks: tf.Tensor, vocabulary: Vocabulary, by_text: bool) -> dict[str, tf.Tensor]:
    """Tells which tokens of a block belong together, and where in their text they are.

    A text that a block cuts off goes on at the start of the next one as a text of its own.

    Args:
        blocks: Token ids, int32, shape ``(batch, block_length)``.
        vocabulary: Which ids are special.
        by_text: Whether every text is by itself; if not, a block is one text.

    Returns:
        ``text_ids`` int32 ``(batch, block_length)``: the number of the text in its block, from 1 on, and 0 at padding;
        ``position_ids`` int32 ``(batch, block_length)``: the place in the text, from 0 on.
    """
    length = blocks.shape[1]
    starts = blocks == vocabulary.cls_id if by_text else tf.zeros_like(blocks, tf.bool)
    starts = tf.logical_or(starts, tf.range(length) == 0)
    numbers = tf.cumsum(tf.cast(starts, tf.int32), axis=1)
    same = tf.cast(numbers[:, :, tf.newaxis] == numbers[:, tf.newaxis, :], tf.int32)
    first = tf.argmax(same, axis=2, output_type=tf.int32)
    return {
        "text_ids": tf.where(blocks == vocabulary.pad_id, 0, numbers),
        "position_ids": tf.range(length) - first,
    }


def _continues(blocks: tf.Tensor, vocabulary: Vocabulary) -> tf.Tensor:
    ends = _is_in(blocks, vocabulary.special_ids + vocabulary.closing_ids, vocabulary.size)
    after_end = tf.pad(ends[:, :-1], [[0, 0], [1, 0]], constant_values=True)  # a block begins with a word of its own
    return _is_in(blocks, vocabulary.continuing_ids, vocabulary.size) & ~after_end


def _is_in(ids: tf.Tensor, members: tuple[int, ...], size: int) -> tf.Tensor:
    table = np.zeros(size, bool)
    table[list(members)] = True
    return tf.gather(tf.constant(table), ids)


def _put(blocks: tf.Tensor, positions: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    rows = tf.broadcast_to(tf.range(tf.shape(blocks)[0])[:, tf.newaxis], tf.shape(positions))
    return tf.tensor_scatter_nd_update(blocks, tf.stack([rows, positions], axis=-1), values)

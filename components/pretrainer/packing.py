"""Puts tokenized texts of any length into blocks of one length.

``packed`` is like ``group_texts`` of Hugging Face's ``run_mlm.py``: texts with their special tokens are laid end to end
and the stream is cut every ``block_length`` tokens. Unlike it, the rest at the end is not dropped but padded, so
nothing is lost. ``lines`` is like its ``line_by_line``: a text a block, padded or cut.
"""

import dataclasses
from typing import Literal

import numpy as np

Packing = Literal["packed", "lines"]
WAYS: tuple[Packing, ...] = ("packed", "lines")


@dataclasses.dataclass(frozen=True)
class Corpus:
    """Tokenized texts, stored end to end.

    Attributes:
        ids: Token ids of all texts, special tokens included; int32, shape ``(tokens,)``.
        lengths: Number of tokens of each text; int64, shape ``(texts,)``.
    """

    ids: np.ndarray
    lengths: np.ndarray

    def __post_init__(self) -> None:
        """Checks that the lengths add up to the ids."""
        if self.lengths.sum() != self.ids.size:
            raise ValueError(f"lengths add up to {self.lengths.sum()}, but there are {self.ids.size} ids")


_TEXTS_AT_A_TIME = 1 << 16


@dataclasses.dataclass(frozen=True)
class PackingReport:
    """What a way of packing costs and loses.

    Attributes:
        texts: Number of texts.
        tokens: Number of tokens in them, special tokens included.
        blocks: Number of blocks made.
        block_length: Slots in a block.
        slots: ``blocks * block_length``.
        useful_share: Tokens in a share of the slots; the rest is padding.
        tokens_lost: Tokens of the texts that are in no block.
    """

    texts: int
    tokens: int
    blocks: int
    block_length: int
    slots: int
    useful_share: float
    tokens_lost: int


def shuffle(corpus: Corpus, seed: tuple[int, ...]) -> Corpus:
    """Puts the texts into a random order that depends on the seed alone.

    Args:
        corpus: The texts.
        seed: Any number of integers, for example ``(seed, epoch)``.

    Returns:
        The same texts in another order.
    """
    order = np.random.default_rng(seed).permutation(corpus.lengths.size)
    lengths = corpus.lengths[order]
    starts = (np.cumsum(corpus.lengths) - corpus.lengths)[order]
    ends = np.cumsum(lengths)
    shifts = starts - (ends - lengths)  # old place of a token less its new place
    ids = np.empty_like(corpus.ids)
    for first in range(0, lengths.size, _TEXTS_AT_A_TIME):  # all at once would take eight times the tokens' memory
        part = slice(first, first + _TEXTS_AT_A_TIME)
        begin, end = ends[first] - lengths[first], ends[part][-1]
        ids[begin:end] = corpus.ids[np.repeat(shifts[part], lengths[part]) + np.arange(begin, end)]
    return Corpus(ids, lengths)


def pack(corpus: Corpus, block_length: int, pad_id: int, packing: Packing = "packed") -> np.ndarray:
    """Makes blocks.

    Args:
        corpus: The texts, in the order in which they are laid end to end, or which the blocks have.
        block_length: Tokens in a block.
        pad_id: Fills the last block, or every block.
        packing: ``packed``: the stream of tokens is cut into blocks; ``lines``: a text a block, of a longer one the
            first tokens and the last one, its ``[SEP]``.

    Returns:
        int32, shape ``(count_blocks(...), block_length)``.

    Example:
        >>> corpus = Corpus(np.array([2, 7, 3, 2, 8, 9, 7, 3]), np.array([3, 5]))
        >>> pack(corpus, block_length=4, pad_id=0).tolist()
        [[2, 7, 3, 2], [8, 9, 7, 3]]
        >>> pack(corpus, block_length=4, pad_id=0, packing="lines").tolist()
        [[2, 7, 3, 0], [2, 8, 9, 3]]
    """
    blocks = np.full((count_blocks(corpus, block_length, packing), block_length), pad_id, np.int32)
    if packing == "packed":
        blocks.reshape(-1)[: corpus.ids.size] = corpus.ids
        return blocks
    ends = np.cumsum(corpus.lengths)
    kept = np.minimum(corpus.lengths, block_length)
    rows = np.repeat(np.arange(kept.size), kept)
    columns = np.arange(kept.sum()) - np.repeat(np.cumsum(kept) - kept, kept)
    blocks[rows, columns] = corpus.ids[np.repeat(ends - corpus.lengths, kept) + columns]
    blocks[np.arange(kept.size), kept - 1] = corpus.ids[ends - 1]
    return blocks


def count_blocks(corpus: Corpus, block_length: int, packing: Packing) -> int:
    """Number of blocks that `pack` makes."""
    return -(-corpus.ids.size // block_length) if packing == "packed" else corpus.lengths.size


def packing_report(corpus: Corpus, block_length: int, packing: Packing) -> PackingReport:
    """Tells what becomes of the tokens, without making the blocks.

    Args:
        corpus: The texts.
        block_length: Tokens in a block.
        packing: See `pack`.

    Returns:
        The report; ``useful_share`` is 0 when there are no blocks.
    """
    blocks = count_blocks(corpus, block_length, packing)
    tokens, slots = int(corpus.ids.size), blocks * block_length
    useful = tokens if packing == "packed" else int(np.minimum(corpus.lengths, block_length).sum())
    return PackingReport(
        texts=int(corpus.lengths.size),
        tokens=tokens,
        blocks=blocks,
        block_length=block_length,
        slots=slots,
        useful_share=useful / slots if slots else 0.0,
        tokens_lost=tokens - useful,
    )

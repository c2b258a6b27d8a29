"""Packs tokenized texts of any length into blocks of one length, without loss.

Like ``group_texts`` of Hugging Face's ``run_mlm.py``: texts with their special tokens are laid end to end and
the stream is cut every ``block_length`` tokens. Unlike it, the rest at the end is not dropped but padded.
"""

import dataclasses

import numpy as np


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


@dataclasses.dataclass(frozen=True)
class PackingReport:
    """What packing costs and loses.

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
    shifts = starts - (np.cumsum(lengths) - lengths)  # old place of a token less its new place
    return Corpus(corpus.ids[np.repeat(shifts, lengths) + np.arange(corpus.ids.size)], lengths)


def pack(corpus: Corpus, block_length: int, pad_id: int) -> np.ndarray:
    """Cuts the stream of tokens into blocks; the last one is padded.

    Args:
        corpus: The texts, in the order in which they are laid end to end.
        block_length: Tokens in a block.
        pad_id: Fills the last block.

    Returns:
        int32, shape ``(ceil(tokens / block_length), block_length)``.

    Example:
        >>> pack(Corpus(np.array([2, 7, 3, 2, 8, 3]), np.array([3, 3])), block_length=4, pad_id=0).tolist()
        [[2, 7, 3, 2], [8, 3, 0, 0]]
    """
    blocks = -(-corpus.ids.size // block_length)
    packed = np.full(blocks * block_length, pad_id, np.int32)
    packed[: corpus.ids.size] = corpus.ids
    return packed.reshape(blocks, block_length)


def packing_report(corpus: Corpus, blocks: np.ndarray, pad_id: int) -> PackingReport:
    """Counts what became of the tokens, from the blocks themselves.

    Args:
        corpus: The texts that were packed; no token in them is ``pad_id``.
        blocks: What `pack` made of them, shape ``(blocks, block_length)``.
        pad_id: The padding id.

    Returns:
        The report; ``useful_share`` is 0 when there are no blocks.
    """
    useful = int(np.count_nonzero(blocks != pad_id))
    return PackingReport(
        texts=int(corpus.lengths.size),
        tokens=int(corpus.ids.size),
        blocks=blocks.shape[0],
        block_length=blocks.shape[1],
        slots=blocks.size,
        useful_share=useful / blocks.size if blocks.size else 0.0,
        tokens_lost=int(corpus.ids.size) - useful,
    )

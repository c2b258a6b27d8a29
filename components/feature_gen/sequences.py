"""Token features of many texts without padding: one flat buffer, and where each text lies in it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_MOMENT_ROWS = 64  # texts copied at a time


@dataclass(frozen=True)
class TokenSequences:
    """A sequence of token vectors for each text.

    Selections share the buffer: choosing texts copies no vectors.

    Attributes:
        values: Token vectors, float32 or float16 of shape ``[tokens, width]``.
        starts: Position of each text's first vector, int64 of shape ``[n]``.
        lengths: Number of vectors of each text, int64 of shape ``[n]``.

    Example:
        >>> sequences = TokenSequences.from_flat(np.array([[1.0], [2.0], [3.0]]), np.array([2, 1]))
        >>> [row.tolist() for row in sequences[np.array([1, 0])]]
        [[[3.0]], [[1.0], [2.0]]]
    """

    values: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

    @classmethod
    def from_flat(cls, values: np.ndarray, lengths: np.ndarray) -> "TokenSequences":
        """Takes texts that lie one behind the other.

        Args:
            values: Token vectors of all texts, float of shape ``[sum(lengths), width]``.
            lengths: Number of vectors of each text, int of shape ``[n]``.
        """
        return cls(values, np.cumsum(lengths) - lengths, lengths)

    @property
    def width(self) -> int:
        """Length of a token vector."""
        return self.values.shape[1]

    def __len__(self) -> int:
        """Number of texts."""
        return len(self.lengths)

    def __getitem__(self, rows: np.ndarray) -> "TokenSequences":
        """Selects texts by their positions or by a bool array of shape ``[n]``."""
        return TokenSequences(self.values, self.starts[rows], self.lengths[rows])

    def __iter__(self) -> Iterator[np.ndarray]:
        """Gives the vectors of each text, shape ``[length, width]``."""
        for start, length in zip(self.starts, self.lengths, strict=True):
            yield self.values[start : start + length]

    def padded(self, length: int) -> tuple[np.ndarray, np.ndarray]:
        """Pads all texts with zeros; meant for a batch of them.

        Args:
            length: Slots of each text, at least ``max(lengths)``.

        Returns:
            Token vectors, float32 of shape ``[n, length, width]``, and a mask that is True for real tokens, bool
            of shape ``[n, length]``.
        """
        mask = np.arange(length) < self.lengths[:, np.newaxis]
        tokens = np.zeros((len(self), length, self.width), np.float32)
        tokens[mask] = self.values[flat_positions(self.starts, self.lengths)]
        return tokens, mask

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Computes mean and variance of each feature over all tokens, a few texts at a time.

        Returns:
            Two arrays, float64 of shape ``[width]``.
        """
        total, squares = np.zeros(self.width), np.zeros(self.width)
        for first in range(0, len(self), _MOMENT_ROWS):
            part = self[np.arange(first, min(first + _MOMENT_ROWS, len(self)))]
            tokens = part.values[flat_positions(part.starts, part.lengths)].astype(np.float64)
            total += tokens.sum(axis=0)
            squares += np.square(tokens).sum(axis=0)
        count = self.lengths.sum()
        return total / count, np.maximum(squares / count - np.square(total / count), 0.0)


Features = np.ndarray | TokenSequences


def flat_positions(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Lists the positions of runs, one run behind the other.

    Args:
        starts: First position of each run, int of shape ``[n]``.
        lengths: Length of each run, int of shape ``[n]``.

    Returns:
        int64 of shape ``[sum(lengths)]``.

    Example:
        >>> flat_positions(np.array([7, 0]), np.array([2, 3])).tolist()
        [7, 8, 0, 1, 2]
    """
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum())

"""Which rows go to which split, and which are kept under a limit: pure functions of hashes, labels and counts.

A row is never chosen by its place in a file, so that the order of files and the number of workers change nothing.
"""

import hashlib
import struct
from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction

DIGEST_BYTES = 16


def digest(text: str, seed: int | None = None) -> bytes:
    """The first 16 bytes of the SHA-256 of a text, salted with a seed if there is one."""
    salted = text if seed is None else f"{seed}:{text}"
    return hashlib.sha256(salted.encode("utf-8", "surrogatepass")).digest()[:DIGEST_BYTES]


def newest_first(number: float, key: bytes) -> bytes:
    """A unit that sorts by a number, the largest first, and by a hash among equal ones.

    Args:
        number: The date of a row.
        key: `digest` of its id.

    Returns:
        16 bytes: the IEEE 754 bits of the number, made to sort as bytes do, and half of the hash.

    Example:
        >>> sorted([-1.5, 2.0, 30.0], key=lambda number: newest_first(number, b""))
        [30.0, 2.0, -1.5]
    """
    bits = int.from_bytes(struct.pack(">d", number + 0.0), "big")
    descending = bits if bits >> 63 else 2**63 - 1 - bits  # of negative numbers the bits fall as the number rises
    return descending.to_bytes(8, "big") + key[: DIGEST_BYTES // 2]


def is_eval(unit: bytes, share: float) -> bool:
    """Whether a row falls into ``eval`` by its hash alone.

    Args:
        unit: `digest` of its id, or of its group.
        share: Expected share of ``eval``.
    """
    return int.from_bytes(unit[:8], "big") < share * 2**64


def rarest(labels: Iterable[str], counts: Mapping[str, int]) -> str:
    """Of the labels of a row the one that the fewest rows have, of equal ones the first by name; "" if it has none.

    Args:
        labels: The labels of a row.
        counts: Rows by label.

    Example:
        >>> rarest(("京都", "グルメ"), {"京都": 15, "グルメ": 7})
        'グルメ'
    """
    return min(labels, key=lambda label: (counts[label], label), default="")


def quotas(counts: Mapping[str, int], share: float) -> dict[str, int]:
    """Divides a share of all rows exactly over the labels, by largest remainders.

    Every label gets the whole part of its share; the rows that are missing to the rounded share of all go one each to
    the labels with the largest remainders, ties by a hash of the label. A label never gives away its last row.

    Args:
        counts: Rows by label.
        share: Share of the rows to choose, from 0 to below 1.

    Returns:
        Rows to choose by label.

    Example:
        >>> quotas({"京都": 15, "携帯電話": 13, "グルメ": 7}, 0.1)
        {'グルメ': 1, '京都': 2, '携帯電話': 1}
    """
    exact = Fraction(str(share))
    chosen = {label: int(exact * count) for label, count in sorted(counts.items())}
    missing = int(exact * sum(counts.values()) + Fraction(1, 2)) - sum(chosen.values())
    spare = [label for label, quota in chosen.items() if quota + 1 < counts[label]]
    spare.sort(key=lambda label: (chosen[label] - exact * counts[label], digest(label)))
    for label in spare[: max(missing, 0)]:
        chosen[label] += 1
    return chosen


def choose_eval(rows: Iterable[tuple[bytes, str]], share: float) -> frozenset[bytes]:
    """Chooses the units of ``eval``, stratified by label; rows without labels count as of one label.

    A unit is a row, or a group of rows that stay together; a group counts for the label that most of its rows have.
    In each label, in the order of their hashes, those units are taken that bring the number of rows nearer to its
    quota: exactly the quota for single rows, at most half of the largest group away from it for groups. The last unit
    of a label is never taken.

    Args:
        rows: For each row the `digest` of its unit, or what `newest_first` makes of it, and its label.
        share: Share of ``eval``.

    Returns:
        The digests of the units in ``eval``.
    """
    labels: dict[bytes, Counter[str]] = {}
    for unit, label in rows:
        labels.setdefault(unit, Counter())[label] += 1
    strata: dict[str, list[tuple[bytes, int]]] = {}
    for unit, counter in labels.items():
        label = min(counter, key=lambda name: (-counter[name], name))
        strata.setdefault(label, []).append((unit, counter.total()))
    sizes = {label: sum(size for _, size in units) for label, units in strata.items()}
    wanted = quotas(sizes, share)
    chosen: list[bytes] = []
    for label, units in strata.items():
        left = wanted[label]
        for unit, size in sorted(units)[:-1]:
            if size < 2 * left:
                chosen.append(unit)
                left -= size
    return frozenset(chosen)


def even_shares(counts: Mapping[str, int], limit: int) -> dict[str, int]:
    """Divides a limit evenly over the labels; what a rare label cannot use goes to the others, the last rows by a hash.

    Args:
        counts: Rows by label.
        limit: Rows to keep in all.

    Returns:
        Rows to keep by label.

    Example:
        >>> even_shares({"a": 2, "b": 50, "c": 90}, 20)
        {'a': 2, 'b': 9, 'c': 9}
    """
    shares: dict[str, int] = {}
    labels = sorted(counts, key=lambda label: (counts[label], digest(label)))
    for place, label in enumerate(labels):
        shares[label] = min(counts[label], (limit - sum(shares.values())) // (len(labels) - place))
    return shares

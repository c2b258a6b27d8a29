"""A double-array trie in the layout of the darts-clone library, which TF Text's normalizer reads.

A unit of 32 bits is either a leaf (top bit set, the value below it) or a node: its label in bits 0-7, bit 8 when a key
ends here, bit 9 when the offset counts in 256s, and from bit 10 on the offset to its children. The child of the node at
``position`` by byte ``label`` is at ``position ^ offset ^ label``. Equal subtrees are stored once.
"""

from collections.abc import Mapping

import numpy as np

_LEAF = 1 << 31
_HAS_LEAF = 1 << 8
_OFFSET_SHIFT = 10
_BLOCK = 256
_SEARCHED = 8 * _BLOCK

_Node = tuple[tuple[int, int], ...]


def build_double_array(entries: Mapping[bytes, int]) -> np.ndarray:
    """Builds the units of a trie.

    Args:
        entries: Key to value; keys are neither empty nor do they hold a zero byte, values are below 2**31.

    Returns:
        uint32 units, a whole number of blocks of 256 so that every look-up stays inside.
    """
    nodes, root = _intern(entries)
    return _Placement(nodes, root).units


def _intern(entries: Mapping[bytes, int]) -> tuple[list[_Node], int]:
    """Folds the keys into nodes ``((label, child or value), ...)``, equal ones into one; label 0 is the value."""
    ids: dict[_Node, int] = {}
    keys = sorted(entries)

    def intern(begin: int, end: int, depth: int) -> int:
        links: list[tuple[int, int]] = []
        if len(keys[begin]) == depth:
            links.append((0, entries[keys[begin]]))
            begin += 1
        while begin < end:
            label = keys[begin][depth]
            stop = begin
            while stop < end and keys[stop][depth] == label:
                stop += 1
            links.append((label, intern(begin, stop, depth + 1)))
            begin = stop
        return ids.setdefault(tuple(links), len(ids))

    root = intern(0, len(keys), 0)
    return list(ids), root


class _Placement:
    """First-fit placement of nodes: each gets a base of its own such that all ``base ^ label`` are free."""

    def __init__(self, nodes: list[_Node], root: int) -> None:
        self._nodes = nodes
        self._bases: dict[int, int] = {}
        self._used_bases = {0}
        self._taken = bytearray(_BLOCK)
        self._taken[0] = 1
        self._next_leaf = 1
        for node in range(len(nodes)):
            self._bases[node] = self._place([label for label, _ in nodes[node]])
        self.units = np.zeros(len(self._taken), np.uint32)
        self.units[0] = self._unit(0, 0, root)
        for node, base in self._bases.items():
            for label, target in nodes[node]:
                position = base ^ label
                self.units[position] = _LEAF | target if label == 0 else self._unit(position, label, target)

    def _place(self, labels: list[int]) -> int:
        # First fit over everything would be quadratic: leaves never look back, others only at the last blocks.
        position = self._next_leaf if labels == [0] else max(1, len(self._taken) - _SEARCHED)
        while True:
            if position + _BLOCK > len(self._taken):
                self._taken.extend(bytes(_BLOCK))
            base = position ^ labels[0]
            if base not in self._used_bases and not any(self._taken[base ^ label] for label in labels):
                break
            position += 1
        if labels == [0]:
            self._next_leaf = position + 1
        self._used_bases.add(base)
        for label in labels:
            self._taken[base ^ label] = 1
        return base

    def _unit(self, position: int, label: int, child: int) -> int:
        offset = position ^ self._bases[child]
        if offset >= 1 << (31 - _OFFSET_SHIFT):
            raise ValueError(f"trie too large: offset {offset}")
        has_leaf = _HAS_LEAF if self._nodes[child][0][0] == 0 else 0
        return label | has_leaf | offset << _OFFSET_SHIFT

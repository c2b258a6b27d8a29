import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.text_transform.double_array import build_double_array


def look_up(units: np.ndarray, key: bytes) -> int | None:
    """Follows darts-clone's rules on plain integers."""

    def offset(unit: int) -> int:
        return (unit >> 10) << ((unit & 0x200) >> 6)

    position, unit = 0, int(units[0])
    for byte in key:
        position ^= offset(unit) ^ byte
        unit = int(units[position])
        if unit & 0x800000FF != byte:
            return None
    if not unit & 0x100:
        return None
    return int(units[position ^ offset(unit)]) & 0x7FFFFFFF


keys = st.binary(min_size=1, max_size=5).filter(lambda key: 0 not in key)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(keys, st.integers(0, 2**31 - 1), min_size=1, max_size=60), st.lists(keys, max_size=30))
def test_finds_what_it_holds_and_nothing_else(entries, others):
    units = build_double_array(entries)
    assert {key: look_up(units, key) for key in entries} == entries
    assert all(look_up(units, key) == entries.get(key) for key in others)


def test_every_look_up_stays_inside_the_array():
    units = build_double_array({b"a": 1, b"ab": 2, b"\xff\xfe": 3})
    assert len(units) % 256 == 0


def test_equal_subtrees_are_stored_once():
    many = {bytes([first, *b"some long tail"]): 7 for first in range(1, 200)}
    assert len(build_double_array(many)) <= len(build_double_array({b"\x01some long tail": 7})) + 256


@pytest.mark.parametrize("count", [1, 500, 5000])
def test_many_distinct_values(count):
    entries = {chr(0x4E00 + index).encode(): index for index in range(count)}
    units = build_double_array(entries)
    assert all(look_up(units, key) == value for key, value in entries.items())

"""What differs looks different, in the same order."""

import itertools
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from components.rounding import apart, exact, share_apart

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


def order(one: float, other: float) -> int:
    return (one > other) - (one < other)


@given(st.lists(NUMBERS, min_size=1, max_size=4), st.lists(NUMBERS, max_size=3))
@example([23 / 66], [0.3485])
@example([1e-30, 0.0], [])
@example([0.1 + 0.2], [0.3])
def test_rounding_keeps_every_order(values: list[float], bounds: list[float]) -> None:
    shown = apart(values, bounds)
    for (one, first), (other, second) in itertools.combinations(zip(values, shown, strict=True), 2):
        assert order(one, other) == order(float(first), float(second))
    for (one, first), bound in itertools.product(zip(values, shown, strict=True), bounds):
        assert order(one, bound) == order(float(first), float(exact(bound)))


def test_four_decimals_suffice_where_they_differ() -> None:
    assert apart([0.5, 0.25], [0.3]) == ["0.5000", "0.2500"]
    assert apart([0.03, -0.01], [0], sign=True) == ["+0.0300", "-0.0100"]
    assert apart([math.nan, 0.5], [0.5]) == ["nan", "0.5000"]


@given(st.floats(0, 1))
def test_a_bound_is_told_exactly(bound: float) -> None:
    assert float(exact(bound)) == bound


@given(st.floats(0, 1), st.floats(0, 1))
@example(0.010000001, 0.01)
@example(0.07, 0.07)
@example(1e-300, 0.0)
def test_shares_and_their_limits(share: float, limit: float) -> None:
    def parsed(text: str) -> float:
        return float(f"{text.removesuffix('%')}e-2") if text.endswith("%") else float(text)

    shown, bound = share_apart(share, limit)
    assert order(parsed(shown), limit) == order(share, limit)
    assert parsed(bound) == limit


@pytest.mark.parametrize(
    ("share", "limit", "expected"), [(0.02, 0.0199, ("2.00%", "1.99%")), (0.5, 0.01, ("50.00%", "1.00%"))]
)
def test_two_decimals_suffice_where_they_differ(share: float, limit: float, expected: tuple[str, str]) -> None:
    assert share_apart(share, limit) == expected

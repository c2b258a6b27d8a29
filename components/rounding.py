"""Figures for people that still say what was decided: two that differ never look alike."""

import itertools
import math
from collections.abc import Iterable, Sequence

_MOST = 17  # decimals; beyond them a double of the size of a metric has none


def exact(number: float) -> str:
    """A configured number as short as it can be without becoming another one.

    Example:
        >>> exact(0.5), exact(1.0), exact(0.348484848)
        ('0.5', '1', '0.348484848')
    """
    short = f"{number:g}"
    return short if math.isnan(number) or float(short) == number else repr(float(number))


def apart(values: Sequence[float], bounds: Iterable[float] = (), decimals: int = 4, sign: bool = False) -> list[str]:
    """Rounds measured values, all to the same number of decimals, so that none changes its side of another.

    Args:
        values: What was measured.
        bounds: What the values are compared with; shown with `exact`, so these are not rounded.
        decimals: The fewest.
        sign: Whether positive values get a plus.

    Example:
        >>> apart([23 / 66], [0.3485])
        ['0.34848']
        >>> apart([0.70001, 0.7])
        ['0.70001', '0.70000']
    """
    finite, limits = [one for one in values if math.isfinite(one)], [one for one in bounds if math.isfinite(one)]
    for places in range(decimals, _MOST + 1):
        rounded = [(one, float(f"{one:.{places}f}")) for one in finite]
        if all(
            _order(one, other) == _order(*shown)
            for (one, other), shown in [
                *(((a, b), (a_shown, b_shown)) for (a, a_shown), (b, b_shown) in itertools.combinations(rounded, 2)),
                *(((a, bound), (a_shown, bound)) for a, a_shown in rounded for bound in limits),
            ]
        ):
            return [f"{one:{'+' if sign else ''}.{places}f}" for one in values]
    return [("+" if sign and one > 0 else "") + repr(float(one)) for one in values]


def share_apart(share: float, limit: float) -> tuple[str, str]:
    """A share and its limit in percent, with two decimals or as many as it takes.

    Example:
        >>> share_apart(0.100004, 0.1)
        ('10.0004%', '10.00%')
    """
    bound = next(
        (f"{limit:.{places}%}" for places in range(2, 11) if _parse(f"{limit:.{places}%}") == limit), f"{limit!r}"
    )
    for places in range(2, _MOST + 1):
        shown = f"{share:.{places}%}"
        if _order(_parse(shown), limit) == _order(share, limit):
            return shown, bound
    return f"{share!r}", f"{limit!r}"


def _order(one: float, other: float) -> int:
    return (one > other) - (one < other)


def _parse(percent: str) -> float:
    return float(f"{percent.removesuffix('%')}e-2")

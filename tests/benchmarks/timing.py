"""Timing candidates side by side: in turns, so that a slow minute of the machine hits all of them."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Candidate:
    """Something to time.

    Attributes:
        run: Does the work once.
        units: How many documents (or the like) one run handles.
    """

    run: Callable[[], object]
    units: int


def rates(candidates: Mapping[str, Candidate], repeats: int) -> dict[str, float]:
    """Measures units per second of each candidate.

    Every candidate runs once unmeasured, then all of them in turns.

    Args:
        candidates: What to time, by name.
        repeats: Measured runs of each.

    Returns:
        The median rate by name.
    """
    for candidate in candidates.values():
        candidate.run()
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(repeats):
        for name, candidate in candidates.items():
            start = time.perf_counter()
            candidate.run()
            seconds[name].append(time.perf_counter() - start)
    return {name: candidates[name].units / statistics.median(taken) for name, taken in seconds.items()}

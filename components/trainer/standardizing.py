"""The scale that a head gives to features."""

import numpy as np

SMALLEST_SHARE = 0.01


def floored_variance(variance: np.ndarray) -> np.ndarray:
    """Raises variances that are far below the others.

    Real encoders have features that hardly vary: one of all-MiniLM-L6-v2's 384 is constant. Divided by its own
    deviation, rounding errors of such a feature would count as much as the others do, and when the encoder is unfrozen
    its first steps would move it by millions of deviations.

    Args:
        variance: Of each feature, float of shape ``[width]``.

    Returns:
        At least a hundredth of the mean variance, same shape.

    Example:
        >>> floored_variance(np.array([0.0, 2.0, 1.0])).tolist()
        [0.01, 2.0, 1.0]
    """
    return np.maximum(variance, SMALLEST_SHARE * variance.mean())

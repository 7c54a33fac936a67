"""Medians with what they are worth: quartiles, and a confidence interval of the median."""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence

RESAMPLES = 1000


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie, interpolated; `values` is not empty."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def spread(values: Sequence[float], digits: int = 1) -> dict[str, float | int]:
    """Median, quartiles and the 95 % bootstrap interval of the median, rounded to `digits`."""
    chance = random.Random(1)  # noqa: S311 - the same data give the same interval
    medians = [statistics.median(chance.choices(values, k=len(values))) for _ in range(RESAMPLES)]
    return {
        "median": round(statistics.median(values), digits),
        "p25": round(quantile(values, 0.25), digits),
        "p75": round(quantile(values, 0.75), digits),
        "low95": round(quantile(medians, 0.025), digits),
        "high95": round(quantile(medians, 0.975), digits),
        "n": len(values),
    }

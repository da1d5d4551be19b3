"""Quantiles of timings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


def quantile(values: Sequence[float], part: float) -> float:
    """The value below which `part` (0…1) of `values` lies, interpolated. Raises ValueError for no values."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    place = (len(ordered) - 1) * part
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass(frozen=True, slots=True)
class Spread:
    """Timings in milliseconds."""

    count: int
    p50: float
    p95: float
    p99: float
    most: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """From seconds. Raises ValueError for no values."""
        values = [item * 1000 for item in seconds]
        return cls(len(values), *(round(quantile(values, part), 3) for part in (0.5, 0.95, 0.99, 1.0)))

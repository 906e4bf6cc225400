"""Chance for the generator: one seeded numpy generator, and the few draws that are made of it."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import exp
from typing import Generic, TypeVar

import numpy

T = TypeVar("T")


class Weighted(Generic[T]):
    """Options that are drawn in proportion to their weights."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        self.options = tuple(weights)
        self.cumulative = tuple(accumulate(weights.values()))


class Chance:
    """Draws in a row. The same seed and the same calls give the same results."""

    def __init__(self, *seed: int) -> None:
        self._generator = numpy.random.Generator(numpy.random.PCG64(seed))
        self._uniform = self._generator.random
        self._normal = self._generator.standard_normal

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self._uniform()

    def happens(self, probability: float) -> bool:
        return self._uniform() < probability

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int(self._uniform() * (high - low + 1))

    def one_of(self, options: Sequence[T]) -> T:
        return options[int(self._uniform() * len(options))]

    def weighted(self, options: Weighted[T]) -> T:
        return options.options[bisect_right(options.cumulative, self._uniform() * options.cumulative[-1])]

    def spread(self, sigma: float) -> float:
        """Return a factor around 1, lognormal."""
        return exp(sigma * self._normal())

    def heavy_tail(self, shape: float) -> float:
        """Return a number from 1 upwards whose tail falls with the power `shape` (Pareto)."""
        return float((1 - self._uniform()) ** (-1 / shape))

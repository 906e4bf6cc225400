"""The random stratum: what declarations drawn at random tell of all of them.

A declaration is drawn with the rate of its participant's category, whatever was found in it, so those that were drawn
stand for all: each for as many as there are of its rate for one that was inspected (close to 1/rate).
"""

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from risk_gateway.archive import StoredCase
from risk_gateway.model import Selection
from risk_gateway.packing import unpack
from risk_gateway.selection import RANDOM_DRAW

CONFIDENCE = 0.95
_STEPS_MOST = 10_000


class Stratum(Struct, frozen=True):
    """All declarations with one rate of the random draw: how many, how many of those drawn have a result, found in;
    `unanswered` were drawn and have no closed control."""

    rate: Decimal
    population: int
    inspected: int
    found: int
    unanswered: int = 0


class Sample(Struct, frozen=True):
    """The strata of a period, by rate."""

    strata: tuple[Stratum, ...]

    @property
    def drawn(self) -> int:
        return self.unanswered + sum(stratum.inspected for stratum in self.strata)

    @property
    def unanswered(self) -> int:
        return sum(stratum.unanswered for stratum in self.strata)

    @property
    def response(self) -> float | None:
        """The share of those drawn whose control was closed; None when nothing was drawn."""
        return 1 - self.unanswered / self.drawn if self.drawn else None

    def bounds(self) -> tuple[float, float] | None:
        """Return the estimates if none, and if all, of those without a closed control had a violation.

        Controls that drag on are not like those that are closed at once: the estimate may be off by as much, and no
        interval of chance tells. None when nothing was drawn.
        """
        return (self._estimate(0), self._estimate(1)) if self.drawn else None

    def _estimate(self, guilty: int) -> float:
        whole = [
            replace(one, inspected=one.inspected + one.unanswered, found=one.found + guilty * one.unanswered)
            for one in self.strata
        ]
        return estimate_rate(whole).rate


class Estimate(Struct, frozen=True):
    """The share of declarations with a violation, with the interval that holds the truth in 95 of 100 periods at least.

    It is of the strata with a result; `population_left_out` are the declarations of the others. `effective_size` is
    that of a simple random sample which would be as good.
    """

    rate: float
    low: float
    high: float
    inspected: int
    found: int
    population: int
    population_left_out: int
    effective_size: float

    def as_json(self) -> dict[str, float | int]:
        return {name: getattr(self, name) for name in self.__struct_fields__}


class _Draws(Struct):
    """The part of an assessment that tells of its draws."""

    selections: tuple[Selection, ...]


def drawn_at_random(cases: Iterable[StoredCase]) -> Sample:
    """Return the strata of these cases. One that was drawn and has no closed control is told as unanswered."""
    reader = msgspec.json.Decoder(_Draws)
    counts: dict[Decimal, list[int]] = {}
    for case in cases:
        draw = next(one for one in reader.decode(unpack(case.assessment)).selections if one.profile == RANDOM_DRAW)
        cell = counts.setdefault(draw.rate, [0, 0, 0, 0])
        cell[0] += 1
        if draw.selected and case.result is not None:
            cell[1] += 1
            cell[2] += case.result.found
        elif draw.selected:
            cell[3] += 1
    return Sample(tuple(Stratum(rate, *cell) for rate, cell in sorted(counts.items())))


def estimate_rate(strata: Sequence[Stratum], confidence: float = CONFIDENCE) -> Estimate:
    """Return the Hajek estimate of the violation rate, 0-1, with its interval.

    The interval is that of Fay and Feuer for a weighted sum of counts (Statistics in Medicine 16, 1997, 791-801). It
    holds at small counts and at none, where intervals by an effective sample size fail: a stratum in which nothing was
    found yet still counts with the heaviest weight. It takes counts as rare, so at high rates it is too wide, never too
    narrow. Without a result the estimate is 0 with an interval of everything.
    """
    seen = [stratum for stratum in strata if stratum.inspected]
    population = sum(stratum.population for stratum in seen)
    left_out = sum(stratum.population for stratum in strata) - population
    if not seen:
        return Estimate(0.0, 0.0, 1.0, 0, 0, 0, left_out, 0.0)
    weights = [stratum.population / stratum.inspected / population for stratum in seen]
    heaviest = max(weights)
    rate = sum(weight * stratum.found for weight, stratum in zip(weights, seen, strict=True))
    variance = sum(weight**2 * stratum.found for weight, stratum in zip(weights, seen, strict=True))
    tail = (1 - confidence) / 2
    return Estimate(
        rate=rate,
        low=_gamma_quantile(tail, rate, variance) if rate else 0.0,
        high=min(1.0, _gamma_quantile(1 - tail, rate + heaviest, variance + heaviest**2)),
        inspected=sum(stratum.inspected for stratum in seen),
        found=sum(stratum.found for stratum in seen),
        population=population,
        population_left_out=left_out,
        effective_size=1 / sum(weight**2 * stratum.inspected for weight, stratum in zip(weights, seen, strict=True)),
    )


def _gamma_quantile(probability: float, mean: float, variance: float) -> float:
    """Return the quantile of a gamma distribution, by bisection to nine digits."""
    shape, scale = mean**2 / variance, variance / mean
    low, high = 0.0, shape + 10 * math.sqrt(shape) + 20  # beyond it lies less than a millionth
    while high - low > high * 1e-10:
        middle = (low + high) / 2
        low, high = (middle, high) if _gamma_share(shape, middle) < probability else (low, middle)
    return high * scale


def _gamma_share(shape: float, value: float) -> float:
    """Return the regularised lower incomplete gamma function, by its power series: all terms are positive."""
    term = total = 1 / shape
    for step in range(1, _STEPS_MOST):
        term *= value / (shape + step)
        total += term
        if term < total * 1e-15:
            break
    return min(1.0, total * math.exp(shape * math.log(value) - value - math.lgamma(shape))) if value else 0.0

"""What an approver sees of a draft: its hits, what they would change, and plainly what it would have missed."""

from collections import Counter
from datetime import date
from decimal import Decimal

from msgspec import Struct

from risk_gateway.precision import Precision, precision
from risk_gateway.profiles import Outcome, Profile, strictness_of
from risk_gateway.simulation import Example, Sums
from risk_gateway.words import Words, message

_PLACES = Decimal("0.0001")


class Shift(Struct, frozen=True):
    """So many cases would have gone from one lane to another."""

    before: Outcome
    after: Outcome
    cases: int


class Overlap(Struct, frozen=True):
    """On so many of the draft's hits this profile had fired too; `share` of the hits, 0-1."""

    profile: str
    cases: int
    share: Decimal


class Violations(Struct, frozen=True):
    """Violations of one motive; the draft fires on `found` of them and not on `missed`."""

    motive: str
    found: int
    missed: int


class Report(Struct, frozen=True, kw_only=True):
    """A back-test of one draft over the cases of some days. `there_first` and `there_last` are the first and the last
    day that have a case of its block at all: the approver sees what was left out.

    `known` are violations that closed controls found, `planted` those of a generator. `precision` is over hits with a
    closed control, which older profiles chose; `true_precision` over generated hits. `hours` are added hours of
    officers. `unknown` counts, by fact that the draft asks for, the cases in which it is nowhere known: there the draft
    could not fire. `unreadable` cases lack their knowledge and were left out.
    """

    profile: str
    version: int
    digest: str
    first: date
    last: date
    cases: int
    hits: int
    share: Decimal
    acted_upon: int
    alone: int
    hits_on_busiest_day: int
    shifts: tuple[Shift, ...]
    overlap: tuple[Overlap, ...]
    known: tuple[Violations, ...]
    planted: tuple[Violations, ...]
    precision: Precision
    true_precision: Precision
    hours: Decimal
    there_first: date | None = None
    there_last: date | None = None
    unknown: dict[str, int]
    unreadable: int
    missed: tuple[Words, ...]
    examples: tuple[Example, ...]


def report(draft: Profile, first: date, last: date, sums: Sums, there: tuple[date, date] | None = None) -> Report:
    """Return the report of what was added up over the cases from `first` to `last`, of those that are `there`."""
    sums.keep_examples()
    known, planted = _violations(sums.known, sums.known_hit), _violations(sums.planted, sums.planted_hit)
    return Report(
        profile=draft.code,
        version=draft.version,
        digest=draft.digest,
        first=first,
        last=last,
        cases=sums.cases,
        hits=sums.hits,
        share=_share(sums.hits, sums.cases),
        acted_upon=sums.acted_upon.total(),
        alone=sums.alone,
        hits_on_busiest_day=max(sums.by_day.values(), default=0),
        shifts=tuple(Shift(*lanes, count) for lanes, count in sorted(sums.shifts.items(), key=_from_mild)),
        overlap=tuple(Overlap(code, count, _share(count, sums.hits)) for code, count in _most(sums.overlap)),
        known=known,
        planted=planted,
        precision=precision(sums.findings, sums.controls),
        true_precision=precision(sums.planted_hit.total(), sums.judged),
        hours=sums.hours,
        there_first=there[0] if there else None,
        there_last=there[1] if there else None,
        unknown={name: count for name, count in sorted(sums.unknown.items()) if count},
        unreadable=sums.unreadable,
        missed=(
            *_missed("known", known, draft),
            *_missed("planted", planted, draft),
        ),
        examples=tuple(sums.examples),
    )


def _violations(all_of_them: Counter[str], hit: Counter[str]) -> tuple[Violations, ...]:
    return tuple(Violations(motive, hit[motive], count - hit[motive]) for motive, count in _most(all_of_them))


def _missed(name: str, violations: tuple[Violations, ...], draft: Profile) -> tuple[Words, ...]:
    """Return the sentence on what the draft would have missed, if there was anything to find."""
    if not violations:
        return ()
    own = [each for each in violations if each.motive == draft.motive.value]
    numbers = {
        "missed": sum(each.missed for each in violations),
        "all": sum(each.found + each.missed for each in violations),
        "own_missed": sum(each.missed for each in own),
        "own": sum(each.found + each.missed for each in own),
        "motive": draft.motive.value,
    }
    return (message(f"simulation-missed-{name}", {name: str(value) for name, value in numbers.items()}),)


def _most(counted: Counter[str]) -> list[tuple[str, int]]:
    return sorted(((name, count) for name, count in counted.items() if count), key=lambda pair: (-pair[1], pair[0]))


def _from_mild(shift: tuple[tuple[Outcome, Outcome], int]) -> tuple[int, int]:
    before, after = shift[0]
    return strictness_of(before), strictness_of(after)


def _share(part: int, whole: int) -> Decimal:
    return (Decimal(part) / (whole or 1)).quantize(_PLACES)

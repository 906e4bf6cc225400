"""Random selection that can be proved afterwards: it hangs on the day's key and on nothing that a trader can change.

It is drawn over the series of a document, not its revision, with the key of the day on which the series was first
lodged: amending cannot re-roll. docs/selection.md tells how anybody checks a draw by hand.
"""

import hmac
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Context, Decimal, localcontext

from msgspec.structs import replace

from risk_gateway.knowledge import ready
from risk_gateway.model import Assessment, Case, Finding, Knowledge, Load, Selection
from risk_gateway.profiles import NEVER_WAIVED, Kind, Profile

RANDOM_DRAW = "random"  # the draw over all declarations of a block, whatever was found
CUT_OFF_SINCE_FACTS = 2  # the version of facts since which a capped hit is flagged for audit
UNCERTAIN_MOST = 8  # draws whose every combination is weighed
_WHOLE = 1 << 256
_EXACT = Context(prec=200)  # more digits than any product of rates has


def draw(day_key: bytes, series_id: str, profile: str, version: int, rate: Decimal) -> Selection:
    """Draw once: selected when HMAC-SHA256(day key, series | profile | version), as a fraction of 1, is below `rate`.

    The key is that of the day on which the series was first lodged. The comparison is exact, in integers.
    """
    mac = hmac.digest(day_key, f"{series_id}|{profile}|{version}".encode(), "sha256")
    return Selection(profile, version, rate, mac.hex(), is_below(mac.hex(), rate))


def is_below(drawn: str, rate: Decimal) -> bool:
    """Say whether a draw (64 hex digits), read as a fraction of 1, is below a rate."""
    numerator, denominator = rate.as_integer_ratio()
    return int(drawn, 16) * denominator < numerator * _WHOLE


def select(
    findings: Sequence[Finding], case: Case, knowledge: Knowledge
) -> tuple[tuple[Finding, ...], tuple[Selection, ...]]:
    """Return the findings, told apart by whether they are acted upon, and every draw that was made.

    The first draw is the random one over all declarations; its rate is never 0. A finding is not acted upon when it was
    not drawn, or when its profile has had as many hits that day as its cap allows.
    """
    parameters = knowledge.parameters
    rate = parameters.random_rates.of(case.header.declarant_category)
    draws = [draw(knowledge.day_key, case.series_id, RANDOM_DRAW, parameters.random_version, rate)]
    selected: list[Finding] = []
    for finding in findings:
        acted_upon = not is_capped(ready(knowledge).profile(finding.profile), case)
        if finding.rate < 1:
            drawn = draw(knowledge.day_key, case.series_id, finding.profile, finding.profile_version, finding.rate)
            draws.append(drawn)
            acted_upon = acted_upon and drawn.selected
        selected.append(finding if acted_upon else replace(finding, selected=False))
    return tuple(selected), tuple(draws)


def is_capped(profile: Profile, case: Case) -> bool:
    """Say whether a profile has had its hits of the day; a direct one for prohibitions or safety always goes on."""
    if profile.daily_cap is None or (profile.kind is Kind.DIRECT and profile.motive in NEVER_WAIVED):
        return False
    return case.load.capped.get(profile.code, 0) >= profile.daily_cap


def in_force(load: Load, knowledge: Knowledge) -> Load:
    """Return what was ordered that day, of capped profiles only those that judge now."""
    counts: dict[str, int] = {}
    for code, count in load.capped.items():
        with suppress(KeyError):
            if ready(knowledge).profile(code).daily_cap is not None:
                counts[code] = count
    return replace(load, capped=counts)


def is_cut_off(assessment: Assessment, case: Case, knowledge: Knowledge) -> bool:
    """Say whether a hit was not acted upon for no other reason than its profile's daily cap.

    Cases of before this was asked have the first version of facts: they are judged as they were then.
    """
    if not case.load.capped or case.facts_version < CUT_OFF_SINCE_FACTS:
        return False
    drawn = {each.profile: each.selected for each in assessment.selections}
    return any(
        drawn.get(finding.profile, True) and is_capped(ready(knowledge).profile(finding.profile), case)
        for finding in assessment.findings
        if not finding.selected
    )


def propensity(
    findings: Sequence[Finding],
    draws: Sequence[Selection],
    capped: Callable[[Finding], bool],
    inspects: Callable[[Sequence[Finding]], bool],
) -> Decimal:
    """Return the exact probability, over all draws, that this case is inspected.

    `inspects` says whether findings acted upon lead to an inspection; more of them never lead to a milder outcome. Of
    more than `UNCERTAIN_MOST` draws the others stay as they were: a probability given independent draws is as good a
    weight.
    """
    random_rate = next(drawn.rate for drawn in draws if drawn.profile == RANDOM_DRAW)
    uncertain = [finding for finding in findings if finding.rate < 1 and not capped(finding)]
    uncertain = sorted(uncertain, key=lambda finding: (finding.kind is Kind.INDIRECT, -finding.weight))[:UNCERTAIN_MOST]
    certain = [finding for finding in findings if finding.selected and finding not in uncertain]
    with localcontext(_EXACT):
        found = _probability(certain, uncertain, inspects)
        return random_rate if not found else (found + (1 - found) * random_rate).normalize()


def _probability(
    certain: list[Finding], uncertain: list[Finding], inspects: Callable[[Sequence[Finding]], bool]
) -> Decimal:
    """Return the probability of an inspection when each uncertain finding is acted upon with its own rate."""
    if inspects(certain):
        return Decimal(1)
    if not uncertain or not inspects([*certain, *uncertain]):
        return Decimal(0)
    first, rest = uncertain[0], uncertain[1:]
    acted_upon = _probability([*certain, first], rest, inspects)
    return first.rate * acted_upon + (1 - first.rate) * _probability(certain, rest, inspects)

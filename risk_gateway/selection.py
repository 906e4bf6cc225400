"""Random selection that can be proved afterwards: it hangs on the day's key and on nothing that a trader can change.

It is drawn over the series of a document, not its revision: amending cannot re-roll.
"""

import hmac
from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from risk_gateway.model import Case, Finding, Knowledge, Outcome, Selection

RANDOM_DRAW = "random"  # the draw over all declarations of a block, whatever was found
_WHOLE = 1 << 256


def draw(day_key: bytes, series_id: str, profile: str, version: int, rate: Decimal) -> Selection:
    """Draw once: selected when HMAC-SHA256(day key, series | profile | version), as a fraction of 1, is below `rate`.

    The key is that of the day on which the series was first lodged. The comparison is exact, in integers.
    """
    mac = hmac.digest(day_key, f"{series_id}|{profile}|{version}".encode(), "sha256")
    numerator, denominator = rate.as_integer_ratio()
    selected = int.from_bytes(mac, "big") * denominator < numerator * _WHOLE
    return Selection(profile, version, rate, mac.hex(), selected)


def select(
    findings: Sequence[Finding], case: Case, knowledge: Knowledge
) -> tuple[tuple[Finding, ...], tuple[Selection, ...]]:
    """Return the findings, told apart by whether they are acted upon, and every draw that was made.

    The first draw is the random one over all declarations; its rate is never 0.
    """
    parameters = knowledge.parameters
    rate = parameters.random_rates.of(case.header.declarant_category)
    draws = [draw(knowledge.day_key, case.series_id, RANDOM_DRAW, parameters.random_version, rate)]
    selected: list[Finding] = []
    for finding in findings:
        if finding.rate < 1:
            drawn = draw(knowledge.day_key, case.series_id, finding.profile, finding.profile_version, finding.rate)
            draws.append(drawn)
            finding = replace(finding, selected=drawn.selected)
        selected.append(finding)
    return tuple(selected), tuple(draws)


def propensity(draws: Sequence[Selection], *, by_findings: Outcome) -> Decimal:
    """Return the probability that this case had of being inspected; 1 when what was found asks for it anyway."""
    if by_findings is Outcome.INSPECTION_ORDER:
        return Decimal(1)
    return next(drawn.rate for drawn in draws if drawn.profile == RANDOM_DRAW)

"""What controls tell of the profiles that led to them: tallies, how often each is right, and which have worn out."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from risk_gateway.archive import Result, Share
from risk_gateway.dated import in_force
from risk_gateway.errors import ControlRefused
from risk_gateway.model import Assessment
from risk_gateway.precision import Precision, precision


class Tally(Struct):
    """What one version of a profile brought on a day. `revenue_tiyn` counts an act's amount in full for each profile
    that was right, so that sums over profiles may count it more than once."""

    hits: int = 0
    selected: int = 0
    controls: int = 0
    findings: int = 0
    revenue_tiyn: int = 0

    def add(self, other: "Tally") -> None:
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class TallyKey(Struct, frozen=True, order=True):
    """Of which version of which profile, on which day in Kazakhstan."""

    code: str
    version: int
    day: date


Tallies = dict[TallyKey, Tally]


class Alarm(StrEnum):
    """Why an analyst should look at a profile."""

    WORN_OUT = "worn-out"  # of late it is right significantly less often than over its life
    NOTHING_FOUND = "nothing-found"


class Decay(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[decay]]` table of decay.toml: when a profile counts as worn out."""

    valid_from: date
    valid_to: date
    source: str
    window_days: int
    controls_min: int
    nothing_found_controls: int


class Record(Struct, frozen=True, kw_only=True):
    """What one version of a profile has brought over its life, and what is wrong with it, if anything."""

    code: str
    version: int
    hits: int
    selected: int
    revenue_tiyn: int
    precision: Precision
    recent: Precision
    alarm: Alarm | None = None


def of_assessment(day: date, assessment: Assessment) -> Tallies:
    """Return the hits of one decision."""
    return {
        TallyKey(finding.profile, finding.profile_version, day): Tally(hits=1, selected=int(finding.selected))
        for finding in assessment.findings
    }


def of_act(day: date, shares: Iterable[Share]) -> Tallies:
    """Return what one closed act adds to its profiles."""
    return {
        TallyKey(share.profile, share.profile_version, day): Tally(
            controls=1, findings=int(share.found), revenue_tiyn=share.amount_tiyn
        )
        for share in shares
        if share.profile
    }


def taken_back(tallies: Tallies) -> Tallies:
    """Return what undoes tallies when it is added to them."""
    return {
        key: Tally(**{name: -getattr(tally, name) for name in Tally.__struct_fields__})
        for key, tally in tallies.items()
    }


def of_past(day: date, assessment: Assessment, result: Result | None) -> Tallies:
    """Return what a case of before adds: its hits, and what its control said of each profile."""
    hits = of_assessment(day, assessment)
    said = result.profiles if result else {}
    acts = (
        Share(key.code, key.version, said[key.code], result.amount_tiyn if result and said[key.code] else 0)
        for key in hits
        if key.code in said
    )
    return merged((hits, of_act(day, acts)))


def merged(parts: Iterable[Tallies]) -> Tallies:
    whole: Tallies = {}
    for part in parts:
        for key, tally in part.items():
            whole.setdefault(key, Tally()).add(tally)
    return whole


def shares(assessment: Assessment, said: Mapping[str, bool], found: bool, amount_tiyn: int) -> tuple[Share, ...]:
    """Return what a closed act says of the whole control and of each profile that led to it.

    `said` tells of profiles by code whether they were right. Every other profile whose hit was acted upon led to the
    control as well, and found nothing. The act as a whole has found something when a profile did, or `found` says so.
    Raises ControlRefused for a profile that did not fire, and for an amount without a finding.
    """
    fired = {finding.profile: finding for finding in assessment.findings}
    for code in said:
        if code not in fired:
            raise ControlRefused("control-not-fired", profile=code)
    found = found or any(said.values())
    if amount_tiyn and not found:
        raise ControlRefused("control-amount-without-finding")
    led_to_it = [finding for finding in fired.values() if finding.selected or finding.profile in said]
    return (
        Share("", 0, found, amount_tiyn),
        *(
            Share(one.profile, one.profile_version, right, amount_tiyn if right else 0)
            for one in led_to_it
            for right in [said.get(one.profile, False)]
        ),
    )


def records(tallies: Mapping[TallyKey, Tally], today: date) -> list[Record]:
    """Return the record of each version that has a tally, by code and version. Raises ParametersRefused."""
    rule = in_force(Decay, "decay", today)
    by_version: dict[tuple[str, int], list[tuple[date, Tally]]] = {}
    for key, tally in sorted(tallies.items(), key=lambda pair: pair[0]):
        by_version.setdefault((key.code, key.version), []).append((key.day, tally))
    return [_record(code, version, days, rule, today) for (code, version), days in by_version.items()]


def _record(code: str, version: int, days: Sequence[tuple[date, Tally]], rule: Decay, today: date) -> Record:
    """`days` are in order."""
    life, window = Tally(), Tally()
    begins = today - timedelta(days=rule.window_days)
    for day, tally in days:
        life.add(tally)
        if day > begins:
            window.add(tally)
    lasting, recent = precision(life.findings, life.controls), precision(window.findings, window.controls)
    return Record(
        code=code,
        version=version,
        hits=life.hits,
        selected=life.selected,
        revenue_tiyn=life.revenue_tiyn,
        precision=lasting,
        recent=recent,
        alarm=_alarm(lasting, recent, [tally for _, tally in days], rule),
    )


def _alarm(lasting: Precision, recent: Precision, tallies: Sequence[Tally], rule: Decay) -> Alarm | None:
    """Worn out: even the highest precision that the last controls allow is below the one over the whole life."""
    in_vain = 0
    for tally in reversed(tallies):
        if tally.findings:
            break
        in_vain += tally.controls
    if in_vain >= rule.nothing_found_controls:
        return Alarm.NOTHING_FOUND
    if recent.controls < rule.controls_min or recent.high is None or lasting.share is None:
        return None
    return Alarm.WORN_OUT if recent.high < lasting.share else None

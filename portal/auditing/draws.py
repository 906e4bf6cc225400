"""The draws of one decision, made anew with the day's key, against what was stored and what the journal proves."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

from msgspec import DecodeError, Struct
from zstandard import ZstdError

from declarations import store as declarations_store
from declarations.store import Key
from portal.auditing.archive import Archive, Papers, looking
from portal.auditing.day_keys import KeyStory, Misfit, is_sound, key_misfits, read_story, time_misfits
from portal.selection import discloses
from risk_gateway import canonical, selection_store
from risk_gateway.days import day_of
from risk_gateway.errors import RiskGatewayError
from risk_gateway.knowledge import ready
from risk_gateway.model import Assessment, Case, Finding, Knowledge, Selection
from risk_gateway.packing import unpack
from risk_gateway.profiles import Outcome
from risk_gateway.selection import RANDOM_DRAW, draw, is_below, is_capped
from signing import journal_check

FIRST_VERSION = 1
UNREADABLE = (DecodeError, LookupError, RiskGatewayError, ValueError, ZstdError)  # what damaged records raise


class Judged(Struct, frozen=True):
    """What is stored of a decision, as far as its draws hang on it."""

    case: Case
    assessment: Assessment
    knowledge: Knowledge

    @property
    def key_day(self) -> date:
        return self.knowledge.key_day or self.knowledge.day


class DrawReport(Struct, frozen=True):
    """What came of checking a decision's draws.

    While the key is secret no draw was checked: `verifiable_from` says how long. `judged` is None when the decision, or
    what it was made with, is not kept or cannot be read.
    """

    number: str
    verifiable_from: datetime | None
    story: KeyStory | None
    judged: Judged | None
    misfits: tuple[Misfit, ...]

    @property
    def disclosed(self) -> bool:
        return self.story is not None and self.story.key is not None

    @property
    def fits(self) -> bool:
        return is_sound(self.misfits)


def verify_draws(archive: Archive, number: str, key: Key) -> DrawReport:
    """Check every draw of a decision: the key, when it was committed to, each rate, each draw, and what followed."""
    try:
        with looking(archive.engine) as connection:
            first = Key(key.declarant, key.functional_reference_id, FIRST_VERSION)
            day = day_of(declarations_store.read_version(connection, first).received_at)
            story, kept = read_story(connection, day), selection_store.read_key(connection, day)
        misfits = [*key_misfits(story, kept), *time_misfits(story, archive)]
    except UNREADABLE as error:
        return DrawReport(number, None, None, None, (_unreadable(error),))
    try:
        papers = archive.papers(key)
        judged = _judged(archive, papers)
        misfits += _judged_misfits(judged, papers, key, story)
    except UNREADABLE as error:
        judged = None
        misfits.append(_unreadable(error))
    return DrawReport(number, discloses(day), story, judged, tuple(misfits))


def _judged_misfits(judged: Judged | None, papers: Papers, key: Key, story: KeyStory) -> Iterator[Misfit]:
    if judged is None:
        yield Misfit("selection.not_kept")
        return
    if judged.key_day != story.day:
        yield Misfit("selection.key_day", {"day": judged.key_day.isoformat(), "first": story.day.isoformat()})
    yield from record_misfits(papers, key, judged)
    if story.key is not None:
        yield from draw_misfits(judged, story.key)


def _unreadable(error: Exception) -> Misfit:
    return Misfit("selection.unreadable", {"problem": f"{type(error).__name__}: {error}"})


def record_misfits(papers: Papers, key: Key, judged: Judged) -> Iterator[Misfit]:
    """Yield what the journal's entry of the decision does not bear out: the case, the knowledge, the series."""
    if papers.entry is None or papers.decision is None:
        yield Misfit("selection.not_kept")
        return
    said = journal_check.read_entry(papers.entry[3]).particulars
    case_digest = hashlib.sha256(unpack(papers.decision.case)).hexdigest()
    if (said.get("case"), said.get("knowledge")) != (case_digest, papers.decision.knowledge_version):
        yield Misfit("selection.case")
    own = f"{key.declarant}/{key.functional_reference_id}"
    if key.version == FIRST_VERSION and judged.case.series_id != own:
        yield Misfit("selection.series", {"series": judged.case.series_id})


def draw_misfits(judged: Judged, key: bytes) -> Iterator[Misfit]:
    """Yield what does not follow from the key: a draw, its rate, or what was done about it."""
    due = due_draws(judged, key)
    made = {drawn.profile: drawn for drawn in judged.assessment.selections}
    if len(made) != len(judged.assessment.selections) or made.keys() != due.keys():
        yield Misfit("selection.draws", {"made": ", ".join(sorted(made)), "due": ", ".join(sorted(due))})
    if judged.knowledge.day_key != key:
        yield Misfit("selection.another_key", {"day": judged.key_day.isoformat()})
    for name in sorted(made.keys() & due.keys()):
        yield from _of_draw(made[name], due[name])
    for finding in judged.assessment.findings:
        if finding.selected is not _acted_upon(finding, judged, due):
            yield Misfit("selection.finding", {"draw": finding.profile})
    demanded = Outcome.INSPECTION_ORDER if due[RANDOM_DRAW].selected else Outcome.SIMPLIFIED_RELEASE
    if judged.assessment.by_draw is not demanded:
        yield Misfit("selection.outcome")


def due_draws(judged: Judged, key: bytes) -> Mapping[str, Selection]:
    """Return the draws that should have been made, by profile, with the rates that were in force."""
    parameters, case = judged.knowledge.parameters, judged.case
    rate = parameters.random_rates.of(case.header.declarant_category)
    due = {RANDOM_DRAW: draw(key, case.series_id, RANDOM_DRAW, parameters.random_version, rate)}
    for finding in judged.assessment.findings:
        profile = ready(judged.knowledge).profile(finding.profile)
        rate = profile.selection.of(case.header.declarant_category)
        if rate < 1:
            due[profile.code] = draw(key, case.series_id, profile.code, profile.version, rate)
    return due


def share_of(drawn: Selection) -> Decimal:
    """Return a draw as a fraction of 1, to twelve places, rounded down: what is compared with the rate."""
    return Decimal(int(drawn.draw, 16) * 10**12 >> 256).scaleb(-12)


def _of_draw(made: Selection, due: Selection) -> Iterator[Misfit]:
    if made.rate != due.rate:
        yield Misfit("selection.rate", {"draw": made.profile, "rate": str(made.rate), "due": str(due.rate)})
    if (made.draw, made.profile_version) != (due.draw, due.profile_version):
        yield Misfit("selection.draw", {"draw": made.profile})
    elif made.selected is not is_below(due.draw, made.rate):
        yield Misfit("selection.selected", {"draw": made.profile})


def _acted_upon(finding: Finding, judged: Judged, due: Mapping[str, Selection]) -> bool:
    drawn = due.get(finding.profile)
    profile = ready(judged.knowledge).profile(finding.profile)
    return (drawn is None or drawn.selected) and not is_capped(profile, judged.case)


def _judged(archive: Archive, papers: Papers) -> Judged | None:
    """Return what is stored, None when a part is missing. Raises what `UNREADABLE` lists."""
    if papers.decision is None:
        return None
    knowledge = archive.knowledge(papers.decision.knowledge_version)
    if knowledge is None:
        return None
    case = canonical.loads(unpack(papers.decision.case), Case)
    return Judged(case, canonical.loads(unpack(papers.decision.assessment), Assessment), knowledge)

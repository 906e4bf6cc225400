"""The life of a risk profile: which steps there are, who may take them, and what must be there before.

    draft -> validated -> back_tested -> submitted -> approved -> suspended | expired
                                             |
    draft <---- returned with a reason ------+

Every edit is a new version that begins as a draft. An approved version judges from its first day to its last.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from risk_gateway.dated import in_force
from risk_gateway.errors import MoveRefused
from risk_gateway.profiles import Level, Profile
from risk_gateway.validation import problems
from risk_gateway.words import Words, message

OFFICE = "office"  # the actor of steps that no analyst takes


class Status(StrEnum):
    DRAFT = "draft"
    VALIDATED = "validated"
    BACK_TESTED = "back_tested"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SUSPENDED = "suspended"
    EXPIRED = "expired"


class Move(StrEnum):
    VALIDATE = "validate"
    BACK_TEST = "back-test"
    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    SUSPEND = "suspend"
    EXPIRE = "expire"


MOVES: Mapping[tuple[Status, Move], Status] = {
    (Status.DRAFT, Move.VALIDATE): Status.VALIDATED,
    (Status.VALIDATED, Move.BACK_TEST): Status.BACK_TESTED,
    (Status.BACK_TESTED, Move.BACK_TEST): Status.BACK_TESTED,
    (Status.BACK_TESTED, Move.SUBMIT): Status.SUBMITTED,
    (Status.SUBMITTED, Move.RETURN): Status.DRAFT,
    (Status.SUBMITTED, Move.APPROVE): Status.APPROVED,
    (Status.APPROVED, Move.SUSPEND): Status.SUSPENDED,
    (Status.APPROVED, Move.EXPIRE): Status.EXPIRED,
    (Status.SUSPENDED, Move.EXPIRE): Status.EXPIRED,
}
_CHECKED = (Move.VALIDATE, Move.BACK_TEST, Move.SUBMIT, Move.APPROVE)
_REASONED = (Move.RETURN, Move.SUSPEND, Move.EXPIRE)


class Analyst(Struct, frozen=True):
    """A risk analyst; one without posts is republican."""

    iin: str
    name: str
    posts: frozenset[str] = frozenset()

    def covers(self, profile: Profile) -> bool:
        """Say whether the profile stays inside this analyst's posts."""
        return not self.posts or (profile.level is Level.REGIONAL and self.posts.issuperset(profile.posts))


class BackTest(Struct, frozen=True):
    """What the rules ask of a back-test report: of which content, over which days, how many cases, how many hits.

    `there_first` and `there_last` bound the days that have cases; reports of before this was asked do not tell.
    """

    digest: str
    first: date
    last: date
    cases: int
    hits: int
    there_first: date | None = None
    there_last: date | None = None


class Standing(Struct, frozen=True, kw_only=True):
    """Where a version stands. `newest_approved` is the newest version of its code that was ever approved; `replaced_to`
    is the last day of the approved version that this one replaces. `because` is what its submitter gave as a reason."""

    profile: Profile
    status: Status
    submitter: str | None = None
    report: BackTest | None = None
    reported_at: datetime | None = None
    newest_approved: int = 0
    replaced_to: date | None = None
    because: str = ""

    @property
    def ends_earlier(self) -> bool:
        """Whether the code judges for a shorter time with this version than without: the older one never comes back."""
        return self.replaced_to is not None and self.profile.valid_to < self.replaced_to


class Approval(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[approval]]` table of approval.toml."""

    valid_from: date
    valid_to: date
    source: str
    share_max: Decimal
    report_days_max: int
    span_days_min: int
    recent_days_max: int


def after(standing: Standing, move: Move, analyst: Analyst | None, now: datetime, reason: str) -> Status:
    """Return the status that a step leads to. `analyst` is None for the office itself, `now` is in its time zone.

    Raises MoveRefused.
    """
    profile, day = standing.profile, now.date()
    status = MOVES.get((standing.status, move))
    if status is None:
        raise MoveRefused("move-not-allowed", profile=profile.code, status=standing.status, move=move)
    if analyst is not None:
        demand_posts(analyst, profile)
    elif move is not Move.EXPIRE:
        raise MoveRefused("move-unknown-analyst", analyst=OFFICE)
    if move in _REASONED and not reason.strip():
        raise MoveRefused("move-reason", move=move)
    if move is Move.SUBMIT and standing.ends_earlier and not reason.strip():
        raise MoveRefused("move-ends-earlier", (), profile=profile.code, **_ends(standing))
    if move in _CHECKED:
        demand_sound(profile, day)
    if move in (Move.SUBMIT, Move.APPROVE):
        demand_report(profile, standing.report, standing.reported_at, now)
    if move is Move.APPROVE and analyst is not None:
        _demand_another(standing, analyst)
    return status


def demand_posts(analyst: Analyst, profile: Profile) -> None:
    """Raises MoveRefused for a profile outside a regional analyst's posts."""
    if not analyst.covers(profile):
        posts, given = ", ".join(sorted(analyst.posts)), ", ".join(profile.posts) or profile.level
        raise MoveRefused("move-outside-posts", profile=profile.code, posts=posts, given=given)


def demand_sound(profile: Profile, day: date) -> None:
    """Raises MoveRefused with every rule that the profile breaks, or when its last day has passed."""
    if found := tuple(problems(profile, day)):
        raise MoveRefused("move-wrong-profile", found, profile=profile.code, count=str(len(found)))
    if profile.valid_to < day:
        raise MoveRefused("move-ended", profile=profile.code, valid_to=profile.valid_to.isoformat())


def _demand_another(standing: Standing, analyst: Analyst) -> None:
    """Two pairs of eyes: neither the author nor who submitted approves; nor is an older version approved."""
    profile = standing.profile
    if analyst.iin == profile.author:
        raise MoveRefused("move-own-profile", profile=profile.code)
    if analyst.iin == standing.submitter:
        raise MoveRefused("move-own-submission", profile=profile.code)
    if standing.newest_approved > profile.version:
        raise MoveRefused("move-overtaken", profile=profile.code, version=str(standing.newest_approved))


def demand_report(profile: Profile, report: BackTest | None, reported_at: datetime | None, now: datetime) -> None:
    """Raises MoveRefused when a profile may not be submitted or approved on the strength of its back-test."""
    limits = in_force(Approval, "approval", now.date())
    if report is None or reported_at is None:
        raise MoveRefused("move-no-report", profile=profile.code)
    if report.digest != profile.digest:
        raise MoveRefused("move-report-other", profile=profile.code)
    if (now - reported_at).days > limits.report_days_max:
        raise MoveRefused("move-report-stale", profile=profile.code, days=str(limits.report_days_max))
    _demand_days(profile, report, reported_at.astimezone(now.tzinfo).date(), limits)
    if report.hits > 1 and report.hits > limits.share_max * report.cases:
        share, most = 100 * report.hits // (report.cases or 1), int(100 * limits.share_max)
        raise MoveRefused("move-selects-everything", profile=profile.code, share=str(share), most=str(most))


def _demand_days(profile: Profile, report: BackTest, made_on: date, limits: Approval) -> None:
    """An analyst who chooses the days chooses what is seen of his profile: long and recent ones, or all there are."""
    if not report.cases and report.there_first is None:
        return  # a new office has no past
    latest = made_on if report.there_last is None else min(made_on, report.there_last)
    due_last = latest - timedelta(days=limits.recent_days_max)
    due_first = report.last - timedelta(days=limits.span_days_min - 1)
    if report.there_first is not None:
        due_first = max(due_first, report.there_first)
    if report.last < due_last or report.first > due_first:
        days = {"first": report.first, "last": report.last, "due_first": due_first, "due_last": due_last}
        told = {name: day.isoformat() for name, day in days.items()}
        raise MoveRefused("move-report-days", (), profile=profile.code, span=str(limits.span_days_min), **told)


def cautions(standing: Standing) -> tuple[Words, ...]:
    """Return what an approver must have seen before the step is taken; nothing of it refuses the step."""
    report = standing.report
    found: list[Words] = []
    if standing.ends_earlier:
        found.append(message("caution-ends-earlier", {**_ends(standing), "reason": standing.because or "-"}))
    if report and report.there_first and report.there_last:
        there = report.there_first, report.there_last
        if (report.first, report.last) != there:
            days = (report.first, report.last, *there)
            names = ("first", "last", "there_first", "there_last")
            found.append(message("caution-days", dict(zip(names, map(str, days), strict=True))))
    if report and not report.cases:
        found.append(message("caution-no-cases", {}))
    return tuple(found)


def _ends(standing: Standing) -> dict[str, str]:
    return {"valid_to": standing.profile.valid_to.isoformat(), "replaced_to": str(standing.replaced_to)}

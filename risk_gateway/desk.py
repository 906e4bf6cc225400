"""The life of a risk profile: which steps there are, who may take them, and what must be there before.

    draft -> validated -> back_tested -> submitted -> approved -> suspended | expired
                                             |
    draft <---- returned with a reason ------+

Every edit is a new version that begins as a draft. An approved version judges from its first day to its last.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from risk_gateway.dated import in_force
from risk_gateway.errors import MoveRefused
from risk_gateway.profiles import Level, Profile
from risk_gateway.validation import problems

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
    """What the rules ask of a back-test report: of which content, over which days, how many cases, how many hits."""

    digest: str
    first: date
    last: date
    cases: int
    hits: int


class Standing(Struct, frozen=True, kw_only=True):
    """Where a version stands. `newest_approved` is the newest version of its code that was ever approved."""

    profile: Profile
    status: Status
    submitter: str | None = None
    report: BackTest | None = None
    reported_at: datetime | None = None
    newest_approved: int = 0


class Approval(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[approval]]` table of approval.toml."""

    valid_from: date
    valid_to: date
    source: str
    share_max: Decimal
    report_days_max: int


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
    if move in _CHECKED:
        demand_sound(profile, day)
    if move in (Move.SUBMIT, Move.APPROVE):
        _demand_report(standing, now)
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


def _demand_report(standing: Standing, now: datetime) -> None:
    profile, report, limits = standing.profile, standing.report, in_force(Approval, "approval", now.date())
    if report is None or standing.reported_at is None:
        raise MoveRefused("move-no-report", profile=profile.code)
    if report.digest != profile.digest:
        raise MoveRefused("move-report-other", profile=profile.code)
    if (now - standing.reported_at).days > limits.report_days_max:
        raise MoveRefused("move-report-stale", profile=profile.code, days=str(limits.report_days_max))
    if report.hits > 1 and report.hits > limits.share_max * report.cases:
        share, most = 100 * report.hits // report.cases, int(100 * limits.share_max)
        raise MoveRefused("move-selects-everything", profile=profile.code, share=str(share), most=str(most))

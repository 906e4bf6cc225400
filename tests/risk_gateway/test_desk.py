"""The life of a profile: no order of steps, and no pair of persons, brings a wrong one to judge."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from refused_profiles import CASES, SOUND, changed

from risk_gateway import desk
from risk_gateway.desk import MOVES, Analyst, BackTest, Move, Standing, Status
from risk_gateway.errors import MoveRefused
from risk_gateway.profiles import Level, Profile
from risk_gateway.words import LANGUAGES

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=timezone(timedelta(hours=5)))
SAULE, TIMUR = Analyst("881231450112", "Saule"), Analyst("910310300223", "Timur")
AIBEK = Analyst("790101300124", "Aibek", frozenset({"20201", "30301"}))
ANALYSTS = (SAULE, TIMUR, AIBEK)
REGIONAL = replace(SOUND, level=Level.REGIONAL, posts=("30301",))


def report_on(profile: Profile, cases: int = 1000, hits: int = 12) -> BackTest:
    return BackTest(profile.digest, date(2026, 8, 1), date(2026, 10, 31), cases, hits)


def standing(profile: Profile = SOUND, status: Status = Status.SUBMITTED, **changes: object) -> Standing:
    given_parts = {"submitter": SAULE.iin, "report": report_on(profile), "reported_at": NOW, **changes}
    return Standing(profile=profile, status=status, **given_parts)  # type: ignore[arg-type]


def refusal(given_standing: Standing, move: Move, analyst: Analyst | None = TIMUR, reason: str = "seen") -> str:
    with pytest.raises(MoveRefused) as refused:
        desk.after(given_standing, move, analyst, NOW, reason)
    assert len({refused.value.text(language) for language in LANGUAGES}) == 3
    return refused.value.code


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("move", Move)
def test_only_the_moves_of_the_table_are_possible(status: Status, move: Move) -> None:
    given_standing = standing(status=status)
    if (status, move) in MOVES:
        assert desk.after(given_standing, move, TIMUR, NOW, "seen") is MOVES[status, move]
    else:
        assert refusal(given_standing, move) == "move-not-allowed"


def test_an_author_does_not_approve_his_own_profile() -> None:
    assert refusal(standing(submitter=TIMUR.iin), Move.APPROVE, SAULE) == "move-own-profile"


def test_who_submitted_does_not_approve() -> None:
    assert refusal(standing(submitter=TIMUR.iin), Move.APPROVE, TIMUR) == "move-own-submission"


def test_the_office_itself_may_only_end_a_profile() -> None:
    assert refusal(standing(), Move.APPROVE, None) == "move-unknown-analyst"
    assert desk.after(standing(status=Status.APPROVED), Move.EXPIRE, None, NOW, "worn out") is Status.EXPIRED


@pytest.mark.parametrize("move", [Move.RETURN, Move.SUSPEND, Move.EXPIRE])
def test_what_stops_a_profile_needs_a_reason(move: Move) -> None:
    status = Status.SUBMITTED if move is Move.RETURN else Status.APPROVED
    assert refusal(standing(status=status), move, reason=" ") == "move-reason"


@pytest.mark.parametrize("move", [Move.SUBMIT, Move.APPROVE])
def test_without_a_back_test_of_exactly_this_content_nothing_is_submitted_or_approved(move: Move) -> None:
    status = Status.BACK_TESTED if move is Move.SUBMIT else Status.SUBMITTED
    edited = replace(SOUND, weight=31)
    assert refusal(standing(status=status, report=None), move) == "move-no-report"
    assert refusal(standing(status=status, report=report_on(edited)), move) == "move-report-other"
    assert refusal(standing(status=status, reported_at=NOW - timedelta(days=31)), move) == "move-report-stale"
    assert desk.after(standing(status=status, reported_at=NOW - timedelta(days=30)), move, TIMUR, NOW, "")


def test_a_profile_that_meets_more_than_half_of_the_cases_is_refused() -> None:
    at_most, too_many = report_on(SOUND, cases=100, hits=50), report_on(SOUND, cases=100, hits=51)
    assert refusal(standing(report=too_many), Move.APPROVE) == "move-selects-everything"
    assert desk.after(standing(report=at_most), Move.APPROVE, TIMUR, NOW, "") is Status.APPROVED


@pytest.mark.parametrize(("cases", "hits", "approved"), [(0, 0, True), (1, 1, True), (2, 2, False), (99, 99, False)])
def test_a_thin_period_does_not_hide_that_a_profile_meets_everything(cases: int, hits: int, approved: bool) -> None:
    thin = standing(report=report_on(SOUND, cases=cases, hits=hits))
    if approved:
        assert desk.after(thin, Move.APPROVE, TIMUR, NOW, "") is Status.APPROVED
    else:
        assert refusal(thin, Move.APPROVE) == "move-selects-everything"


def over(first: str, last: str, there: tuple[str, str] | None = None, cases: int = 1000) -> Standing:
    days = [None, None] if there is None else [date.fromisoformat(day) for day in there]
    report = BackTest(SOUND.digest, date.fromisoformat(first), date.fromisoformat(last), cases, min(cases, 3), *days)
    return standing(report=report)


@pytest.mark.parametrize(
    ("given_standing", "approved"),
    [
        (over("2026-08-01", "2026-10-31", ("2024-01-01", "2026-11-23")), True),  # 92 days that end 24 days before
        (over("2026-07-28", "2026-10-25", ("2024-01-01", "2026-11-23")), True),  # 90 days that end 30 days before
        (over("2026-07-29", "2026-10-25", ("2024-01-01", "2026-11-23")), False),  # 89 days
        (over("2026-11-20", "2026-11-23", ("2024-01-01", "2026-11-23")), False),  # four days that suit him
        (over("2026-01-01", "2026-10-20", ("2024-01-01", "2026-11-23")), False),  # long, and long ago
        (over("2026-11-20", "2026-11-23", ("2026-11-20", "2026-11-23")), True),  # all there are
        (over("2025-01-01", "2025-06-30", ("2024-01-01", "2025-07-15")), True),  # the archive itself ends then
        (over("2025-01-01", "2025-06-01", ("2024-01-01", "2025-07-15")), False),
        (over("2026-08-01", "2026-10-31"), True),  # a report of before the archive's days were told
        (over("2026-11-20", "2026-11-23"), False),
        (over("2026-11-24", "2026-11-24", cases=0), True),  # a new office has no past
    ],
)
@pytest.mark.parametrize("move", [Move.SUBMIT, Move.APPROVE])
def test_who_chooses_the_days_of_a_back_test_chooses_long_and_recent_ones_or_all(
    given_standing: Standing, approved: bool, move: Move
) -> None:
    here = replace(given_standing, status=Status.BACK_TESTED if move is Move.SUBMIT else Status.SUBMITTED)
    if approved:
        assert desk.after(here, move, TIMUR, NOW, "") is MOVES[here.status, move]
    else:
        assert refusal(here, move) == "move-report-days"


def test_the_days_count_from_the_back_test_and_not_from_the_approval() -> None:
    waiting = over("2026-06-01", "2026-10-01", ("2024-01-01", "2026-10-30"))
    assert desk.after(replace(waiting, reported_at=NOW - timedelta(days=25)), Move.APPROVE, TIMUR, NOW, "")


def told(given_standing: Standing) -> list[str]:
    return [words.en for words in desk.cautions(given_standing)]


def test_an_approver_is_told_which_days_were_left_out_and_when_there_were_none() -> None:
    assert told(over("2026-08-01", "2026-10-31", ("2024-01-01", "2026-11-23"))) == [
        "Note: the back-test is over 2026-08-01 to 2026-10-31; there are cases of 2024-01-01 to 2026-11-23."
    ]
    assert told(over("2026-11-20", "2026-11-23", ("2026-11-20", "2026-11-23"))) == []
    assert told(over("2026-11-24", "2026-11-24", cases=0))[0].startswith("Note: the back-test is over no case at all")


def test_a_version_that_ends_before_the_one_it_replaces_is_submitted_with_a_reason_that_its_approver_sees() -> None:
    shorter = standing(status=Status.BACK_TESTED, replaced_to=SOUND.valid_to + timedelta(days=1))
    assert refusal(shorter, Move.SUBMIT, SAULE, reason=" ") == "move-ends-earlier"
    assert desk.after(shorter, Move.SUBMIT, SAULE, NOW, "the law ends") is Status.SUBMITTED
    assert told(replace(shorter, because="the law ends"))[0].endswith("Reason: the law ends")
    as_long = standing(status=Status.BACK_TESTED, replaced_to=SOUND.valid_to)
    assert desk.after(as_long, Move.SUBMIT, SAULE, NOW, "") is Status.SUBMITTED
    assert told(as_long) == []


def test_a_profile_whose_last_day_has_passed_is_not_approved() -> None:
    ended = replace(SOUND, valid_to=date(2026, 11, 23))
    assert refusal(standing(ended), Move.APPROVE) == "move-ended"


def test_an_older_version_is_not_approved_after_a_newer_one() -> None:
    assert refusal(standing(newest_approved=2), Move.APPROVE) == "move-overtaken"


@pytest.mark.parametrize("move", [move for move in Move if move is not Move.RETURN])
def test_a_regional_analyst_stays_inside_his_posts(move: Move) -> None:
    status = next(status for status, step in MOVES if step is move)
    outside = replace(REGIONAL, posts=("30301", "40401"))
    assert refusal(standing(outside, status), move, AIBEK) == "move-outside-posts"
    assert refusal(standing(SOUND, status), move, AIBEK) == "move-outside-posts"
    assert desk.after(standing(REGIONAL, status), move, AIBEK, NOW, "seen")


def test_a_refusal_of_a_wrong_profile_says_all_that_is_wrong() -> None:
    wrong = replace(SOUND, weight=0, measures=())
    with pytest.raises(MoveRefused) as refused:
        desk.after(standing(wrong, Status.DRAFT), Move.VALIDATE, SAULE, NOW, "")
    assert {problem.code for problem in refused.value.problems} == {"profile-weightless", "profile-measures"}


STEPS = st.lists(st.tuples(st.sampled_from(Move), st.sampled_from((*ANALYSTS, None)), st.booleans()), max_size=14)
USUAL = [(Move.VALIDATE, SAULE), (Move.BACK_TEST, SAULE), (Move.SUBMIT, SAULE), (Move.APPROVE, TIMUR)]


def walked(profile: Profile, steps: list[tuple[Move, Analyst | None, bool]], status: Status) -> Standing:
    """Take steps, leaving out those that are refused; a back-test is of this content or of another one."""
    now = standing(profile, status, submitter=None, report=None, reported_at=None)
    for move, analyst, honest in steps:
        try:
            reached = desk.after(now, move, analyst, NOW, "because")
        except MoveRefused:
            continue
        now = replace(now, status=reached)
        if move is Move.BACK_TEST:
            now = replace(now, report=report_on(profile if honest else SOUND), reported_at=NOW)
        if move is Move.SUBMIT:
            now = replace(now, submitter=analyst.iin if analyst else None)
        if move is Move.APPROVE:
            assert analyst is not None
            assert analyst.iin not in (profile.author, now.submitter)
    return now


@pytest.mark.parametrize("case", CASES, ids=[case["title"] for case in CASES])
@given(STEPS)
@settings(max_examples=15)
def test_no_sequence_of_moves_makes_a_wrong_profile_active(
    case: dict[str, object], steps: list[tuple[Move, Analyst | None, bool]]
) -> None:
    wrong = changed(case)
    usual = [(move, analyst, True) for move, analyst in USUAL]
    for begun in (Status.DRAFT, Status.VALIDATED, Status.BACK_TESTED, Status.SUBMITTED):
        assert walked(wrong, [*steps, *usual], begun).status is not Status.APPROVED


@given(STEPS)
@settings(max_examples=300)
def test_a_sound_profile_becomes_active_only_by_another_analyst(
    steps: list[tuple[Move, Analyst | None, bool]],
) -> None:
    walked(REGIONAL, steps, Status.DRAFT)


def test_the_usual_way_leads_to_an_active_profile() -> None:
    assert walked(SOUND, [(move, analyst, True) for move, analyst in USUAL], Status.DRAFT).status is Status.APPROVED

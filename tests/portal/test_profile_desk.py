"""Profiles as they are kept: each step is journalled; what is approved meets the next lodgement, nothing else does."""

import json
import threading
from datetime import date, timedelta
from pathlib import Path

import msgspec
import offices
import pki
import pytest
from builders import declaration_xml
from cast import PERSONS
from msgspec.structs import replace
from refused_profiles import SOUND
from sqlalchemy import Connection, update

from declarations import store as declarations_store
from portal import profile_desk
from portal.database import make_engine, reading, writing
from portal.office import Office
from portal.pipeline import lodge
from portal.stages import Lodged
from risk_gateway import desk_store, profile_store
from risk_gateway.conditions import parse
from risk_gateway.desk import Analyst, Move, Status, cautions
from risk_gateway.errors import MoveRefused
from risk_gateway.packing import pack
from risk_gateway.profile_store import move_table, profile_table, read_judging
from risk_gateway.profiles import Area, Kind, Level, MeasureCode, MeasureOrder, Profile
from signing import store as signing_store

SAULE, TIMUR, AIBEK = "881231450112", "910310300223", "790101300120"
ASEL = PERSONS["asel"].iin
TODAY = offices.NOW.date()
TRANSPORT = parse({"field": "transport_mode", "op": "in", "value": ["10", "20", "30", "31", "32", "40", "50"]})
EVERY_ROAD = replace(
    SOUND,
    code="IM-91",
    kind=Kind.DIRECT,
    weight=0,
    area=Area(),
    condition=TRANSPORT,
    measures=(MeasureOrder(MeasureCode.INSPECT_FULL),),
)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return offices.office(tmp_path)


def report_on(profile: Profile, hits: int = 3) -> bytes:
    told = {"profile": profile.code, "version": profile.version, "digest": profile.digest}
    return json.dumps({**told, "first": "2026-08-01", "last": "2026-10-31", "cases": 1000, "hits": hits}).encode()


def submitted(connection: Connection, profile: Profile = SOUND, author: str = SAULE) -> Profile:
    """Bring a profile as far as its author can."""
    draft, _ = profile_desk.draft(connection, profile, author, offices.NOW)
    code, version = draft.code, draft.version
    profile_desk.take(connection, code, version, Move.VALIDATE, author, offices.NOW)
    profile_desk.attach_report(connection, code, version, report_on(draft), author, offices.NOW)
    profile_desk.take(connection, code, version, Move.SUBMIT, author, offices.NOW)
    return draft


def approve(connection: Connection, profile: Profile, by: str = TIMUR) -> Status:
    return profile_desk.take(connection, profile.code, profile.version, Move.APPROVE, by, offices.NOW)


def active(connection: Connection, day: date = TODAY) -> dict[str, int]:
    return {profile.code: profile.version for profile in read_judging(connection, day).profiles}


def lodged(office: Office, reference: str) -> str:
    signed = pki.sign_as("anna", declaration_xml(reference=reference))
    return lodge(Lodged(signed, offices.NOW, None), office).decision.outcome


# --- a life ---------------------------------------------------------------------------------------------------------


def test_an_approved_profile_meets_the_very_next_lodgement_and_a_suspended_one_no_more(office: Office) -> None:
    before = lodged(office, "A-1")
    with writing(office.engine) as connection:
        profile = submitted(connection, EVERY_ROAD)
    assert lodged(office, "A-2") == before
    with writing(office.engine) as connection:
        approve(connection, profile)
    assert lodged(office, "A-3") != before
    with writing(office.engine) as connection:
        profile_desk.take(connection, "IM-91", 1, Move.SUSPEND, SAULE, offices.NOW, "too many hits")
    assert lodged(office, "A-4") == before


def test_each_step_is_in_the_journal_with_who_what_and_why(office: Office) -> None:
    with writing(office.engine) as connection:
        profile = submitted(connection)
        profile_desk.take(connection, "IM-90", 1, Move.RETURN, TIMUR, offices.NOW, "narrow it")
    with reading(office.engine) as connection:
        entries = [json.loads(entry) for _, _, entry in signing_store.read_entries(connection, "IM-90")]
    assert [entry["particulars"]["status"] for entry in entries] == [
        "draft",
        "validated",
        "back_tested",
        "submitted",
        "draft",
    ]
    assert {entry["subject"] for entry in entries} == {"IM-90"}
    assert entries[-1]["particulars"] == {
        "version": "1",
        "status": "draft",
        "actor": TIMUR,
        "digest": profile.digest,
        "reason": "narrow it",
    }


def test_a_refused_step_leaves_no_trace(office: Office) -> None:
    with writing(office.engine) as connection:
        profile = submitted(connection)
    with reading(office.engine) as connection:
        before = signing_store.read_head(connection), declarations_store.read_revision(connection)
    with pytest.raises(MoveRefused, match="move-own-profile"), writing(office.engine) as connection:
        approve(connection, profile, by=SAULE)
    with reading(office.engine) as connection:
        assert (signing_store.read_head(connection), declarations_store.read_revision(connection)) == before
        assert desk_store.read_standing(connection, "IM-90", 1).status is Status.SUBMITTED


def test_every_edit_is_a_new_version_and_the_same_again_is_none(office: Office) -> None:
    with writing(office.engine) as connection:
        first, new = profile_desk.draft(connection, SOUND, SAULE, offices.NOW)
        assert (first.version, new) == (1, True)
        assert profile_desk.draft(connection, SOUND, SAULE, offices.NOW) == (first, False)
        second, new = profile_desk.draft(connection, replace(SOUND, weight=31), SAULE, offices.NOW)
        assert (second.version, new) == (2, True)
        assert desk_store.read_standing(connection, "IM-90", 1).profile == first


def test_who_imports_is_the_author_whatever_the_file_says(office: Office) -> None:
    claimed = replace(SOUND, author=SAULE, approver=SAULE)
    with writing(office.engine) as connection:
        draft, _ = profile_desk.draft(connection, claimed, TIMUR, offices.NOW)
    assert (draft.author, draft.approver) == (TIMUR, "")


def test_a_newer_version_replaces_the_older_from_its_first_day_and_for_good(office: Office) -> None:
    tomorrow = TODAY + timedelta(days=1)
    with writing(office.engine) as connection:
        approve(connection, submitted(connection))
        approve(connection, submitted(connection, replace(SOUND, weight=31, valid_from=tomorrow)))
        assert active(connection)["IM-90"] == 1
        assert active(connection, tomorrow)["IM-90"] == 2
        profile_desk.take(connection, "IM-90", 2, Move.SUSPEND, SAULE, offices.NOW, "wrong")
        assert "IM-90" not in active(connection, tomorrow)


def test_a_version_that_ends_earlier_says_why_and_its_approver_sees_it(office: Office) -> None:
    with writing(office.engine) as connection:
        approve(connection, submitted(connection))
        shorter = replace(SOUND, valid_to=SOUND.valid_to - timedelta(days=1))
        with pytest.raises(MoveRefused, match="move-ends-earlier"):
            submitted(connection, shorter)
        profile_desk.take(connection, "IM-90", 2, Move.SUBMIT, SAULE, offices.NOW, "narrowed for the spring")
        (caution,) = cautions(desk_store.read_standing(connection, "IM-90", 2))
    assert "narrowed for the spring" in caution.en
    assert SOUND.valid_to.isoformat() in caution.ru


def test_a_suspended_version_is_replaced_by_a_shorter_one_without_a_word(office: Office) -> None:
    with writing(office.engine) as connection:
        approve(connection, submitted(connection))
        profile_desk.take(connection, "IM-90", 1, Move.SUSPEND, SAULE, offices.NOW, "too wide")
        submitted(connection, replace(SOUND, valid_to=SOUND.valid_to - timedelta(days=1)))
        assert cautions(desk_store.read_standing(connection, "IM-90", 2)) == ()


def test_a_profile_judges_in_its_dates_only(office: Office) -> None:
    with writing(office.engine) as connection:
        approve(connection, submitted(connection, replace(SOUND, valid_from=TODAY, valid_to=TODAY + timedelta(days=9))))
        days = [TODAY + timedelta(days=number) for number in (-1, 0, 9, 10)]
        assert ["IM-90" in active(connection, day) for day in days] == [False, True, True, False]


def test_the_same_objects_come_again_while_nothing_changes(office: Office) -> None:
    with reading(office.engine) as connection:
        first = read_judging(connection, TODAY).profiles
        again = read_judging(connection, TODAY).profiles
    assert first
    assert all(one is other for one, other in zip(first, again, strict=True))


def test_an_office_without_profiles_judges_nothing_and_says_so(tmp_path: Path) -> None:
    given = offices.settings(tmp_path)
    engine = make_engine(given.database_url)
    with reading(engine) as connection:
        assert read_judging(connection, TODAY).profiles == ()
        assert desk_store.read_versions(connection) == []
    engine.dispose()


# --- who may --------------------------------------------------------------------------------------------------------


def test_only_an_analyst_drafts(office: Office) -> None:
    with pytest.raises(MoveRefused, match="move-unknown-analyst"), writing(office.engine) as connection:
        profile_desk.draft(connection, SOUND, "900523450679", offices.NOW)


@pytest.mark.parametrize(
    ("analyst", "by", "code"),
    [
        (Analyst("790101300124", "Aibek"), ASEL, "analyst-iin"),
        (Analyst("79", "Aibek"), ASEL, "analyst-iin"),
        (Analyst(AIBEK, "Aibek"), "asel", "analyst-iin"),
        (Analyst(AIBEK, "Aibek"), AIBEK, "analyst-himself"),
        (Analyst(AIBEK, " "), ASEL, "analyst-name"),
        (Analyst(AIBEK, "Aibek", frozenset({"20201", "99999"})), ASEL, "analyst-post"),
    ],
)
def test_nobody_is_appointed_by_a_slip_of_the_pen_or_by_himself(
    office: Office, analyst: Analyst, by: str, code: str
) -> None:
    with pytest.raises(MoveRefused, match=code) as refused, writing(office.engine) as connection:
        profile_desk.appoint(connection, analyst, by, offices.NOW)
    assert len({refused.value.text(language) for language in ("kk", "ru", "en")}) == 3


def test_who_appointed_an_analyst_is_in_the_journal(office: Office) -> None:
    with writing(office.engine) as connection:
        profile_desk.appoint(connection, Analyst(AIBEK, "Aibek", frozenset({"30301"})), ASEL, offices.NOW)
        ((_, event, entry),) = signing_store.read_entries(connection, AIBEK)
    assert (event, json.loads(entry)["particulars"]) == ("analyst.appointed", {"posts": "30301", "by": ASEL})


def test_a_regional_analyst_neither_drafts_nor_approves_outside_his_posts(office: Office) -> None:
    inside = replace(SOUND, level=Level.REGIONAL, posts=("30301",))
    with writing(office.engine) as connection:
        profile_desk.appoint(connection, Analyst(AIBEK, "Aibek", frozenset({"30301"})), ASEL, offices.NOW)
        with pytest.raises(MoveRefused, match="move-outside-posts"):
            profile_desk.draft(connection, SOUND, AIBEK, offices.NOW)
        republican = submitted(connection)
        with pytest.raises(MoveRefused, match="move-outside-posts"):
            approve(connection, republican, by=AIBEK)
        approve(connection, submitted(connection, replace(inside, code="IM-92"), author=SAULE), by=AIBEK)
        assert "IM-92" in active(connection)


def test_a_regional_analyst_displaces_no_profile_of_the_republic(office: Office) -> None:
    here = replace(SOUND, level=Level.REGIONAL, posts=("30301",))
    with writing(office.engine) as connection:
        profile_desk.appoint(connection, Analyst(AIBEK, "Aibek", frozenset({"30301"})), ASEL, offices.NOW)
        approve(connection, submitted(connection))
        narrowed = submitted(connection, here, author=SAULE)
        with pytest.raises(MoveRefused, match="move-outside-posts"):
            approve(connection, narrowed, by=AIBEK)
        assert active(connection)["IM-90"] == 1


def test_a_report_of_another_content_or_of_no_shape_is_not_kept(office: Office) -> None:
    with writing(office.engine) as connection:
        draft, _ = profile_desk.draft(connection, SOUND, SAULE, offices.NOW)
        profile_desk.take(connection, "IM-90", 1, Move.VALIDATE, SAULE, offices.NOW)
        for report, code in (
            (report_on(replace(draft, weight=99)), "move-report-other"),
            (b'{"digest": "x"}', "move-report-shape"),
            (b"not JSON", "move-report-shape"),
        ):
            with pytest.raises(MoveRefused, match=code):
                profile_desk.attach_report(connection, "IM-90", 1, report, SAULE, offices.NOW)
        assert desk_store.read_standing(connection, "IM-90", 1).status is Status.VALIDATED


# --- at once --------------------------------------------------------------------------------------------------------


def test_of_two_who_approve_at_once_one_is_told_that_it_is_done(office: Office) -> None:
    with writing(office.engine) as connection:
        profile_desk.appoint(connection, Analyst("700101300124", "Third"), ASEL, offices.NOW)
        profile = submitted(connection)
    told: list[str] = []

    def decide(analyst: str) -> None:
        try:
            with writing(office.engine) as connection:
                told.append(approve(connection, profile, by=analyst).value)
        except MoveRefused as refused:
            told.append(refused.code)

    both = [threading.Thread(target=decide, args=(analyst,)) for analyst in (TIMUR, "700101300124")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(told) == ["approved", "move-not-allowed"]


def test_what_was_returned_a_moment_ago_is_not_approved(office: Office) -> None:
    with writing(office.engine) as connection:
        profile = submitted(connection)
        profile_desk.take(connection, "IM-90", 1, Move.RETURN, TIMUR, offices.NOW, "no")
    with pytest.raises(MoveRefused, match="move-not-allowed"), writing(office.engine) as connection:
        approve(connection, profile)


# --- behind the desk's back -----------------------------------------------------------------------------------------


def tampered(office: Office, **changes: object) -> tuple[dict[str, int], set[str]]:
    """Change the stored row of an honestly submitted profile; return what judges then, and what is refused."""
    with writing(office.engine) as connection:
        submitted(connection)
        changed = update(profile_table).where(profile_table.c.code == "IM-90").values(**changes)
        connection.execute(changed)
    with reading(office.engine) as connection:
        return active(connection), {problem.code for problem in read_judging(connection, TODAY).refused}


def test_a_row_made_active_with_its_author_as_approver_does_not_judge_and_the_rest_does(office: Office) -> None:
    judging, refused = tampered(office, status="approved", approver=SAULE)
    assert "IM-90" not in judging
    assert "IM-16" in judging
    assert {"profile-approver", "profile-unapproved", "profile-status"} <= refused


def test_a_row_made_active_with_a_colleague_who_never_approved_does_not_judge(office: Office) -> None:
    judging, refused = tampered(office, status="approved", approver=TIMUR)
    assert "IM-90" not in judging
    assert refused == {"profile-unapproved", "profile-status"}


@pytest.mark.parametrize(
    "changes",
    [
        {"content": pack(msgspec.json.encode({"code": "IM-90"}))},
        {"content": b"no zstd"},
        {"content": pack(replace(SOUND, weight=100).content)},
        {"valid_to": date(2028, 1, 1)},
        {"valid_to": TODAY - timedelta(days=1)},
        {"valid_from": TODAY + timedelta(days=1)},
        {"digest": "0" * 64},
    ],
    ids=[
        "another shape",
        "not compressed",
        "another weight",
        "a later end",
        "an end that has passed",
        "a beginning that is to come",
        "another digest",
    ],
)
def test_an_approved_row_that_was_changed_does_not_judge_and_the_operator_sees_it(
    office: Office, changes: dict[str, object]
) -> None:
    own = replace(SOUND, family=f"only_here_{sorted(changes)[0]}_{len(str(changes))}")  # no process has examined it yet
    with writing(office.engine) as connection:
        approve(connection, submitted(connection, own))
        connection.execute(update(profile_table).where(profile_table.c.code == "IM-90").values(**changes))
    with reading(office.engine) as connection:
        assert "IM-90" not in active(connection)
        assert "profile-tampered" in {problem.code for problem in read_judging(connection, TODAY).refused}
        (stored,) = desk_store.read_versions(connection, "IM-90")
    assert "profile-tampered" in {problem.code for problem in stored.refused}


@pytest.mark.parametrize("status", ["draft", "submitted", "suspended", "expired", "no status at all"])
def test_an_approved_row_whose_status_was_changed_is_told_of_and_decides_nothing(office: Office, status: str) -> None:
    with writing(office.engine) as connection:
        approve(connection, submitted(connection))
        connection.execute(update(profile_table).where(profile_table.c.code == "IM-90").values(status=status))
        assert "IM-90" not in active(connection)
        assert {problem.code for problem in read_judging(connection, TODAY).refused} == {"profile-status"}
        (stored,) = desk_store.read_versions(connection, "IM-90")
        assert (stored.status, {problem.code for problem in stored.refused}) == (Status.APPROVED, {"profile-status"})
        with pytest.raises(MoveRefused, match="profile-status"):
            profile_desk.take(connection, "IM-90", 1, Move.SUSPEND, SAULE, offices.NOW, "why")
    assert "profile-status" in (office.current().knowledge(TODAY).problem or "")


def test_a_version_whose_row_was_made_approved_displaces_no_older_one(office: Office) -> None:
    with writing(office.engine) as connection:
        approve(connection, submitted(connection))
        submitted(connection, replace(SOUND, weight=31))
        second = (profile_table.c.code == "IM-90") & (profile_table.c.version == 2)
        connection.execute(update(profile_table).where(second).values(status="approved", approver=TIMUR))
        assert active(connection)["IM-90"] == 1
        assert {problem.place for problem in read_judging(connection, TODAY).refused} == {"IM-90"}


def test_an_older_version_does_not_come_back_when_the_dates_of_the_newer_are_changed(office: Office) -> None:
    with writing(office.engine) as connection:
        approve(connection, submitted(connection))
        approve(connection, submitted(connection, replace(SOUND, weight=31)))
        second = (profile_table.c.code == "IM-90") & (profile_table.c.version == 2)
        later = TODAY + timedelta(days=9)
        connection.execute(update(profile_table).where(second).values(valid_from=later))
        assert "IM-90" not in active(connection)
        assert {problem.code for problem in read_judging(connection, TODAY).refused} == {"profile-tampered"}


def test_a_step_with_an_unknown_status_is_shown_as_it_is_written(office: Office) -> None:
    with writing(office.engine) as connection:
        approve(connection, submitted(connection))
        connection.execute(update(move_table).where(move_table.c.code == "IM-90").values(status="?"))
        assert {step.status for step in desk_store.read_steps(connection, "IM-90", 1)} == {"?"}
        (stored,) = desk_store.read_versions(connection, "IM-90")
        assert "profile-status" in {problem.code for problem in stored.refused}
        assert "profile-status" in {problem.code for problem in read_judging(connection, TODAY).refused}


def test_of_a_damaged_version_nothing_can_be_decided(office: Office) -> None:
    with writing(office.engine) as connection:
        profile = submitted(connection)
        connection.execute(update(profile_table).where(profile_table.c.code == "IM-90").values(content=b"damaged"))
        with pytest.raises(MoveRefused, match="profile-tampered"):
            approve(connection, profile)
        assert profile_desk.draft(connection, SOUND, SAULE, offices.NOW)[0].version == 2


def test_a_wrong_profile_that_was_slipped_in_as_approved_does_not_judge(office: Office) -> None:
    contradictory = replace(
        SOUND,
        approver=TIMUR,
        condition=parse(
            {"all": [{"field": "item_count", "op": "<", "value": 1}, {"field": "item_count", "op": ">", "value": 5}]}
        ),
    )
    with writing(office.engine) as connection:
        profile_store.install(connection, [contradictory], offices.NOW)
        assert "IM-90" not in active(connection)
        assert {problem.code for problem in read_judging(connection, TODAY).refused} == {"condition-contradiction"}

"""Results return to profiles: each once, whatever crashes; and what has ended is expired."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import judgings
import offices
import pki
import pytest
import violating
from builders import declaration_xml
from cast import PARTICIPANTS
from msgspec.structs import replace
from sqlalchemy import update
from structlog.testing import capture_logs
from typer.testing import CliRunner
from violating import desk_of

from declarations import store as declarations_store
from portal import cli
from portal.control import Closing, Mildening, annul_result, close, override
from portal.database import reading, writing
from portal.feedback import SOURCES, Feedback
from portal.office import Office
from portal.pipeline import lodge
from portal.stages import Lodged
from risk_gateway import archive_store, canonical, desk_store, feedback_store
from risk_gateway import store as risk_store
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.desk import Status
from risk_gateway.errors import ControlRefused
from risk_gateway.feedback import Tally, merged
from risk_gateway.knowledge import shipped_profiles
from risk_gateway.model import Assessment, Outcome
from risk_gateway.override_reasons import override_reasons
from risk_gateway.packing import pack, unpack
from risk_gateway.profile_store import profile_table
from risk_gateway.profiles import Motive
from signing import store as signing_store

ALTYN = PARTICIPANTS["altyn"].identifier
TODAY = offices.NOW.date()
INSPECTOR, CHIEF = "850101300123", "790202400456"


class Crash(Exception):
    """What a process that dies looks like to its database: nothing is committed."""


@dataclass
class Lodgings:
    office: Office
    number: str

    def closed(self, **changes: object) -> archive_store.Act:
        closing = Closing(**{"act": "A-1", "by": INSPECTOR, **changes})  # type: ignore[arg-type]
        with writing(self.office.engine) as connection:
            return close(connection, desk_of(self.office), self.number, closing, offices.NOW)

    def annulled(self, act: str) -> None:
        with writing(self.office.engine) as connection:
            annul_result(connection, act, self.number, CHIEF, offices.NOW)

    @property
    def fired(self) -> list[str]:
        return self.fired_of(self.number)

    def fired_of(self, number: str) -> list[str]:
        with reading(self.office.engine) as connection:
            stored = archive_store.find_case(connection, number)
        assert stored is not None
        return [one.profile for one in canonical.loads(unpack(stored.assessment), Assessment).findings]


@pytest.fixture
def lodged(tmp_path: Path) -> Lodgings:
    """Goods from a country under embargo, inspected."""
    office = offices.office(tmp_path)
    answer = lodge(Lodged(pki.sign_as("anna", declaration_xml(origin="KP")), offices.NOW), office)
    assert answer.decision.outcome is Outcome.INSPECTION_ORDER
    return Lodgings(office, answer.stored.registration_number)


def tallied(office: Office) -> Tally:
    """Return the sum of all tallies."""
    whole = Tally()
    with reading(office.engine) as connection:
        for tally in feedback_store.read_tallies(connection).values():
            whole.add(tally)
    return whole


def take_all(office: Office) -> None:
    while Feedback(office.engine, office.clock).turn() == 0.0:
        pass


# --- refused --------------------------------------------------------------------------------------------------------


def test_a_control_of_an_unknown_declaration_is_refused(lodged: Lodgings) -> None:
    closing = Closing(act="A-1", by=INSPECTOR)
    with pytest.raises(ControlRefused, match="control-no-declaration"), writing(lodged.office.engine) as connection:
        close(connection, desk_of(lodged.office), "20201/241126/0000099", closing, offices.NOW)


def test_a_second_act_of_the_same_number_is_refused(lodged: Lodgings) -> None:
    lodged.closed()

    with pytest.raises(ControlRefused, match="control-act-used"):
        lodged.closed()


def test_what_is_refused_leaves_nothing_behind(lodged: Lodgings) -> None:
    with pytest.raises(ControlRefused, match="control-not-fired"):
        lodged.closed(said={"XX-99": True})

    with reading(lodged.office.engine) as connection:
        assert not archive_store.is_act(connection, "A-1")
        assert violation_store.counting(connection, ALTYN, TODAY) == ()
        events = [event for _, event, _ in signing_store.read_entries(connection, lodged.number)]
    assert events == ["declaration.decided"]


def test_an_act_whose_number_is_too_long_is_refused(lodged: Lodgings) -> None:
    with pytest.raises(ControlRefused, match="control-act-long"):
        lodged.closed(act="A" * 37)
    lodged.closed(act="A" * 36, motive=Motive.PROHIBITION)


def test_a_declaration_that_was_released_unchecked_has_no_control_to_close(tmp_path: Path) -> None:
    office = offices.office(tmp_path)
    released = lodge(Lodged(pki.sign_as("anna", declaration_xml()), offices.NOW), office)
    assert released.decision.outcome is Outcome.SIMPLIFIED_RELEASE
    number = released.stored.registration_number

    with pytest.raises(ControlRefused, match="control-not-ordered"), writing(office.engine) as connection:
        close(connection, desk_of(office), number, Closing(act="A-9", by=INSPECTOR), offices.NOW)


# --- a control is closed --------------------------------------------------------------------------------------------


def test_a_finding_is_a_violation_and_a_precedent_and_in_the_journal(lodged: Lodgings) -> None:
    before = lodged.office.snapshot.revision
    code = lodged.fired[0]
    act = lodged.closed(said={code: True}, motive=Motive.PROHIBITION, amount_tiyn=12_345)

    with reading(lodged.office.engine) as connection:
        assert violation_store.counting(connection, ALTYN, TODAY) == (("prohibition", TODAY),)
        index, event, entry = signing_store.read_entries(connection, lodged.number)[-1]
        stored = archive_store.find_case(connection, lodged.number)
        assert declarations_store.read_revision(connection) > before
    assert (index, event) == (act.sequence, "control.closed")
    assert json.loads(entry)["particulars"]["amount"] == "123.45 KZT"
    assert stored is not None
    assert stored.result is not None
    assert (stored.result.found, stored.result.motive, stored.result.amount_tiyn) == (True, Motive.PROHIBITION, 12_345)
    assert stored.result.profiles[code] is True


def test_a_finding_overwrites_no_violation_of_that_number(lodged: Lodgings) -> None:
    other = PARTICIPANTS["tengri"].identifier
    with writing(lodged.office.engine) as connection:
        violating.put(connection, "A-1", other, "smuggling", date(2026, 1, 2))
    lodged.closed(motive=Motive.PROHIBITION)

    with reading(lodged.office.engine) as connection:
        assert violation_store.counting(connection, other, TODAY) == (("smuggling", date(2026, 1, 2)),)
        assert len(violation_store.counting(connection, ALTYN, TODAY)) == 1


def test_a_finding_is_on_the_record_of_the_broker_as_well(tmp_path: Path) -> None:
    office = offices.office(tmp_path)
    xml = declaration_xml(origin="KP", agent="zhibek", signatory="berik")
    answer = lodge(Lodged(pki.sign_as("berik", xml), offices.NOW), office)
    with writing(office.engine) as connection:
        closing = Closing(act="A-1", by=INSPECTOR, motive=Motive.PROHIBITION)
        close(connection, desk_of(office), answer.stored.registration_number, closing, offices.NOW)

    with reading(office.engine) as connection:
        broker = PARTICIPANTS["zhibek"].identifier
        assert violation_store.counting(connection, broker, TODAY) == (("prohibition", TODAY),)
        assert violation_store.counting(connection, ALTYN, TODAY) == (("prohibition", TODAY),)


def test_a_control_that_found_nothing_leaves_the_record_clean(lodged: Lodgings) -> None:
    lodged.closed()

    with reading(lodged.office.engine) as connection:
        assert violation_store.counting(connection, ALTYN, TODAY) == ()
        stored = archive_store.find_case(connection, lodged.number)
    assert stored is not None
    assert stored.result is not None
    assert not stored.result.found


def test_several_acts_of_one_declaration_are_taken_together(lodged: Lodgings) -> None:
    lodged.closed()
    lodged.closed(act="A-2", motive=Motive.PROHIBITION, amount_tiyn=700)

    with reading(lodged.office.engine) as connection:
        stored = archive_store.find_case(connection, lodged.number)
    assert stored is not None
    assert stored.result is not None
    assert (stored.result.found, stored.result.amount_tiyn) == (True, 700)


# --- tallies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", ["after tallies", "before commit"])
def test_after_a_crash_everything_is_counted_once(lodged: Lodgings, point: str) -> None:
    lodged.closed(said={lodged.fired[0]: True}, amount_tiyn=100)
    judgings.record(lodged.office, judgings.case("passengers", identical_articles_max=12))

    def crash(at: str) -> None:
        if at == point:
            raise Crash(at)

    *counting, annulments = SOURCES
    for name, read in counting:
        with pytest.raises(Crash):
            Feedback(lodged.office.engine, lodged.office.clock, crash).take_in(name, read)
    assert tallied(lodged.office) == Tally()
    take_all(lodged.office)
    take_all(lodged.office)

    fired = len(lodged.fired)
    assert tallied(lodged.office) == Tally(fired + 1, fired + 1, fired, 1, 100)
    lodged.annulled("A-1")
    with pytest.raises(Crash):
        Feedback(lodged.office.engine, lodged.office.clock, crash).take_in(*annulments)
    assert tallied(lodged.office).revenue_tiyn == 100
    take_all(lodged.office)
    take_all(lodged.office)
    assert tallied(lodged.office) == Tally(fired + 1, fired + 1)


def test_an_act_that_is_annulled_before_it_was_counted_counts_for_nothing(lodged: Lodgings) -> None:
    lodged.closed(said={lodged.fired[0]: True}, amount_tiyn=100)
    lodged.annulled("A-1")
    name, read = SOURCES[-1]
    assert Feedback(lodged.office.engine, lodged.office.clock).take_in(name, read) == 0  # the act comes first
    take_all(lodged.office)
    fired = len(lodged.fired)
    assert tallied(lodged.office) == Tally(fired, fired)


def test_what_is_annulled_twice_or_is_no_act_changes_nothing(lodged: Lodgings) -> None:
    lodged.closed(said={lodged.fired[0]: True}, amount_tiyn=100)
    lodged.annulled("A-1")
    lodged.annulled("A-1")
    lodged.annulled("A-9")
    take_all(lodged.office)
    with reading(lodged.office.engine) as connection:
        events = [event for _, event, _ in signing_store.read_entries(connection, lodged.number)]
    assert events.count("control.annulled") == 1
    assert tallied(lodged.office).controls == 0


def test_what_another_worker_has_taken_in_is_not_counted_again(lodged: Lodgings) -> None:
    """A worker that saw new decisions before the other one had committed finds nothing left behind the cursor."""
    office = lodged.office
    name, read = SOURCES[0]
    seen = []

    def read_late(connection, after, most):  # type: ignore[no-untyped-def]
        if not seen:
            seen.append(list(read(connection, after, most)))
            Feedback(office.engine, office.clock).take_in(name, read)
            return iter(seen[0])
        return read(connection, after, most)

    Feedback(office.engine, office.clock).take_in(name, read_late)

    assert seen[0]
    assert tallied(office).hits == len(lodged.fired)


def test_tallies_of_a_day_add_up_over_batches(tmp_path: Path) -> None:
    office = offices.office(tmp_path)
    for number in range(3):
        xml = declaration_xml(reference=f"ALTYN-{number}", origin="KP")
        lodge(Lodged(pki.sign_as("anna", xml), offices.NOW), office)
        take_all(office)

    with reading(office.engine) as connection:
        whole = merged([feedback_store.read_tallies(connection)])
        expected = merged(tallies for _, tallies in feedback_store.new_hits(connection, -1, 100))
    assert whole == expected
    assert max(tally.hits for tally in whole.values()) == 3


def test_a_profile_past_its_last_day_is_expired_once_and_in_the_journal(lodged: Lodgings) -> None:
    office = lodged.office
    ended = shipped_profiles()[0]
    office.clock.at = offices.NOW.replace(year=ended.valid_to.year) + timedelta(days=800)
    job = Feedback(office.engine, office.clock)

    assert job.expire() > 0
    assert job.expire() == 0
    with reading(office.engine) as connection:
        assert {one.status for one in desk_store.read_versions(connection, ended.code)} == {Status.EXPIRED}
        events = [event for _, event, _ in signing_store.read_entries(connection, ended.code)]
        assert feedback_store.read_ended(connection, date(2026, 11, 24)) == []
    assert events.count("profile.moved") == 1


def damage_first_decision(office: Office) -> None:
    with writing(office.engine) as connection:
        connection.execute(update(risk_store.decision).values(assessment=b"damaged"))


def test_a_damaged_assessment_is_passed_over_told_and_counted(lodged: Lodgings) -> None:
    office = lodged.office
    damage_first_decision(office)
    xml = declaration_xml(reference="NEXT", origin="KP")
    later = lodge(Lodged(pki.sign_as("anna", xml), offices.NOW), office)
    job = Feedback(office.engine, office.clock)

    with capture_logs() as told:
        job.turn()
        job.turn()

    assert tallied(office).hits == len(lodged.fired_of(later.stored.registration_number))
    assert job.passed_over == 1
    assert [one["event"] for one in told] == ["feedback.damaged"]


def test_a_damaged_assessment_does_not_hide_who_made_the_decision_milder(lodged: Lodgings) -> None:
    milder(lodged)
    damage_first_decision(lodged.office)

    with reading(lodged.office.engine) as connection:
        (made,) = feedback_store.read_overrides(connection)
    assert (made.officer, made.profiles) == (INSPECTOR, None)


def test_a_profile_whose_row_alone_says_that_it_has_ended_is_not_expired(lodged: Lodgings) -> None:
    office = lodged.office
    code = shipped_profiles()[0].code
    row = profile_table.c.code == code
    with writing(office.engine) as connection:
        connection.execute(update(profile_table).where(row).values(valid_to=date(2026, 11, 1)))
    job = Feedback(office.engine, office.clock)

    with capture_logs() as told:
        assert (job.expire(), job.expire()) == (0, 0)

    assert [(one["event"], one["code"]) for one in told] == [("feedback.not_expired", "profile-tampered")]
    with reading(office.engine) as connection:
        assert desk_store.read_versions(connection, code)[0].status is Status.APPROVED


def test_one_damaged_profile_keeps_no_other_alive(lodged: Lodgings) -> None:
    office = lodged.office
    first, second = shipped_profiles()[:2]
    ended = date(2026, 11, 1)
    with writing(office.engine) as connection:
        for profile in (first, replace(second, valid_to=ended)):
            row = profile_table.c.code == profile.code
            connection.execute(update(profile_table).where(row).values(valid_to=ended, content=pack(profile.content)))
        damaged = profile_table.c.code == first.code
        connection.execute(update(profile_table).where(damaged).values(content=b"damaged"))

    assert Feedback(office.engine, office.clock).expire() == 1


# --- overrides ------------------------------------------------------------------------------------------------------


def milder(lodged: Lodgings, **changes: object) -> None:
    usual = {
        "to_outcome": Outcome.DOCUMENTARY_CHECK,
        "reason_code": "GOODS_SEEN",
        "officer": INSPECTOR,
        "approver": CHIEF,
    }
    with writing(lodged.office.engine) as connection:
        override(connection, lodged.number, Mildening(**{**usual, **changes}), offices.NOW)  # type: ignore[arg-type]


def test_nobody_makes_a_decision_milder_alone(lodged: Lodgings) -> None:
    with pytest.raises(ControlRefused, match="control-same-person"):
        milder(lodged, approver=INSPECTOR)


def test_a_decision_is_not_overridden_by_one_as_strict(lodged: Lodgings) -> None:
    with pytest.raises(ControlRefused, match="control-not-milder"):
        milder(lodged, to_outcome=Outcome.INSPECTION_ORDER)


@pytest.mark.parametrize("reason", ["OTHER", "", "goods_seen"])
def test_an_override_has_a_reason_of_the_list(lodged: Lodgings, reason: str) -> None:
    with pytest.raises(ControlRefused, match="control-reason") as refused:
        milder(lodged, reason_code=reason)
    assert "GOODS_SEEN" in refused.value.text("ru")


def test_a_control_that_has_ended_is_not_made_milder(lodged: Lodgings) -> None:
    lodged.closed()

    with pytest.raises(ControlRefused, match="control-after-act"):
        milder(lodged)


@pytest.mark.parametrize("reason", override_reasons())
def test_every_reason_is_told_in_three_languages(lodged: Lodgings, reason: str) -> None:
    words = override_reasons()[reason]

    assert len({words.kk, words.ru, words.en}) == 3
    milder(lodged, reason_code=reason)


def test_an_override_names_profiles_officers_and_reason(lodged: Lodgings) -> None:
    milder(lodged)

    with reading(lodged.office.engine) as connection:
        (made,) = feedback_store.read_overrides(connection)
        events = [event for _, event, _ in signing_store.read_entries(connection, lodged.number)]
    assert (made.number, made.officer, made.approver) == (lodged.number, INSPECTOR, CHIEF)
    assert (made.from_outcome, made.to_outcome) == ("INSPECTION_ORDER", "DOCUMENTARY_CHECK")
    assert made.profiles == tuple(sorted(lodged.fired))
    assert events[-1] == "decision.overridden"


# --- commands -------------------------------------------------------------------------------------------------------


@pytest.fixture
def shekara(lodged: Lodgings, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    offices.for_commands(monkeypatch, lodged.office.settings)
    offices.keep_keys(lodged.office.settings.home)
    return lambda *words: CliRunner().invoke(cli.app, list(words))


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (("--by", "123"), 2),
        (("--by", INSPECTOR, "--amount", "-1"), 2),
        (("--by", INSPECTOR, "--amount", "1.001"), 2),
        (("--by", INSPECTOR, "--amount", "NaN"), 2),
        (("--by", INSPECTOR, "--profile", "IM-01"), 2),
        (("--by", INSPECTOR, "--profile", "IM-01=maybe"), 2),
        (("--by", INSPECTOR, "--amount", "5"), 1),
        (("--by", INSPECTOR, "--profile", "XX-1=found"), 1),
    ],
)
def test_the_command_refuses_what_makes_no_sense(lodged: Lodgings, shekara, words, exit_code: int) -> None:  # type: ignore[no-untyped-def]
    made = shekara("control", "close", lodged.number, "--act", "A-1", *words)

    assert made.exit_code == exit_code
    assert "Traceback" not in made.output


def test_the_commands_close_a_control_and_show_what_it_brought(lodged: Lodgings, shekara) -> None:  # type: ignore[no-untyped-def]
    code = lodged.fired[0]
    closed = shekara(
        "control",
        "close",
        lodged.number,
        "--act",
        "A-1",
        "--by",
        INSPECTOR,
        "--profile",
        f"{code}=found",
        "--amount",
        "10",
    )
    shown = shekara("feedback", "--json", "--profile", code)

    assert closed.exit_code == 0, closed.output
    (record,) = [json.loads(line) for line in shown.output.splitlines()]
    assert (record["hits"], record["precision"]["findings"], record["revenue_tiyn"]) == (1, 1, 1000)
    again = shekara("control", "close", lodged.number, "--act", "A-1", "--by", INSPECTOR)
    assert again.exit_code == 1

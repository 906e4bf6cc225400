"""Whatever the gateway lacks, a lodgement is accepted and decided: documents at least, marked degraded, replayable."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import offices
import pki
import pytest
import tampering
from builders import declaration_xml, export_xml
from msgspec import structs
from sqlalchemy import Connection, insert, update
from structlog.testing import capture_logs

from declarations import store as declarations_store
from portal.auditing.run import Wanted
from portal.database import reading, writing
from portal.entry import Answer
from portal.office import Office, Snapshot
from portal.pipeline import judge, lodge
from portal.stages import Lodged
from risk_gateway import archive_store, canonical, gateway, knowledge, knowledge_store, values_store
from risk_gateway.budget import Budget
from risk_gateway.decision import decide
from risk_gateway.fraud_model import model_store
from risk_gateway.fraud_model.spec import FraudModel, sealed
from risk_gateway.manifest import version_of
from risk_gateway.model import Assessment, Case, Degraded, Knowledge
from risk_gateway.packing import pack, unpack
from risk_gateway.parameters import ReferenceValues, UnitValue
from risk_gateway.profile_store import profile_table
from risk_gateway.profiles import Outcome, Profile
from risk_gateway.replay import replay
from risk_gateway.store import category

DAY = offices.NOW.date()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return offices.office(tmp_path)


def change(office: Office, *statements: Any) -> None:
    """Change the database behind the portal's back, and tell every process."""
    with writing(office.engine) as connection:
        for statement in statements:
            connection.execute(statement)
        declarations_store.bump_revision(connection)


def by_anna(reference: str = "ALTYN-2026-0001", **changes: Any) -> bytes:
    return pki.sign_as("anna", declaration_xml(reference=reference, **changes))


def assessment_of(office: Office, answer: Answer) -> tuple[Case, Assessment, Knowledge]:
    """Return what is stored of a decision, after it was judged anew with the same bytes."""
    reader = knowledge_reader(office)
    with reading(office.engine) as connection:
        stored = archive_store.find_case(connection, answer.stored.registration_number)
    assert stored is not None
    replayed = replay(stored, reader)
    assert replayed.same, replayed
    known = reader(stored.knowledge_version)
    assert known is not None
    case = canonical.loads(unpack(stored.case), Case)
    return case, canonical.loads(unpack(stored.assessment), Assessment), known


def knowledge_reader(office: Office) -> Any:
    def read(version: str) -> Knowledge | None:
        with reading(office.engine) as connection:
            return knowledge_store.find(connection, version)

    return read


def is_degraded(office: Office, data: bytes) -> tuple[Case, Assessment, Knowledge]:
    """Lodge, and demand a documentary check marked as degraded; return what is stored of it."""
    answer = lodge(Lodged(data, office.clock.now()), office)
    assert answer.decision.degraded
    assert answer.decision.outcome is Outcome.DOCUMENTARY_CHECK
    wanted = Wanted(number=answer.stored.registration_number)
    assert tampering.findings(office, wanted) == []
    return assessment_of(office, answer)


def spoilt(office: Office, code: str, **changes: Any) -> Any:
    """Return the statement that alters a stored profile."""
    with reading(office.engine) as connection:
        where = profile_table.c.code == code
        row = connection.execute(profile_table.select().where(where)).first()
    assert row is not None
    profile = structs.replace(canonical.loads(unpack(row.content), Profile), **changes)
    content = pack(profile.content)
    return update(profile_table).where(where).values(content=content, digest=profile.digest)


def first_code(office: Office) -> str:
    with reading(office.engine) as connection:
        return str(connection.execute(profile_table.select().order_by(profile_table.c.code)).first().code)


# --- profiles -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [by_anna(), pki.sign_as("zarina", export_xml())], ids=["import", "export"])
def test_without_an_active_profile_documents_are_checked(office: Office, data: bytes) -> None:
    offices.suspend_profiles(office)
    _, assessment, _ = is_degraded(office, data)
    assert assessment.degraded is Degraded.OUT_OF_KNOWLEDGE
    assert "no-profile" in (assessment.problem or "")


def test_a_profile_that_breaks_a_rule_is_left_out_and_the_others_still_judge(office: Office) -> None:
    code = first_code(office)
    change(office, spoilt(office, code, weight=400))
    _, assessment, known = is_degraded(office, by_anna())
    assert code not in {profile.code for profile in known.profiles}
    assert len(known.profiles) > 3
    assert f"{code}: the weight must lie between 0 and 100" in (assessment.problem or "")


def test_what_the_sound_profiles_order_is_not_made_milder(office: Office) -> None:
    cheap = pki.sign_as(
        "yerkin", declaration_xml(reference="Q-1", declarant="qorgan", signatory="yerkin", price="1.00")
    )
    strict = lodge(Lodged(cheap, offices.NOW), office)
    assert strict.decision.outcome is not Outcome.SIMPLIFIED_RELEASE
    change(office, spoilt(office, first_code(office), weight=400))
    again = pki.sign_as(
        "yerkin", declaration_xml(reference="Q-2", declarant="qorgan", signatory="yerkin", price="1.00")
    )
    answer = lodge(Lodged(again, offices.NOW), office)
    assert answer.decision.degraded
    assert list(Outcome).index(answer.decision.outcome) >= list(Outcome).index(strict.decision.outcome)


@pytest.mark.parametrize("content", [b"no zstd", pack(b"no JSON"), pack(b"{}")])
def test_profiles_that_cannot_be_read_leave_documents_to_be_checked(office: Office, content: bytes) -> None:
    change(office, update(profile_table).values(content=content, digest="0" * 64))
    _, assessment, _ = is_degraded(office, by_anna())
    assert assessment.degraded is Degraded.OUT_OF_KNOWLEDGE


# --- parameters -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [date(2028, 1, 3), date(2200, 1, 3), date(2020, 1, 3)])
def test_on_a_day_without_parameters_those_in_force_last_count_and_all_is_degraded(office: Office, day: date) -> None:
    known = office.snapshot.knowledge(day)
    assert "parameters-missing" in (known.problem or "")
    assert known.parameters.documentary_from == knowledge.shipped_parameters(DAY).documentary_from
    case = judge(Lodged(by_anna(), offices.NOW), office.snapshot, lambda: 0.0, 250).case
    assessment = gateway.assess(case, known, Budget(lambda: 0.0, 250))
    assert assessment.outcome is Outcome.DOCUMENTARY_CHECK
    assert decide(assessment, case, known).degraded


# --- reference values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"no zstd", pack(b"no JSON"), pack(b"{}"), pack(canonical.dumps(ReferenceValues()))]
)
def test_damaged_reference_values_are_replaced_by_the_shipped_ones(office: Office, content: bytes) -> None:
    values = ReferenceValues((UnitValue("9401", "*", "kg", Decimal(7), Decimal(8), "never read"),))
    with writing(office.engine) as connection:
        values_store.add_values(connection, values, DAY, "test", offices.NOW)
    change(office, update(values_store.reference_values).values(content=content))
    _, assessment, known = is_degraded(office, by_anna())
    assert known.reference_values == knowledge.shipped_reference_values()
    assert "values-damaged" in (assessment.problem or "")


# --- the model ------------------------------------------------------------------------------------------------------


def champion(**changes: Any) -> FraudModel:
    usual = {
        "block": "imports",
        "features": ("net_gross_percent",),
        "encodings": {},
        "medians": {},
        "codes": {},
        "booster": "tree\nthis is no LightGBM model",
        "calibration": ((-3.0, 0.0), (3.0, 1.0)),
        "reference": {},
        "source": "test",
    }
    return sealed(FraudModel(**{**usual, **changes}))


def install(connection: Connection, model: FraudModel, content: bytes) -> None:
    row = {"version": model.version, "block": "imports", "status": "champion", "trained_by": "test"}
    table = model_store.fraud_model
    connection.execute(insert(table).values(**row, trained_at=offices.NOW, metrics=b"{}", content=content))


@pytest.mark.parametrize("content", [b"no zstd", pack(b"no JSON"), pack(canonical.dumps(champion(source="another")))])
def test_a_model_that_was_damaged_does_not_judge_and_all_is_degraded(office: Office, content: bytes) -> None:
    with writing(office.engine) as connection:
        install(connection, champion(), content)
        declarations_store.bump_revision(connection)
    _, assessment, known = is_degraded(office, by_anna())
    assert known.model is None
    assert assessment.opinion is None


def test_a_model_that_cannot_be_used_leaves_the_rules_to_judge_and_the_operator_is_told(office: Office) -> None:
    with writing(office.engine) as connection:
        install(connection, champion(), pack(canonical.dumps(champion())))
        declarations_store.bump_revision(connection)
    office.refresh()
    with capture_logs() as lines:
        answer = lodge(Lodged(by_anna(), offices.NOW), office)
    _, assessment, _ = assessment_of(office, answer)
    assert assessment.opinion is None
    assert not answer.decision.degraded
    assert [line["event"] for line in lines] == ["model.unusable"]


# --- participants ---------------------------------------------------------------------------------------------------


def test_a_category_on_record_that_is_none_does_not_stop_a_lodgement(office: Office) -> None:
    change(office, update(category).values(category="purple"))
    signed = pki.sign_as("yerkin", declaration_xml(declarant="qorgan", signatory="yerkin"))  # in no registry
    answer = lodge(Lodged(signed, offices.NOW), office)
    case, _, _ = assessment_of(office, answer)
    assert case.header.declarant_category == "high"


# --- the engine -----------------------------------------------------------------------------------------------------


class Hasty:
    """A monotonic clock by which every look takes a second."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1
        return self.seconds


def test_an_engine_that_is_too_slow_is_stopped_and_documents_are_checked(office: Office) -> None:
    office.clock.monotonic = Hasty()
    _, assessment, _ = is_degraded(office, by_anna(items=40))
    assert assessment.degraded is Degraded.OUT_OF_TIME
    assert assessment.stopped_at is not None


class Stopped:
    """A clock that breaks down after the first look, for a reason that has nothing to do with the case."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        if self.looks > 1:
            raise RuntimeError("no clock")
        return 0.0


def test_an_engine_that_breaks_down_is_not_asked_again_and_documents_are_checked(office: Office) -> None:
    office.clock.monotonic = Stopped()
    _, assessment, known = is_degraded(office, by_anna())
    assert assessment.degraded is Degraded.OUT_OF_KNOWLEDGE
    assert "RuntimeError: no clock" in (assessment.problem or "")
    assert known.profiles == ()


class Wordless(Snapshot):
    """What an office would know whose explanations have no words."""

    def knowledge(self, day: date, key_day: date | None = None) -> Knowledge:
        known = structs.replace(super().knowledge(day, key_day), phrases={})
        return structs.replace(known, version=version_of(known))


def test_when_judging_itself_breaks_down_documents_are_checked_all_the_same(office: Office) -> None:
    made = office.snapshot
    office.snapshot = Wordless(made.revision, made.reference, made.trust, office.engine, office.clock)
    _, assessment, known = is_degraded(office, by_anna())
    assert known.profiles == ()
    assert "KeyError" in (known.problem or "")
    assert assessment.findings == ()


def test_a_case_of_which_some_facts_are_missing_is_judged_by_the_others_and_degraded(office: Office) -> None:
    made = judge(Lodged(by_anna(), offices.NOW), office.snapshot, lambda: 0.0, 250)
    odd = structs.replace(made.case, problem="item 1: InvalidOperation")
    assessment = gateway.assess(odd, made.knowledge, Budget(lambda: 0.0, 250))
    assert assessment.findings == made.assessment.findings
    assert assessment.outcome is Outcome.DOCUMENTARY_CHECK
    assert "item 1: InvalidOperation" in (assessment.problem or "")
    assert decide(assessment, odd, made.knowledge).degraded


# --- who is told ----------------------------------------------------------------------------------------------------


def test_the_operator_sees_that_knowledge_is_incomplete_and_nothing_confidential(office: Office) -> None:
    code = first_code(office)
    change(office, spoilt(office, code, weight=400))
    office.refresh()
    with capture_logs() as lines:
        is_degraded(office, by_anna())
    told = [line for line in lines if line["event"] == "knowledge.incomplete"]
    assert [line["log_level"] for line in told] == ["error"]
    assert code not in json.dumps(lines, default=str)


def test_sound_knowledge_is_not_degraded(office: Office) -> None:
    with capture_logs() as lines:
        answer = lodge(Lodged(by_anna(), offices.NOW), office)
    assert not answer.decision.degraded
    assert lines == []

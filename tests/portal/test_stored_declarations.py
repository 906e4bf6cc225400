"""What a declarant sees of what the office recorded, and that nobody sees what is another's."""

from datetime import date, timedelta
from decimal import Decimal

import offices
import pki
import pytest
from builders import declaration_xml, export_xml
from cast import PARTICIPANTS, PERSONS
from msgspec import structs

from declarations import store as declarations_store
from portal.database import reading, writing
from portal.declarant.stored import StoredDeclarations
from portal.pipeline import judge, lodge
from portal.stages import Lodged
from portal.views import DecisionView, Declarations, Lane, Principals, Step
from portal.worker import Worker
from risk_gateway import canonical
from risk_gateway import store as risk_store
from risk_gateway.model import Measure, MeasureCode
from risk_gateway.packing import pack

ALTYN = PARTICIPANTS["altyn"].identifier
QORGAN = PARTICIPANTS["qorgan"].identifier
TENGRI = PARTICIPANTS["tengri"].identifier
ZHIBEK = PARTICIPANTS["zhibek"].identifier
TODAY = offices.NOW.date()
LATER = timedelta(seconds=2)


@pytest.fixture
def clock():
    return offices.StillClock()


@pytest.fixture
def office(tmp_path, clock):
    return offices.office(tmp_path, clock)


@pytest.fixture
def stored(office):
    return StoredDeclarations(office)


def lodged(office, person, data):
    """Return (the bytes, what was answered) of a declaration that this person signs and lodges."""
    signed = pki.sign_as(person, data)
    return signed, lodge(Lodged(signed, offices.NOW, None), office)


def by_anna(office, reference="ALTYN-2026-0001", **changes):
    return lodged(office, "anna", declaration_xml(reference=reference, **changes))


def by_yerkin(office, reference="QORGAN-1", **changes):
    changes = {"declarant": "qorgan", "signatory": "yerkin", **changes}
    return lodged(office, "yerkin", declaration_xml(reference=reference, **changes))


def by_berik(office, reference="BERIK-1", **changes):
    return lodged(office, "berik", declaration_xml(reference=reference, agent="zhibek", signatory="berik", **changes))


def numbers(page):
    return [row.registration_number for row in page.rows]


def rewrite_decision(office, answer, **changes):
    """Change the recorded decision, as if the gateway had decided so."""
    decision = structs.replace(answer.decision, **changes)
    key = answer.stored.key
    table = risk_store.decision
    with writing(office.engine) as connection:
        connection.execute(
            table.update()
            .where(table.c.declarant == key.declarant)
            .where(table.c.functional_reference_id == key.functional_reference_id)
            .values(decision=pack(canonical.dumps(decision)))
        )


def set_column(office, answer, **values):
    table = declarations_store.declaration
    with writing(office.engine) as connection:
        number = answer.stored.registration_number
        connection.execute(table.update().where(table.c.registration_number == number).values(**values))


def test_it_is_what_the_pages_ask_for(stored):
    declarations: Declarations = stored
    principals: Principals = stored

    assert declarations.page_of([ALTYN], outcome=None, after=None, limit=10).rows == ()
    assert principals.principals_of(ALTYN, TODAY) == []


# --- the list -------------------------------------------------------------------------------------------------------


def test_a_line_of_the_list_tells_what_was_lodged(office, stored):
    _, answer = by_anna(office, items=2)

    (row,) = stored.page_of([ALTYN], outcome=None, after=None, limit=10).rows

    assert row.registration_number == answer.stored.registration_number
    assert (row.functional_reference_id, row.type_code, row.procedure) == ("ALTYN-2026-0001", "IM", "40")
    assert (row.declarant, row.declarant_name, row.item_count) == (ALTYN, PARTICIPANTS["altyn"].name, 2)
    assert (row.outcome.value, row.status) == (answer.decision.outcome.value, answer.stored.status)
    assert row.received_at == offices.NOW
    assert row.customs_value == Decimal(answer.stored.customs_value_tiyn) / 100


def test_pages_follow_one_another_newest_first_without_gap_or_repetition(office, stored):
    given = [by_anna(office, f"A-{number}")[1].stored.registration_number for number in range(5)]

    first = stored.page_of([ALTYN], outcome=None, after=None, limit=2)
    second = stored.page_of([ALTYN], outcome=None, after=first.next_after, limit=2)
    by_anna(office, "A-new")
    third = stored.page_of([ALTYN], outcome=None, after=second.next_after, limit=2)

    assert [numbers(first), numbers(second), numbers(third)] == [given[:2:-1], given[2:0:-1], given[:1]]
    assert third.next_after is None


def test_a_page_that_is_just_full_has_no_next_one(office, stored):
    by_anna(office, "A-1")
    by_anna(office, "A-2")

    page = stored.page_of([ALTYN], outcome=None, after=None, limit=2)

    assert (len(page.rows), page.next_after) == (2, None)


def test_declarations_of_several_declarants_stand_in_one_order_and_those_of_others_are_missing(office, stored):
    first = by_anna(office, "A-1")[1].stored.registration_number
    by_yerkin(office)
    second = lodged(office, "zarina", export_xml(reference="T-1", declarant="tengri", signatory="zarina"))[1]
    third = by_anna(office, "A-2")[1].stored.registration_number

    page = stored.page_of([TENGRI, ALTYN, ALTYN], outcome=None, after=None, limit=10)

    assert numbers(page) == [third, second.stored.registration_number, first]
    assert stored.page_of([], outcome=None, after=None, limit=10).rows == ()


def test_more_declarants_than_one_statement_takes_are_all_looked_through(office, stored):
    given = [by_anna(office, f"A-{number}")[1].stored.registration_number for number in range(3)]
    given.append(by_yerkin(office)[1].stored.registration_number)
    strangers = [f"{number:012}" for number in range(700)]

    page = stored.page_of([QORGAN, *strangers, ALTYN], outcome=None, after=None, limit=3)

    assert numbers(page) == given[:0:-1]
    assert page.next_after is not None


def test_the_list_is_narrowed_to_one_outcome_before_it_is_cut_into_pages(office, stored):
    answers = [by_anna(office, f"A-{number}")[1] for number in range(4)]
    for place, answer in enumerate(answers):
        set_column(office, answer, outcome=(Lane.RELEASE if place % 2 else Lane.INSPECTION).value)

    first = stored.page_of([ALTYN], outcome=Lane.INSPECTION, after=None, limit=1)
    second = stored.page_of([ALTYN], outcome=Lane.INSPECTION, after=first.next_after, limit=1)

    assert numbers(first) + numbers(second) == [answers[place].stored.registration_number for place in (2, 0)]
    assert second.next_after is None
    assert stored.page_of([ALTYN], outcome=Lane.DOCUMENTS, after=None, limit=1).rows == ()


@pytest.mark.skipif(offices.POSTGRESQL is not None, reason="reads the plan of SQLite")
@pytest.mark.parametrize("outcome", [None, "SIMPLIFIED_RELEASE"])
def test_a_page_is_read_along_the_index_of_each_declarant(office, outcome):
    statement = declarations_store._newest_of([ALTYN, TENGRI], outcome, 100, 10)
    text = str(statement.compile(office.engine, compile_kwargs={"literal_binds": True}))
    with reading(office.engine) as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]

    searches = [step for step in plan if "declaration_by_participant (declarant=? AND sequence<?)" in step]
    assert len(searches) == 2
    assert not [step for step in plan if step.startswith("SCAN declaration")]


# --- one declaration ------------------------------------------------------------------------------------------------


def test_the_page_tells_what_the_declaration_says(office, stored):
    _, answer = by_anna(office, items=2, country="CN")

    page = stored.find([ALTYN], answer.stored.registration_number, "ru")

    assert (page.version, page.office, page.agent, page.agent_name) == (1, "20201", None, None)
    assert (page.exporter_name, page.importer_name) == ("MERIDIAN LIGHTING CO LTD", PARTICIPANTS["altyn"].name)
    assert (page.export_country, page.destination_country, page.invoice_currency) == ("CN", "KZ", "USD")
    assert page.invoice_amount == sum(item.price for item in page.items)
    assert [item.sequence for item in page.items] == [1, 2]
    assert sum(item.customs_value for item in page.items) == page.summary.customs_value


def test_the_office_is_named_in_the_readers_language(office, stored):
    number = by_anna(office)[1].stored.registration_number

    names = [stored.find([ALTYN], number, language).office_name for language in ("kk", "ru", "en")]

    assert names == ["Алматы", "Алматы", "Almaty"]


def test_the_signer_stands_with_the_organisation_signed_for(office, stored):
    _, answer = by_anna(office)

    signer = stored.find([ALTYN], answer.stored.registration_number, "en").signer

    assert (signer.iin, signer.name, signer.signed_at) == (PERSONS["anna"].iin, answer.stored.signer_name, pki.NOW)
    assert (signer.organisation, signer.organisation_name) == (ALTYN, PARTICIPANTS["altyn"].name)


def test_a_sole_trader_who_signs_in_person_signs_for_no_organisation(office, stored):
    _, answer = by_anna(office)
    set_column(office, answer, signer_iin=ALTYN)

    signer = stored.find([ALTYN], answer.stored.registration_number, "en").signer

    assert (signer.iin, signer.organisation, signer.organisation_name) == (ALTYN, None, None)


def test_a_broker_signs_for_the_own_firm(office, stored):
    number = by_berik(office)[1].stored.registration_number

    page = stored.find([ALTYN], number, "en")

    assert (page.agent, page.agent_name) == (ZHIBEK, PARTICIPANTS["zhibek"].name)
    assert (page.signer.organisation, page.signer.organisation_name) == (ZHIBEK, PARTICIPANTS["zhibek"].name)
    assert page.summary.declarant == ALTYN


def test_the_decision_is_told_without_the_flag_for_audit(office, stored):
    _, answer = by_anna(office)
    due = offices.NOW + timedelta(days=10)
    ordered = (Measure(MeasureCode.POST_AUDIT_FLAG), Measure(MeasureCode.DOCUMENTARY_CONTROL, None, (1,), due))
    rewrite_decision(office, answer, measures=ordered)

    decision = stored.find([ALTYN], answer.stored.registration_number, "en").decision

    assert isinstance(decision, DecisionView)
    assert [(measure.code, measure.items, measure.deadline) for measure in decision.measures] == [
        ("DOCUMENTARY_CONTROL", (1,), due)
    ]
    assert (decision.id, decision.decided_at) == (answer.decision.id, answer.decision.decided_at)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_explanation_is_in_the_readers_language(office, stored, language):
    _, answer = by_yerkin(office)
    (recorded, *_) = answer.decision.explanation

    (shown, *_) = stored.find([QORGAN], answer.stored.registration_number, language).decision.explanation

    assert (shown.category, shown.text) == (recorded.category.into(language), recorded.text.into(language))
    assert (shown.legal_basis, shown.appeal) == (recorded.legal_basis.into(language), recorded.appeal.into(language))
    assert (shown.items, shown.deadline) == (recorded.items, recorded.deadline)


def test_payments_are_those_computed_when_it_was_lodged(office, stored):
    data, answer = by_anna(office, items=2)
    payables = judge(Lodged(data, offices.NOW, None), office.snapshot, lambda: 0.0, 1000).checked.payables

    page = stored.find([ALTYN], answer.stored.registration_number, "en")

    assert payables.determined
    assert [(payment.type_code, payment.amount) for payment in page.payments] == sorted(payables.totals.items())
    assert page.payment_total == payables.total == sum(payment.amount for payment in page.payments)
    assert [item.duty for item in page.items] == [item.line("2010").amount for item in payables.items]


def test_no_total_is_told_when_a_part_is_undetermined_and_the_reason_is(office, stored):
    _, answer = by_anna(office, items=[{}, {"code": "0101210000"}])  # horses: not in the shipped part of the tariff

    page = stored.find([ALTYN], answer.stored.registration_number, "ru")
    english = stored.find([ALTYN], answer.stored.registration_number, "en")

    duty = next(payment for payment in page.payments if payment.type_code == "2010")
    other = next(payment for payment in english.payments if payment.type_code == "2010")
    assert (page.payment_total, duty.amount) == (None, None)
    assert duty.reason
    assert other.reason not in (None, duty.reason)
    assert page.items[1].duty is None
    assert page.items[1].duty_reason


def test_the_timeline_ends_with_the_notice_once_it_is_sent(office, stored, clock):
    clock.at += LATER
    number = by_anna(office)[1].stored.registration_number
    before = stored.find([ALTYN], number, "en").timeline
    clock.at += LATER
    Worker(office.engine, clock).deliver_due()

    after = stored.find([ALTYN], number, "en").timeline

    received, accepted, sent = offices.NOW, offices.NOW + LATER, offices.NOW + 2 * LATER
    assert [(event.step, event.at) for event in after] == [
        (Step.RECEIVED, received),
        (Step.SIGNATURE_VERIFIED, received),
        (Step.CHECKED, received),
        (Step.REGISTERED, accepted),
        (Step.DECIDED, accepted),
        (Step.NOTICE_SEALED, accepted),
        (Step.NOTICE_SENT, sent),
    ]
    assert before == after[:-1]


def test_the_document_is_given_back_byte_for_byte_and_the_notice_as_it_was_sealed(office, stored):
    data, answer = by_anna(office)

    assert stored.document([ALTYN], answer.stored.registration_number) == data
    assert stored.notice([ALTYN], answer.stored.registration_number) == answer.notice


def test_what_is_anothers_is_as_if_it_were_not_there(office, stored):
    number = by_anna(office)[1].stored.registration_number

    for whose, asked in (([QORGAN], number), ([], number), ([ALTYN], "20201/241126/9999999"), ([ALTYN], "?")):
        assert stored.find(whose, asked, "en") is None
        assert stored.notice(whose, asked) is None
        assert stored.document(whose, asked) is None


# --- whom a broker acts for -----------------------------------------------------------------------------------------


def give(office, power):
    with writing(office.engine) as connection:
        declarations_store.put_power(connection, power)
        declarations_store.bump_revision(connection)


def test_a_broker_acts_for_whom_it_holds_a_power_of_attorney_from(stored):
    assert set(stored.principals_of(ZHIBEK, TODAY)) == {ALTYN, TENGRI}
    assert stored.principals_of(ALTYN, TODAY) == []


def test_a_power_of_attorney_holds_on_its_first_and_last_day_and_not_beside_them(stored):
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2027, 12, 31), date(2028, 1, 1))

    assert [ALTYN in stored.principals_of(ZHIBEK, day) for day in days] == [False, True, True, False]


def test_a_revoked_power_of_attorney_holds_until_the_day_of_revocation(office, stored):
    give(office, offices.power("altyn", "zhibek", revoked_on=date(2026, 6, 1)))

    days = (date(2026, 5, 31), date(2026, 6, 1))

    assert [ALTYN in stored.principals_of(ZHIBEK, day) for day in days] == [True, False]


def test_a_second_power_of_attorney_outlives_the_first_and_names_the_principal_once(office, stored):
    give(office, offices.power("altyn", "zhibek", number="P-2", valid_to=date(2030, 1, 1)))

    assert list(stored.principals_of(ZHIBEK, TODAY)).count(ALTYN) == 1
    assert stored.principals_of(ZHIBEK, date(2029, 1, 1)) == [ALTYN]

"""Travellers declare and leave: green at once, red with payment, act and violation, or stopped by an inspector."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import auditing_after
import offices
import pki
import pytest
from builders import declaration_xml
from caseworking import person
from lxml import etree
from msgspec.structs import replace
from sqlalchemy import delete, select, update
from travelling import ASAN, LI, OTHER_POST, Border, border, declared, dollars, goods, heavy

from declarations.passengers import xml
from declarations.passengers.model import Corridor, Crossing, Direction, GoodsKind, Mode
from declarations.reference import Reference
from declarations.writing import content_of
from portal import judging
from portal.auditing.passengers import passenger_doubts
from portal.database import reading, writing
from portal.ledger import books
from portal.passengers import charging, store
from portal.passengers.errors import PassengerDefects, PassengerNotFound, PassengerRefused
from portal.passengers.model import Found, InspectionAct, Result, Status
from portal.passengers.working import GOODS_STAY
from portal.pipeline import lodge
from portal.stages import Lodged
from risk_gateway import judgement_store
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.model import Identity, Scheme, State
from risk_gateway.coded_facts import Suspicion
from risk_gateway.packing import pack
from risk_gateway.profiles import Outcome
from signing import store as signing_store
from signing import verify, xmlgate

SIXTY = declared(heavy(), corridor=Corridor.RED)


@pytest.fixture
def at_border(tmp_path: Path) -> Border:
    return border(tmp_path)


def events(at: Border, subject: str) -> list[str]:
    with reading(at.office.engine) as connection:
        return [event for _, event, _ in signing_store.read_entries(connection, subject)]


def owed(at: Border, reference: str) -> int:
    with reading(at.office.engine) as connection:
        standing = charging.outstanding(connection, at.now(reference))
    return standing.open if standing else 0


# --- declaring ------------------------------------------------------------------------------------------------------


def test_who_has_little_is_green_at_once_and_leaves(at_border: Border) -> None:
    record = at_border.declare(declared(goods())).record
    assert (record.status, record.corridor, record.outcome) == (
        Status.READY,
        Corridor.GREEN,
        Outcome.SIMPLIFIED_RELEASE,
    )
    assert len(record.reference) == 16
    left = at_border.release(record.reference)
    assert (left.status, left.left_at) == (Status.LEFT, at_border.clock.at)
    assert events(at_border, record.reference) == ["passenger.declared", "passenger.moved"]


def test_broken_rules_are_told_and_nothing_is_kept(at_border: Border) -> None:
    with pytest.raises(PassengerDefects) as refused:
        at_border.declare(declared(goods(currency="ZZZ")))
    assert [each.code for each in refused.value.defects] == ["P-106"]
    assert at_border.desk.lane(person("madina")).records == ()


def test_the_same_form_sent_twice_is_one_declaration(at_border: Border) -> None:
    first = at_border.declare(declared(goods()), "form")
    again = at_border.declare(declared(goods()), "form")
    assert again.record.reference == first.record.reference
    assert again.key != first.key
    assert len(at_border.desk.lane(person("madina")).records) == 1


def test_sixty_kilograms_by_land_are_paid_and_then_leave(at_border: Border) -> None:
    record = at_border.declare(SIXTY).record
    assert (record.status, record.corridor) == (Status.PAYMENT_DUE, Corridor.RED)
    assert (record.cro, owed(at_border, record.reference)) == (f"CRO-{record.reference}", 8_465_800)
    with pytest.raises(PassengerRefused, match="pay_first"):
        at_border.release(record.reference)
    at_border.cash(record.reference)
    assert owed(at_border, record.reference) == 0
    assert at_border.release(record.reference).status is Status.LEFT


def test_the_receipt_order_is_sealed_and_says_how_it_was_worked_out(at_border: Border) -> None:
    record = at_border.declare(SIXTY).record
    _, notice, open_tiyn = at_border.desk.receipt(person("madina"), record.reference)
    sealed = verify.verify(xmlgate.open_document(notice))
    told = etree.tostring(sealed.root, encoding="unicode")
    assert "84658.00" in told
    assert "35" in told
    assert record.digest in told
    assert open_tiyn == 8_465_800


def test_above_the_norm_and_green_chosen_is_red_and_inspected(at_border: Border) -> None:
    record = at_border.declare(declared(heavy())).record
    assert (record.chosen, record.corridor, record.status) == (Corridor.GREEN, Corridor.RED, Status.INSPECTION)
    assert record.cro is None


def test_undeclared_money_above_the_limit_is_red(at_border: Border) -> None:
    assert at_border.declare(declared(money=(dollars(20_000),))).record.status is Status.INSPECTION
    told = dollars(20_000, owner="Wei Li", origin="Savings", use="A car")
    open_handed = declared(corridor=Corridor.RED, money=(told,), traveller=LI)
    record = at_border.declare(open_handed).record
    assert (record.status, record.corridor) == (Status.READY, Corridor.RED)


def test_three_crossings_in_thirty_days_near_the_norm_are_red(at_border: Border) -> None:
    near = declared(goods(mass_kg=Decimal(24)))
    for _ in range(3):
        assert at_border.cross(near).status is Status.LEFT
        at_border.clock.at += timedelta(days=1)
        near = replace(near, issued_at=at_border.clock.at.astimezone(UTC))
    assert at_border.declare(near).record.status is Status.INSPECTION
    other = at_border.declare(replace(near, traveller=LI)).record
    assert other.status is Status.READY


def test_crossings_of_another_document_of_the_same_person_count_too(at_border: Border) -> None:
    for number in ("N1111111", "N2222222", "N3333333"):
        at_border.cross(declared(goods(mass_kg=Decimal(24)), traveller=replace(ASAN, document_number=number)))
    record = at_border.declare(declared(goods(mass_kg=Decimal(24)))).record
    assert record.status is Status.INSPECTION


def test_crossings_of_long_ago_do_not_count(at_border: Border) -> None:
    for _ in range(3):
        at_border.cross(declared(goods(mass_kg=Decimal(24))))
    at_border.clock.at += timedelta(days=31)
    later = declared(goods(mass_kg=Decimal(24)), issued_at=at_border.clock.at.astimezone(UTC))
    assert at_border.declare(later).record.status is Status.READY


def test_declaring_anew_does_not_end_an_inspection(at_border: Border) -> None:
    assert at_border.declare(declared(heavy())).record.status is Status.INSPECTION
    assert at_border.declare(declared(goods())).record.status is Status.INSPECTION
    assert at_border.declare(declared(goods(), traveller=LI)).record.status is Status.READY


def test_without_rates_nobody_goes_through_silently(at_border: Border) -> None:
    shipped = Reference.shipped()
    without = Reference(shipped._tables, shipped._dues, {}, shipped.tariff)
    at_border.office.snapshot.reference = without
    record = at_border.declare(declared(goods())).record
    assert (record.status, record.corridor, record.cro) == (Status.INSPECTION, Corridor.RED, None)
    assert record.computation.unknown == ("EUR",)
    with pytest.raises(PassengerRefused, match="rates_missing"):
        at_border.act(record.reference)


def test_more_than_a_traveller_may_bring_needs_a_goods_declaration(at_border: Border) -> None:
    record = at_border.declare(declared(goods(personal_use=False), corridor=Corridor.RED)).record
    assert record.status is Status.GOODS_DECLARATION
    for given, code in (("", "settle_first"), ("20201/241126/9999999", "number"), ("nonsense", "number")):
        with pytest.raises(PassengerRefused, match=code):
            at_border.release(record.reference, given)
    left = at_border.release(record.reference, GOODS_STAY)
    assert (left.status, left.settled_by) == (Status.LEFT, GOODS_STAY)


def lodged(at: Border, **changes: Any) -> str:
    """Return the number of a goods declaration of Altyn Dala."""
    document = pki.sign_as("anna", declaration_xml(**changes), at.clock.at)
    return lodge(Lodged(document, at.clock.at), at.office).stored.registration_number


def test_a_released_goods_declaration_settles_the_goods_of_one_traveller(at_border: Border) -> None:
    first, second = (
        at_border.declare(declared(goods(personal_use=False), traveller=who, corridor=Corridor.RED)).record.reference
        for who in (ASAN, LI)
    )
    held = lodged(at_border, reference="HELD", origin="KP")
    with pytest.raises(PassengerRefused, match="not_released"):
        at_border.release(first, held)
    released = lodged(at_border, reference="RELEASED")
    auditing_after.release(at_border.office, released)
    assert at_border.release(first, released).settled_by == released
    with pytest.raises(PassengerRefused, match="number_used"):
        at_border.release(second, released)


def test_a_draft_of_the_goods_declaration_has_what_the_traveller_said_of_these_goods(at_border: Border) -> None:
    wine = goods(
        kind=GoodsKind.ALCOHOL, description="Wine", litres=Decimal(9), value=Decimal(90), commodity_group="2204"
    )
    made = at_border.declare(declared(goods(), wine, corridor=Corridor.RED))
    draft = at_border.travellers.goods_declaration(made.record.reference, made.key)
    assert draft == at_border.desk.goods_declaration(person("madina"), made.record.reference)
    content = content_of(xmlgate.open_document(draft).root)
    assert (content.fields["TypeCode"], content.fields["Declarant/ID"]) == ("IM", ASAN.iin)
    assert content.items == [
        {
            "Commodity/Description": "Wine",
            "Commodity/ClassificationID": "2204",
            "Commodity/GoodsMeasure/GrossMassMeasure": "10",
            "Commodity/ItemChargeAmount": "90",
            "Commodity/ItemChargeAmount/@currencyID": "EUR",
        }
    ]


def test_where_no_goods_declaration_is_needed_there_is_no_draft_and_strangers_get_none(at_border: Border) -> None:
    plain = at_border.declare(declared(goods()))
    with pytest.raises(PassengerNotFound):
        at_border.travellers.goods_declaration(plain.record.reference, plain.key)
    made = at_border.declare(declared(goods(personal_use=False), traveller=LI, corridor=Corridor.RED))
    with pytest.raises(PassengerNotFound):
        at_border.travellers.goods_declaration(made.record.reference, plain.key)
    with pytest.raises(PassengerNotFound):
        at_border.desk.goods_declaration(replace(person("madina"), post=OTHER_POST), made.record.reference)


# --- the record -----------------------------------------------------------------------------------------------------


def test_a_record_opens_with_reference_and_document_number_only(at_border: Border) -> None:
    made = at_border.declare(declared(goods()))
    reference = made.record.reference
    opened = at_border.travellers.open(f"{reference[:4]} {reference[4:]}".lower(), " n1234567", "10.0.0.1")
    for key in (made.key, opened.key):
        view = at_border.travellers.view(reference, key, "en")
        assert view is not None
        assert view.record.reference == reference
    for key in ("", "guess", made.key + "x"):
        assert at_border.travellers.view(reference, key, "en") is None
    at_border.clock.at += timedelta(hours=25)
    assert at_border.travellers.view(reference, made.key, "en") is None


def test_a_key_opens_its_own_record_only(at_border: Border) -> None:
    one, other = at_border.declare(declared(goods())), at_border.declare(declared(goods(), traveller=LI))
    assert at_border.travellers.view(other.record.reference, one.key, "en") is None


def test_a_wrong_reference_and_a_wrong_document_are_told_alike(at_border: Border) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    told = []
    for given in ((reference, "N7654321"), ("A" * 16, "N1234567"), ("", "")):
        with pytest.raises(PassengerRefused) as refused:
            at_border.travellers.open(*given, "10.0.0.1")
        told.append((refused.value.code, refused.value.field, refused.value.params))
    assert len(set(map(str, told))) == 1


def test_documents_are_not_tried_one_after_another(at_border: Border) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    codes = []
    for number in range(12):  # from a new address each time
        with pytest.raises(PassengerRefused) as refused:
            at_border.travellers.open(reference, f"N{number:07}", f"10.0.0.{number}")
        codes.append(refused.value.code)
    assert codes == ["passengers.not_open"] * 10 + ["passengers.too_many"] * 2
    at_border.clock.ticks += 3_600
    assert at_border.travellers.open(reference, "N1234567", "10.0.0.1").record.reference == reference


def test_an_address_that_opens_too_often_waits(at_border: Border) -> None:
    codes = set()
    for number in range(25):
        with pytest.raises(PassengerRefused) as refused:
            at_border.travellers.open(f"REFERENCE{number:07}", "N1", "10.0.0.1")
        codes.add(refused.value.code)
    assert codes == {"passengers.not_open", "passengers.too_many"}


def test_what_the_traveller_reads_names_no_profile(at_border: Border) -> None:
    made = at_border.declare(declared(heavy()))
    view = at_border.travellers.view(made.record.reference, made.key, "en")
    assert view is not None
    assert "PD-" not in str(view.told)
    assert view.told["explanation"]


def test_opening_and_reading_are_in_the_journal(at_border: Border) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    at_border.travellers.open(reference, "N1234567", "10.0.0.1")
    at_border.desk.file(person("madina"), reference, "en")
    assert events(at_border, reference).count("passenger.read") == 2


def test_the_journal_names_no_traveller(at_border: Border) -> None:
    reference = at_border.declare(SIXTY).record.reference
    with reading(at_border.office.engine) as connection:
        told = "".join(
            str(entry)
            for subject in (reference, f"{reference}/J1")
            for entry in signing_store.read_entries(connection, subject)
        )
    assert reference in told
    for secret in (ASAN.document_number, str(ASAN.iin), ASAN.given_name):
        assert secret not in told


# --- signing --------------------------------------------------------------------------------------------------------


ANNA = replace(ASAN, given_name="Anna", iin="850412450128", born_on=datetime(1985, 4, 12).date())


def test_who_has_a_key_signs_and_the_signed_bytes_are_kept(at_border: Border) -> None:
    prepared = at_border.travellers.prepare(declared(goods(), traveller=ANNA), "form")
    signed = pki.sign_as("anna", prepared.document)
    record = asyncio.run(at_border.travellers.accept(prepared.id, signed)).record
    assert (record.signed, record.content, record.status) == (True, signed, Status.READY)
    assert record.digest == hashlib.sha256(signed).hexdigest()
    again = asyncio.run(at_border.travellers.accept(prepared.id, signed)).record
    assert again.reference == record.reference


def test_another_persons_key_and_another_document_are_refused(at_border: Border) -> None:
    prepared = at_border.travellers.prepare(declared(goods(), traveller=ANNA), "form")
    with pytest.raises(PassengerRefused, match="other_signer"):
        asyncio.run(at_border.travellers.accept(prepared.id, pki.sign_as("berik", prepared.document)))
    other = xml.write(declared(heavy(), traveller=ANNA))
    with pytest.raises(PassengerRefused, match="other_content"):
        asyncio.run(at_border.travellers.accept(prepared.id, pki.sign_as("anna", other)))


def test_a_prepared_document_is_signed_within_its_hour_by_who_has_an_iin(at_border: Border) -> None:
    with pytest.raises(PassengerRefused, match="needs_iin"):
        at_border.travellers.prepare(declared(goods(), traveller=LI), "form")
    prepared = at_border.travellers.prepare(declared(goods(), traveller=ANNA), "form")
    at_border.clock.at += timedelta(hours=2)
    with pytest.raises(PassengerNotFound):
        at_border.travellers.prepared(prepared.id)
    with pytest.raises(PassengerRefused, match="statement_gone"):
        asyncio.run(at_border.travellers.accept(prepared.id, pki.sign_as("anna", prepared.document)))


# --- the inspector's own assessment ---------------------------------------------------------------------------------


def test_a_traveller_in_green_is_stopped_by_the_inspectors_judgement(at_border: Border) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    stopped = at_border.assess(reference)
    assert (stopped.status, stopped.corridor, stopped.suspicion) == (
        Status.INSPECTION,
        Corridor.RED,
        Suspicion.NERVOUS_BEHAVIOUR,
    )
    file = at_border.desk.file(person("madina"), reference, "en")
    assert [(each.reason, each.by_name, each.text) for each in file.assessments] == [
        (Suspicion.NERVOUS_BEHAVIOUR, "Madina Demo", "Would not look at me")
    ]
    assert [each.moment for each in file.judgements] == ["assessment", "declaration"]
    assert "passenger.assessed" in events(at_border, reference)


def test_draws_are_not_rolled_again(at_border: Border) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    at_border.assess(reference)
    with reading(at_border.office.engine) as connection:
        judged = judgement_store.of_subject(connection, reference)
    assert len({each.series_id for each in judged}) == 1


def test_an_assessment_has_a_coded_reason_and_words(at_border: Border) -> None:
    record = at_border.declare(declared(goods())).record
    for reason, text, field in (("", "x", "reason"), ("none", "x", "reason"), ("dog_alert", "", "text")):
        with pytest.raises(PassengerRefused) as refused:
            at_border.desk.assess(person("madina"), record.reference, record.version, reason, text)
        assert refused.value.field == field


def test_two_who_work_at_once_are_told(at_border: Border) -> None:
    record = at_border.declare(declared(goods())).record
    at_border.assess(record.reference)
    for do in (
        lambda: at_border.desk.release(person("madina"), record.reference, record.version),
        lambda: at_border.desk.assess(person("madina"), record.reference, record.version, "dog_alert", "Barked"),
    ):
        with pytest.raises(PassengerRefused, match="moved_meanwhile"):
            do()


def test_nobody_leaves_before_the_inspection(at_border: Border) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    at_border.assess(reference)
    with pytest.raises(PassengerRefused, match="inspect_first"):
        at_border.release(reference)


# --- the act --------------------------------------------------------------------------------------------------------


def test_nothing_found_and_the_traveller_leaves_by_the_red_corridor(at_border: Border) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    at_border.assess(reference)
    inspected = at_border.act(reference)
    assert (inspected.status, inspected.corridor) == (Status.READY, Corridor.RED)
    assert at_border.release(reference).status is Status.LEFT


def test_more_found_is_paid_for_and_no_violation_when_it_was_a_mistake(at_border: Border) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    at_border.assess(reference)
    found = Found(mass_kg=Decimal(60), value=Decimal(300), currency="EUR")
    inspected = at_border.act(reference, Result.DIFFERS, found)
    assert (inspected.status, owed(at_border, reference)) == (Status.PAYMENT_DUE, 8_465_800)
    with reading(at_border.office.engine) as connection:
        assert violation_store.of_number(connection, ASAN.iin or "") == ()


@pytest.mark.parametrize("result", [Result.SMUGGLING, Result.UNDECLARED])
def test_a_violation_comes_on_record_and_counts_next_time(at_border: Border, result: Result) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    at_border.assess(reference)
    at_border.act(reference, result, Found(mass_kg=Decimal(20), value=Decimal(300), currency="EUR"))
    with reading(at_border.office.engine) as connection:
        (written,) = violation_store.of_number(connection, ASAN.iin or "")
    assert (written.kind, written.state, written.place) == (result.value, State.CONFIRMED, "30301")
    at_border.release(reference)
    at_border.clock.at += timedelta(days=100)
    again = declared(goods(), issued_at=at_border.clock.at.astimezone(UTC))
    expected = Status.INSPECTION if result is Result.SMUGGLING else Status.READY
    assert at_border.declare(again).record.status is expected


def test_a_foreigner_is_known_again_by_the_document(at_border: Border) -> None:
    reference = at_border.declare(declared(goods(), traveller=LI)).record.reference
    at_border.assess(reference)
    at_border.act(reference, Result.SMUGGLING, Found(mass_kg=Decimal(20), value=Decimal(300), currency="EUR"))
    with reading(at_border.office.engine) as connection:
        identity = Identity(Scheme.FOREIGN, "E87654321", "CN")
        assert [each.kind for each in violation_store.of_identity(connection, identity)] == ["smuggling"]
    at_border.release(reference)
    assert at_border.declare(declared(goods(), traveller=LI)).record.status is Status.INSPECTION


def test_a_receipt_order_is_corrected_by_the_act(at_border: Border) -> None:
    reference = at_border.declare(SIXTY).record.reference
    at_border.assess(reference)
    at_border.act(reference, Result.DIFFERS, Found(mass_kg=Decimal(70), value=Decimal(300), currency="EUR"))
    assert owed(at_border, reference) == 10_884_600  # 45 kg x EUR 4 x 604.70
    at_border.cash(reference)
    assert at_border.release(reference).status is Status.LEFT


def test_goods_for_trade_found_need_a_goods_declaration(at_border: Border) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    at_border.assess(reference)
    found = Found(mass_kg=Decimal(20), value=Decimal(300), currency="EUR", for_trade=True)
    assert at_border.act(reference, Result.UNDECLARED, found).status is Status.GOODS_DECLARATION


def test_an_act_is_written_only_where_an_inspection_is_ordered_and_is_complete(at_border: Border) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    with pytest.raises(PassengerRefused, match="not_inspected"):
        at_border.act(reference)
    at_border.assess(reference)
    whole = InspectionAct(
        reference=reference, expected=at_border.now(reference).version, place="Hall", result=Result.DIFFERS, text="x"
    )
    for wrong, code in (
        (replace(whole, place=""), "place"),
        (replace(whole, text=""), "text"),
        (whole, "found"),
        (replace(whole, expected=99), "moved_meanwhile"),
    ):
        with pytest.raises(PassengerRefused, match=code):
            at_border.desk.prepare_act(person("madina"), wrong)


def test_only_who_wrote_the_act_signs_it_and_signs_just_that(at_border: Border) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    at_border.assess(reference)
    act = InspectionAct(
        reference=reference, expected=at_border.now(reference).version, place="Hall", result=Result.AS_DECLARED, text=""
    )
    prepared = at_border.desk.prepare_act(person("madina"), act)
    with pytest.raises(PassengerRefused, match="other_signer"):
        at_border.sign(prepared.id, prepared.document, "dana")
    with pytest.raises(PassengerRefused, match="other_content"):
        at_border.sign(prepared.id, prepared.document.replace(b"Hall", b"Yard"))
    signed = pki.sign_as("madina", prepared.document, at_border.clock.at)
    first = at_border.desk.accept_act(person("madina"), prepared.id, signed)
    again = at_border.desk.accept_act(person("madina"), prepared.id, signed)
    assert again == first
    assert at_border.desk.act(person("madina"), prepared.id) == signed


def test_the_profiles_learn_what_the_inspection_found(at_border: Border) -> None:
    reference = at_border.declare(declared(heavy())).record.reference
    at_border.act(reference, Result.UNDECLARED, Found(mass_kg=Decimal(60), value=Decimal(300), currency="EUR"))
    assert "control.closed" in events(at_border, f"{reference}/J1")


# --- paying ---------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(bool(offices.POSTGRESQL), reason="travellers pay by a button in the demonstration, on SQLite")
def test_nobody_pays_twice(at_border: Border) -> None:
    made = at_border.declare(SIXTY)
    at_border.travellers.pay(made.record.reference, made.key)
    for again in (
        lambda: at_border.travellers.pay(made.record.reference, made.key),
        lambda: at_border.cash(made.record.reference),
    ):
        with pytest.raises(PassengerRefused, match="nothing_to_pay"):
            again()
    with reading(at_border.office.engine) as connection:
        assert books.holdings(connection, ASAN.iin or "").prepaid == 0


def test_a_stranger_does_not_pay_and_outside_a_demonstration_there_is_no_such_bank(at_border: Border) -> None:
    made = at_border.declare(SIXTY)
    with pytest.raises(PassengerNotFound):
        at_border.travellers.pay(made.record.reference, "guess")


# --- the post and the time ------------------------------------------------------------------------------------------


def test_another_posts_travellers_are_not_found(at_border: Border) -> None:
    elsewhere = Crossing(office=OTHER_POST, direction=Direction.ENTRY, mode=Mode.RAIL, country="CN")
    record = at_border.declare(declared(heavy(), crossing=elsewhere)).record
    madina, erlan = person("madina"), person("erlan")
    assert at_border.desk.lane(madina).records == ()
    assert not at_border.desk.known(madina, record.reference)
    for who in (madina, erlan):
        for do in (
            lambda who=who: at_border.desk.file(who, record.reference, "en"),
            lambda who=who: at_border.desk.release(who, record.reference, record.version),
            lambda who=who: at_border.desk.assess(who, record.reference, record.version, "dog_alert", "Barked"),
            lambda who=who: at_border.desk.take_cash(who, record.reference, record.version),
            lambda who=who: at_border.desk.receipt(who, record.reference),
        ):
            with pytest.raises(PassengerNotFound):
                do()


def test_an_expired_declaration_is_worked_on_by_nobody_and_its_receipt_order_is_cancelled(at_border: Border) -> None:
    made = at_border.declare(SIXTY)
    reference = made.record.reference
    at_border.clock.at += timedelta(hours=72)
    for do in (
        lambda: at_border.release(reference),
        lambda: at_border.assess(reference),
        lambda: at_border.cash(reference),
    ):
        with pytest.raises(PassengerRefused, match="expired"):
            do()
    assert at_border.desk.tidy() == 1
    assert at_border.desk.tidy() == 0
    assert at_border.now(reference).status is Status.EXPIRED
    assert owed(at_border, reference) == 0


def test_who_has_left_has_left(at_border: Border) -> None:
    record = at_border.cross(declared(goods()))
    with pytest.raises(PassengerRefused, match="ended"):
        at_border.release(record.reference)
    with reading(at_border.office.engine) as connection:
        since = at_border.clock.at - timedelta(days=1)
        assert len(store.crossings(connection, ASAN.iin, ASAN.document, since)) == 1


def test_what_opened_records_once_is_forgotten(at_border: Border) -> None:
    made = at_border.declare(declared(goods()))
    at_border.clock.at += timedelta(days=2)
    at_border.desk.tidy()
    with reading(at_border.office.engine) as connection:
        hashed = hashlib.sha256(made.key.encode()).hexdigest()
        assert not store.opens(connection, hashed, made.record.reference, offices.NOW)


@pytest.mark.parametrize("point", ["after judgement", "after charge", "after passenger declaration"])
def test_a_crash_between_two_writes_leaves_nothing(tmp_path: Path, point: str) -> None:
    at = border(tmp_path)

    def strike(where: str) -> None:
        if where == point:
            raise KeyboardInterrupt

    object.__setattr__(at.travellers._desk, "mark", strike)
    with pytest.raises(KeyboardInterrupt):
        at.declare(SIXTY, "form")
    object.__setattr__(at.travellers._desk, "mark", lambda where: None)
    assert at.desk.lane(person("madina")).records == ()
    record = at.declare(SIXTY, "form").record
    assert owed(at, record.reference) == 8_465_800


def test_every_judgement_is_kept_with_its_sealed_notice(at_border: Border) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    at_border.assess(reference)
    with reading(at_border.office.engine) as connection:
        for number in (f"{reference}/J1", f"{reference}/J2"):
            assert judging.read_file(connection, number, "en") is not None


# --- the audit ------------------------------------------------------------------------------------------------------


def doubts(at: Border) -> list[str]:
    with reading(at.office.engine) as connection:
        return list(passenger_doubts(connection))


@pytest.fixture
def crossed(at_border: Border) -> Border:
    """One has left after an assessment and an act, one is to pay."""
    reference = at_border.declare(declared(goods(), traveller=LI)).record.reference
    at_border.assess(reference)
    at_border.act(reference)
    at_border.release(reference)
    at_border.declare(SIXTY)
    return at_border


def test_what_was_done_stands_the_audit(crossed: Border) -> None:
    assert doubts(crossed) == []


@pytest.mark.parametrize(
    ("table", "values", "doubt"),
    [
        (store.declaration, {"status": "EXPIRED"}, "does not stand where its moves lead"),
        (store.declaration, {"digest": "0" * 64}, "is not what the journal says"),
        (store.declaration, {"content": pack(b"<x/>")}, "is not what the journal says"),
        (store.declaration, {"sequence": 0}, "is not in the journal"),
        (store.assessment, {"by_iin": "870214300608"}, "is not what the journal says"),
        (store.statement, {"signed": pack(b"<x/>")}, "is not genuine"),
        (store.crossing, None, "crossing do not fit"),
        (store.declaration, None, "is not on record"),
    ],
)
def test_what_was_changed_behind_the_journal_is_found(
    crossed: Border, table: Any, values: dict[str, Any] | None, doubt: str
) -> None:
    with writing(crossed.office.engine) as connection:
        one = select(table.c.reference).limit(1).scalar_subquery()
        of_one = table.c.reference == one
        connection.execute(
            delete(table).where(of_one) if values is None else update(table).where(of_one).values(values)
        )
    assert any(doubt in each for each in doubts(crossed))

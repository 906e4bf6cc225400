"""What a lodgement asks of history and adds to it, and when a commit finds that it was judged by what is past."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import builders
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from declarations import xml
from declarations.model import Declaration
from declarations.reference import Reference
from declarations.tariff import payable
from risk_gateway.facts import gather
from risk_gateway.history import Addition, Ledger, Past, addition, of_agent, of_declarant, question
from risk_gateway.model import Case, Extent, Load, OpenControl, Outcome, ParticipantFacts
from risk_gateway.parameters import ReferenceValues, UnitValue
from risk_gateway.profiles import Category

ALTYN, ZHIBEK = "150340012340", "110540007770"
DAY = date(2026, 11, 24)
CERTIFICATE = ({"type": "04021", "id": "INV 1", "date": "2026-11-12"}, {"type": "06011", "id": "ST1-7"})


def declaration(items: Any = 1, **changes: Any) -> Declaration:
    return xml.read(etree.fromstring(builders.declaration_xml(items, **{"documents": CERTIFICATE, **changes})))


def gathered(made: Declaration, past: Past, at: Any, agent: bool = False) -> Case:
    known = of_declarant(ParticipantFacts(ALTYN, Category.LOW), past)
    broker = of_agent(ParticipantFacts(ZHIBEK, Category.MEDIUM), past) if agent else None
    owed = payable(made, Reference.shipped().on(DAY))
    return gather(made, owed, known, broker, ReferenceValues(), at, "a" * 64, load=past.load)


@dataclass
class Lodging:
    """One declaration that was judged by some past."""

    made: Declaration
    case: Case

    def addition(self, shipped: Any, outcome: Outcome = Outcome.SIMPLIFIED_RELEASE) -> Addition:
        return addition(self.made, self.case, shipped, (), outcome, DAY)


@pytest.fixture
def lodging(at: Any) -> Any:
    def make(past: Past = Past(), **changes: Any) -> Lodging:
        made = declaration(**changes)
        return Lodging(made, gathered(made, past, at))

    return make


def ledger(user: str | None = None, left: int | None = None, holder: str = ALTYN) -> Ledger:
    return Ledger({(ALTYN, "INV1"): user} if user else {}, {} if left is None else {"ST1-7": (holder, left)})


# --- asked ----------------------------------------------------------------------------------------------------------


def test_a_question_names_each_code_invoice_and_certificate_once() -> None:
    asked = question(declaration([{}, {}, {"code": "8539229000"}]), ALTYN, None, DAY)
    assert asked.commodities == ("8539229000", "9401610000")
    assert (asked.invoices, asked.certificates) == (("INV1",), ("ST1-7",))
    assert (asked.office, asked.reference) == ("20201", "ALTYN-2026-0001")


def test_what_is_no_permit_or_certificate_of_origin_has_no_quantity() -> None:
    papers = tuple({"type": kind, "id": f"N-{kind}"} for kind in ("01011", "02015", "03011", "04021", "06013", "09999"))
    assert question(declaration(documents=papers), ALTYN, None, DAY).certificates == ("N-01011", "N-06013")


# --- known ----------------------------------------------------------------------------------------------------------


def test_what_a_participant_did_becomes_facts_and_the_load_goes_with_the_case(at: Any) -> None:
    past = Past(
        declarations=3,
        declarations_as_agent=40,
        amendments_after_notice=2,
        exports_without_exit=1,
        findings={("8539229000", "CN"): 2},
        used_invoices=frozenset({"INV1"}),
        grams_left={"ST1-7": 149_999},
        load=Load(12, {"IM-16": 4}),
    )
    case = gathered(declaration(net="150.000"), past, at, agent=True)
    header, item = case.header, case.items[0]
    assert (header.declarant_declarations, header.agent_declarations) == (3, 40)
    assert (header.declarant_amendments_after_notice, header.declarant_exports_without_exit) == (2, 1)
    assert (header.invoice_reused, item.certificate_exceeded) == (True, True)
    assert (item.first_commodity, item.first_origin, item.exact_precedent) == (False, False, 2)
    assert (case.declarant, case.agent, case.load) == (ALTYN, ZHIBEK, Load(12, {"IM-16": 4}))


def test_of_a_first_lodgement_everything_is_new_and_nothing_is_held_against_it(at: Any) -> None:
    header, item = (case := gathered(declaration(), Past(), at)).header, case.items[0]
    assert (header.declarant_declarations, header.invoice_reused, item.certificate_exceeded) == (0, False, None)
    assert (item.first_commodity, item.first_origin, item.exact_precedent) == (True, True, 0)


@pytest.mark.parametrize("origin", ["00", "99"])
def test_without_an_origin_what_was_found_in_the_commodity_of_any_origin_counts(origin: str, at: Any) -> None:
    found = {("8539229000", "CN"): 1, ("8539229000", "TR"): 3, ("9401610000", "CN"): 7}
    item = gathered(declaration(origin=origin), Past(findings=found), at).items[0]
    assert (item.first_commodity, item.first_origin, item.exact_precedent) == (False, None, 3)
    assert (item.origin_country, item.origin_unknown) == (None, True)


def test_what_was_found_in_goods_of_unknown_origin_counts_for_every_origin(at: Any) -> None:
    past = Past(findings={("8539229000", ""): 2})
    assert gathered(declaration(origin="CN"), past, at).items[0].exact_precedent == 2


def test_facts_that_cannot_be_computed_are_not_known_and_the_case_says_so(at: Any) -> None:
    made = declaration([{}, {}])
    broken = replace(made.items[1], net_mass_kg=Decimal("1e70"), documents=())
    made = replace(made, shipment=replace(made.shipment, items=(made.items[0], broken)))
    values = ReferenceValues((UnitValue("8539", "*", "kg", Decimal(1), Decimal(2), "test"),))
    owed = payable(declaration([{}, {}]), Reference.shipped().on(DAY))
    case = gather(made, owed, ParticipantFacts(ALTYN, Category.LOW), None, values, at, "a" * 64)
    assert case.problem == "item 2: InvalidOperation"
    assert (case.items[1].commodity_code, case.items[1].net_mass_kg) == ("9401610000", None)
    assert case.items[0].value_to_reference_percent is not None


# --- added ----------------------------------------------------------------------------------------------------------


def test_a_lodgement_adds_goods_invoice_and_mass_once_whatever_the_number_of_items(lodging: Any, shipped: Any) -> None:
    added = lodging(items=[{"net": "1.0001"}, {"code": "8539229000", "net": "2.0001"}, {"origin": "00"}]).addition(
        shipped
    )
    assert added.goods == (("6109100000", ""), ("8539229000", "CN"))
    assert added.invoices == ("INV1",)
    assert (added.reference, added.day, added.counts, added.ordered) == ("ALTYN-2026-0001", DAY, True, ())


def test_grams_are_rounded_up_over_all_items(lodging: Any, shipped: Any) -> None:
    added = lodging(items=[{"net": "1.0004"}, {"net": "2.0004"}]).addition(shipped)
    assert added.grams == {"ST1-7": 3001}


def test_an_amendment_is_no_further_declaration(at: Any, shipped: Any) -> None:
    made = declaration(function="4", registration_number="20201/241126/0000001")
    added = addition(made, gathered(made, Past(), at), shipped, (), Outcome.SIMPLIFIED_RELEASE, DAY)
    assert added.counts is False


def test_an_inspection_and_the_acted_upon_hits_of_capped_profiles_are_counted(
    lodging: Any, known: Any, profile: Any, case: Any, assess: Any
) -> None:
    knowledge = known(profile("T-1", daily_cap=5), profile("T-2"), profile("T-3", daily_cap=5))
    findings = assess(case(), knowledge).findings
    passed_over = [replace(finding, selected=finding.profile != "T-3") for finding in findings]
    one = lodging()
    added = addition(one.made, one.case, knowledge, passed_over, Outcome.INSPECTION_ORDER, DAY)
    assert added.ordered == ("inspections:20201", "profile:T-1")


# --- still as judged ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "judged_used", "holds"),
    [(None, False, True), ("OTHER", False, False), ("OTHER", True, True), (None, True, False),
     ("ALTYN-2026-0001", False, True)],
)  # fmt: skip
def test_an_invoice_is_as_judged_or_it_is_judged_again(
    user: str | None, judged_used: bool, holds: bool, lodging: Any, shipped: Any
) -> None:
    past = Past(used_invoices=frozenset({"INV1"}) if judged_used else frozenset())
    assert ledger(user).take(lodging(past).addition(shipped)) is holds


@pytest.mark.parametrize(
    ("judged_left", "left", "holds"),
    [(200_000, 150_000, True), (200_000, 149_999, False), (100_000, 50_000, True), (100_000, 150_000, False),
     (None, None, True)],
)  # fmt: skip
def test_a_certificate_is_exceeded_as_judged_or_it_is_judged_again(
    judged_left: int | None, left: int | None, holds: bool, lodging: Any, shipped: Any
) -> None:
    past = Past(grams_left={} if judged_left is None else {"ST1-7": judged_left})
    assert ledger(left=left).take(lodging(past, net="150.000").addition(shipped)) is holds


def test_what_is_taken_counts_for_the_next(lodging: Any, shipped: Any) -> None:
    past = Past(grams_left={"ST1-7": 200_000})
    first = lodging(past, net="150.000").addition(shipped)
    same_invoice = replace(first, reference="NEXT", grams={}, exceeded={})
    same_certificate = replace(first, reference="NEXT", invoices=())
    book = ledger(left=200_000)
    assert [book.take(each) for each in (first, same_invoice, same_certificate)] == [True, False, False]
    assert book.take(replace(same_certificate, exceeded={("ST1-7",): True}))


def test_what_is_not_taken_changes_nothing(lodging: Any, shipped: Any) -> None:
    late = lodging(net="150.000").addition(shipped)
    book = ledger("OTHER", left=200_000)
    assert not book.take(late)
    assert book.take(replace(late, invoice_reused=True))


# --- goods declared again -------------------------------------------------------------------------------------------


def control(mark: str, extent: Extent = Extent.RANDOM, **numbers: Any) -> OpenControl:
    return OpenControl(mark, "EARLIER", extent, **numbers)


@pytest.mark.parametrize(
    ("open_control", "same"),
    [
        (control("8539229000", grams=150_000), True),
        (control("8539229000", grams=152_000), True),
        (control("8539229000", grams=160_000, tiyn=65_012_500), True),
        (control("8539229000", grams=160_000), False),
        (control("9401610000", grams=150_000), False),
        (control("04021:INV1"), True),
        (control("04021:INV2"), False),
        (control("02:CMR-7"), True),
        (control("INV1"), False),
    ],
)
def test_goods_are_known_again_by_mass_or_value_or_by_their_papers(
    open_control: OpenControl, same: bool, at: Any
) -> None:
    papers = (*CERTIFICATE, {"type": "02015", "id": "cmr\u20117"})
    made = declaration(net="150.000", documents=papers)
    header = gathered(made, Past(open_controls=(open_control,)), at).header
    assert (header.control_pending, header.full_control_pending) == (same, False)


def test_the_strictest_open_inspection_counts(at: Any) -> None:
    both = (control("04021:INV1", Extent.FULL), control("04021:INV1", Extent.VISUAL))
    header = gathered(declaration(), Past(open_controls=both), at).header
    assert (header.control_pending, header.full_control_pending) == (True, True)


def test_of_two_at_once_the_second_is_judged_again_when_the_first_is_inspected(lodging: Any, shipped: Any) -> None:
    first = replace(lodging().addition(shipped), invoices=(), extent=Extent.RANDOM)
    second = replace(first, reference="ANEW", extent=None)
    book = ledger()
    assert [book.take(each) for each in (first, second)] == [True, False]
    assert book.take(replace(second, pending=(True, False)))
    assert book.take(replace(first, marks=()))  # its own inspection is none of another


def test_an_inspection_of_months_ago_counts_neither_in_judging_nor_at_the_commit(lodging: Any, shipped: Any) -> None:
    late = replace(lodging().addition(shipped), invoices=())
    (aged, fresh) = (
        {ALTYN: [replace(control("04021:INV1"), ordered_on=DAY - timedelta(days=days))]} for days in (124, 123)
    )
    assert Ledger({}, {}, aged).take(late)
    assert not Ledger({}, {}, fresh).take(late)


@given(
    masses=st.lists(st.decimals(0, 9999, places=6), min_size=1, max_size=4), left=st.integers(-10, 10_000_000),
    others=st.booleans(),
)  # fmt: skip
def test_judging_and_the_commit_agree_on_every_mass(
    masses: list[Decimal], left: int, others: bool, at: Any, starter: Any
) -> None:
    """Otherwise a lodgement would be out of date for ever."""
    made = declaration([{} for _ in masses])
    items = tuple(replace(item, net_mass_kg=mass) for item, mass in zip(made.items, masses, strict=True))
    made = replace(made, shipment=replace(made.shipment, items=items))
    past = Past(grams_left={"ST1-7": 0 if others else left})
    owed = payable(declaration([{} for _ in masses]), Reference.shipped().on(DAY))
    known = of_declarant(ParticipantFacts(ALTYN, Category.LOW), past)
    case = gather(made, owed, known, None, ReferenceValues(), at, "a" * 64)
    added = addition(made, case, starter(), (), Outcome.SIMPLIFIED_RELEASE, DAY)
    assert ledger(left=left, holder=ZHIBEK if others else ALTYN).take(added)

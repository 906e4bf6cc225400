"""Each starter profile acts, and does not act, on the whole declarations of the tables in tests/cases/lodgements."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import builders
import msgspec
import pytest
from cast import PARTICIPANTS
from lxml import etree
from msgspec.structs import replace

from declarations import xml
from declarations.reference import Reference
from declarations.tariff import payable
from risk_gateway.bases.partner_facts.model import Answer, PartnerFact, Question
from risk_gateway.bases.registers.model import Register, RegisterFact, Said, Standing
from risk_gateway.facts import gather
from risk_gateway.kept_numbers import kept_number
from risk_gateway.knowledge import shipped_profiles
from risk_gateway.model import Extent, OpenControl, ParticipantFacts
from risk_gateway.parameters import MassPerUnit, ReferenceValues, UnitValue
from risk_gateway.profiles import AT_LODGEMENT, Block, Category, RiskCategory
from risk_gateway.validation import problems

CASES = Path(__file__).parents[1] / "cases" / "lodgements"
SITUATIONS = [
    (Block(file.stem), case)
    for file in sorted(CASES.glob("*.toml"))
    for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]
]
OF_IMPORTS = {
    RiskCategory.GOODS, RiskCategory.CUSTOMS_VALUE, RiskCategory.ORIGIN, RiskCategory.DISPATCH,
    RiskCategory.PARTICIPANT, RiskCategory.TRANSPORT, RiskCategory.ROUTE, RiskCategory.DOCUMENTS,
}  # fmt: skip
OF_EXPORTS = {
    RiskCategory.NON_TARIFF, RiskCategory.CURRENCY, RiskCategory.ACTUAL_EXPORT, RiskCategory.VAT_REFUND,
    RiskCategory.CODE_ASSIGNMENT,
}  # fmt: skip


def document(block: Block, case: Mapping[str, Any]) -> bytes:
    """Return the declaration that a table describes, in the builder's words."""
    names = ("declarant", "agent", "country", "mode", "office", "currency", "rate")
    items = [goods(item) for item in case["goods"]]
    build = builders.export_xml if block is Block.EXPORTS else builders.declaration_xml
    made = build(items, **{name: case[name] for name in names if name in case})
    if office := case.get("border_office"):
        fragment = f"<BorderOfficeID>{office}</BorderOfficeID>"
        made = builders.insert(made, "//Consignment/BorderTransportMeans", fragment)
    return made


def goods(item: Mapping[str, Any]) -> dict[str, Any]:
    made = {name: value or None for name, value in item.items()}
    if "documents" in item:
        stated = (line.split(" ", 1) for line in item["documents"])
        made["documents"] = tuple({"type": kind, "id": number, "date": "2026-11-12"} for kind, number in stated)
    if "preference" in item:
        made["preference"] = ("OO", item["preference"], "-", "OO")
    return made


def participant(key: str, record: Mapping[str, Any], lodged_at: datetime) -> ParticipantFacts:
    firm = PARTICIPANTS[key]
    known = ParticipantFacts(
        firm.identifier,
        Category(record.get("category", firm.category)),
        record.get("registered_on", firm.registered_on),
        tuple((violation["kind"], violation["day"]) for violation in record.get("violations", ())),
        declarations_count=record.get("declarations"),
        amendments_after_notice=record.get("amendments_after_notice"),
        exports_without_exit=record.get("exports_without_exit"),
    )
    if "goods" in record:
        before = goods_of(record["goods"])
        known = replace(known, known_goods=before, known_commodities=frozenset(code for code, _ in before))
    if "findings" in record:
        found = {tuple(line.split()): count for line, count in record["findings"].items()}
        known = replace(known, findings=found)
    if "invoices" in record:
        known = replace(known, used_invoices=frozenset(map(kept_number, record["invoices"])))
    if "certificates_kg" in record:
        left = {kept_number(number): Decimal(mass) for number, mass in record["certificates_kg"].items()}
        known = replace(known, certificate_balances_kg=left)
    if "open_controls" in record:
        known = replace(known, open_controls=tuple(map(open_control, record["open_controls"])))
    if "partners" in record:
        known = replace(known, partner_facts=tuple(said_by_partners(record["partners"], lodged_at)))
    if "registers" in record:
        told = tuple(said_by_register(given, firm.identifier, lodged_at) for given in record["registers"])
        known = replace(known, register_facts=told)
    return known


def said_by_register(given: Mapping[str, Any], holder: str, lodged_at: datetime) -> RegisterFact:
    """Return what a register said of a number so many `hours` before the lodgement, 1 when it is not written."""
    at = lodged_at - timedelta(hours=given.get("hours", 1))
    standing = given.get("standing", "entered")
    silent = standing == "unknown"
    said = (
        None
        if silent
        else Said(
            Standing(standing),
            given.get("valid_from"),
            given.get("valid_to"),
            given.get("closed_on"),
            tuple(given.get("commodities", ())),
            int(Decimal(given["kilograms"]) * 1000) if "kilograms" in given else None,
            given.get("currency"),
            int(Decimal(given["amount"]) * 100) if "amount" in given else None,
        )
    )
    return RegisterFact(
        partner="register",
        register=Register(given["register"]),
        number=kept_number(given["number"]),
        holder=holder,
        asked_at=at,
        answered_at=None if silent else at,
        said=said,
    )


def said_by_partners(given: Mapping[str, Any], lodged_at: datetime) -> Iterator[PartnerFact]:
    """Yield what partners said so many `hours` before the lodgement, 24 when it is not written."""
    at = lodged_at - timedelta(hours=given.get("hours", 24))
    for question in Question:
        if question in given:
            answer = Answer(given[question])
            yield PartnerFact("partner", question, answer, at, None if answer is Answer.UNKNOWN else at)


def open_control(given: Mapping[str, Any]) -> OpenControl:
    """Return an inspection that is open: of a commodity with so many kilograms, or of a paper."""
    grams = int(Decimal(given.get("kilograms", 0)) * 1000)
    return OpenControl(given["mark"], "EARLIER", Extent(given["extent"]), grams)


def goods_of(lines: Sequence[str]) -> frozenset[tuple[str, str]]:
    pairs = (line.split() for line in lines)
    return frozenset((code, origin) for code, origin in pairs)


@pytest.mark.parametrize(
    ("block", "situation"), SITUATIONS, ids=[f"{case['profile']}: {case['title']}" for _, case in SITUATIONS]
)
def test_a_starter_profile_acts_on_a_declaration_as_its_table_says(
    block: Block, situation: dict[str, Any], at: Any, assess: Any, shipped: Any
) -> None:
    declaration = xml.read(etree.fromstring(document(block, situation)))
    codes = Reference.shipped().on(at.date())
    values = ReferenceValues(
        msgspec.convert([{**value, "source": "table"} for value in situation.get("usual", ())], tuple[UnitValue, ...]),
        shipped.reference_values.routes,
        mass_per_unit=msgspec.convert(
            [{**mass, "source": "table"} for mass in situation.get("weights", ())], tuple[MassPerUnit, ...]
        ),
    )
    usual = "tengri" if block is Block.EXPORTS else "altyn"
    case = gather(
        declaration,
        payable(declaration, codes),
        participant(situation.get("declarant", usual), situation.get("record", {}), at),
        participant(situation["agent"], situation.get("agent_record", {}), at) if "agent" in situation else None,
        values,
        at,
        "a" * 64,
        published=codes.published,
    )
    assert case.problem is None
    assert case.block == block
    fired = {finding.profile for finding in assess(case, shipped).findings}
    assert (situation["profile"] in fired) == situation["fires"]


def test_every_starter_profile_of_what_is_lodged_has_a_declaration_that_fires_it_and_one_that_does_not() -> None:
    told = {(case["profile"], case["fires"]) for _, case in SITUATIONS}
    lodged = [profile.code for profile in shipped_profiles() if profile.block in AT_LODGEMENT]
    assert told == {(code, fires) for code in lodged for fires in (True, False)}


def test_every_starter_profile_keeps_the_rules_that_an_analyst_is_held_to(at: Any) -> None:
    assert [str(problem) for profile in shipped_profiles() for problem in problems(profile, at.date())] == []


def test_a_regional_profile_and_one_with_a_daily_cap_are_shipped() -> None:
    assert any(profile.posts == ("30301",) and profile.daily_cap for profile in shipped_profiles())


@pytest.mark.parametrize(("block", "categories"), [(Block.IMPORTS, OF_IMPORTS), (Block.EXPORTS, OF_EXPORTS)])
def test_every_risk_category_of_a_block_has_a_profile(block: Block, categories: set[RiskCategory]) -> None:
    assert categories <= {profile.category for profile in shipped_profiles() if profile.block is block}

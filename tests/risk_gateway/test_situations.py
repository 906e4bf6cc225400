"""The three situations of the demonstration come to three decisions; real declarations are all decided."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import builders
import pytest
from cast import PARTICIPANTS
from lxml import etree

from declarations import xml
from declarations.reference import Reference
from declarations.tariff import payable
from risk_gateway.facts import gather
from risk_gateway.model import Assessment, Decision, Extent, MeasureCode, Outcome, ParticipantFacts
from risk_gateway.profiles import Category

REAL = Path(__file__).parents[3] / "shared" / "data" / "declarations"
ROUTE = "<BorderOfficeID>50501</BorderOfficeID>"


def facts_of(key: str, **history: Any) -> ParticipantFacts:
    firm = PARTICIPANTS[key]
    return ParticipantFacts(firm.identifier, Category(firm.category), firm.registered_on, **history)


@pytest.fixture
def judged(at: Any, shipped: Any, assess: Any, decided: Any) -> Any:
    def judge(
        data: bytes, declarant: ParticipantFacts, agent: ParticipantFacts | None = None
    ) -> tuple[Assessment, Decision]:
        declaration = xml.read(etree.fromstring(data))
        owed = payable(declaration, Reference.shipped().on(at.date()))
        digest = sha256(data).hexdigest()
        case = gather(declaration, owed, declarant, agent, shipped.reference_values, at, digest)
        return assess(case, shipped), decided(case, shipped)

    return judge


def fired(assessment: Assessment) -> set[str]:
    return {finding.profile for finding in assessment.findings}


def test_lamps_of_a_minimal_risk_importer_at_an_ordinary_price_are_released(judged: Any) -> None:
    data = builders.declaration_xml(code="8539520000", description="LED lamps, E27, 9 W", price="1250.00")
    assessment, decision = judged(data, facts_of("altyn"))
    assert decision.outcome is Outcome.SIMPLIFIED_RELEASE
    assert fired(assessment) == {"IM-30"}
    assert decision.measures == ()


def test_an_export_above_the_threshold_without_the_contract_number_goes_to_the_document_officer(judged: Any) -> None:
    documents = (
        {"type": "04021", "id": "TE-118", "date": "2026-11-20"},
        {"type": "03011", "id": "7/26", "date": "2026-09-01"},
    )
    changes = {
        "agent": "zhibek",
        "signatory": "berik",
        "documents": documents,
        "price": "66000.00",
        "net": "300000.000",
        "gross": "302000.000",
    }
    assessment, decision = judged(builders.export_xml(**changes), facts_of("tengri"), facts_of("zhibek"))
    assert decision.outcome is Outcome.DOCUMENTARY_CHECK
    assert fired(assessment) == {"EX-14"}
    assert [measure.code for measure in decision.measures] == [MeasureCode.DOCUMENTARY_CONTROL]
    assert decision.explanation[0].category.en == "Currency control"

    with_number = (*documents, {"type": "03031", "id": "1-7700-1234", "date": "2026-09-02"})
    _, released = judged(
        builders.export_xml(**{**changes, "documents": with_number}), facts_of("tengri"), facts_of("zhibek")
    )
    assert released.outcome is Outcome.SIMPLIFIED_RELEASE


def test_undervalued_furniture_of_a_young_firm_with_an_unproved_preference_is_inspected(judged: Any) -> None:
    chair = {
        "code": "9401610000",
        "description": "Upholstered armchairs with wooden frames",
        "preference": ("OO", "ПП", "-", "OO"),
        "origin": "TJ",
        "price": "700.00",
        "net": "700.000",
        "gross": "760.000",
    }
    table = {**chair, "code": "9403609000", "origin": "CN", "preference": ("OO", "OO", "-", "OO"), "price": "4000.00"}
    data = builders.declaration_xml(
        [chair, table], declarant="qorgan", signatory="yerkin", reference="QORGAN-2026-0001"
    )
    assessment, decision = judged(data, facts_of("qorgan", declarations_count=2))
    assert decision.outcome is Outcome.INSPECTION_ORDER
    assert decision.inspection_extent is Extent.PARTIAL
    assert {"IM-16", "IM-16D", "IM-18", "IM-18C"} <= fired(assessment)
    inspected = next(measure for measure in decision.measures if measure.code is MeasureCode.INSPECT_PARTIAL)
    assert 1 in inspected.items
    assert {entry.category_code for entry in decision.explanation} >= {"customs_value", "origin"}


@pytest.mark.skipif(not REAL.is_dir(), reason="the real declarations are not beside this checkout")
def test_every_real_declaration_of_the_minimal_risk_importer_is_decided(judged: Any) -> None:
    files = sorted(REAL.glob("*.xml"))
    assert len(files) == 20
    for file in files:
        assessment, decision = judged(file.read_bytes(), facts_of("altyn"))
        assert assessment.degraded is None
        assert decision.outcome is Outcome.SIMPLIFIED_RELEASE, file.name
        assert decision.explanation

"""What an officer reads in a case: the declaration, every indicator of its decision, similar goods and who declares."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import NoResultFound

from declarations import store as declarations_store
from declarations.store import Stored
from portal.database import reading
from portal.desk import store
from portal.desk.partners import said
from portal.desk.registers import registered
from portal.desk.similar import similar
from portal.desk.views import (
    CaseFile,
    ControlDone,
    ItemRisk,
    Order,
    ParticipantRecord,
    PastDeclaration,
    Reasoning,
)
from portal.office import Office
from portal.views import Declarations, Lane
from risk_gateway import canonical, knowledge_store
from risk_gateway import store as risk_store
from risk_gateway.bases.registry.store import category_at
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.days import day_of
from risk_gateway.errors import RiskGatewayError
from risk_gateway.model import Assessment, Case, Decision
from risk_gateway.officer_view import OfficerView, for_officer
from risk_gateway.packing import unpack

RECENT_MOST, CONTROLS_MOST = 6, 6
_TIYN = Decimal("0.01")


class CaseFiles:
    """Reads case files from the office's database. Whose post it is was asked before."""

    def __init__(self, office: Office, declarations: Declarations) -> None:
        self._office = office
        self._declarations = declarations

    def read(self, stored: Stored, language: str) -> CaseFile | None:
        """Return the file on one version of a declaration, in the reader's language."""
        declarant = stored.key.declarant
        page = self._declarations.find((declarant,), stored.registration_number, language)
        if page is None:
            return None
        key = stored.key
        with reading(self._office.engine) as connection:
            kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
            assessment = canonical.loads(unpack(kept.assessment), Assessment)
            case = canonical.loads(unpack(kept.case), Case)
            decision = canonical.loads(unpack(kept.decision), Decision)
            view, trouble = _view(connection, assessment, kept.knowledge_version, language)
            return CaseFile(
                page=page,
                reasoning=Reasoning(_orders(decision), _items(case, assessment), view, trouble),
                similar=similar(connection, stored, case, assessment),
                participant=_participant(connection, stored),
                partners=said(connection, case, declarant),
                registers=registered(connection, case, stored, self._office.clock.now()),
            )


def _view(
    connection: Connection, assessment: Assessment, knowledge: str, language: str
) -> tuple[OfficerView | None, str | None]:
    try:
        return for_officer(assessment, knowledge_store.read(connection, knowledge), language), None
    except RiskGatewayError as error:
        return None, error.text(language)
    except NoResultFound:
        return None, ""


def _orders(decision: Decision) -> tuple[Order, ...]:
    return tuple(
        Order(each.code.value, each.extent.value if each.extent else None, each.items, each.deadline)
        for each in decision.measures
    )


def _items(case: Case, assessment: Assessment) -> dict[int, ItemRisk]:
    found: dict[int, list[str]] = {}
    for finding in assessment.findings:
        for number in finding.items:
            found.setdefault(number, []).append(finding.profile)
    return {
        item.sequence: ItemRisk(
            item.usd_per_kg, item.value_to_reference_percent, tuple(dict.fromkeys(found.get(item.sequence, ())))
        )
        for item in case.items
    }


def _participant(connection: Connection, stored: Stored) -> ParticipantRecord:
    declarant = stored.key.declarant
    known = declarations_store.read_participant(connection, declarant)
    recent = declarations_store.page(connection, [declarant], None, stored.sequence, RECENT_MOST)
    return ParticipantRecord(
        identifier=declarant,
        name=known.name if known else stored.declarant_name,
        category=category_at(connection, declarant, stored.received_at),
        registered_on=known.registered_on if known else None,
        declarations=store.count_declared(connection, declarant),
        violations=violation_store.counting(connection, declarant, day_of(stored.received_at)),
        controls=tuple(map(_control, store.controls_of(connection, declarant, CONTROLS_MOST))),
        recent=tuple(map(_past, recent)),
    )


def _control(row: Any) -> ControlDone:
    return ControlDone(
        act=row.act,
        number=row.registration_number,
        closed_on=day_of(declarations_store.aware(row.closed_at)),
        found=row.found,
        motive=row.motive,
        amount=row.amount_tiyn * _TIYN,
    )


def _past(row: Stored) -> PastDeclaration:
    value = row.customs_value_tiyn
    return PastDeclaration(
        number=row.registration_number,
        received_at=row.received_at,
        outcome=Lane(row.outcome),
        status=row.status,
        customs_value=None if value is None else value * _TIYN,
        item_count=row.item_count,
    )

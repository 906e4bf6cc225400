"""The declarations that the pages show, read from the database: see the protocols in portal/views.py."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec

from declarations import store, xml
from declarations.model import Declaration, GoodsItem
from declarations.movements import store as movement_store
from declarations.movements.lifecycle import Status
from declarations.movements.model import Movement
from declarations.search import ALL, GROUPS, Group, Search
from declarations.store import Stored
from declarations.tariff import DUTY, TRANSIT, ItemPayables, PayableLine, Payables
from portal.database import reading
from portal.declarant.drafting import store as draft_store
from portal.office import Office
from portal.store import read_notifications
from portal.views import (
    DecisionView,
    DeclarationPage,
    DeclarationSummary,
    Explanation,
    ItemView,
    Lane,
    MeasureOrdered,
    MovementView,
    PaymentView,
    SignerView,
    Step,
    SummaryPage,
    TimelineEvent,
)
from risk_gateway import canonical
from risk_gateway import store as risk_store
from risk_gateway.days import day_of
from risk_gateway.model import Decision, MeasureCode
from risk_gateway.packing import unpack
from signing import verify, xmlgate

TIYN = Decimal("0.01")
PAYMENT_ORDER = ("1010", "2010", "4010", "5010")


class StoredDeclarations:
    """`Declarations` and `Principals` over the office's database."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def principals_of(self, agent: str, day: date) -> Sequence[str]:
        """Return whom this broker acts for on `day`."""
        return sorted(
            {
                power.principal
                for power in self._office.current().directory.powers_held(agent)
                if power.valid_from <= day <= power.valid_to and (power.revoked_on is None or day < power.revoked_on)
            }
        )

    def counts(self, declarants: Sequence[str]) -> Mapping[Group, int]:
        with reading(self._office.engine) as connection:
            counted = store.count_by_status(connection, declarants)
        return {group: sum(counted.get(each, 0) for each in statuses) for group, statuses in GROUPS.items()}

    def drafts(self, owner: str, declarants: Sequence[str]) -> int:
        with reading(self._office.engine) as connection:
            return draft_store.count(connection, owner, declarants)

    def page_of(
        self, declarants: Sequence[str], *, outcome: Lane | None, after: int | None, limit: int, search: Search = ALL
    ) -> SummaryPage:
        with reading(self._office.engine) as connection:
            rows = store.page(connection, declarants, outcome.value if outcome else None, after, limit + 1, search)
        shown = rows[:limit]
        more = len(rows) > limit
        return SummaryPage(tuple(_summary(row) for row in shown), shown[-1].sequence if more else None)

    def find(
        self, declarants: Sequence[str], registration_number: str, language: str, version: int | None = None
    ) -> DeclarationPage | None:
        stored = self._stored(declarants, registration_number, version)
        return None if stored is None else self._page(stored, language)

    def holds(self, declarants: Sequence[str], registration_number: str) -> bool:
        return self._stored(declarants, registration_number) is not None

    def notice(self, declarants: Sequence[str], registration_number: str, version: int | None = None) -> bytes | None:
        stored = self._stored(declarants, registration_number, version)
        return None if stored is None else self._office.answer_of(stored).notice

    def document(self, declarants: Sequence[str], registration_number: str, version: int | None = None) -> bytes | None:
        stored = self._stored(declarants, registration_number, version)
        if stored is None:
            return None
        with reading(self._office.engine) as connection:
            return unpack(store.read_document(connection, stored.key))

    def _stored(self, declarants: Sequence[str], registration_number: str, version: int | None = None) -> Stored | None:
        with reading(self._office.engine) as connection:
            stored = store.find_by_number(connection, registration_number, version)
        return stored if stored is not None and stored.key.declarant in declarants else None

    def _page(self, stored: Stored, language: str) -> DeclarationPage:
        key = stored.key
        with reading(self._office.engine) as connection:
            kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
            document = store.read_document(connection, key)
            told = sorted(read_notifications(connection, stored.registration_number))
            transit = stored.type_code == TRANSIT
            moving = movement_store.of_declaration(connection, stored.registration_number) if transit else None
        signature = verify.verify(xmlgate.open_document(unpack(document)))
        declaration = xml.read(signature.root)
        payables = msgspec.json.decode(unpack(kept.payables), type=Payables)
        snapshot = self._office.current()
        office = snapshot.reference.on(day_of(stored.accepted_at)).offices.get(stored.office)
        shipment = declaration.shipment
        agent_name = declaration.agent.party.name if declaration.agent else None
        return DeclarationPage(
            summary=_summary(stored),
            version=key.version,
            office=stored.office,
            office_name=office.name(language) if office else stored.office,
            agent=stored.agent,
            agent_name=agent_name,
            exporter_name=shipment.exporter.name if shipment.exporter else None,
            importer_name=shipment.importer.name if shipment.importer else None,
            export_country=shipment.export_country,
            destination_country=shipment.destination_country,
            invoice_amount=declaration.invoice_amount.value if declaration.invoice_amount else None,
            invoice_currency=declaration.invoice_amount.currency if declaration.invoice_amount else None,
            decision=_decision(canonical.loads(unpack(kept.decision), Decision), language),
            items=_items(declaration, payables, language),
            payments=_payments(payables, language),
            payment_total=payables.total if payables.determined else None,
            signer=_signer(stored, agent_name, signature.signing_time),
            timeline=_timeline(stored, told),
            movement=_movement(moving) if moving else None,
        )


def _movement(moving: Movement) -> MovementView:
    """Return what is told of a movement: of its seals nothing is before it departs."""
    told = Status.CLEARED if moving.status is Status.SEALED else moving.status
    return MovementView(
        number=moving.number,
        event=f"MOVEMENT_{told.value}",
        carrier=moving.carrier,
        carrier_name=moving.carrier_name,
        departure=moving.departure,
        destination=moving.destination,
        limit=moving.limit,
    )


def _summary(stored: Stored) -> DeclarationSummary:
    value = stored.customs_value_tiyn
    return DeclarationSummary(
        sequence=stored.sequence,
        registration_number=stored.registration_number,
        functional_reference_id=stored.key.functional_reference_id,
        type_code=stored.type_code,
        procedure=stored.procedure,
        declarant=stored.key.declarant,
        declarant_name=stored.declarant_name,
        received_at=stored.received_at,
        status=stored.status,
        outcome=Lane(stored.outcome),
        item_count=stored.item_count,
        customs_value=None if value is None else value * TIYN,
    )


def _signer(stored: Stored, agent_name: str | None, signed_at: datetime | None) -> SignerView:
    """Return who signed, and for which organisation: a sole trader who signs in person signs for none."""
    number = stored.agent or stored.key.declarant
    name = agent_name if stored.agent else stored.declarant_name
    in_person = number == stored.signer_iin
    return SignerView(
        name=stored.signer_name,
        iin=stored.signer_iin,
        organisation_name=None if in_person else name,
        organisation=None if in_person else number,
        signed_at=signed_at,
    )


def _decision(decision: Decision, language: str) -> DecisionView:
    return DecisionView(
        id=decision.id,
        outcome=Lane(decision.outcome.value),
        inspection_extent=decision.inspection_extent.value if decision.inspection_extent else None,
        measures=tuple(
            MeasureOrdered(measure.code.value, measure.items, measure.deadline)
            for measure in decision.measures
            if measure.code is not MeasureCode.POST_AUDIT_FLAG
        ),
        explanation=tuple(
            Explanation(
                category=reason.category.into(language),
                text=reason.text.into(language),
                items=reason.items,
                next_step=reason.next_step.into(language),
                deadline=reason.deadline,
                legal_basis=reason.legal_basis.into(language),
                appeal=reason.appeal.into(language),
            )
            for reason in decision.explanation
        ),
        degraded=decision.degraded,
        decided_at=decision.decided_at,
    )


def _items(declaration: Declaration, payables: Payables, language: str) -> tuple[ItemView, ...]:
    owed = {item.item: item for item in payables.items}
    return tuple(_item(item, owed[item.sequence], language) for item in declaration.items)


def _item(item: GoodsItem, owed: ItemPayables, language: str) -> ItemView:
    duty = owed.line(DUTY)
    return ItemView(
        sequence=item.sequence,
        commodity_code=item.commodity_code,
        description=item.description,
        origin_country=item.origin_country,
        net_mass_kg=item.net_mass_kg,
        price=item.price.value if item.price else None,
        price_currency=item.price.currency if item.price else None,
        customs_value=item.customs_value.value if item.customs_value else None,
        duty=duty.amount if duty else None,
        duty_rate=duty.rate if duty else None,
        duty_reason=duty.reason_text(language) if duty else None,
    )


def _payments(payables: Payables, language: str) -> tuple[PaymentView, ...]:
    """Return one line for each type of payment; one undetermined part leaves the whole type undetermined."""
    reasons: dict[str, PayableLine] = {}
    for item in payables.items:
        for line in item.lines:
            if line.amount is None:
                reasons.setdefault(line.type_code, line)
    kinds = [code for code in PAYMENT_ORDER if code in payables.totals or code in reasons]
    return tuple(
        PaymentView(code, None, reasons[code].reason_text(language))
        if code in reasons
        else PaymentView(code, payables.totals[code])
        for code in kinds
    )


def _timeline(stored: Stored, told: Sequence[datetime]) -> tuple[TimelineEvent, ...]:
    received, accepted = stored.received_at, stored.accepted_at
    events = [
        TimelineEvent(received, Step.RECEIVED),
        TimelineEvent(received, Step.SIGNATURE_VERIFIED),
        TimelineEvent(received, Step.CHECKED),
        TimelineEvent(accepted, Step.REGISTERED),
        TimelineEvent(accepted, Step.DECIDED),
        TimelineEvent(accepted, Step.NOTICE_SEALED),
    ]
    sent = next((at for at in told if at >= accepted), None)  # of this version: further notices are of what came later
    return (*events, TimelineEvent(sent, Step.NOTICE_SENT)) if sent else tuple(events)

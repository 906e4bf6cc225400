"""What the office has learnt of the firms so far, as a history goes on: nothing of it looks ahead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from heapq import heappop, heappush
from typing import NamedTuple

from declarations.model import Declaration
from portal.demo.history.drafts import INVOICE, Draft
from portal.demo.history.world import Broker, Firm
from risk_gateway.kept_numbers import kept_number
from risk_gateway.model import Category, ParticipantFacts
from risk_gateway.profiles import Motive

HIGH_FROM_VIOLATIONS = 3  # in 24 months, and one in so many declarations; the first one ends minimal risk
HIGH_FROM_ONE_IN = 50
VIOLATION_DAYS = 730
EXIT_DAYS = 30
EXIT_REMEMBERED_DAYS = 180


@dataclass
class Record:
    """What is on record of one participant."""

    identifier: str
    registered_on: date
    category: Category
    declarations: int = 0
    as_agent: int = 0
    amendments: int = 0
    without_exit: int = 0
    invoice: str | None = None
    invoices: set[str] = field(default_factory=set)
    goods: frozenset[tuple[str, str]] = frozenset()
    findings: dict[tuple[str, str], int] = field(default_factory=dict)
    violations: tuple[tuple[str, date], ...] = ()


class Closed(NamedTuple):
    """What becomes known on `day`: a control that found something, or by how much exports without exit change."""

    day: date
    order: int
    declarant: Record
    agent: Record | None
    motive: Motive | None
    committed_on: date
    goods: frozenset[tuple[str, str]] = frozenset()
    without_exit: int = 0


class Memory:
    """The records of some firms and their brokers."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._pending: list[tuple[date, int, Closed]] = []
        self._order = 0

    def of(self, participant: Firm | Broker) -> Record:
        found = self._records.get(participant.identifier)
        if found is None:
            category = participant.category if isinstance(participant, Firm) else Category.MEDIUM
            found = Record(participant.identifier, participant.registered_on, category)
            self._records[participant.identifier] = found
        return found

    def take_in(self, day: date) -> None:
        """Learn what became known before that day."""
        while self._pending and self._pending[0][0] < day:
            _learn(heappop(self._pending)[2])

    def lodged(self, draft: Draft, declaration: Declaration) -> None:
        """Remember a declaration that was lodged."""
        record = self.of(draft.firm)
        record.declarations += 1
        record.goods |= {(item.commodity_code, item.origin_country or "") for item in declaration.items}
        record.invoice = draft.invoice
        record.invoices.add(draft.invoice)
        if draft.broker is not None:
            self.of(draft.broker).as_agent += 1

    def will_know(
        self, draft: Draft, closed_on: date, motive: Motive, goods: frozenset[tuple[str, str]], *, with_broker: bool
    ) -> None:
        """Keep in mind what a control found: it becomes known when it is closed, of the broker only if liable."""
        agent = self.of(draft.broker) if draft.broker is not None and with_broker else None
        self._keep(Closed(closed_on, self._order, self.of(draft.firm), agent, motive, draft.at.date(), goods))

    def will_miss_exit(self, draft: Draft, *, late: bool) -> None:
        """Count an export without exit from the day on which proof was due until it comes late, or is given up."""
        due, firm, day = timedelta(days=EXIT_DAYS), self.of(draft.firm), draft.at.date()
        settled = 2 * due if late else timedelta(days=EXIT_REMEMBERED_DAYS)
        self._keep(Closed(day + due, self._order, firm, None, None, day, without_exit=1))
        self._keep(Closed(day + settled, self._order, firm, None, None, day, without_exit=-1))

    def _keep(self, closed: Closed) -> None:
        heappush(self._pending, (closed.day, closed.order, closed))
        self._order += 1


def facts_of(record: Record, invoice: str, balances: Mapping[str, Decimal] | None) -> ParticipantFacts:
    """Return what the gateway may know of a participant now; of its invoices only whether this one was used before."""
    return ParticipantFacts(
        identifier=record.identifier,
        category=record.category,
        registered_on=record.registered_on,
        violations=record.violations,
        declarations_count=record.declarations,
        known_commodities=frozenset(code for code, _ in record.goods),
        amendments_after_notice=record.amendments,
        exports_without_exit=record.without_exit,
        used_invoices=frozenset(map(kept_number, record.invoices & {invoice})),
        certificate_balances_kg=balances,
        declarations_as_agent=record.as_agent,
        known_goods=record.goods,
        findings=dict(record.findings),
    )


def balances_of(draft: Draft) -> dict[str, Decimal]:
    """Return what is left on the certificates that a draft names."""
    return {
        kept_number(line.certificate[0]): Decimal(f"{line.certificate[1]:.3f}")
        for line in draft.lines
        if line.certificate
    }


def invoice_of(draft: Draft) -> str:
    return draft.invoice if INVOICE in draft.documents else ""


def _learn(closed: Closed) -> None:
    closed.declarant.without_exit += closed.without_exit
    if closed.motive is None:
        return
    for goods in closed.goods:
        closed.declarant.findings[goods] = closed.declarant.findings.get(goods, 0) + 1
    for record in (closed.declarant, closed.agent):
        if record is not None:
            _judge_anew(record, closed)


def _judge_anew(record: Record, closed: Closed) -> None:
    record.violations = (*record.violations, (str(closed.motive), closed.committed_on))
    recent = sum(1 for _, day in record.violations if (closed.day - day).days <= VIOLATION_DAYS)
    if record.category is Category.LOW:
        record.category = Category.MEDIUM
    lodged = record.declarations + record.as_agent
    if recent >= max(HIGH_FROM_VIOLATIONS, lodged / HIGH_FROM_ONE_IN):
        record.category = Category.HIGH

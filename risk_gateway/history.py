"""The history of participants: what a lodgement asks of it, what it reads, and what it adds. Pure values.

The store is history_store.py. What two lodgements that are judged at the same moment do not know of each other:
docs/decisions/0011-history-as-of-the-moment.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_CEILING, Decimal

from msgspec import Struct
from msgspec.structs import replace

from declarations.model import Declaration, GoodsItem
from risk_gateway import register_facts
from risk_gateway.bases.partner_facts.model import PartnerFact
from risk_gateway.bases.registers.model import Named, RegisterFact, rules_of
from risk_gateway.kept_numbers import kept_number
from risk_gateway.model import Case, Extent, Finding, Knowledge, Load, OpenControl, Outcome, ParticipantFacts
from risk_gateway.repeated_goods import (
    INVOICE,
    STORED_MOST,
    Mark,
    marks_of,
    ordered_controls,
    papers_of,
    pending,
)

NO_CERTIFICATES: frozenset[str] = frozenset()
WITH_QUANTITY = ("01", "06")  # permits, and certificates of origin
UNKNOWN_COUNTRIES = frozenset({"00", "99"})  # boxes 16 and 34: not known, various


# --- what is asked and read -----------------------------------------------------------------------------------------


class Question(Struct, frozen=True):
    """What judging one declaration wants to know. `reference` is the trader's own number: what was lodged under it is
    no history of this declaration."""

    declarant: str
    agent: str | None
    reference: str
    day: date
    office: str
    commodities: tuple[str, ...]
    invoices: tuple[str, ...]
    certificates: tuple[str, ...]
    returned: Mapping[str, int] = {}  # grams on each certificate that the version before wrote off
    papers: tuple[str, ...] = ()  # marks of invoices and transport documents
    named: tuple[Named, ...] = ()  # that registers know


class Past(Struct, frozen=True):
    """The answer, as of the moment it is read. `declarations_as_agent` is of the agent, all else of the declarant.

    `findings` has the goods declared before, by (commodity, origin), with the number of controls that found something.
    `grams_left` has the certificates on record; on those of another holder the declarant has nothing left.
    """

    declarations: int = 0
    declarations_as_agent: int = 0
    amendments_after_notice: int = 0
    exports_without_exit: int = 0
    findings: Mapping[tuple[str, str], int] = {}
    used_invoices: frozenset[str] = frozenset()
    grams_left: Mapping[str, int] = {}
    load: Load = Load()
    open_controls: tuple[OpenControl, ...] = ()
    partner_facts: tuple[PartnerFact, ...] = ()
    register_facts: tuple[RegisterFact, ...] = ()


def question(
    declaration: Declaration, declarant: str, agent: str | None, day: date, returned: Mapping[str, int] = {}
) -> Question:
    items = declaration.items
    return Question(
        declarant=declarant,
        agent=agent,
        reference=declaration.functional_reference_id,
        day=day,
        office=declaration.office,
        commodities=tuple(sorted({item.commodity_code for item in items})),
        invoices=tuple(sorted(invoices_of(items))),
        certificates=tuple(sorted({number for item in items for number in certificates_of(item)})),
        returned=returned,
        papers=tuple(sorted(papers_of(items))),
        named=register_facts.named(declaration, declarant, rules_of(day)),
    )


def of_declarant(recorded: ParticipantFacts, past: Past) -> ParticipantFacts:
    """Return what is recorded of the declarant with what it did before."""
    return replace(
        recorded,
        declarations_count=past.declarations,
        known_commodities=frozenset(commodity for commodity, _ in past.findings),
        known_goods=frozenset(past.findings),
        findings=past.findings,
        amendments_after_notice=past.amendments_after_notice,
        exports_without_exit=past.exports_without_exit,
        used_invoices=past.used_invoices,
        open_controls=past.open_controls,
        partner_facts=past.partner_facts,
        register_facts=past.register_facts,
        certificate_balances_kg={number: Decimal(grams) / 1000 for number, grams in past.grams_left.items()},
    )


def of_agent(recorded: ParticipantFacts, past: Past) -> ParticipantFacts:
    """Return what is recorded of the broker with how many declarations it filed before."""
    return replace(recorded, declarations_as_agent=past.declarations_as_agent)


# --- what documents say ---------------------------------------------------------------------------------------------


def invoices_of(items: Iterable[GoodsItem]) -> set[str]:
    return {
        kept_number(document.identifier)
        for item in items
        for document in item.documents
        if document.type_code == INVOICE
    }


def certificates_of(item: GoodsItem) -> frozenset[str]:
    """Return the numbers of the documents on which the item's mass may be written off."""
    stated = [document for document in item.documents if document.type_code.startswith(WITH_QUANTITY)]
    return frozenset(kept_number(document.identifier) for document in stated) if stated else NO_CERTIFICATES


def grams_by_certificate(items: Iterable[GoodsItem]) -> dict[str, int]:
    """Return the net mass that the items together put on each certificate, in whole grams, rounded up."""
    kilograms: dict[str, Decimal] = defaultdict(Decimal)
    for item in items:
        for number in certificates_of(item):
            kilograms[number] += item.net_mass_kg or 0
    return {number: int((mass * 1000).to_integral_value(ROUND_CEILING)) for number, mass in kilograms.items()}


def origin_of(item: GoodsItem) -> str | None:
    return item.origin_country if item.origin_country not in UNKNOWN_COUNTRIES else None


# --- what is added --------------------------------------------------------------------------------------------------


class Addition(Struct, frozen=True):
    """What one lodgement adds to history, and what it was judged to be: the commit tells whether it still is.

    `goods` are (commodity, origin), each once; `grams` is what it puts on each certificate that it names, on record or
    not. `exceeded` says of certificates named together in an item whether one of them was judged to be exceeded. What
    could not be judged is left out. `returned` are the grams that the version before wrote off and this one replaces.
    `ordered` are the names of the day's counts that go up by one. An amendment adds no declaration.
    `pending` is the inspection of the same goods that it was judged to be open; `marks` are those of its goods, and
    `extent` the inspection that is ordered of them.
    """

    declarant: str
    agent: str | None
    reference: str
    day: date
    counts: bool
    goods: tuple[tuple[str, str], ...]
    invoices: tuple[str, ...]
    invoice_reused: bool | None
    grams: Mapping[str, int]
    exceeded: Mapping[tuple[str, ...], bool]
    ordered: tuple[str, ...]
    returned: Mapping[str, int] = {}
    amends_after_notice: bool = False
    marks: tuple[Mark, ...] = ()
    pending: tuple[bool | None, bool | None] = (None, None)
    extent: Extent | None = None


def addition(
    declaration: Declaration,
    case: Case,
    knowledge: Knowledge,
    findings: Iterable[Finding],
    outcome: Outcome,
    day: date,
    extent: Extent | None = None,
    returned: Mapping[str, int] = {},
) -> Addition:
    """Return what a judged lodgement adds. `day` is the day in Kazakhstan on which it was received, `extent` that of an
    inspection that is ordered."""
    items = declaration.items
    capped = {profile.code for profile in knowledge.profiles if profile.daily_cap is not None}
    acted_on = sorted({finding.profile for finding in findings if finding.selected} & capped)
    ordered_before = case.earlier is not None and case.earlier.outcome is Outcome.INSPECTION_ORDER
    inspects = outcome is Outcome.INSPECTION_ORDER and not ordered_before
    inspections = [inspections_at(declaration.office)] if inspects else []
    return Addition(
        declarant=case.declarant or "",
        agent=case.agent,
        reference=declaration.functional_reference_id,
        day=day,
        counts=not case.header.is_amendment,
        goods=tuple(sorted({(item.commodity_code, origin_of(item) or "") for item in items})),
        invoices=tuple(sorted(invoices_of(items))),
        invoice_reused=case.header.invoice_reused,
        grams=grams_by_certificate(items),
        exceeded={
            tuple(sorted(named)): fact.certificate_exceeded
            for item, fact in zip(items, case.items, strict=True)
            if (named := certificates_of(item)) and fact.certificate_exceeded is not None
        },
        ordered=(*inspections, *(hits_of(code) for code in acted_on)),
        returned=returned,
        amends_after_notice=case.earlier is not None and case.earlier.notified,
        marks=marks_of(declaration),
        pending=(case.header.control_pending, case.header.full_control_pending),
        extent=extent,
    )


def inspections_at(office: str) -> str:
    """Return the name of the day's count of inspections ordered at a post."""
    return f"inspections:{office}"


def hits_of(profile: str) -> str:
    """Return the name of the day's count of a capped profile's hits that were acted upon."""
    return f"profile:{profile}"


class Ledger:
    """Invoices, certificates and open controls as they stand at a commit; each addition that is taken changes them.

    `used_by` gives the reference under which (declarant, invoice) was used first, `left` the (holder, grams) of
    certificates on record, `controls` the inspections of a declarant that are ordered and not closed.
    """

    def __init__(
        self,
        used_by: Mapping[tuple[str, str], str],
        left: Mapping[str, tuple[str, int]],
        controls: Mapping[str, Sequence[OpenControl]] = {},
    ) -> None:
        self._controls = defaultdict(list, {declarant: list(open_ones) for declarant, open_ones in controls.items()})
        self._used_by = dict(used_by)
        self._left = dict(left)

    def take(self, given: Addition) -> bool:
        """Take an addition that is still what it was judged to be; tell whether it was."""
        over = {number for number, grams in given.grams.items() if grams > self._left_to(given, number, grams)}
        if given.invoice_reused is not None and self._reused(given) != given.invoice_reused:
            return False
        if given.pending != (None, None) and self._pending(given) != given.pending:
            return False
        if any(bool(over.intersection(named)) != judged for named, judged in given.exceeded.items()):
            return False
        for invoice in given.invoices:
            self._used_by.setdefault((given.declarant, invoice), given.reference)
        for number, grams in self.written_off(given).items():
            holder, left = self._left[number]
            self._left[number] = (holder, left - grams)
        self._controls[given.declarant] += ordered_controls(given.marks, given.reference, given.extent)
        return True

    def written_off(self, given: Addition) -> dict[str, int]:
        """Return the grams that go off the declarant's own certificates: nobody can use up another's.

        Less than none where an amendment writes off less than the version before.
        """
        return {
            number: given.grams.get(number, 0) - given.returned.get(number, 0)
            for number in {*given.grams, *given.returned}
            if self._left.get(number, ("", 0))[0] == given.declarant
        }

    def _reused(self, given: Addition) -> bool:
        users = (self._used_by.get((given.declarant, invoice), given.reference) for invoice in given.invoices)
        return any(user != given.reference for user in users)

    def _pending(self, given: Addition) -> tuple[bool, bool]:
        since = given.day - STORED_MOST
        others = [
            control
            for control in self._controls[given.declarant]
            if control.reference != given.reference and (control.ordered_on or given.day) >= since
        ]
        extent = pending(given.marks, others)
        return extent is not None, extent is Extent.FULL

    def _left_to(self, given: Addition, number: str, grams: int) -> int:
        """Return what the declarant has left; a certificate that is not on record has enough."""
        holder, left = self._left.get(number, (given.declarant, grams))
        return left + given.returned.get(number, 0) if holder == given.declarant else 0

"""Asks the tax service what a participant returned for VAT and invoiced on, and keeps what it says."""

import secrets
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Final

import structlog

from declarations.audits import store
from declarations.audits.store import Figure
from interop.adapters.tax_service import client
from interop.calls import NotUnderstood, Query
from interop.partners import Partner, PartnerKind
from portal import audit as journal
from portal.asking.transport import NoAnswer
from portal.database import writing
from portal.office import Office
from risk_gateway.bases.violations.terms import months_after

PURPOSE, LEGAL_BASIS = "customs_control", "Customs Code, article 417 [?]"
SECONDS: Final = 5.0


class Sources:
    def __init__(self, office: Office) -> None:
        self._office = office

    def ask(self, participant: str, last: date, months: int) -> bool:
        """Ask about the full months before a day; tell whether anybody answered. The journal has that it was asked."""
        partners = [each for each in self._office.asking.partners() if each.kind is PartnerKind.TAX_SERVICE]
        until = months_after(last.replace(day=1), -1)
        first = months_after(until, -(months - 1))
        answered = [figures for each in partners if (figures := self._ask(each, participant, first, until)) is not None]
        if not partners:
            return False
        now = self._office.clock.now()
        with writing(self._office.engine) as connection:
            particulars = {
                "partners": " ".join(each.id for each in partners),
                "purpose": PURPOSE,
                "legal_basis": LEGAL_BASIS,
            }
            journal.record_one(connection, journal.Record(journal.Event.PARTNER_ASKED, participant, now, particulars))
            for figures in answered:
                store.put_figures(connection, participant, figures)
        return bool(answered)

    def _ask(self, partner: Partner, participant: str, first: date, last: date) -> Sequence[Figure] | None:
        query = Query(secrets.token_hex(16), participant, PURPOSE, LEGAL_BASIS, self._office.clock.now())
        try:
            make = partial(client.ask_returns, first=first, last=last)
            reply = self._office.asking.post(partner, query, make, SECONDS)
            said = client.read_returns(query, first, last, reply)
        except (NoAnswer, NotUnderstood) as error:
            structlog.get_logger().warning("audits.source", partner=partner.id, trouble=str(error))
            return None
        return [
            Figure(each.month, each.import_base_tiyn, each.invoiced_grams, partner.id, said.as_of)
            for each in said.months
        ]

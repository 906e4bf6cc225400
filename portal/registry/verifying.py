"""Verification of an application: our own records and the partners, each criterion with its source and time."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import Connection

from declarations import store as declarations_store
from portal.registry import store
from risk_gateway.bases.partner_facts.model import PartnerFact
from risk_gateway.bases.registry.criteria import Answer, Finding, Known, Said, criteria_on, evaluate
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.days import day_of

BUDGET_SECONDS: Final = 4.0


class Asks(Protocol):
    """Whoever asks the partners: portal/asking."""

    def ask(self, participant: str, purpose: str, legal_basis: str, budget_seconds: float) -> tuple[PartnerFact, ...]:
        """Return what each partner answered; who did not within the budget is unknown."""


def verify(connection: Connection, participant: str, now: datetime, asking: Asks) -> tuple[Finding, ...]:
    """Return what is found of each criterion now. It waits for partners: hold no lock meanwhile."""
    criteria = criteria_on(day_of(now))
    asked = asking.ask(participant, criteria.purpose, criteria.legal_basis, BUDGET_SECONDS)
    return evaluate(criteria, known_of(connection, participant, now, asked), now, day_of(now))


def known_of(connection: Connection, participant: str, now: datetime, facts: Iterable[PartnerFact] = ()) -> Known:
    """Return what is known of a participant by our own records, and what partners said."""
    recorded = declarations_store.read_participant(connection, participant)
    said: dict[str, list[Said]] = defaultdict(list)
    for fact in facts:
        answer = Answer(fact.answer.value.upper())
        said[fact.question.value].append(Said(answer, fact.partner, fact.answered_at))
    return Known(
        registered_on=recorded.registered_on if recorded else None,
        declarations=store.count_declared(connection, participant),
        violations=violation_store.counting(connection, participant, day_of(now)),
        overdue=store.count_overdue(connection, participant, now),
        said={question: tuple(each) for question, each in said.items()},
    )

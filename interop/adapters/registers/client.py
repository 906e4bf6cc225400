"""Makes requests to registers and reads their replies. Who signs and verifies is the portal's edge."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from interop.adapters.registers.messages import (
    CONTRACTS_PATH,
    JSON,
    PERMITS_PATH,
    Contract,
    ContractsAnswer,
    NumbersQuery,
    Permit,
    PermitsAnswer,
)
from interop.calls import NotUnderstood, Query, Reply, Request, demand_about, demand_open, read_json
from risk_gateway.bases.registers.model import Register, Said, Standing
from risk_gateway.kept_numbers import kept_number

_PATHS = {Register.PERMIT: PERMITS_PATH, Register.CURRENCY_CONTRACT: CONTRACTS_PATH}


def ask(query: Query, register: Register, numbers: Sequence[str]) -> Request:
    """Ask what some numbers of a holder are. Raises `NotUnderstood` where the identifier itself may not travel."""
    demand_open(query)
    asked = NumbersQuery(
        query_id=query.id,
        holder=query.participant,
        numbers=list(numbers),
        purpose=query.purpose,
        legal_basis=query.legal_basis,
        asked_at=query.asked_at,
    )
    return Request(_PATHS[register], JSON, msgspec.json.encode(asked))


def read(query: Query, register: Register, numbers: Sequence[str], reply: Reply) -> tuple[Mapping[str, Said], datetime]:
    """Return what the register says of each number that was asked, and the moment of which it speaks. Raises
    `NotUnderstood`, also for an answer that leaves one out, adds one or says one twice."""
    found: Sequence[tuple[str, Said]]
    if register is Register.PERMIT:
        permits = read_json(reply, PermitsAnswer)
        demand_about(query, permits.query_id, permits.holder, permits.as_of)
        found, as_of = [(kept_number(each.number), _permit(each)) for each in permits.permits], permits.as_of
    else:
        contracts = read_json(reply, ContractsAnswer)
        demand_about(query, contracts.query_id, contracts.holder, contracts.as_of)
        found, as_of = [(kept_number(each.number), _contract(each)) for each in contracts.contracts], contracts.as_of
    if sorted(number for number, _ in found) != sorted(numbers):
        raise NotUnderstood("about other numbers")
    return dict(found), as_of


def _permit(each: Permit) -> Said:
    if each.standing != "entered":
        if each != Permit(number=each.number, standing=each.standing):
            raise NotUnderstood("tells of what is another's")
        return Said(Standing(each.standing))
    if not each.commodities or not _ordered(each):
        raise NotUnderstood("contradicts itself")
    return Said(
        Standing.ENTERED,
        each.valid_from,
        each.valid_to,
        each.revoked_on,
        commodities=tuple(sorted(each.commodities)),
        grams_left=each.grams_left,
    )


def _contract(each: Contract) -> Said:
    if each.standing != "entered":
        if each != Contract(number=each.number, standing=each.standing):
            raise NotUnderstood("tells of what is another's")
        return Said(Standing(each.standing))
    if each.currency is None or not _ordered(each):
        raise NotUnderstood("contradicts itself")
    return Said(
        Standing.ENTERED,
        each.valid_from,
        each.valid_to,
        each.closed_on,
        currency=each.currency,
        cents_left=each.cents_left,
    )


def _ordered(each: Permit | Contract) -> bool:
    return each.valid_from is None or each.valid_to is None or each.valid_from <= each.valid_to

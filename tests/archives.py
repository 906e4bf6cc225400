"""Stored cases for tests: judged as the gateway would have judged them."""

from collections.abc import Callable
from datetime import date

from risk_gateway import canonical, gateway
from risk_gateway.archive import Result, StoredCase, Truth
from risk_gateway.budget import Budget
from risk_gateway.decision import decide
from risk_gateway.model import Case, Knowledge
from risk_gateway.packing import pack


def judged(
    case: Case,
    known: Knowledge,
    number: str = "PAST-1",
    *,
    day: date | None = None,
    office: str = "20201",
    result: Result | None = None,
    truth: Truth | None = None,
) -> StoredCase:
    """Return a case with its assessment and decision, as the archive holds it."""
    assessment = gateway.assess(case, known, Budget.replaying(None))
    decision = decide(assessment, case, known)
    return StoredCase(
        number=number,
        day=day or known.day,
        block=case.block,
        office=office,
        declarant="150340012340",
        outcome=decision.outcome.value,
        knowledge_version=known.version,
        case=pack(canonical.dumps(case)),
        assessment=pack(canonical.dumps(assessment)),
        decision=pack(canonical.dumps(decision)),
        result=result,
        truth=truth,
    )


def reader(*known: Knowledge) -> Callable[[str], Knowledge | None]:
    """Return what reads these by version, and nothing else."""
    return {one.version: one for one in known}.get

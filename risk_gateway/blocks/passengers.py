"""Passengers: what a traveller carries, how often, whether it is his own, and what he said of it at the corridor.

Judged when the passenger declaration is made, and again when an inspector adds what he sees.
"""

from collections.abc import Iterator

from risk_gateway.budget import Budget
from risk_gateway.knowledge import Ready
from risk_gateway.model import Case, Finding
from risk_gateway.profiles import Block


def judge(case: Case, ready: Ready, budget: Budget) -> Iterator[Finding]:
    """Yield what fires for a traveller. Raises OutOfKnowledge, OutOfTime, and built-in errors."""
    return ready.engine(Block.PASSENGERS).judge(case, budget)

"""Deliveries: goods under customs control on their way to an inland post; the risk is that they do not arrive.

Judged when the transit declaration is lodged, and again at each event on the way: see `MovementEvent`.
"""

from collections.abc import Iterator

from risk_gateway.budget import Budget
from risk_gateway.knowledge import Ready
from risk_gateway.model import Case, Finding
from risk_gateway.profiles import Block


def judge(case: Case, ready: Ready, budget: Budget) -> Iterator[Finding]:
    """Yield what fires for a movement under customs control. Raises OutOfKnowledge, OutOfTime, and built-in errors."""
    return ready.engine(Block.DELIVERIES).judge(case, budget)

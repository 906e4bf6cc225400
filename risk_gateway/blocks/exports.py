"""Exports: non-tariff rules, currency control, actual exit, justified VAT refund, assignment of the code.

Whether the goods really left is judged later, by the timers after release; here the exporter's record of it counts.
"""

from collections.abc import Iterator

from risk_gateway.budget import Budget
from risk_gateway.knowledge import Ready
from risk_gateway.model import Case, Finding
from risk_gateway.profiles import Block


def judge(case: Case, ready: Ready, budget: Budget) -> Iterator[Finding]:
    """Yield what fires for an export. Raises OutOfKnowledge, OutOfTime, and built-in errors."""
    return ready.engine(Block.EXPORTS).judge(case, budget)

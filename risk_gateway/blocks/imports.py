"""Imports: understated value or volume, concealment, changed origin or code, prohibited goods, false papers.

At lodgement every import profile is asked; the facts it needs were gathered before (facts.py).
"""

from collections.abc import Iterator

from risk_gateway.budget import Budget
from risk_gateway.knowledge import Ready
from risk_gateway.model import Case, Finding
from risk_gateway.profiles import Block


def judge(case: Case, ready: Ready, budget: Budget) -> Iterator[Finding]:
    """Yield what fires for an import. Raises OutOfKnowledge, OutOfTime, and built-in errors."""
    return ready.engine(Block.IMPORTS).judge(case, budget)

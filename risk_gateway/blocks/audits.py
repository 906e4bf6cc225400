"""Audits: a participant's declarations of a span, taken together and held against his peers and his accounts.

Judged when participants are chosen for an audit and when a dossier is prepared; there is no single declaration.
"""

from collections.abc import Iterator

from risk_gateway.budget import Budget
from risk_gateway.knowledge import Ready
from risk_gateway.model import Case, Finding
from risk_gateway.profiles import Block


def judge(case: Case, ready: Ready, budget: Budget) -> Iterator[Finding]:
    """Yield what fires for a participant. Raises OutOfKnowledge, OutOfTime, and built-in errors."""
    return ready.engine(Block.AUDITS).judge(case, budget)

"""The safe answer of the gateway, whatever breaks down while it judges, at a lodgement and at any other moment."""

from portal.office import Snapshot
from risk_gateway import gateway
from risk_gateway.budget import Budget
from risk_gateway.decision import decide
from risk_gateway.model import Assessment, Case, Decision, Knowledge


def assess_and_decide(
    case: Case, knowledge: Knowledge, snapshot: Snapshot, budget: Budget
) -> tuple[Knowledge, Assessment, Decision]:
    """Return with what it was judged in the end, and what came of it.

    When judging breaks down it is done again without the model, then without profiles: a documentary check at least,
    marked as degraded. Raises what broke when nothing is left to do without.
    """
    while True:
        try:
            assessment = gateway.assess(case, knowledge, budget)
            return knowledge, assessment, decide(assessment, case, knowledge)
        except Exception as error:  # noqa: BLE001 whatever breaks down: the safe answer, never none, never a release
            knowledge = snapshot.knowledge_in_emergency(knowledge, error)

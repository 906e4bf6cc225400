"""The risk gateway: one case in, one assessment out, in time, whatever happens.

A case is the facts of one document at one moment; the knowledge is everything it is judged with. Each block knows one
kind of movement of goods and yields what it finds; the fraud model gives an opinion; chance selects; scoring concludes.
When time or knowledge runs out, or a fact cannot be judged, the answer is the safe one: a documentary check marked as
degraded, never a silent release; what was found until then stays.
"""

from collections.abc import Callable, Iterator

from risk_gateway import scoring, selection
from risk_gateway.blocks import audits, deliveries, exports, imports, passengers
from risk_gateway.budget import Budget
from risk_gateway.emergency import demand_some, demand_whole
from risk_gateway.errors import OutOfKnowledge, OutOfTime, RiskGatewayError
from risk_gateway.fraud_model import prediction as fraud_model
from risk_gateway.knowledge import Ready, ready
from risk_gateway.model import Assessment, Case, Degraded, Finding, Knowledge, Opinion

BLOCKS: dict[str, Callable[[Case, Ready, Budget], Iterator[Finding]]] = {
    "imports": imports.judge,
    "exports": exports.judge,
    "deliveries": deliveries.judge,
    "passengers": passengers.judge,
    "audits": audits.judge,
}
JUDGING_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)  # of conditions over facts


def assess(case: Case, knowledge: Knowledge, budget: Budget) -> Assessment:
    """Judge a case. The same case, knowledge and budget give the same assessment; lack of time never raises."""
    findings: list[Finding] = []
    degraded: Degraded | None = None
    stopped_at: int | None = None
    problem: str | None = None
    opinion: Opinion | None = None
    try:
        demand_some(knowledge)
        for finding in _block(case.block)(case, ready(knowledge), budget):
            findings.append(finding)
        opinion = fraud_model.opinion(case, knowledge.model, budget)
        demand_whole(case, knowledge)
    except OutOfTime as error:
        degraded, stopped_at, problem = Degraded.OUT_OF_TIME, error.check, str(error)
    except RiskGatewayError as error:
        degraded, problem = Degraded.OUT_OF_KNOWLEDGE, str(error)
    except JUDGING_ERRORS as error:
        degraded, problem = Degraded.ERROR, f"{type(error).__name__}: {error}"

    selected, draws = selection.select(findings, case, knowledge)
    return scoring.conclude(case, knowledge, selected, draws, opinion, degraded, stopped_at, problem)


def _block(name: str) -> Callable[[Case, Ready, Budget], Iterator[Finding]]:
    try:
        return BLOCKS[name]
    except KeyError:
        raise OutOfKnowledge("no-block", block=name) from None

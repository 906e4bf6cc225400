"""Judge a case with the knowledge of its day."""

from portal.database import reading
from portal.judging.assessing import assess_and_decide
from portal.judging.model import Judged
from portal.office import Office
from risk_gateway import judgement_store
from risk_gateway.budget import Budget
from risk_gateway.days import day_of
from risk_gateway.model import Case


def judge(office: Office, case: Case) -> Judged:
    """Judge a case with what is known on the day of `case.lodged_at`, within the office's budget.

    Changes nothing, but that the first of a day keeps the day's knowledge: so never call it within a transaction that
    writes. The draws are made over the case's series with the key of the day on which the series was first judged:
    judging the same subject again, at whatever moment, cannot re-roll them.
    """
    snapshot, day = office.current(), day_of(case.lodged_at)
    with reading(office.engine) as connection:
        first = judgement_store.first_day(connection, case.series_id)
    knowledge = snapshot.knowledge(day, first if first != day else None)
    budget = Budget(office.clock.monotonic, office.settings.risk_budget_ms)
    return Judged(case, *assess_and_decide(case, knowledge, snapshot, budget))

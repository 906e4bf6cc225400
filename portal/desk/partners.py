"""What partners had said of a declarant when a case was judged, what was not known, and what they say by now."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from interop import partner_store
from portal.desk.views import PartnerSaid
from risk_gateway.bases.partner_facts import store
from risk_gateway.bases.partner_facts.model import JUDGED, Answer, PartnerFact, rules_of
from risk_gateway.days import day_of
from risk_gateway.model import Case

NOBODY = "-"


def said(connection: Connection, case: Case, declarant: str) -> tuple[PartnerSaid, ...]:
    """Return a line for each partner and question, and one for each question that nobody was asked.

    Nothing for a case that was judged before partners were asked at all.
    """
    if case.partner_facts is None:
        return ()
    names = {each.id: each.name for each in partner_store.list_partners(connection)}
    newest = {(fact.partner, fact.question): fact for fact in store.read(connection, declarant)}
    oldest = case.lodged_at - timedelta(hours=rules_of(day_of(case.lodged_at)).usable_hours)
    lines = [
        _line(fact, names.get(fact.partner, fact.partner), newest.get((fact.partner, fact.question)), oldest)
        for fact in case.partner_facts
    ]
    asked = {fact.question for fact in case.partner_facts}
    for question in JUDGED:
        if question not in asked:
            lines.append(PartnerSaid(question.value, NOBODY, Answer.UNKNOWN.value, None, False, "", None))
    return tuple(sorted(lines, key=lambda line: (line.question, line.partner)))


def _line(fact: PartnerFact, name: str, newest: PartnerFact | None, oldest: datetime) -> PartnerSaid:
    too_old = fact.answered_at is not None and fact.answered_at < oldest
    known = fact.answered_at is not None and not too_old
    since = None
    if newest is not None and newest.answered_at is not None and newest.answered_at != fact.answered_at:
        since = newest.answer.value, newest.answered_at
    answer = fact.answer if known else Answer.UNKNOWN
    return PartnerSaid(fact.question.value, name, answer.value, fact.answered_at, too_old, fact.detail, since)

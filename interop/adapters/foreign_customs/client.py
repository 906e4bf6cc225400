"""Makes queries to customs of another country and reads its replies. Who signs and verifies is the portal's edge."""

import msgspec

from interop.adapters.foreign_customs.messages import JSON, QUERY_PATH, Asked, Told
from interop.calls import Answered, NotUnderstood, Query, Reply, Request, demand_about, read_json
from risk_gateway.bases.partner_facts.model import Question
from risk_gateway.bases.violations.model import State

QUESTIONS = (Question.FOREIGN_RECORD,)


def ask(query: Query) -> Request:
    """Ask for what is on record there; by the HMAC of the number where the number itself may not travel."""
    about = {"number_hash": query.number_hash} if query.by_hash else {"number": query.participant, "country": "KZ"}
    asked = Asked(purpose=query.purpose, legal_basis=query.legal_basis, **about)
    return Request(QUERY_PATH, JSON, msgspec.json.encode(asked))


def read(query: Query, reply: Reply) -> tuple[Answered, ...]:
    """Return whether a confirmed violation is on record there. Raises `NotUnderstood`.

    That nothing is told may also mean that nothing may be told.
    """
    said = read_json(reply, Told)
    for violation in said.violations:
        if violation.number not in ("", query.participant) or violation.number_hash not in ("", query.number_hash):
            raise NotUnderstood("about somebody else")
    demand_about(query, query.id, query.participant, said.asked_at)
    confirmed = [each.id for each in said.violations if each.state == State.CONFIRMED]
    return (Answered(Question.FOREIGN_RECORD, bool(confirmed), said.asked_at, ", ".join(confirmed)),)

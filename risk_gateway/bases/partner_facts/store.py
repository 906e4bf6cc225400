"""Where answers of partners are kept: one row for each partner and question, read with the past of a lodgement."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, select, text
from sqlmodel import SQLModel

from risk_gateway.bases.partner_facts.model import Answer, PartnerFact, Question
from risk_gateway.bases.partner_facts.tables import PartnerFactRow, PartnerWatchRow

fact = SQLModel.metadata.tables[PartnerFactRow.__tablename__]
watch = SQLModel.metadata.tables[PartnerWatchRow.__tablename__]

DETAIL_MOST = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

# A failure says nothing new: the answer of before stays, with its age. A late answer does not replace a newer one.
_PUT = text("""
    INSERT INTO partner_fact (participant, partner, question, answer, answered_ms, asked_ms, detail)
    VALUES (:participant, :partner, :question, :answer, :answered_ms, :asked_ms, :detail)
    ON CONFLICT (participant, partner, question) DO UPDATE SET
           answer = CASE WHEN excluded.answered_ms >= partner_fact.answered_ms AND excluded.answered_ms > 0
                         THEN excluded.answer ELSE partner_fact.answer END,
           answered_ms = CASE WHEN excluded.answered_ms > partner_fact.answered_ms
                              THEN excluded.answered_ms ELSE partner_fact.answered_ms END,
           asked_ms = CASE WHEN excluded.asked_ms > partner_fact.asked_ms
                           THEN excluded.asked_ms ELSE partner_fact.asked_ms END,
           detail = CASE WHEN excluded.asked_ms >= partner_fact.asked_ms
                         THEN excluded.detail ELSE partner_fact.detail END
""")
_SEE = text("""
    INSERT INTO partner_watch (participant, seen_ms, due_ms) VALUES (:participant, :seen_ms, :due_ms)
    ON CONFLICT (participant) DO UPDATE SET
           seen_ms = CASE WHEN excluded.seen_ms > partner_watch.seen_ms
                          THEN excluded.seen_ms ELSE partner_watch.seen_ms END
""")
_PUT_OFF = text("UPDATE partner_watch SET due_ms = :due_ms WHERE participant = :participant AND due_ms = :found_ms")


def milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def moment(stored: int) -> datetime:
    return _EPOCH + stored * _MILLISECOND


def fact_of(partner: str, question: str, answer: str, detail: str, answered_ms: int, asked_ms: int) -> PartnerFact:
    """Return a stored row as a fact."""
    answered_at = moment(answered_ms) if answered_ms else None
    return PartnerFact(partner, Question(question), Answer(answer), moment(asked_ms), answered_at, detail)


def read(connection: Connection, participant: str) -> tuple[PartnerFact, ...]:
    """Return what every partner said last of a participant, by partner and question."""
    statement = select(fact).where(fact.c.participant == participant).order_by(fact.c.partner, fact.c.question)
    return tuple(
        fact_of(row.partner, row.question, row.answer, row.detail, row.answered_ms, row.asked_ms)
        for row in connection.execute(statement)
    )


def put(connection: Connection, participant: str, facts: Iterable[PartnerFact]) -> None:
    """Keep what was answered, and what was not: then the answer of before stays."""
    rows = [
        {
            "participant": participant,
            "partner": each.partner,
            "question": each.question.value,
            "answer": each.answer.value,
            "answered_ms": milliseconds(each.answered_at) if each.answered_at else 0,
            "asked_ms": milliseconds(each.asked_at),
            "detail": each.detail[:DETAIL_MOST],
        }
        for each in sorted(facts, key=lambda each: (each.partner, each.question))
    ]
    if rows:
        connection.execute(_PUT, rows)


def forget(connection: Connection, partners: Collection[str], before: datetime) -> None:
    """Forget what others than these partners said, and those whom nobody has seen since then. Cases keep what they were
    judged by."""
    seen = select(watch.c.participant).where(watch.c.seen_ms >= milliseconds(before))
    unseen = fact.c.participant.not_in(seen) & (fact.c.asked_ms < milliseconds(before))
    connection.execute(delete(fact).where(fact.c.partner.not_in(partners) | unseen))
    connection.execute(delete(watch).where(watch.c.seen_ms < milliseconds(before)))


def see(connection: Connection, participants: Iterable[str], at: datetime) -> None:
    """Note that these are at work: whom nobody has asked about yet is due at once."""
    seen = milliseconds(at)
    rows = [{"participant": each, "seen_ms": seen, "due_ms": seen} for each in sorted(set(participants))]
    if rows:
        connection.execute(_SEE, rows)


def claim_due(connection: Connection, now: datetime, seen_since: datetime, until: datetime, limit: int) -> list[str]:
    """Return participants whose facts are due, and keep others from asking about them until `until`."""
    taken = []
    for participant, due_ms in find_due(connection, now, seen_since, limit):
        given = {"participant": participant, "found_ms": due_ms, "due_ms": milliseconds(until)}
        if connection.execute(_PUT_OFF, given).rowcount:
            taken.append(participant)
    return taken


def find_due(connection: Connection, now: datetime, seen_since: datetime, limit: int) -> list[tuple[str, int]]:
    """Return whose facts are due, the longest waiting first, with since when; seen no earlier than `seen_since`."""
    due = (
        select(watch.c.participant, watch.c.due_ms)
        .where(watch.c.due_ms <= milliseconds(now), watch.c.seen_ms >= milliseconds(seen_since))
        .order_by(watch.c.due_ms, watch.c.participant)
        .limit(limit)
    )
    return [(row.participant, row.due_ms) for row in connection.execute(due)]


def put_due(connection: Connection, participant: str, at: datetime) -> None:
    """Say when to ask about a participant again."""
    connection.execute(watch.update().where(watch.c.participant == participant).values(due_ms=milliseconds(at)))

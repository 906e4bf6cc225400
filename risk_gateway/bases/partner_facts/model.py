"""What a partner said of a participant, and what may be concluded from it. Pure values."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from risk_gateway.dated import periods


class Question(StrEnum):
    """What partners are asked about a participant, so that "yes" is always the bad news."""

    TAX_DEBT = "tax_debt"
    POLICE_NOTICE = "police_notice"
    FOREIGN_RECORD = "foreign_record"


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


JUDGED = (Question.POLICE_NOTICE, Question.TAX_DEBT)  # what the gateway takes as facts, in the order of their names


class PartnerFact(Struct, frozen=True, omit_defaults=True):
    """`answered_at` is when the partner said so, None where it never did; `asked_at` when that was last sought.

    `detail` tells the officer why an answer is not known, or what it rests on.
    """

    partner: str
    question: Question
    answer: Answer
    asked_at: datetime
    answered_at: datetime | None = None
    detail: str = ""


class PartnerFactRules(Struct, frozen=True, forbid_unknown_fields=True):
    """A period of `bases/parameters/partner_facts.toml`; `valid_to` is its last day."""

    valid_from: date
    valid_to: date
    source: str
    usable_hours: int
    refresh_hours: int
    lately_days: int
    ask_again_seconds: int
    lodgement_wait_milliseconds: int


def rules_of(day: date) -> PartnerFactRules:
    """Return how long answers hold on a day; outside all periods the nearest counts, for no lodgement may fail here."""
    known = periods(PartnerFactRules, "partner_facts")
    return next((each for each in reversed(known) if each.valid_from <= day), known[0])


def answer_at(facts: Iterable[PartnerFact], question: Question, at: datetime, rules: PartnerFactRules) -> Answer:
    """Return what all partners together say to a question at a moment.

    One usable "yes" is enough; "no" needs that every partner which was asked said so, and that one was asked.
    """
    oldest = at - timedelta(hours=rules.usable_hours)
    usable = {
        fact.answer if fact.answered_at is not None and fact.answered_at >= oldest else Answer.UNKNOWN
        for fact in facts
        if fact.question is question
    }
    if Answer.YES in usable:
        return Answer.YES
    return Answer.NO if usable == {Answer.NO} else Answer.UNKNOWN


def worth_asking(facts: Sequence[PartnerFact], at: datetime, rules: PartnerFactRules) -> bool:
    """Tell whether a lodgement should wait for answers: something is not known that nobody asked a moment ago."""
    recently = at - timedelta(seconds=rules.ask_again_seconds)
    return any(
        answer_at(facts, question, at, rules) is Answer.UNKNOWN
        and not any(fact.question is question and fact.asked_at > recently for fact in facts)
        for question in JUDGED
    )


def is_fresh(fact: PartnerFact, at: datetime, rules: PartnerFactRules) -> bool:
    """Tell whether an answer needs no refreshing yet."""
    return fact.answered_at is not None and fact.answered_at > at - timedelta(hours=rules.refresh_hours)

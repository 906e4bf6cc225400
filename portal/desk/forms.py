"""What officers fill in, read from the fields of a form. Whatever is wrong is told beside its field, all at once."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from msgspec import Struct

from declarations.lifecycle import Action, Move, Status
from portal.casework import reasons
from portal.casework.model import Mover, Wanted
from portal.form_fields import Given as Fields
from portal.form_fields import one, tiyn_of
from portal.languages import KAZAKHSTAN_TIME
from portal.languages import marked as _
from risk_gateway.profiles import Extent, MeasureCode

TEXT_MOST: Final = 4_000
QUESTIONS_MOST: Final = 20
AMOUNT_MOST: Final = Decimal(10) ** 12

WITH_QUESTIONS: Final = frozenset({Action.REQUEST_DOCUMENTS, Action.REQUEST_DATA})
WITH_ITEMS: Final = frozenset(
    {Action.REQUEST_DOCUMENTS, Action.REQUEST_DATA, Action.ASK, Action.ORDER_EXPERTISE, Action.ORDER_INSPECTION}
)
WITH_MEASURES: Final = frozenset({Action.ORDER_INSPECTION})
WITH_AMOUNT: Final = frozenset({Action.DEMAND_PAYMENT, Action.RELEASE_UNDER_SECURITY})
MEASURES: Final = (
    MeasureCode.SCAN,
    MeasureCode.WEIGH,
    MeasureCode.SURVEY_AND_SEAL,
    MeasureCode.ELECTRONIC_SEAL,
    MeasureCode.ESCORT,
    MeasureCode.EXPERTISE,
)


class Wrong(Struct, frozen=True):
    """What is wrong with a field; `text` is English, for the catalogue, with the values of its places."""

    field: str
    text: str
    params: Mapping[str, str] = {}


def many(fields: Fields, name: str) -> list[str]:
    """Return all texts of a field."""
    value = fields.get(name, [])
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str) and each.strip()]


def numbers_of(text: str, highest: int) -> tuple[int, ...] | None:
    """Return the item numbers that a text such as "1, 3-5" names; None when it names none or others."""
    found: set[int] = set()
    for part in text.replace(";", ",").replace("\N{EN DASH}", "-").split(","):
        first, dash, last = part.strip().partition("-")
        ends = [first.strip(), (last if dash else first).strip()]
        if not all(end.isdecimal() and len(end) <= 3 for end in ends) or int(ends[0]) > int(ends[1]):
            return None
        found.update(range(int(ends[0]), int(ends[1]) + 1))
    return tuple(sorted(found)) if found and min(found) >= 1 and max(found) <= highest else None


def moment_of(day: str, hour: str) -> datetime | None:
    """Return a moment in Kazakhstan; without an hour the end of the working day."""
    try:
        return datetime.combine(date.fromisoformat(day), time.fromisoformat(hour or "18:30"), KAZAKHSTAN_TIME)
    except ValueError:
        return None


class Filled(Struct, frozen=True):
    """A form as it was sent: the move that it wants, if nothing is wrong."""

    wanted: Wanted | None
    wrong: tuple[Wrong, ...] = ()


def read(move: Move, fields: Fields, number: str, by: Mover, items: int, now: datetime) -> Filled:
    """Read the form of a move; `items` is how many goods items there are."""
    wrong = tuple(_wrong(move, fields, items, now))
    if wrong:
        return Filled(None, wrong)
    extent = one(fields, "extent")
    return Filled(
        Wanted(
            number=number,
            action=move.action,
            expected=Status(one(fields, "expected")),
            by=by,
            target=move.target if move.returns else None,
            reason=one(fields, "reason"),
            text=one(fields, "text"),
            limit=moment_of(one(fields, "limit"), one(fields, "hour")) if move.limit else None,
            items=numbers_of(one(fields, "items"), items) or () if one(fields, "items") else (),
            questions=tuple(_questions(fields)),
            measures=tuple(MeasureCode(each) for each in many(fields, "measures")),
            extent=Extent(extent) if extent else None,
            amount_tiyn=tiyn_of(one(fields, "amount"), AMOUNT_MOST) or 0 if move.action in WITH_AMOUNT else 0,
        )
    )


def _questions(fields: Fields) -> list[str]:
    return [line.strip() for line in one(fields, "questions").splitlines() if line.strip()]


def _wrong(move: Move, fields: Fields, items: int, now: datetime) -> Iterator[Wrong]:
    """Yield what is wrong, in the order of the form."""
    if one(fields, "expected") not in Status.__members__.values():
        yield Wrong("expected", _("The page has grown too old. Open the case again"))
    if move.reason and one(fields, "reason") not in reasons.of(move.action):
        yield Wrong("reason", _("Choose a reason"))
    if move.action in WITH_MEASURES:
        if one(fields, "extent") not in Extent.__members__.values():
            yield Wrong("extent", _("Choose how much is inspected"))
        if not set(many(fields, "measures")) <= set(MEASURES):
            yield Wrong("measures", _("Choose measures of the list"))
    if move.action in WITH_QUESTIONS:
        yield from _wrong_questions(_questions(fields))
    text = one(fields, "text")
    if move.text and not text:
        yield Wrong("text", _("Write a text"))
    if len(text) > TEXT_MOST:
        yield Wrong("text", _("Write at most %(most)s characters"), {"most": str(TEXT_MOST)})
    if move.action in WITH_AMOUNT and not tiyn_of(one(fields, "amount"), AMOUNT_MOST):
        yield Wrong("amount", _("Enter a sum in tenge, such as 125 000.50"))
    if move.action in WITH_ITEMS and one(fields, "items") and numbers_of(one(fields, "items"), items) is None:
        yield Wrong("items", _("Enter item numbers from 1 to %(last)s, such as 1, 3-5"), {"last": str(items)})
    if move.limit:
        limit = moment_of(one(fields, "limit"), one(fields, "hour"))
        if limit is None:
            yield Wrong("limit", _("Enter a date"))
        elif limit <= now:
            yield Wrong("limit", _("The date must be in the future"))


def _wrong_questions(questions: Sequence[str]) -> Iterator[Wrong]:
    if not questions:
        yield Wrong("questions", _("Write at least one thing that is needed"))
    if len(questions) > QUESTIONS_MOST:
        yield Wrong("questions", _("Ask for at most %(most)s things"), {"most": str(QUESTIONS_MOST)})

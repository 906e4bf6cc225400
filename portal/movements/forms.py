"""What was typed into the forms of movements, and how their pages are shown."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

from litestar import Request, Response
from litestar.datastructures import State, UploadFile

from declarations.movements.events import State as SealsState
from declarations.movements.lifecycle import Action
from declarations.movements.model import Movement, Seal, SealFound
from declarations.movements.network import network
from declarations.reference import Reference
from portal import form_fields
from portal.casework.errors import CaseRefused
from portal.casework.model import Upload
from portal.form_fields import Given
from portal.languages import KAZAKHSTAN_TIME
from portal.movements import notifying, picture, reasons
from portal.movements import words as movement_words
from portal.movements.errors import MovementRefused
from portal.movements.model import GOODS_MOST, SEALS_MOST, GoodsTyped, Notice, Scan, Wanted
from portal.movements.service import Movements
from portal.pages import Pages, language_of
from portal.views import SignedIn
from risk_gateway.days import day_of

SEE_OTHER: Final = 303
CONFLICT, UNPROCESSABLE = 409, 422
TYPED_MOST: Final = 5_000

PersonRequest = Request[SignedIn, None, State]
one: Final = partial(form_fields.one, most=TYPED_MOST)


def notice_of(given: Given) -> Notice:
    """Return a carrier's notification as typed."""
    goods = tuple(
        GoodsTyped(*(one(given, f"{name}-{place}") for name in ("code", "description", "mass", "value", "origin")))
        for place in range(1, GOODS_MOST + 1)
    )
    names = ("reference", "declaration", "vehicle", "container", "departure", "destination", "guarantee")
    return Notice(goods=goods, **{name: one(given, name) for name in names})


def wanted_of(movement: Movement, action: Action, given: Given, operators: Mapping[str, str], **more: Any) -> Wanted:
    """Return what an official wants, from a form. Raises `MovementRefused` for what cannot be read."""
    return Wanted(
        number=movement.number,
        action=action,
        expected=one(given, "expected"),
        reason=one(given, "reason"),
        text=one(given, "text"),
        inspection=one(given, "inspection"),
        seals=_seals(given, operators) if action is Action.SEAL else (),
        guarantee_tiyn=notifying.tenge(one(given, "guarantee"), "guarantee") if action is Action.SEAL else 0,
        found=_found(movement, given) if action is Action.ARRIVE else (),
        scan=_scan(given),
        masses_kg=_masses(movement, given) if action is Action.FIND_DISCREPANCY else (),
        limit=_limit(given) if action in (Action.EXTEND, Action.LET_GO) else None,
        **more,
    )


async def uploads_of(given: Given) -> tuple[Upload, ...]:
    """Return the files that were sent."""
    sent = given.get("files", [])
    files = sent if isinstance(sent, list) else [sent]
    found = [each for each in files if isinstance(each, UploadFile) and each.filename]
    return tuple([Upload(each.filename, await each.read()) for each in found])


def show(
    request: PersonRequest,
    pages: Pages,
    movements: Movements,
    template: str,
    given: Given,
    refused: CaseRefused | None = None,
    **context: Any,
) -> Response[str]:
    """Return a page with what was typed; with a refusal it is 422 or 409, and says so at the top and at the field."""
    language = language_of(request)
    status = 200
    if refused is not None:
        status = CONFLICT if refused.code == "case.moved_meanwhile" else UNPROCESSABLE
    return pages.answer(
        request,
        f"movements/{template}",
        status=status,
        refused=refused.text(language) if refused else None,
        field=refused.field if refused else None,
        one=lambda name: one(given, name),
        given=given,
        movement_words=movement_words,
        reasons_of=lambda action: reasons.of(Action(action)),
        posts=post_names(movements.now(), language),
        place_name=lambda code: place_name(code, movements.now(), language),
        near=lambda longitude, latitude: picture.nearest(network(), longitude, latitude),
        tenge=lambda tiyn: Decimal(tiyn).scaleb(-2),
        seals_most=SEALS_MOST,
        goods_most=GOODS_MOST,
        **context,
    )


def post_names(now: datetime, language: str) -> dict[str, str]:
    """Return the names of the posts by code."""
    offices = Reference.shipped().on(day_of(now)).offices
    return {code: office.name(language) for code, office in sorted(offices.items())}


def border_posts(now: datetime) -> frozenset[str]:
    offices = Reference.shipped().on(day_of(now)).offices
    return frozenset(code for code, office in offices.items() if office.border)


def place_name(code: str, now: datetime, language: str) -> str:
    """Return the name of a post or resting place."""
    place = network().places.get(code)
    if place is None or place.post:
        return post_names(now, language).get(code, code)
    return place.names.get(language, code)


def last_position(state: SealsState) -> tuple[int, int] | None:
    """Return where the movement was last: of several seals, where the latest one was."""
    placed = [each for each in state.seals if each.position_at is not None]
    if not placed:
        return None
    latest = max(placed, key=lambda each: (each.position_at is not None, each.position_at))
    return None if latest.longitude is None or latest.latitude is None else (latest.longitude, latest.latitude)


def _seals(given: Given, operators: Mapping[str, str]) -> tuple[Seal, ...]:
    found = []
    for place in range(1, SEALS_MOST + 1):
        number, operator = one(given, f"seal-{place}").upper(), one(given, f"operator-{place}")
        if operator and operator not in operators:
            raise MovementRefused("movement.seal_operator", f"operator-{place}")
        if number:
            found.append(Seal(number, operator))
    return tuple(found)


def _found(movement: Movement, given: Given) -> tuple[tuple[str, SealFound], ...]:
    found = []
    for place, seal in enumerate(movement.seals, start=1):
        said = one(given, f"found-{place}")
        if said not in list(SealFound):
            raise MovementRefused("movement.seals_found", f"found-{place}")
        found.append((seal.number, SealFound(said)))
    return tuple(found)


def _scan(given: Given) -> Scan:
    said = one(given, "scan")
    return Scan(said) if said in list(Scan) else Scan.NONE


def _masses(movement: Movement, given: Given) -> tuple[tuple[int, Decimal], ...]:
    typed = [(each.item, one(given, f"arrived-{each.item}")) for each in movement.goods]
    return tuple((item, notifying.mass(text, f"arrived-{item}")) for item, text in typed if text)


def _limit(given: Given) -> datetime | None:
    """Return the moment of a local time as typed, None for none. Raises `MovementRefused` for what is none."""
    text = one(given, "limit")
    if not text:
        return None
    try:
        local = datetime.strptime(text[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=KAZAKHSTAN_TIME)
        return local.astimezone(UTC)
    except ValueError:
        raise MovementRefused("movement.limit_unreadable", "limit") from None

"""A carrier's notification of crossing: what was typed becomes goods with the payments that are at stake."""

import re
from decimal import Decimal, InvalidOperation
from typing import Final

from sqlalchemy import Connection

from declarations import tariff
from declarations.model import Amount, GoodsItem
from declarations.movements.errors import UnknownPlace
from declarations.movements.model import Goods, Notified
from declarations.movements.network import network
from declarations.reference.codes import EXCISE_PREFIXES, TENGE, Codes
from declarations.tariff import DOMESTIC_CONSUMPTION
from portal.movements import transit
from portal.movements.errors import MovementRefused
from portal.movements.model import GOODS_MOST, GoodsTyped, Notice
from portal.movements.moving import cleaned

_TIYN: Final = 100
_MOST_TENGE: Final = Decimal(10) ** 12
_MOST_KG: Final = Decimal(1_000_000)
_PLATE: Final = re.compile(r"[0-9A-ZА-ЯӘҒҚҢӨҰҮҺІ][0-9A-ZА-ЯӘҒҚҢӨҰҮҺІ /-]{1,18}")
_CONTAINER: Final = re.compile(r"[A-Z]{4}[0-9]{7}")
_REFERENCE: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z/._-]{0,34}")
_CODE: Final = re.compile(r"[0-9]{10}")


def read(connection: Connection, typed: Notice, carrier: str, codes: Codes) -> Notified:
    """Return what a carrier notifies. Raises `MovementRefused` for the first thing that is wrong."""
    reference = typed.reference.strip()
    if not _REFERENCE.fullmatch(reference):
        raise MovementRefused("movement.reference", "reference")
    vehicle = " ".join(typed.vehicle.upper().split())
    if not _PLATE.fullmatch(vehicle):
        raise MovementRefused("movement.vehicle", "vehicle")
    container = typed.container.strip().upper()
    if container and not _CONTAINER.fullmatch(container):
        raise MovementRefused("movement.container", "container")
    used = transit.find(connection, typed.declaration.strip(), carrier, reference)
    departure, destination = _posts(typed, used)
    _demand_posts(departure, destination, codes)
    return Notified(
        carrier=carrier,
        reference=reference,
        declaration=used.number if used else "",
        vehicle=vehicle,
        container=container,
        departure=departure,
        destination=destination,
        goods=transit.goods_of(used, codes) if used else _all_goods(typed, codes),
        guarantee_tiyn=_guarantee(typed, used),
        transit=transit.taken_from(used) if used else None,
    )


def tenge(text: str, field: str) -> int:
    """Return the tiyn of a sum of tenge as typed. Raises `MovementRefused`."""
    return _tenge(text or "0", field, "movement.guarantee")


def mass(text: str, field: str) -> Decimal:
    """Return a mass as typed; 0 is a mass. Raises `MovementRefused`."""
    found = _number(text)
    if found is None or not 0 <= found <= _MOST_KG or found.as_tuple().exponent < -3:  # type: ignore[operator]
        raise MovementRefused("movement.goods_mass", field)
    return found


def payments_of(code: str, value_tiyn: int, gross_mass_kg: Decimal, codes: Codes) -> tuple[tariff.PayableLine, ...]:
    """Return what goods would owe if they were released for domestic consumption, as far as it is determined."""
    item = GoodsItem(
        sequence=1,
        description="-",
        commodity_code=code,
        net_mass_kg=gross_mass_kg,  # a carrier knows the gross mass only: never less is owed
        customs_value=Amount(Decimal(value_tiyn) / _TIYN, TENGE),
    )
    return tariff.item_payables(item, DOMESTIC_CONSUMPTION, codes).lines


def _posts(typed: Notice, used: transit.Used | None) -> tuple[str, str]:
    """Return departure and destination as typed, or as the transit declaration has them."""
    if used is None:
        return typed.departure, typed.destination
    for name, stated, said in (
        ("departure", used.stored.office, typed.departure),
        ("destination", used.destination, typed.destination),
    ):
        if stated and said not in ("", stated):
            raise MovementRefused(f"movement.declaration_{name}", name, post=stated)
    if any(any(_texts(each)) for each in typed.goods):
        raise MovementRefused("movement.declaration_goods", "code-1")
    return used.stored.office, used.destination or typed.destination


def _demand_posts(departs: str, arrives: str, codes: Codes) -> None:
    departure, destination = codes.offices.get(departs), codes.offices.get(arrives)
    if departure is None or departure.border is None:
        raise MovementRefused("movement.departure", "departure")
    if destination is None or arrives == departs:
        raise MovementRefused("movement.destination", "destination")
    try:
        network().route(departs, arrives)
    except UnknownPlace:
        raise MovementRefused("movement.destination", "destination") from None


def _guarantee(typed: Notice, used: transit.Used | None) -> int:
    """Return the guarantee that is typed; where none is, that of box 52."""
    if used is not None and not typed.guarantee.strip():
        return used.guarantee_tiyn
    return _tenge(typed.guarantee or "0", "guarantee", "movement.guarantee")


def _all_goods(typed: Notice, codes: Codes) -> tuple[Goods, ...]:
    rows = [(place, each) for place, each in enumerate(typed.goods[:GOODS_MOST], start=1) if any(_texts(each))]
    if not rows:
        raise MovementRefused("movement.goods_needed", "code-1")
    return tuple(_goods(item, place, each, codes) for item, (place, each) in enumerate(rows, start=1))


def _goods(item: int, place: int, typed: GoodsTyped, codes: Codes) -> Goods:
    code = typed.code.replace(" ", "")
    if not _CODE.fullmatch(code):
        raise MovementRefused("movement.goods_code", f"code-{place}")
    description = cleaned(typed.description, f"description-{place}")
    if not description:
        raise MovementRefused("movement.goods_description", f"description-{place}")
    kilograms = mass(typed.mass_kg, f"mass-{place}")
    if not kilograms:
        raise MovementRefused("movement.goods_mass", f"mass-{place}")
    value = _tenge(typed.value, f"value-{place}", "movement.goods_value")
    if not value:
        raise MovementRefused("movement.goods_value", f"value-{place}")
    origin = typed.origin.strip().upper()
    if origin and origin not in codes.countries:
        raise MovementRefused("movement.goods_origin", f"origin-{place}")
    lines = payments_of(code, value, kilograms, codes)
    return Goods(
        item=item,
        commodity_code=code,
        description=description,
        gross_mass_kg=kilograms,
        value_tiyn=value,
        origin_country=origin or None,
        payments=transit.payments_in(lines),
        undetermined=transit.undetermined_in(lines),
        excise=any(code.startswith(prefix) for prefix in _excisable(codes)),
    )


def _excisable(codes: Codes) -> tuple[str, ...]:
    return tuple(each for each in codes.excises if len(each) in EXCISE_PREFIXES)


def _texts(typed: GoodsTyped) -> tuple[str, ...]:
    return tuple(each.strip() for each in (typed.code, typed.description, typed.mass_kg, typed.value))


def _tenge(text: str, field: str, code: str) -> int:
    found = _number(text)
    if found is None or not 0 <= found <= _MOST_TENGE or found * _TIYN % 1:
        raise MovementRefused(code, field)
    return int(found * _TIYN)


def _number(text: str) -> Decimal | None:
    """Return a number as people write it, with spaces and a comma or point; None for what is none."""
    plain = "".join(text.split()).replace(",", ".")
    if not plain.isascii() or len(plain) > 20:
        return None
    try:
        found = Decimal(plain)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None

"""The passenger declaration as XML: whether it follows `schemas/passenger-1.0.xsd`, reading and writing."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from declarations.defects import Defect, shortened
from declarations.errors import NotADeclaration
from declarations.passengers.model import (
    Carriage,
    Corridor,
    Crossing,
    Direction,
    DocumentKind,
    Goods,
    GoodsKind,
    Mode,
    Money,
    MoneyKind,
    PassengerDeclaration,
    Stay,
    Traveller,
    Vehicle,
)
from declarations.values import collapsed, day, moment

NAMESPACE: Final = "urn:shekara:passenger:1"
SCHEMA_FILE: Final = Path(__file__).parents[1] / "schemas" / "passenger-1.0.xsd"
_of_thread = threading.local()


def validate(root: etree._Element) -> tuple[Defect, ...]:
    """Return what keeps `root` from being a passenger declaration."""
    schema: etree.XMLSchema | None = getattr(_of_thread, "schema", None)
    if schema is None:
        schema = _of_thread.schema = etree.XMLSchema(etree.parse(SCHEMA_FILE))
    if schema.validate(root):
        return ()
    told = [shortened(error.message.replace(f"{{{NAMESPACE}}}", "")) for error in schema.error_log]
    return tuple(Defect("P-001", None, None, "/PassengerDeclaration", {"value": each}) for each in told)


def read(root: etree._Element) -> PassengerDeclaration:
    """Return what a valid document says; a signature is passed over. Raises `NotADeclaration`."""
    if validate(root):
        raise NotADeclaration("document.not_valid", {"element": shortened(str(root.tag))})
    try:
        return PassengerDeclaration(
            issued_at=moment(_text(root, "IssueDateTime")),
            language=_text(root, "LanguageCode"),
            corridor=Corridor(_text(root, "CorridorCode")),
            traveller=_traveller(_part(root, "Traveller")),
            crossing=_crossing(_part(root, "BorderCrossing")),
            goods=tuple(_goods(each) for each in root.iterchildren(_tag("Goods"))),
            vehicle=next((_vehicle(each) for each in root.iterchildren(_tag("Vehicle"))), None),
            money=tuple(_money(each) for each in root.iterchildren(_tag("Money"))),
        )
    except (ValueError, ArithmeticError) as error:  # a date that no calendar holds
        raise NotADeclaration("document.not_valid", {"element": "PassengerDeclaration"}) from error


def write(declaration: PassengerDeclaration) -> bytes:
    """Return the document; the inverse of `read`."""
    return "".join(_parts(declaration)).encode()


# --- reading --------------------------------------------------------------------------------------------------------


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _part(parent: etree._Element, name: str) -> etree._Element:
    return next(parent.iterchildren(_tag(name)))


def _text(parent: etree._Element, name: str) -> str:
    found = parent.find(_tag(name))
    return "" if found is None else collapsed("".join(found.itertext()))


def _traveller(part: etree._Element) -> Traveller:
    return Traveller(
        family_name=_text(part, "FamilyName"),
        given_name=_text(part, "GivenName"),
        born_on=day(_text(part, "BirthDate")),
        citizenship=_text(part, "CitizenshipCode"),
        document_kind=DocumentKind(_text(part, "DocumentKindCode")),
        document_number=_text(part, "DocumentID"),
        document_country=_text(part, "DocumentCountryCode"),
        iin=_text(part, "IIN") or None,
    )


def _crossing(part: etree._Element) -> Crossing:
    return Crossing(
        office=_text(part, "OfficeID"),
        direction=Direction(_text(part, "DirectionCode")),
        mode=Mode(_text(part, "ModeCode")),
        country=_text(part, "CountryCode"),
    )


def _goods(part: etree._Element) -> Goods:
    litres = _text(part, "VolumeLitres")
    value, currency = _amount(part, "ValueAmount")
    return Goods(
        carriage=Carriage(_text(part, "CarriageCode")),
        kind=GoodsKind(_text(part, "KindCode")),
        description=_text(part, "Description"),
        commodity_group=_text(part, "CommodityGroup") or None,
        quantity=int(_text(part, "Quantity")),
        mass_kg=Decimal(_text(part, "GrossMassMeasure")),
        litres=Decimal(litres) if litres else None,
        value=value,
        currency=currency,
        personal_use=_text(part, "PersonalUse") in ("true", "1"),
    )


def _vehicle(part: etree._Element) -> Vehicle:
    return Vehicle(
        plate=_text(part, "RegistrationID"),
        country=_text(part, "CountryCode"),
        description=_text(part, "Description"),
        stay=Stay(_text(part, "StayCode")),
    )


def _money(part: etree._Element) -> Money:
    amount, currency = _amount(part, "Amount")
    return Money(
        kind=MoneyKind(_text(part, "KindCode")),
        amount=amount,
        currency=currency,
        owner=_text(part, "Owner"),
        origin=_text(part, "Origin"),
        use=_text(part, "Use"),
    )


def _amount(part: etree._Element, name: str) -> tuple[Decimal, str]:
    return Decimal(_text(part, name)), collapsed(str(_part(part, name).get("currencyID")))


# --- writing --------------------------------------------------------------------------------------------------------


def _parts(declaration: PassengerDeclaration) -> Iterator[str]:
    who, where = declaration.traveller, declaration.crossing
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<PassengerDeclaration xmlns="{NAMESPACE}" schemaVersion="1.0">\n'
    yield _element("IssueDateTime", declaration.issued_at)
    yield _element("LanguageCode", declaration.language)
    yield _element("CorridorCode", declaration.corridor.value)
    yield "<Traveller>\n"
    yield _element("FamilyName", who.family_name)
    yield _element("GivenName", who.given_name)
    yield _element("BirthDate", who.born_on)
    yield _element("CitizenshipCode", who.citizenship)
    yield _element("DocumentKindCode", who.document_kind.value)
    yield _element("DocumentID", who.document_number)
    yield _element("DocumentCountryCode", who.document_country)
    yield _element("IIN", who.iin)
    yield "</Traveller>\n<BorderCrossing>\n"
    yield _element("OfficeID", where.office)
    yield _element("DirectionCode", where.direction.value)
    yield _element("ModeCode", where.mode.value)
    yield _element("CountryCode", where.country)
    yield "</BorderCrossing>\n"
    for goods in declaration.goods:
        yield from _goods_parts(goods)
    if (vehicle := declaration.vehicle) is not None:
        yield "<Vehicle>\n"
        yield _element("RegistrationID", vehicle.plate)
        yield _element("CountryCode", vehicle.country)
        yield _element("Description", vehicle.description)
        yield _element("StayCode", vehicle.stay.value)
        yield "</Vehicle>\n"
    for money in declaration.money:
        yield "<Money>\n"
        yield _element("KindCode", money.kind.value)
        yield _element("Amount", money.amount, money.currency)
        yield _element("Owner", money.owner)
        yield _element("Origin", money.origin)
        yield _element("Use", money.use)
        yield "</Money>\n"
    yield "</PassengerDeclaration>\n"


def _goods_parts(goods: Goods) -> Iterator[str]:
    yield "<Goods>\n"
    yield _element("CarriageCode", goods.carriage.value)
    yield _element("KindCode", goods.kind.value)
    yield _element("Description", goods.description)
    yield _element("CommodityGroup", goods.commodity_group)
    yield _element("Quantity", str(goods.quantity))
    yield _element("GrossMassMeasure", goods.mass_kg)
    yield _element("VolumeLitres", goods.litres)
    yield _element("ValueAmount", goods.value, goods.currency)
    yield _element("PersonalUse", "true" if goods.personal_use else "false")
    yield "</Goods>\n"


def _element(name: str, value: str | date | Decimal | None, currency: str = "") -> str:
    """Return the element; nothing for what is empty or not there."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        text = value.astimezone(UTC).isoformat(timespec="seconds")
    elif isinstance(value, Decimal):
        text = f"{value:f}"
    else:
        text = str(value)
    attribute = f' currencyID="{currency}"' if currency else ""
    return f"<{name}{attribute}>{escape(text)}</{name}>\n"

"""From what was typed into the traveller's form to a declaration, or to everything that has to be put right.

Fields are named as in the form; `field_of` tells which one asks for a place of the document.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeVar

from declarations.defects import Defect, shortened
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
from declarations.values import collapsed

GOODS_MOST: Final = 20
MONEY_MOST: Final = 6
NAME_MOST, TEXT_MOST, KEPT_MOST = 80, 200, 400  # characters
_PIECES_MOST: Final = 99_999
_MASS_MOST: Final = 999_999
_SUM_MOST: Final = 999_999_999_999
Typed = dict[str, str]
Row = dict[str, str]
Listed = TypeVar("Listed", bound=StrEnum)

TRAVELLER: Final = {
    "family_name": "Traveller/FamilyName",
    "given_name": "Traveller/GivenName",
    "born_on": "Traveller/BirthDate",
    "citizenship": "Traveller/CitizenshipCode",
    "document_kind": "Traveller/DocumentKindCode",
    "document_number": "Traveller/DocumentID",
    "document_country": "Traveller/DocumentCountryCode",
    "iin": "Traveller/IIN",
    "corridor": "CorridorCode",
    "office": "BorderCrossing/OfficeID",
    "direction": "BorderCrossing/DirectionCode",
    "mode": "BorderCrossing/ModeCode",
    "country": "BorderCrossing/CountryCode",
    "plate": "Vehicle/RegistrationID",
    "vehicle_country": "Vehicle/CountryCode",
    "vehicle_description": "Vehicle/Description",
    "stay": "Vehicle/StayCode",
}
GOODS: Final = {
    "kind": "KindCode",
    "carriage": "CarriageCode",
    "description": "Description",
    "quantity": "Quantity",
    "mass_kg": "GrossMassMeasure",
    "litres": "VolumeLitres",
    "value": "ValueAmount",
    "currency": "ValueAmount/@currencyID",
    "group": "CommodityGroup",
    "trade": "PersonalUse",
}
MONEY: Final = {
    "kind": "KindCode",
    "amount": "Amount",
    "currency": "Amount/@currencyID",
    "owner": "Owner",
    "origin": "Origin",
    "use": "Use",
}
_VEHICLE: Final = ("plate", "vehicle_country", "vehicle_description", "stay")
_CHOSEN_FOR_ALL: Final = frozenset({"kind", "carriage", "currency"})  # a row in which only these are set is empty
_ROW: Final = re.compile(r"/PassengerDeclaration/(Goods|Money)\[(\d+)\]/(.+)")
_DATE: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})|(\d{4})-(\d{2})-(\d{2})")
_NUMBER: Final = re.compile(r"\d{1,12}(?:[.,]\d{1,3})?")
_DOCUMENT: Final = re.compile(r"[A-Z0-9]{3,20}")
_PLATE: Final = re.compile(r"[A-Z0-9]{2,15}")
_GROUP: Final = re.compile(r"[0-9]{4}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_OFFICE: Final = re.compile(r"[0-9]{5}")


def typed(data: Mapping[str, Any]) -> Typed:
    """Return what was typed, rows that are empty left out and the others closed up: nothing that was typed is lost."""
    plain = {name: collapsed(_plain(value))[:KEPT_MOST] for name, value in data.items() if isinstance(value, str)}
    kept = {name: plain[name] for name in (*TRAVELLER, "form") if plain.get(name)}
    for prefix, fields, most in (("goods", GOODS, GOODS_MOST), ("money", MONEY, MONEY_MOST)):
        numbers = range(1, most + 1)
        read = [{field: plain.get(f"{prefix}-{number}-{field}", "") for field in fields} for number in numbers]
        filled = [row for row in read if any(value for field, value in row.items() if field not in _CHOSEN_FOR_ALL)]
        for number, row in enumerate(filled, 1):
            kept |= {f"{prefix}-{number}-{field}": value for field, value in row.items() if value}
    return kept


def rows(given: Typed, prefix: str) -> int:
    """Return how many rows are filled."""
    numbers = [int(name.split("-")[1]) for name in given if name.startswith(f"{prefix}-")]
    return max(numbers, default=0)


def field_of(xpath: str) -> str:
    """Return the id of the field that asks for a place of the document."""
    if found := _ROW.fullmatch(xpath):
        fields = GOODS if found[1] == "Goods" else MONEY
        name = next((field for field, path in fields.items() if path == found[3]), "description")
        return f"{found[1].lower()}-{found[2]}-{name}"
    path = xpath.removeprefix("/PassengerDeclaration/")
    return next((field for field, each in TRAVELLER.items() if each == path), "corridor")


def declaration_of(given: Typed, language: str, at: datetime) -> PassengerDeclaration | tuple[Defect, ...]:
    """Return the declaration, or what is missing or unreadable in it."""
    form = _Form(given)
    traveller = Traveller(
        family_name=form.text("family_name", NAME_MOST),
        given_name=form.text("given_name", NAME_MOST),
        born_on=form.day("born_on"),
        citizenship=form.coded("citizenship", _COUNTRY),
        document_kind=form.one_of("document_kind", DocumentKind),
        document_number=form.written("document_number", _DOCUMENT, "P-206"),
        document_country=form.coded("document_country", _COUNTRY),
        iin=form.iin(),
    )
    crossing = Crossing(
        office=form.coded("office", _OFFICE),
        direction=form.one_of("direction", Direction),
        mode=form.one_of("mode", Mode),
        country=form.coded("country", _COUNTRY),
    )
    made = PassengerDeclaration(
        issued_at=at.replace(microsecond=0),
        language=language,
        corridor=form.one_of("corridor", Corridor),
        traveller=traveller,
        crossing=crossing,
        goods=tuple(_goods(form, number) for number in range(1, rows(given, "goods") + 1)),
        vehicle=_vehicle(form),
        money=tuple(_money(form, number) for number in range(1, rows(given, "money") + 1)),
    )
    return tuple(form.defects) if form.defects else made


def _goods(form: "_Form", number: int) -> Goods:
    row = f"goods-{number}-"
    kind = form.one_of(f"{row}kind", GoodsKind)
    return Goods(
        carriage=form.one_of(f"{row}carriage", Carriage),
        kind=kind,
        description=form.text(f"{row}description", TEXT_MOST),
        quantity=int(form.number(f"{row}quantity", _PIECES_MOST, whole=True)),
        mass_kg=form.number(f"{row}mass_kg", _MASS_MOST),
        litres=form.maybe(f"{row}litres", _MASS_MOST) if kind is GoodsKind.ALCOHOL else None,
        value=form.number(f"{row}value", _SUM_MOST, zero=True),
        currency=form.coded(f"{row}currency", _CURRENCY),
        commodity_group=form.written(f"{row}group", _GROUP, "P-208") if form.has(f"{row}group") else None,
        personal_use=not form.has(f"{row}trade"),
    )


def _vehicle(form: "_Form") -> Vehicle | None:
    if not any(form.has(each) for each in _VEHICLE):
        return None
    return Vehicle(
        plate=form.written("plate", _PLATE, "P-207"),
        country=form.coded("vehicle_country", _COUNTRY),
        description=form.text("vehicle_description", TEXT_MOST),
        stay=form.one_of("stay", Stay),
    )


def _money(form: "_Form", number: int) -> Money:
    row = f"money-{number}-"
    return Money(
        kind=form.one_of(f"{row}kind", MoneyKind),
        amount=form.number(f"{row}amount", _SUM_MOST),
        currency=form.coded(f"{row}currency", _CURRENCY),
        owner=form.optional(f"{row}owner", TEXT_MOST),
        origin=form.optional(f"{row}origin", TEXT_MOST),
        use=form.optional(f"{row}use", TEXT_MOST),
    )


class _Form:
    """Reads fields and notes what is wrong with each; a value that is wrong is replaced by one that nobody uses."""

    def __init__(self, given: Typed) -> None:
        self._given = given
        self.defects: list[Defect] = []

    def has(self, name: str) -> bool:
        return bool(self._given.get(name))

    def text(self, name: str, most: int) -> str:
        value = self._given.get(name, "")
        if not value:
            self._wrong(name, "P-201")
        return self.optional(name, most)

    def optional(self, name: str, most: int) -> str:
        value = self._given.get(name, "")
        if len(value) > most:
            self._wrong(name, "P-204", most=str(most))
        return value

    def coded(self, name: str, form: re.Pattern[str]) -> str:
        value = self._given.get(name, "")
        if not form.fullmatch(value):
            self._wrong(name, "P-205")
        return value

    def written(self, name: str, form: re.Pattern[str], code: str) -> str:
        """Read a number of letters and digits, however it was spaced."""
        value = re.sub(r"[\s-]", "", self._given.get(name, "")).upper()
        if not value:
            self._wrong(name, "P-201")
        elif not form.fullmatch(value):
            self._wrong(name, code, value=shortened(value))
        return value

    def one_of(self, name: str, kind: type[Listed]) -> Listed:
        value = self._given.get(name, "")
        if value in list(kind):
            return kind(value)
        self._wrong(name, "P-205")
        return next(iter(kind))

    def iin(self) -> str | None:
        return re.sub(r"\s", "", self._given.get("iin", ""))[:20] or None

    def day(self, name: str) -> date:
        value = self._given.get(name, "")
        found = _DATE.fullmatch(value)
        try:
            if found is None:
                raise ValueError
            day, month, year = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
            return date(int(year), int(month), int(day))
        except ValueError:
            self._wrong(name, "P-203" if value else "P-201", **({"value": shortened(value)} if value else {}))
            return date(1900, 1, 1)

    def number(self, name: str, most: int, *, whole: bool = False, zero: bool = False) -> Decimal:
        value = re.sub(r"\s", "", self._given.get(name, ""))
        if not value:
            self._wrong(name, "P-201")
            return Decimal(1)
        found = Decimal(value.replace(",", ".")) if _NUMBER.fullmatch(value) else None
        if found is None or found > most or (not found and not zero) or (whole and found != int(found)):
            self._wrong(name, "P-202", value=shortened(value), most=str(most))
            return Decimal(1)
        return found

    def maybe(self, name: str, most: int) -> Decimal | None:
        return self.number(name, most) if self.has(name) else None

    def _wrong(self, name: str, code: str, **params: str) -> None:
        self.defects.append(Defect(code, None, None, _place_of(name), params))


def _place_of(name: str) -> str:
    """Return the place of the document that a field asks for."""
    prefix, _, rest = name.partition("-")
    if rest:
        number, _, field = rest.partition("-")
        fields = GOODS if prefix == "goods" else MONEY
        return f"/PassengerDeclaration/{prefix.capitalize()}[{number}]/{fields[field]}"
    return f"/PassengerDeclaration/{TRAVELLER[name]}"


def _plain(value: str) -> str:
    """Leave out what XML has no place for, such as control characters."""
    return "".join(each if each.isprintable() else " " for each in value)

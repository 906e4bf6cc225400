"""What is more than a traveller may bring becomes a goods declaration: its draft, and when these goods are settled."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.lifecycle import LET_GO, Status
from declarations.passengers.model import Goods, GoodsKind, PassengerDeclaration
from declarations.writing import Content, write
from portal.passengers import store
from portal.passengers.errors import PassengerNotFound, PassengerRefused
from portal.passengers.model import Record

SETTLES: Final = (*LET_GO, Status.CLEARED)
_TOBACCO: Final = (GoodsKind.CIGARETTES, GoodsKind.CIGARS, GoodsKind.TOBACCO)
_KINDS: Final = {  # by why a goods declaration is needed
    "goods_declaration.alcohol": (GoodsKind.ALCOHOL,),
    "goods_declaration.tobacco": _TOBACCO,
    "goods_declaration.minor": (GoodsKind.ALCOHOL, *_TOBACCO),
}


def draft_of(record: Record, declaration: PassengerDeclaration) -> bytes:
    """Return an import declaration with what the traveller said of these goods; all else its declarant fills in.

    Raises `PassengerNotFound` where no goods declaration is needed.
    """
    needs = record.computation.goods_declaration
    if not needs:
        raise PassengerNotFound
    who, where = declaration.traveller, declaration.crossing
    fields = {
        "FunctionCode": "9",
        "FunctionalReferenceID": record.reference,
        "TypeCode": "IM",
        "ProcedureCode": "40",
        "DeclarationOfficeID": where.office,
        "LanguageCode": declaration.language,
        "Declarant/Name": who.name,
        "GoodsShipment/ExportCountryCode": where.country,
        "GoodsShipment/DestinationCountryCode": "KZ",
        "GoodsShipment/Consignment/ContainerCode": "0",
    }
    if who.iin:
        fields |= {"Declarant/ID": who.iin, "Declarant/ID/@schemeID": "IIN"}
    return write(Content(fields, [_item(each) for each in _concerned(declaration.goods, needs)]))


def demand_settled(connection: Connection, number: str) -> None:
    """Raises `PassengerRefused` unless a number is that of a released import, which settles nobody else's goods."""
    stored = declarations_store.find_by_number(connection, number)
    if stored is None:
        raise PassengerRefused("passengers.number", "settled_by", value=number[:40])
    if stored.type_code != "IM" or stored.status not in SETTLES:
        raise PassengerRefused("passengers.not_released", "settled_by", number=stored.registration_number)
    if store.settles(connection, number):
        raise PassengerRefused("passengers.number_used", "settled_by", number=stored.registration_number)


def _concerned(goods: Iterable[Goods], needs: Iterable[str]) -> list[Goods]:
    """Return the lines that need a goods declaration; all where only an inspection tells which."""
    kinds = {kind for code in needs for kind in _KINDS.get(code, ())}
    every = list(goods)
    return [each for each in every if not each.personal_use or each.kind in kinds] or every


def _item(goods: Goods) -> dict[str, str]:
    item = {
        "Commodity/Description": goods.description,
        "Commodity/GoodsMeasure/GrossMassMeasure": f"{goods.mass_kg:f}",
        "Commodity/ItemChargeAmount": f"{goods.value:f}",
        "Commodity/ItemChargeAmount/@currencyID": goods.currency,
    }
    return item | ({"Commodity/ClassificationID": goods.commodity_group} if goods.commodity_group else {})

"""Where things stand in a declaration, as XPath with bare element names."""

from typing import Final

ROOT: Final = "/Declaration"
SHIPMENT: Final = f"{ROOT}/GoodsShipment"
CONSIGNMENT: Final = f"{SHIPMENT}/Consignment"
MEASURE: Final = "Commodity/GoodsMeasure"


def in_item(number: int, tail: str) -> str:
    """Return the path of `tail` in the `number`th goods item, counted from 1."""
    return f"{SHIPMENT}/GovernmentAgencyGoodsItem[{number}]/{tail}"

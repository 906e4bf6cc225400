"""Declarations for tests and benchmarks: valid XML of the demo cast, and ways to spoil it.

`declaration_xml()` is import 40 of Altyn Dala, signed off by Anna: one item, sums that agree. Every keyword changes one
thing and the sums follow; `mutate` and `insert` then break what should be broken.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from cast import PARTICIPANTS, PERSONS
from lxml import etree

NAMESPACE = "urn:shekara:ccd:1"
CENT = Decimal("0.01")
RATES = {"USD": "520.10", "EUR": "604.70", "CNY": "73.20", "RUB": "6.45", "KZT": "1"}

Item = Mapping[str, Any]

# code, description, pieces, price, gross, net, packages; quantities are pieces (796), masses kilograms
GOODS: tuple[tuple[str, str, int, str, str, str, int], ...] = (
    (
        "8539229000",
        "Filament lamps, 230 V, 60 W, base E27, for general lighting",
        5000,
        "1250.00",
        "172.500",
        "150.000",
        25,
    ),
    ("9401610000", "Upholstered armchairs with wooden frames, for the home", 40, "3280.40", "760.000", "700.000", 40),
    (
        "6109100000",
        "T-shirts of cotton, knitted, for adults, assorted sizes",
        1200,
        "2964.00",
        "265.400",
        "240.200",
        12,
    ),
    ("8471300000", "Portable computers, 14 inch, 16 GB, with power adapter", 25, "11750.00", "71.300", "57.500", 5),
    ("8414510000", "Table fans with a motor of 45 W, plastic housing", 300, "3450.90", "930.000", "840.000", 60),
    ("3304990000", "Face cream in jars of 50 ml, without alcohol", 2400, "4128.75", "310.000", "268.800", 20),
)
PHRASES: tuple[str, ...] = (
    "упакованы в картонные коробки на деревянных поддонах, обёрнуты плёнкой",
    "предназначены для розничной торговли, не для военного применения",
    "не содержат драгоценных металлов, радиоэлектронных средств и шифрования",
    "изготовлены по стандарту предприятия, маркированы знаком обращения",
    "поставляются в собранном виде с инструкцией на казахском и русском языках",
    "партия осмотрена отправителем до погрузки, повреждений не обнаружено",
)


def element(name: str, *content: Any, **attributes: str) -> etree._Element:
    """Return `name` in the declaration's namespace; None among the content is left out, other values become text."""
    made = etree.Element(f"{{{NAMESPACE}}}{name}", attributes, nsmap={None: NAMESPACE})
    for part in content:
        if isinstance(part, etree._Element):
            made.append(part)
        elif part is not None:
            made.text = str(part)
    return made


def optional(name: str, value: Any, **attributes: str) -> etree._Element | None:
    return None if value is None else element(name, value, **attributes)


def goods(number: int, reference: str, *, description_length: int = 0) -> dict[str, Any]:
    """Return the `number`th item (from 1): goods of the list in turn, each price its own; the first has the invoice."""
    code, description, pieces, price, gross, net, packages = GOODS[(number - 1) % len(GOODS)]
    while len(description) < description_length:
        description = f"{description}; {PHRASES[len(description) % len(PHRASES)]}"
    return {
        "code": code,
        "description": description[: max(description_length, 120)].strip(),
        "price": Decimal(price) + (number - 1) * Decimal("0.01"),
        "gross": gross,
        "net": net,
        "quantity": str(pieces),
        "unit": "796",
        "packages": packages,
        "package_type": "CT",
        "origin": "CN",
        "method": "1",
        "preference": ("OO", "OO", "-", "OO"),
        "documents": ({"type": "04021", "id": f"INV-{reference}", "date": "2026-11-12"},) if number == 1 else (),
    }


def declaration_xml(
    items: int | Sequence[Item] = 1,
    *,
    reference: str = "ALTYN-2026-0001",
    function: str = "9",
    registration_number: str | None = None,
    issued_at: str = "2026-11-24T09:00:00+05:00",
    office: str = "20201",
    type_code: str = "IM",
    procedure: str = "40",
    previous_procedure: str = "00",
    declarant: str = "altyn",
    signatory: str = "anna",
    agent: str | None = None,
    contract_date: str = "2026-01-15",
    currency: str = "USD",
    rate: str | None = None,
    rate_date: str = "2026-11-23",
    counterparty: str = "MERIDIAN LIGHTING CO LTD",
    country: str = "CN",
    origin: str | None = None,
    incoterms: str = "CPT",
    place: str = "Almaty",
    mode: str = "31",
    vehicles: Sequence[str] = ("KZ123ABC02",),
    containers: Sequence[str] = (),
    description_length: int = 0,
    indent: bool = True,
    **item_changes: Any,
) -> bytes:
    """Return a valid declaration.

    `items` is a count, or one mapping for each item that overrides what `goods` gives (code, description, price, gross,
    net, quantity, unit, packages, package_type, origin, method, preference, documents, charges, fees,
    previous_documents, containers, procedure, previous, feature, value, statistical, sequence). Further keywords of
    these names override it in every item; None leaves an element out. `country` is where the goods come from (on
    export, go to). `declarant` and `agent` are firms of the cast, `signatory` a person. `description_length` makes
    descriptions that long, as real ones are: 999 items with 840 characters come to about 2.9 MB.
    """
    overrides: Sequence[Item] = [{} for _ in range(items)] if isinstance(items, int) else items
    exchange = Decimal(rate or RATES[currency])
    common = {"currency": currency, "rate": exchange, "procedure": procedure, "previous": previous_procedure}
    if origin:
        common["origin"] = origin
    lines = [
        {**goods(number, reference, description_length=description_length), **common, **item_changes, **override}
        for number, override in enumerate(overrides, start=1)
    ]
    for line in lines:
        line.setdefault("value", _customs_value(line))
        line.setdefault(
            "statistical", (Decimal(line["value"] or 0) / Decimal(RATES["USD"])).quantize(CENT, ROUND_HALF_UP)
        )
    export = type_code == "EX"
    same, foreign = element("SameAsDeclarant", "1"), _foreign(counterparty, country)
    shipment = element(
        "GoodsShipment",
        element("TradeCountryCode", country),
        element("ExportCountryCode", "KZ" if export else country),
        element("OriginCountryCode", _common_origin(lines)),
        element("DestinationCountryCode", country if export else "KZ"),
        element("Exporter", same if export else foreign),
        element("Importer", foreign if export else same),
        element("Payer", element("SameAsDeclarant", "1")),
        element("TradeTerms", element("ConditionCode", incoterms), element("LocationName", place)),
        _consignment(mode, vehicles, containers),
        *(_item(number, line) for number, line in enumerate(lines, start=1)),
    )
    person = PERSONS[signatory]
    root = element(
        "Declaration",
        element("FunctionCode", function),
        element("FunctionalReferenceID", reference),
        optional("ID", registration_number),
        element("IssueDateTime", issued_at),
        element("TypeCode", type_code),
        element("ProcedureCode", procedure),
        element("LanguageCode", "ru"),
        element("DeclarationOfficeID", office),
        element("GoodsItemQuantity", len(lines)),
        element("TotalPackageQuantity", sum(int(line["packages"] or 0) for line in lines)),
        element("CustomsValueAmount", sum(Decimal(line["value"] or 0) for line in lines), currencyID="KZT"),
        element("InvoiceAmount", sum(Decimal(line["price"] or 0) for line in lines), currencyID=currency),
        element(
            "CurrencyExchange",
            element("CurrencyTypeCode", currency),
            element("RateNumeric", exchange),
            element("UnitQuantity", "1"),
            element("RateDate", rate_date),
        ),
        element("Declarant", *_firm(declarant)),
        None if agent is None else _agent(agent, contract_date),
        shipment,
        element(
            "Signatory",
            element("Name", person.name),
            element("ID", person.iin),
            element("PositionName", "Declarant" if agent is None else "Customs specialist"),
            element("PlaceName", "Almaty"),
            element("SigningDate", issued_at[:10]),
        ),
        schemaVersion="1.0",
    )
    etree.cleanup_namespaces(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=indent)


def export_xml(items: int | Sequence[Item] = 1, **changes: Any) -> bytes:
    """Return a valid export 10 of Tengri to Uzbekistan, signed off by Zarina."""
    wheat = {
        "code": "1001990000",
        "description": "Soft wheat, class 3, harvest of 2026, in bulk",
        "unit": "796",
        "origin": "KZ",
    }
    usual = {
        "reference": "TENGRI-2026-0001",
        "type_code": "EX",
        "procedure": "10",
        "declarant": "tengri",
        "signatory": "zarina",
        "counterparty": "TOSHKENT DON MAHSULOTLARI",
        "country": "UZ",
        "incoterms": "FCA",
        "mode": "20",
        "quantity": None,
        "gross": "60500.000",
        "net": "60000.000",
        "price": "13200.00",
        **wheat,
    }
    return declaration_xml(items, **{**usual, **changes})


def mutate(xml: bytes, xpath: str, value: str | None) -> bytes:
    """Return `xml` with the text of each element (or attribute) at `xpath` set to `value`; None removes it.

    Names in `xpath` are written bare: `//GovernmentAgencyGoodsItem[2]/Commodity/ItemChargeAmount/@currencyID`.
    """
    root = etree.fromstring(xml)
    path, _, attribute = xpath.partition("/@")
    for found in _find(root, path):
        if attribute and value is None:
            del found.attrib[attribute]
        elif attribute:
            found.set(attribute, str(value))
        elif value is None:
            parent = found.getparent()
            assert parent is not None
            parent.remove(found)
        else:
            for child in list(found):
                found.remove(child)
            found.text = value
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def insert(xml: bytes, xpath: str, fragment: str, *, before: bool = False) -> bytes:
    """Return `xml` with `fragment`, elements of the same namespace, after (or before) each element at `xpath`."""
    root = etree.fromstring(xml)
    for found in _find(root, xpath):
        parts = list(etree.fromstring(f'<x xmlns="{NAMESPACE}">{fragment}</x>'))
        for part in parts if before else reversed(parts):
            (found.addprevious if before else found.addnext)(part)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _find(root: etree._Element, xpath: str) -> list[etree._Element]:
    prefixed = re.sub(r"(?<![\w@'\"-])([A-Za-z_]\w*)(?![\w(:'\"-])", r"d:\1", xpath)
    found = root.xpath(prefixed, namespaces={"d": NAMESPACE})
    assert found, f"nothing at {xpath}"
    return list(found)


def _customs_value(line: Mapping[str, Any]) -> Decimal | None:
    if line["price"] is None:
        return None
    value = (Decimal(line["price"]) * line["rate"]).quantize(CENT, ROUND_HALF_UP)
    return value + sum((Decimal(amount) for _, amount in line.get("charges", ())), Decimal(0))


def _common_origin(lines: Sequence[Mapping[str, Any]]) -> str:
    origins = {line["origin"] for line in lines}
    return str(origins.pop() or "00") if len(origins) == 1 else "99"


def _firm(key: str) -> list[etree._Element]:
    firm = PARTICIPANTS[key]
    return [
        element("Name", firm.name),
        element("ID", firm.identifier, schemeID="BIN"),
        element(
            "Address", element("CountryCode", "KZ"), element("CityName", "Almaty"), element("Line", "Demo street 1")
        ),
    ]


def _foreign(name: str, country: str) -> etree._Element:
    return element("Party", element("Name", name), element("Address", element("CountryCode", country)))


def _agent(key: str, contract_date: str) -> etree._Element:
    return element(
        "Agent",
        element("Party", *_firm(key)),
        element("FunctionCode", "2"),
        element("RegistryID", "DEMO/0007"),
        element("ContractID", "ZL-2026/15"),
        element("ContractDate", contract_date),
    )


def _consignment(mode: str, vehicles: Sequence[str], containers: Sequence[str]) -> etree._Element:
    def means(name: str) -> etree._Element:
        listed = [element("Vehicle", element("ID", vehicle)) for vehicle in vehicles]
        return element(name, element("ModeCode", mode), element("Quantity", len(vehicles)), *listed)

    equipment = [
        element("TransportEquipment", element("SequenceNumeric", number), element("ID", container))
        for number, container in enumerate(containers, start=1)
    ]
    code = element("ContainerCode", "1" if containers else "0")
    return element("Consignment", code, means("DepartureTransportMeans"), means("BorderTransportMeans"), *equipment)


def _item(number: int, line: Mapping[str, Any]) -> etree._Element:
    currency, quantity = line["currency"], line["quantity"]
    measure = element(
        "GoodsMeasure",
        optional("GrossMassMeasure", line["gross"]),
        optional("NetMassMeasure", line["net"]),
        None if quantity is None else element("TariffQuantity", quantity, unitCode=line["unit"]),
    )
    charges = [
        element("ChargeDeduction", element("ChargesTypeCode", code), element("Amount", amount, currencyID="KZT"))
        for code, amount in line.get("charges", ())
    ]
    packaging = element("Packaging", element("TypeCode", line["package_type"]), element("Quantity", line["packages"]))
    preference = zip(("FeeCode", "DutyCode", "ExciseCode", "VATCode"), line["preference"] or (), strict=False)
    return element(
        "GovernmentAgencyGoodsItem",
        element("SequenceNumeric", line.get("sequence", number)),
        element(
            "Commodity",
            element("Description", line["description"]),
            element("ClassificationID", line["code"]),
            measure if len(measure) else None,
            optional("ItemChargeAmount", line["price"], currencyID=currency),
            *(_fee(fee) for fee in line.get("fees", ())),
        ),
        element("PreferenceCode", *(element(name, code) for name, code in preference)) if line["preference"] else None,
        element("CustomsValuation", element("MethodCode", line["method"]), *charges) if line["method"] else None,
        optional("CustomsValueAmount", line["value"], currencyID="KZT"),
        optional("StatisticalValueAmount", line["statistical"], currencyID="USD"),
        element(
            "GovernmentProcedure",
            element("CurrentCode", line["procedure"]),
            element("PreviousCode", line["previous"]),
            element("FeatureCode", line.get("feature", "000")),
        ),
        optional("OriginCountryCode", line["origin"]),
        optional("PackageQuantity", line["packages"]),
        element("PackagePresenceCode", "1") if line["packages"] else None,
        packaging if line["packages"] else None,
        *(element("TransportEquipmentID", container) for container in line.get("containers", ())),
        *(_document("PreviousDocument", document) for document in line.get("previous_documents", ())),
        *(_document("AdditionalDocument", document) for document in line["documents"]),
    )


def _fee(fee: Mapping[str, str]) -> etree._Element:
    """`fee` gives type, base, rate, rate_type, amount and method of one line of box 47; base may be left out."""
    return element(
        "DutyTaxFee",
        element("TypeCode", fee["type"]),
        optional("TaxBaseAmount", fee.get("base"), currencyID="KZT"),
        element("TaxRateNumeric", fee["rate"]),
        element("RateTypeCode", fee.get("rate_type", "P")),
        element("PaymentAmount", fee["amount"], currencyID="KZT"),
        element("PaymentMethodCode", fee.get("method", "IU")),
    )


def _document(name: str, document: Mapping[str, str]) -> etree._Element:
    expiry = "ExpirationDate" if name == "AdditionalDocument" else "LineNumeric"
    return element(
        name,
        optional("TypeCode", document.get("type")),
        element("ID", document["id"]),
        optional("IssueDate", document.get("date")),
        optional(expiry, document.get("expires") or document.get("line")),
    )


def transit_xml(
    items: int | Sequence[Item] = 1,
    *,
    carrier: str | None = "kaspi",
    destination: str | None = "20201",
    guarantee: str | None = "100000000.00",
    **changes: Any,
) -> bytes:
    """Return a valid transit 80 of Altyn Dala from the post of the border to an inland one, signed off by Anna.

    None leaves the carrier (box 50), the post of destination (box 53) or the guarantee (box 52) out.
    """
    usual = {"reference": "TRANSIT-1", "type_code": "TT", "procedure": "80", "office": "30301"}
    xml = declaration_xml(items, **{**usual, **changes})
    box_53 = f"<DestinationOffice><ID>{destination}</ID></DestinationOffice>" if destination else ""
    party = f"<Party><Name>{PARTICIPANTS[carrier].name}</Name>{_id(carrier)}</Party>" if carrier else ""
    xml = insert(xml, "//BorderTransportMeans", (f"<Carrier>{party}</Carrier>" if party else "") + box_53)
    if guarantee is None:
        return xml
    amount = f'<Amount currencyID="KZT">{guarantee}</Amount>'
    box_52 = f"<ObligationGuarantee><SecurityDetailsCode>03</SecurityDetailsCode>{amount}</ObligationGuarantee>"
    return insert(xml, "/Declaration/Signatory", box_52, before=True)


def _id(firm: str) -> str:
    return f'<ID schemeID="BIN">{PARTICIPANTS[firm].identifier}</ID>'

"""The declaration in the boxes of the form, as it would be printed: what stands in each."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Protocol

from msgspec import Struct

from declarations.reference.codes import Codes
from declarations.writing import Content
from portal.languages import Writing, commodity


class ItemSheet(Struct, frozen=True):
    number: int
    boxes: Mapping[str, list[str]]
    payments: list[tuple[str, str, str, str, str]]


class Sheet(Struct, frozen=True):
    """`boxes` are lines of text by box number; `payments` of box B."""

    boxes: Mapping[str, list[str]]
    items: list[ItemSheet]
    payments: list[tuple[str, str]]
    first: int
    total: int
    following: int | None
    before: int | None


def sheet_of(content: Content, codes: Codes, language: str, first: int, limit: int) -> Sheet:
    """Return the sheet with a page of its items, beginning with `first`; `content` is completed."""
    total, writing = len(content.items), Writing(language)
    first = max(1, min(first, max(total, 1)))
    shown = content.items[first - 1 : first - 1 + limit]
    return Sheet(
        boxes=_header(content.fields, total, codes, writing),
        items=[_item(number, item, codes, writing) for number, item in enumerate(shown, first)],
        payments=[
            (content.fields[f"{row}/TypeCode"], _money(content.fields, f"{row}/Amount", writing))
            for row in _rows(content.fields, "PaymentSummary", "TypeCode")
        ],
        first=first,
        total=total,
        following=first + limit if first + limit <= total else None,
        before=max(1, first - limit) if first > 1 else None,
    )


def _header(fields: Mapping[str, str], total: int, codes: Codes, writing: Writing) -> dict[str, list[str]]:
    get, shipment, language = fields.get, "GoodsShipment/", writing.language
    consignment = f"{shipment}Consignment/"

    def line(*paths: str) -> str:
        texts = [_day(fields, path, writing) if path.endswith("Date") else get(path, "") for path in paths]
        return " ".join(filter(None, texts))

    def country(path: str) -> list[str]:
        return _coded(get(path, ""), codes.countries, language)

    boxes = {
        "1": [line("TypeCode", "ProcedureCode", "TransitFeatureCode", "TransitDirectionCode")],
        "2": _party(fields, f"{shipment}Exporter"),
        "3": [f"1/{1 + (total + 1) // 3}"],
        "4": [line("LoadingListQuantity")],
        "5": [str(total)],
        "6": [line("TotalPackageQuantity")],
        "7": [line("FunctionalReferenceID"), line("FeatureCode")],
        "8": _party(fields, f"{shipment}Importer"),
        "9": _party(fields, f"{shipment}Payer"),
        "11": country(f"{shipment}TradeCountryCode"),
        "12": [_money(fields, "CustomsValueAmount", writing)],
        "14": _party(fields, "Declarant"),
        "15": country(f"{shipment}ExportCountryCode"),
        "16": country(f"{shipment}OriginCountryCode"),
        "17": country(f"{shipment}DestinationCountryCode"),
        "18": _means(fields, f"{consignment}DepartureTransportMeans"),
        "19": [line(f"{consignment}ContainerCode")],
        "20": [
            line(
                f"{shipment}TradeTerms/ConditionCode",
                f"{shipment}TradeTerms/LocationName",
                f"{shipment}TradeTerms/DeliveryKindCode",
            )
        ],
        "21": _means(fields, f"{consignment}BorderTransportMeans"),
        "22": [_money(fields, "InvoiceAmount", writing)],
        "23": [
            f"{get(f'{row}/CurrencyTypeCode', '')} {_number(fields, f'{row}/RateNumeric', writing)}"
            + (f" / {units}" if (units := get(f"{row}/UnitQuantity", "1")) != "1" else "")
            for row in _rows(fields, "CurrencyExchange", "CurrencyTypeCode")
        ],
        "24": [line(f"{shipment}TransactionNatureCode", f"{shipment}TransactionFeatureCode")],
        "25": _coded(get(f"{consignment}BorderTransportMeans/ModeCode", ""), codes.transport_modes, language),
        "26": _coded(get(f"{consignment}DepartureTransportMeans/ModeCode", ""), codes.transport_modes, language),
        "29": _all(fields, f"{consignment}BorderOfficeID"),
        "30": [
            line(f"{row}/TypeCode", f"{row}/OfficeID", f"{row}/ID", f"{row}/Name", f"{row}/Address/CityName")
            for row in _rows(fields, f"{consignment}GoodsLocation", "")
        ],
        "48": [
            line(f"{row}/TypeCode", f"{row}/DocumentID", f"{row}/DueDate")
            for row in _rows(fields, "DeferredPayment", "TypeCode")
        ],
        "50": _party(fields, f"{consignment}Carrier"),
        "51": _all(fields, f"{consignment}RoutingCountryCode"),
        "52": [
            line(f"{row}/SecurityDetailsCode", f"{row}/ReferenceID", f"{row}/IssueDate")
            for row in _rows(fields, "ObligationGuarantee", "SecurityDetailsCode")
        ],
        "53": [
            line(f"{consignment}DestinationOffice/ID", f"{consignment}DestinationOffice/LimitDate"),
        ],
        "54": [
            line("Signatory/Name"),
            line("Signatory/ID"),
            line("Signatory/PositionName"),
            line("Signatory/PlaceName", "Signatory/SigningDate"),
            line("Agent/Party/Name"),
            line("Agent/RegistryID", "Agent/ContractID", "Agent/ContractDate"),
        ],
        "55": [
            line(f"{row}/CountryCode", f"{row}/PlaceName") for row in _rows(fields, f"{consignment}Transhipment", "")
        ],
        "A": [*_coded(get("DeclarationOfficeID", ""), codes.offices, language), get("ID", "")],
    }
    return {box: [text for text in lines if text] for box, lines in boxes.items()}


def _item(number: int, item: Mapping[str, str], codes: Codes, writing: Writing) -> ItemSheet:
    get, language = item.get, writing.language
    measure, procedure, preference = "Commodity/GoodsMeasure/", "GovernmentProcedure/", "PreferenceCode/"
    packages = [
        " ".join(filter(None, (get(f"{row}/TypeCode"), get(f"{row}/Quantity"), get(f"{row}/MarksNumbersID"))))
        for row in _rows(item, "Packaging", "TypeCode")
    ]
    marks = " · ".join(
        filter(None, (get("Commodity/TradeMarkName"), get("Commodity/ModelName"), get("Commodity/ManufacturerName")))
    )
    vehicles = [
        " ".join(filter(None, (get(f"{row}/ID"), get(f"{row}/MakeName"), get(f"{row}/ModelName"))))
        for row in _rows(item, "Commodity/Vehicle", "ID")
    ]
    boxes = {
        "31": [
            get("Commodity/Description", ""),
            marks,
            " · ".join(filter(None, (get("PackageQuantity"), *packages))),
            ", ".join(_all(item, "TransportEquipmentID")),
            *vehicles,
        ],
        "33": [commodity(get("Commodity/ClassificationID", ""))],
        "34": _coded(get("OriginCountryCode", ""), codes.countries, language),
        "35": [_number(item, f"{measure}GrossMassMeasure", writing)],
        "36": [" ".join(get(preference + part, "") for part in ("FeeCode", "DutyCode", "ExciseCode", "VATCode"))],
        "37": [" ".join(get(procedure + part, "") for part in ("CurrentCode", "PreviousCode", "FeatureCode"))],
        "38": [_number(item, f"{measure}NetMassMeasure", writing)],
        "39": [" ".join(filter(None, (get("Quota/ID"), get("Quota/Quantity[1]"))))],
        "40": [
            " ".join(filter(None, (get(f"{row}/TypeCode"), get(f"{row}/ID"), _day(item, f"{row}/IssueDate", writing))))
            for row in _rows(item, "PreviousDocument", "ID")
        ],
        "41": [_quantity(item, f"{measure}TariffQuantity", codes, writing)],
        "42": [_money(item, "Commodity/ItemChargeAmount", writing)],
        "43": [get("CustomsValuation/MethodCode", "")],
        "44": [
            " ".join(filter(None, (get(f"{row}/TypeCode"), get(f"{row}/ID"), _day(item, f"{row}/IssueDate", writing))))
            for row in _rows(item, "AdditionalDocument", "ID")
        ],
        "45": [_money(item, "CustomsValueAmount", writing)],
        "46": [_money(item, "StatisticalValueAmount", writing)],
    }
    payments = [
        (
            get(f"{row}/TypeCode", ""),
            _number(item, f"{row}/TaxBaseAmount", writing) or _number(item, f"{row}/TaxBaseQuantity", writing),
            _rate_text(item, row, writing),
            _number(item, f"{row}/PaymentAmount", writing),
            get(f"{row}/PaymentMethodCode", ""),
        )
        for row in _rows(item, "Commodity/DutyTaxFee", "TypeCode")
    ]
    return ItemSheet(number, {box: [text for text in lines if text.strip()] for box, lines in boxes.items()}, payments)


def _rate_text(item: Mapping[str, str], row: str, writing: Writing) -> str:
    first = _rate_part(item, row, writing)
    operator = {"NLT": " ≥ ", "PLUS": " + "}.get(item.get(f"{row}/SecondRate/OperatorCode", ""), "")
    return first + operator + _rate_part(item, f"{row}/SecondRate", writing) if operator else first


def _rate_part(item: Mapping[str, str], row: str, writing: Writing) -> str:
    rate, kind = _number(item, f"{row}/TaxRateNumeric", writing), item.get(f"{row}/RateTypeCode", "")
    if kind == "P":
        return f"{rate} %"
    unit = item.get(f"{row}/RateUnitCode", "")
    return f"{rate} {item.get(f'{row}/RateCurrencyCode', '')}{f'/{unit}' if unit else ''}".strip()


def _party(fields: Mapping[str, str], path: str) -> list[str]:
    if fields.get(f"{path}/SameAsDeclarant"):
        return ["= 14"]
    base = path if f"{path}/Name" in fields else f"{path}/Party"
    address = [fields.get(f"{base}/Address/{part}", "") for part in ("CountryCode", "CityName", "Line")]
    return [fields.get(f"{base}/Name", ""), fields.get(f"{base}/ID", ""), ", ".join(filter(None, address))]


def _means(fields: Mapping[str, str], path: str) -> list[str]:
    vehicles = [
        " / ".join(filter(None, (fields.get(f"{row}/ID"), fields.get(f"{row}/TrailerID"))))
        for row in _rows(fields, f"{path}/Vehicle", "ID")
    ]
    count = fields.get(f"{path}/Quantity", "")
    return [
        ": ".join(filter(None, (count, ", ".join(vehicles)))),
        fields.get(f"{path}/RegistrationNationalityCode", ""),
    ]


class _Named(Protocol):
    def name(self, language: str) -> str: ...


def _coded(code: str, names: Mapping[str, _Named], language: str) -> list[str]:
    found = names.get(code)
    name = found.name(language) if found is not None else ""
    return [f"{code} {name}".strip() if name != code else code]


def _value(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _number(values: Mapping[str, str], path: str, writing: Writing) -> str:
    """Write a number as the reader's language does; what is none is shown as it was typed."""
    text = values.get(path, "")
    value = _value(text)
    return text if value is None else writing.plain_number(value)


def _day(values: Mapping[str, str], path: str, writing: Writing) -> str:
    text = values.get(path, "")
    try:
        return writing.calendar_day(date.fromisoformat(text))
    except ValueError:
        return text


def _money(values: Mapping[str, str], path: str, writing: Writing) -> str:
    text, currency = values.get(path, ""), values.get(f"{path}/@currencyID", "")
    value = _value(text)
    if value is None:
        return f"{text} {currency}".strip() if text else ""
    return writing.amount(value, currency).strip()


def _quantity(values: Mapping[str, str], path: str, codes: Codes, writing: Writing) -> str:
    unit, amount = codes.units.get(values.get(f"{path}/@unitCode", "")), _number(values, path, writing)
    return f"{amount} {unit.name(writing.language) if unit else ''}".strip() if amount else ""


def _rows(values: Mapping[str, str], path: str, leaf: str) -> Iterator[str]:
    """Yield the rows below a path, in order, as far as they go on."""
    for number in range(1, 1000):
        row = f"{path}[{number}]"
        if (f"{row}/{leaf}" if leaf else None) not in values and not any(each.startswith(f"{row}/") for each in values):
            return
        yield row


def _all(values: Mapping[str, str], path: str) -> list[str]:
    found = []
    for number in range(1, 1000):
        if f"{path}[{number}]" not in values:
            break
        found.append(values[f"{path}[{number}]"])
    return found

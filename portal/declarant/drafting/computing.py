"""What the portal works out for a draft: proposed wherever the box is blank, never put in place of what was typed.

Computed and not to be changed: boxes 5 and 32 (counted when written), the function, the type, and the two dates of
box 54, which are those of signing. Proposed, and the declarant's to change where the law lets: 6, 12, 16, 22, 23, 36,
37, 43, 45, 46, 47 and B. Nothing is stored, so that nothing grows old: a draft opened next week has next week's rates.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Context, Decimal
from typing import Final

from declarations import tariff
from declarations.model import Amount, GoodsItem, GoodsVehicle, PreferenceCode, Procedure, Quantity
from declarations.reference import Rate
from declarations.reference.codes import TENGE, Codes
from declarations.tariff import PayableLine
from declarations.values import KAZAKHSTAN
from declarations.writing import Content

DOLLAR: Final = "USD"
VARIOUS: Final = "99"
PRICE: Final = "Commodity/ItemChargeAmount"
VALUE: Final = "CustomsValueAmount"
STATISTICAL: Final = "StatisticalValueAmount"
PACKAGES: Final = "PackageQuantity"
INVOICE: Final = "InvoiceAmount"
CURRENCY: Final = "/@currencyID"
DUTY_LINE: Final = "Commodity/DutyTaxFee"
NO_EXEMPTION: Final = "OO"
IN_CASH: Final = "ИУ"  # paid at the time of declaring: the usual method of box 47
_PROCEDURES: Final = {"IM": "40", "EX": "10", "TT": "80"}
_MEASURED: Final = ("Commodity/GoodsMeasure/NetMassMeasure", "Commodity/GoodsMeasure/TariffQuantity")
_COUNTED: Final = ("Commodity/Vehicle[", "Commodity/GoodsMeasure/AdditionalQuantity[")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,24}(?:\.[0-9]{0,12})?")
_WIDE: Final = Context(prec=60)


class Sums:
    """Rates of one draft on one day, and what its items come to."""

    def __init__(self, content: Content, codes: Codes) -> None:
        self._codes = codes
        self._rates = dict(_given_rates(content.fields))
        self.invoice_currency = content.fields.get(INVOICE + CURRENCY) or _only(
            item.get(PRICE + CURRENCY) for item in content.items
        )

    def rate(self, currency: str) -> Decimal | None:
        """Return the tenge of one unit: as box 23 says, else as published."""
        return self._rates.get(currency) or self._codes.rate(currency)

    def tenge(self, item: Mapping[str, str]) -> Decimal | None:
        """Return price, additions and deductions in tenge, None when one of them cannot be converted."""
        price = number(item.get(PRICE))
        rate = self.rate(item.get(PRICE + CURRENCY) or self.invoice_currency or "")
        if price is None or rate is None:
            return None
        total = price * rate
        for position in range(1, 31):
            path = f"CustomsValuation/ChargeDeduction[{position}]/Amount"
            if path not in item:
                break
            charge, rate = number(item[path]), self.rate(item.get(path + CURRENCY, ""))
            if charge is None or rate is None:
                return None
            total += charge * rate
        return tariff.round_to_tiyn(total)


def number(text: str | None) -> Decimal | None:
    """Return the number that a document may hold here, None for what is none."""
    return Decimal(text) if text and _NUMBER.fullmatch(text) else None


def proposals_for_item(item: Mapping[str, str], fields: Mapping[str, str], sums: Sums, codes: Codes) -> dict[str, str]:
    """Return what would stand in the blank boxes of an item, except those of box 47."""
    type_code = fields.get("TypeCode", "")
    found = {
        "GovernmentProcedure/CurrentCode": fields.get("ProcedureCode") or _PROCEDURES.get(type_code, ""),
        "GovernmentProcedure/PreviousCode": "00",
        "GovernmentProcedure/FeatureCode": "000",
    }
    if type_code != "TT":
        commodity = item.get("Commodity/ClassificationID", "")
        found |= {
            "PreferenceCode/FeeCode": NO_EXEMPTION,
            "PreferenceCode/DutyCode": NO_EXEMPTION,
            "PreferenceCode/ExciseCode": NO_EXEMPTION if codes.excise(commodity) else "-",
            "PreferenceCode/VATCode": NO_EXEMPTION,
            "CustomsValuation/MethodCode": "1",
        }
    if item.get(PRICE) and not item.get(PRICE + CURRENCY) and sums.invoice_currency:
        found[PRICE + CURRENCY] = sums.invoice_currency
    value = number(item.get(VALUE))
    if value is None and item.get("CustomsValuation/MethodCode", "1") == "1":
        value = sums.tenge(item)
        if value is not None:
            found[VALUE] = f"{value:.2f}"
    if item.get(VALUE, found.get(VALUE)):
        found[VALUE + CURRENCY] = TENGE
    dollars = sums.rate(DOLLAR)
    if value is not None and dollars and item.get(VALUE + CURRENCY, TENGE) == TENGE:
        found[STATISTICAL] = f"{tariff.round_to_tiyn(_WIDE.divide(value, dollars)):.2f}"
    if item.get(STATISTICAL, found.get(STATISTICAL)):
        found[STATISTICAL + CURRENCY] = DOLLAR
    return found


def completed_item(item: Mapping[str, str], fields: Mapping[str, str], sums: Sums, codes: Codes) -> dict[str, str]:
    """Return the item with every blank filled in as far as it can be, box 47 included."""
    given = {path: value for path, value in item.items() if value}
    whole = {**proposals_for_item(given, fields, sums, codes), **given}
    if fields.get("TypeCode") == "IM" and not any(path.startswith(DUTY_LINE) for path in given):
        payables = payables_of(whole, fields.get("ProcedureCode"), codes)
        if payables:
            whole |= _duty_lines(*payables, codes)
    return whole


def payables_of(
    values: Mapping[str, str], procedure: str | None, codes: Codes
) -> tuple[GoodsItem, tuple[PayableLine, ...]] | None:
    """Return what a completed item owes; None when what that depends on cannot be read yet."""
    item = _for_tariff(values)
    return None if item is None else (item, tariff.item_payables(item, procedure, codes).lines)


def _for_tariff(values: Mapping[str, str]) -> GoodsItem | None:
    """Return as much of the item as payments depend on."""
    measure, preference = "Commodity/GoodsMeasure/", "PreferenceCode/"
    numbers = {path: number(text) for path, text in values.items() if _counts(path)}
    value = number(values.get(VALUE))
    if value is None or None in numbers.values():
        return None
    quantities = [
        Quantity(amount, values.get(f"{path}/@unitCode", ""))
        for path, amount in sorted(numbers.items())
        if amount is not None and path.startswith(_COUNTED[1]) and "@" not in path
    ]
    capacities = [
        GoodsVehicle("", engine_capacity=amount) for path, amount in numbers.items() if path.startswith(_COUNTED[0])
    ]
    tariff_quantity = numbers.get(f"{measure}TariffQuantity")
    codes = [values.get(preference + part, "") for part in ("FeeCode", "DutyCode", "ExciseCode", "VATCode")]
    return GoodsItem(
        sequence=1,
        description="",
        commodity_code=values.get("Commodity/ClassificationID", ""),
        net_mass_kg=numbers.get(f"{measure}NetMassMeasure"),
        tariff_quantity=None
        if tariff_quantity is None
        else Quantity(tariff_quantity, values.get(f"{measure}TariffQuantity/@unitCode", "")),
        additional_quantities=tuple(quantities),
        vehicles=tuple(capacities),
        preference=PreferenceCode(*codes) if all(codes) else None,
        customs_value=Amount(value, values.get(VALUE + CURRENCY, "")),
        procedure=Procedure(
            values.get("GovernmentProcedure/CurrentCode", ""), "", values.get("GovernmentProcedure/FeatureCode", "")
        ),
    )


def _counts(path: str) -> bool:
    """Tell whether a number stands here on which a specific rate may depend."""
    if path in _MEASURED or (path.startswith(_COUNTED[1]) and not path.endswith("/@unitCode")):
        return True
    return path.startswith(_COUNTED[0]) and path.endswith("/EngineCapacityMeasure")


def completed(content: Content, codes: Codes, now: datetime) -> Content:
    """Return the draft as it would be signed at `now`: every blank that can be worked out is filled in."""
    sums = Sums(content, codes)
    fields = {path: value for path, value in content.fields.items() if value}
    items = [completed_item(item, fields, sums, codes) for item in content.items]
    here = now.astimezone(KAZAKHSTAN)
    moment = here.replace(microsecond=0).isoformat()
    dates = {"IssueDateTime": moment, "Signatory/SigningDate": here.date().isoformat()}
    return Content(
        {**proposals(Content(fields, items), sums, codes, here.date().isoformat()), **fields, **dates}, items
    )


def proposals(content: Content, sums: Sums, codes: Codes, today: str) -> dict[str, str]:
    """Return what would stand in the blank boxes of the declaration; its items are completed."""
    fields, items = content.fields, content.items
    found: dict[str, str] = {}
    packages = [item.get(PACKAGES, "") for item in items]
    if packages and all(text.isascii() and text.isdigit() for text in packages):
        found["TotalPackageQuantity"] = str(sum(map(int, packages)))
    if (total := _total(items, VALUE, TENGE)) is not None:
        found[VALUE] = f"{total:.2f}"
    if fields.get(VALUE, found.get(VALUE)):
        found[VALUE + CURRENCY] = TENGE
    currency = sums.invoice_currency
    if currency and (total := _total(items, PRICE, currency)) is not None:
        found[INVOICE] = f"{total:.2f}"
    if currency and fields.get(INVOICE, found.get(INVOICE)):
        found[INVOICE + CURRENCY] = currency
    origins = {item.get("OriginCountryCode", "") for item in items} - {""}
    if origins:
        found["GoodsShipment/OriginCountryCode"] = origins.pop() if len(origins) == 1 else VARIOUS
    if not any(path.startswith("CurrencyExchange") for path in fields):
        found |= _rates(items, currency, codes, today)
    if not any(path.startswith("PaymentSummary") for path in fields):
        found |= _payments(fields.get("TypeCode", ""), items, codes)
    return found


def _rates(items: list[dict[str, str]], invoice: str | None, codes: Codes, today: str) -> dict[str, str]:
    """Return box 23: the day's published rate of each currency of a price."""
    currencies = {item.get(PRICE + CURRENCY) for item in items} | {invoice}
    found: dict[str, str] = {}
    position = 0
    for currency in sorted(currency for currency in currencies if currency and currency != TENGE):
        published = codes.exchange_rate(currency)
        if published is None:
            continue
        position += 1
        row = f"CurrencyExchange[{position}]"
        found |= {
            f"{row}/CurrencyTypeCode": currency,
            f"{row}/RateNumeric": str(published.tenge),
            f"{row}/UnitQuantity": str(published.units),
            f"{row}/RateDate": today,
        }
    return found


def _payments(type_code: str, items: list[dict[str, str]], codes: Codes) -> dict[str, str]:
    """Return box B: the fee, and the sum of each kind of payment of box 47."""
    sums: dict[str, Decimal] = {} if type_code == "TT" else {tariff.FEE: codes.fee}
    for item in items:
        for position in range(1, 21):
            row = f"{DUTY_LINE}[{position}]"
            kind, amount = item.get(f"{row}/TypeCode"), number(item.get(f"{row}/PaymentAmount"))
            if kind is None:
                break
            sums[kind] = sums.get(kind, Decimal(0)) + (amount or 0)
    found: dict[str, str] = {}
    for position, (kind, total) in enumerate(sorted(sums.items()), 1):
        row = f"PaymentSummary[{position}]"
        found |= {f"{row}/TypeCode": kind, f"{row}/Amount": f"{total:.2f}", f"{row}/Amount{CURRENCY}": TENGE}
    return found


def _duty_lines(item: GoodsItem, lines: tuple[PayableLine, ...], codes: Codes) -> dict[str, str]:
    """Return box 47; nothing at all while one of its payments is not determined."""
    found: dict[str, str] = {}
    for position, line in enumerate(lines, 1):
        if line.amount is None:
            return {}
        row = f"{DUTY_LINE}[{position}]"
        found |= {
            f"{row}/TypeCode": line.type_code,
            f"{row}/PaymentAmount": f"{line.amount:.2f}",
            f"{row}/PaymentAmount{CURRENCY}": TENGE,
            f"{row}/PaymentMethodCode": IN_CASH,
        }
        if line.base is not None:
            found |= {f"{row}/TaxBaseAmount": f"{line.base:.2f}", f"{row}/TaxBaseAmount{CURRENCY}": TENGE}
        rate = Rate.parse(line.rate) if line.type_code != tariff.VAT else None
        found |= _rate(row, item, rate, codes) if rate is not None else _share(row, codes.vat_rate * 100)
    return found


def _rate(row: str, item: GoodsItem, rate: Rate, codes: Codes) -> dict[str, str]:
    found: dict[str, str] = {}
    if rate.percent is not None:
        found = _share(row, rate.percent)
    if rate.unit is None or rate.amount is None or rate.currency is None:
        return found or _share(row, Decimal(0))
    quantity = tariff.quantity_in(item, rate.unit, codes)
    specific = {
        "TaxRateNumeric": _plain(rate.amount / rate.per),
        "RateTypeCode": "S",
        "RateCurrencyCode": rate.currency,
        "RateUnitCode": rate.unit,
    }
    below = f"{row}/SecondRate" if found else row
    found |= {f"{below}/{name}": value for name, value in specific.items()}
    if below != row:
        found[f"{below}/OperatorCode"] = rate.operator or ""
    if quantity is not None:
        found |= {f"{row}/TaxBaseQuantity": _plain(quantity), f"{row}/TaxBaseQuantity/@unitCode": rate.unit}
    return found


def _share(row: str, percent: Decimal) -> dict[str, str]:
    return {f"{row}/TaxRateNumeric": _plain(percent), f"{row}/RateTypeCode": "P"}


def _plain(value: Decimal) -> str:
    """Write with at most six decimals and no zeros behind."""
    text = f"{value:.6f}"
    return text.rstrip("0").rstrip(".")


def _total(items: list[dict[str, str]], path: str, currency: str) -> Decimal | None:
    """Return the sum of an amount over all items, None when one lacks it or has another currency."""
    total = Decimal(0)
    for item in items:
        amount = number(item.get(path))
        if amount is None or item.get(path + CURRENCY) != currency:
            return None
        total += amount
    return total if items else None


def _given_rates(fields: Mapping[str, str]) -> Iterator[tuple[str, Decimal]]:
    for position in range(1, 10):
        row = f"CurrencyExchange[{position}]"
        currency, rate = fields.get(f"{row}/CurrencyTypeCode"), number(fields.get(f"{row}/RateNumeric"))
        units = number(fields.get(f"{row}/UnitQuantity") or "1")
        if currency and rate and units:
            yield currency, rate / units


def _only(values: Iterator[str | None]) -> str | None:
    """Return the one value that all have that have any; None when they differ."""
    found = {value for value in values if value}
    return found.pop() if len(found) == 1 else None

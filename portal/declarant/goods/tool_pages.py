"""Pages that anybody may use: the tariff, a calculation of duties, and rates of exchange."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from declarations.reference.codes import TENGE, Codes
from portal.access import Permission
from portal.checking import documents_for
from portal.declarant.goods import wording
from portal.declarant.goods.calculator import NoExchangeRate, Wish, greater_of
from portal.declarant.goods.search import FOUND_MAX
from portal.declarant.goods.tools import GoodsTools
from portal.languages import marked as _
from portal.pages import AnyRequest, Pages, language_of, wants_fragment

SUGGESTED_MAX: Final = 8
QUERY_MAX: Final = 200
ASKED_MIN: Final = 2  # characters
UNPROCESSABLE: Final = 422
_LARGEST: Final = Decimal(10) ** 12
FIELDS: Final = (
    "code",
    "value",
    "currency",
    "origin",
    "terms",
    "transport",
    "inland",
    "mass",
    "quantity",
    "unit",
    "day",
)
_NUMBERS: Final = ("value", "transport", "inland", "mass", "quantity")

_CODE_WRONG: Final = _("Give the commodity code with its 10 digits, such as 9401 61 000 0")
_CODE_UNKNOWN: Final = _("There is no such code in the tariff. Search for it by words")
_NUMBER_MISSING: Final = _("Give the price of the goods, such as 1250.50")
_NUMBER_WRONG: Final = _("Write a number in digits, such as 1250.50")
_TOO_LARGE: Final = _("This is too large a number")
_CURRENCY_WRONG: Final = _("Choose a currency from the list")
_NO_RATE: Final = _("There is no exchange rate of this currency on that day. Choose another currency or day")
_CHOICE_WRONG: Final = _("Choose from the list, or leave it empty")
_DAY_WRONG: Final = _("Choose a day from the calendar, such as 30.11.2026")
_INLAND_WRONG: Final = _("Transport behind the border cannot cost more than all that is paid")


class ToolPages(Controller):
    path = "/tools"
    opt = {"need": Permission.SEE_PUBLIC_PAGES}  # noqa: RUF012

    @get(name="tools", sync_to_thread=True)
    def tools(self, request: AnyRequest, pages: NamedDependency[Pages]) -> Response[str]:
        return pages.answer(request, "goods/tools.html")

    @get("/commodities", name="commodities", sync_to_thread=True)
    def commodities(
        self,
        request: AnyRequest,
        pages: NamedDependency[Pages],
        goods: NamedDependency[GoodsTools],
        q: FromQuery[str] = "",
    ) -> Response[str]:
        """Search the tariff, or with htmx show only what is found."""
        text, language, codes = q.strip()[:QUERY_MAX], language_of(request), goods.codes()
        found = goods.search(text, language, FOUND_MAX) if text else None
        template = "goods/_commodities.html" if wants_fragment(request) else "goods/commodities.html"
        return pages.answer(
            request,
            template,
            text=text,
            found=found,
            complete=codes.tariff.complete,
            source=codes.tariff.source,
            documents=lambda code: documents_for("IM", code, language),
            unit=lambda code: codes.units[code].name(language) if code in codes.units else code,
        )

    @get("/commodities/suggestions", name="commodity-suggestions", sync_to_thread=True)
    def suggestions(
        self,
        request: AnyRequest,
        pages: NamedDependency[Pages],
        goods: NamedDependency[GoodsTools],
    ) -> Response[str]:
        """Return the first codes found, as a list to choose from in a form. The field that asks may have any name."""
        asked = next(iter(request.query_params.values()), "").strip()[:QUERY_MAX]
        text = asked if len(asked) >= ASKED_MIN else ""
        found = goods.search(text, language_of(request), SUGGESTED_MAX) if text else None
        return pages.answer(request, "goods/_suggestions.html", found=found, text=text)

    @get("/calculator", name="calculator", sync_to_thread=True)
    def calculator(
        self, request: AnyRequest, pages: NamedDependency[Pages], goods: NamedDependency[GoodsTools]
    ) -> Response[str]:
        """Show the form, and below it what it comes to. The address holds what was asked, so it can be kept."""
        asked = {name: request.query_params.get(name, "").strip()[:40] for name in FIELDS}
        if "code" not in request.query_params:
            return self._calculator(request, pages, goods, {**asked, "currency": "USD"}, {}, None)
        wish, day, wrong = read_wish(asked, goods)
        bill = None
        if wish is not None:
            try:
                bill = goods.calculate(wish, day)
            except NoExchangeRate:
                wrong["currency"] = _NO_RATE
        return self._calculator(request, pages, goods, asked, wrong, bill)

    @get("/exchange-rates", name="exchange-rates", sync_to_thread=True)
    def exchange_rates(
        self,
        request: AnyRequest,
        pages: NamedDependency[Pages],
        goods: NamedDependency[GoodsTools],
        day: FromQuery[str] = "",
    ) -> Response[str]:
        """Show the rates of a day, by default of today."""
        chosen, language = goods.today(), language_of(request)
        wrong = ""
        if day.strip():
            try:
                chosen = date.fromisoformat(day.strip())
            except ValueError:
                wrong = _DAY_WRONG
        codes = goods.codes(chosen)
        return pages.answer(
            request,
            "goods/exchange_rates.html",
            status=UNPROCESSABLE if wrong else 200,
            rates=[] if wrong else goods.rates(chosen),
            day=chosen,
            asked=day.strip()[:20],
            today=goods.today(),
            wrong=wrong,
            name=lambda code: codes.currencies[code].name(language) if code in codes.currencies else code,
        )

    def _calculator(
        self,
        request: AnyRequest,
        pages: Pages,
        goods: GoodsTools,
        asked: dict[str, str],
        wrong: dict[str, str],
        bill: Any,
    ) -> Response[str]:
        language = language_of(request)
        codes = goods.codes()
        line = codes.tariff.line("".join(asked["code"].split()))
        return pages.answer(
            request,
            "goods/calculator.html",
            status=UNPROCESSABLE if wrong else 200,
            asked=asked,
            wrong=wrong,
            bill=bill,
            day=asked["day"] or goods.today().isoformat(),
            lists=lists_of(codes, language),
            line=line,
            documents=documents_for("IM", line.code, language) if line else [],
            greater_of=greater_of,
        )


def lists_of(codes: Codes, language: str) -> dict[str, list[tuple[str, str]]]:
    """Return the choices of a form: code and name, the currencies that have a rate first."""
    known = [code for code in (TENGE, *codes.exchange_rates) if code in codes.currencies]
    return {
        "currency": [(code, f"{code} – {codes.currencies[code].name(language)}") for code in dict.fromkeys(known)],
        "origin": sorted(((code, entry.name(language)) for code, entry in codes.countries.items()), key=lambda e: e[1]),
        "terms": [(code, f"{code} – {entry.name(language)}") for code, entry in codes.incoterms.items()],
        "unit": sorted(((code, entry.name(language)) for code, entry in codes.units.items()), key=lambda e: e[1]),
    }


def read_wish(asked: dict[str, str], goods: GoodsTools) -> tuple[Wish | None, date | None, dict[str, str]]:
    """Return what was asked, the day, and what is wrong by field."""
    wrong: dict[str, str] = {}
    day = _day(asked["day"], wrong)
    codes = goods.codes(day)
    code = "".join(asked["code"].replace(".", " ").split())
    if len(code) != 10 or not (code.isascii() and code.isdigit()):
        wrong["code"] = _CODE_WRONG
    elif codes.tariff.line(code) is None and codes.tariff.complete and not codes.tariff.subdivided(code):
        wrong["code"] = _CODE_UNKNOWN
    numbers = {name: _number(name, asked[name], wrong) for name in _NUMBERS}
    if not numbers["value"] and "value" not in wrong:
        wrong["value"] = _NUMBER_MISSING
    if asked["currency"] not in codes.currencies:
        wrong["currency"] = _CURRENCY_WRONG
    for name, table in (("origin", codes.countries), ("terms", codes.incoterms), ("unit", codes.units)):
        if asked[name] and asked[name] not in table:
            wrong[name] = _CHOICE_WRONG
    transport, inland = numbers["transport"] or Decimal(0), numbers["inland"] or Decimal(0)
    if inland > (numbers["value"] or Decimal(0)) + transport:
        wrong.setdefault("inland", _INLAND_WRONG)
    if wrong or numbers["value"] is None:
        return None, day, wrong
    wish = Wish(
        code=code,
        value=numbers["value"],
        currency=asked["currency"],
        origin=asked["origin"] or None,
        terms=asked["terms"] or None,
        transport=transport,
        inland=inland,
        net_mass_kg=numbers["mass"],
        quantity=numbers["quantity"],
        unit=asked["unit"] or None,
    )
    return wish, day, wrong


def _number(name: str, text: str, wrong: dict[str, str]) -> Decimal | None:
    if not text:
        return None
    number = wording.decimal_of(text, comma=True) if "," in text else wording.decimal_of(text, comma=False)
    if number is None or number < 0:
        wrong[name] = _NUMBER_WRONG
        return None
    if number >= _LARGEST:
        wrong[name] = _TOO_LARGE
        return None
    return number


def _day(text: str, wrong: dict[str, str]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong["day"] = _DAY_WRONG
        return None

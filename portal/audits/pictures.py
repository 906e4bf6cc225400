"""The charts of a dossier, in the reader's language."""

from collections.abc import Callable
from decimal import Decimal

from portal import charts
from portal.audits.dossier import Dossier
from portal.charts import Bar, Chart, Column
from portal.languages import Writing, commodity, translations
from portal.languages import marked as _

MOST = 300  # percent of the peers' price: what is dearer fills the width


class Pen:
    """Writes words and numbers in one language."""

    def __init__(self, language: str) -> None:
        self.say: Callable[[str], str] = translations(language).gettext
        self.writing = Writing(language)

    def percent(self, value: float) -> str:
        return f"{self.writing.plain_number(Decimal(str(round(value, 1))))}\N{NO-BREAK SPACE}%"

    def money(self, tiyn: int) -> str:
        return self.writing.whole_money(Decimal(tiyn) / 100)

    def tenge(self, value: float) -> str:
        return self.writing.whole_money(Decimal(str(value)))

    def number(self, value: float) -> str:
        return self.writing.plain_number(Decimal(str(round(value, 2))))

    def origin(self, code: str) -> str:
        return self.writing.country(code) if code else self.say(_("not known"))


def pictures_of(dossier: Dossier, language: str) -> tuple[Chart, ...]:
    """Return the charts of a dossier; of what there is nothing of, there is none."""
    pen = Pen(language)
    made = (_months(dossier, pen), _prices(dossier, pen), _classes(dossier, pen), _origins(dossier, pen))
    return tuple(each for each in (*made, _brokers(dossier, pen), _compared(dossier, pen)) if each is not None)


def _months(dossier: Dossier, pen: Pen) -> Chart | None:
    months = dossier.picture.months
    if not months:
        return None
    rows = [Column(f"{each.month:%m.%Y}", each.tiyn / 100, each.tiyn / 100) for each in months]
    table = [
        (f"{each.month:%m.%Y}", str(each.declarations), str(each.items), pen.money(each.tiyn), pen.money(each.tax_tiyn))
        for each in months
    ]
    heads = (_("Month"), _("Declarations"), _("Items"), _("Customs value of imports"), _("Payments"))
    text, title = pen.say(_("Customs value of imports by month, in tenge.")), pen.say(_("Years of declarations"))
    return charts.columns("months", title, text, tuple(map(pen.say, heads)), rows, table, pen.tenge)


def _prices(dossier: Dossier, pen: Pen) -> Chart | None:
    rows = [
        Bar(
            f"{commodity(each.subheading)}, {pen.origin(each.origin)}",
            min(100 * each.own / each.peers, MOST),
            f"{pen.percent(100 * each.own / each.peers)} ({pen.number(each.own)} / {pen.number(each.peers)} USD)",
            "inspection" if each.own < each.peers / 2 else "bar",
        )
        for each in dossier.picture.prices
        if each.peers
    ]
    if not rows:
        return None
    text = pen.say(_("The own price of a kilogram in percent of the median of peers; the line is at 100 %."))
    heads = (pen.say(_("Goods and origin")), pen.say(_("Own price to that of peers")))
    return charts.bars("prices", pen.say(_("Prices against peers")), text, heads, rows, (100,), MOST)


def _classes(dossier: Dossier, pen: Pen) -> Chart | None:
    rows = [
        Bar(
            f"{commodity(each.heading)}: {commodity(each.code)}",
            100 * each.now,
            f"{'–' if each.before is None else pen.percent(100 * each.before)} → {pen.percent(100 * each.now)}",
            "documents" if each.now - (each.before or 0) > 0.1 else "bar",
        )
        for each in dossier.picture.classes
    ]
    if not rows:
        return None
    text = pen.say(
        _("How far the codes within a heading are from those of peers, the year before and now; named is the main one.")
    )
    heads = (pen.say(_("Heading and code")), pen.say(_("Distance from peers")))
    return charts.bars("classification", pen.say(_("Drift of classification")), text, heads, rows, most=100)


def _origins(dossier: Dossier, pen: Pen) -> Chart | None:
    rows = [
        Bar(
            pen.origin(each.origin), 100 * each.now, f"{pen.percent(100 * each.before)} → {pen.percent(100 * each.now)}"
        )
        for each in dossier.picture.origins
    ]
    if not rows:
        return None
    text = pen.say(_("Shares of the net mass by country of origin, the year before and now."))
    heads = (pen.say(_("Country of origin")), pen.say(_("Share of the mass")))
    return charts.bars("origins", pen.say(_("Shifts of origin")), text, heads, rows, most=100)


def _brokers(dossier: Dossier, pen: Pen) -> Chart | None:
    rows = [
        Bar(
            each.agent or pen.say(_("without a broker")),
            each.declarations,
            f"{each.declarations} ({each.first:%d.%m.%Y} – {each.last:%d.%m.%Y})",
        )
        for each in dossier.picture.brokers
    ]
    if not rows:
        return None
    text = pen.say(_("Declarations by who filed them, with the first and the last day."))
    heads = (pen.say(_("Broker")), pen.say(_("Declarations")))
    return charts.bars("brokers", pen.say(_("Brokers")), text, heads, rows)


def _compared(dossier: Dossier, pen: Pen) -> Chart | None:
    known = [each for each in dossier.compared.months if each.returned_tiyn is not None]
    if not known:
        return None
    rows = [Column(f"{each.month:%m.%Y}", each.declared_tiyn / 100, (each.returned_tiyn or 0) / 100) for each in known]
    table = [
        (
            f"{each.month:%m.%Y}",
            pen.money(each.declared_tiyn),
            pen.money(each.returned_tiyn or 0),
            pen.number(each.declared_grams / 1000),
            pen.number((each.invoiced_grams or 0) / 1000),
        )
        for each in known
    ]
    heads = (_("Month"), _("Value declared"), _("Returned for VAT"), _("Declared, kg"), _("Invoiced on, kg"))
    text = pen.say(_("Customs value declared, and filled the base of VAT on imports that was returned."))
    title = pen.say(_("Declarations and tax returns"))
    return charts.columns("sources", title, text, tuple(map(pen.say, heads)), rows, table, pen.tenge)

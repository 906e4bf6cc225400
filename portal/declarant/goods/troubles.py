"""What can be wrong with a row of an invoice; templates/texts/*/goods.po has the other two languages."""

from typing import Final

from msgspec import Struct

from portal.languages import marked as _

NO_DESCRIPTION: Final = _("There is no description. Write what the goods are")
TOO_LONG: Final = _("The text has more than %(most)s characters. Shorten it")
NOT_A_CODE: Final = _("“%(value)s” is no commodity code: write 4 to 10 digits, or leave it empty and choose one later")
NO_COUNTRY: Final = _("“%(value)s” is no country. Write its two letters, such as CN, or its name")
NOT_A_NUMBER: Final = _("“%(value)s” is no number. Write it in digits, such as 1250.50")
NOT_POSITIVE: Final = _("%(value)s: it must be more than zero")
TOO_MUCH: Final = _("%(value)s is too large a number. Check the decimal mark")
NO_UNIT: Final = _("“%(value)s” is no unit that customs knows. Write it as pcs or kg, or choose a unit for all rows")
UNIT_MISSING: Final = _("There is no unit. Choose the column of units, or one unit for all rows")
NO_CURRENCY: Final = _("“%(value)s” is no currency. Write its three letters, such as USD")
CURRENCY_MISSING: Final = _("There is no currency. Choose one for all rows")
NO_PRICE: Final = _("There is neither a price of the line, nor quantity and price of one. Add the price")
MERGED: Final = _("This cell is merged with the one above. Give each row its own number")
NOT_WHOLE: Final = _("%(value)s: packages are counted in whole numbers")
MANY_CURRENCIES: Final = _(
    "This row is in %(value)s, others are in another currency. A declaration has one invoice currency"
)
DOES_NOT_MULTIPLY: Final = _("Quantity times price is %(computed)s, but the line says %(stated)s. Check both")
NET_ABOVE_GROSS: Final = _("Net mass is more than gross mass. Check both")
BEYOND_ITEMS: Final = _("A declaration has at most 999 items. This row is beyond that")


class Trouble(Struct, frozen=True):
    """What is wrong with one cell: `column` is its letter, empty when the whole row is meant."""

    column: str
    field: str
    text: str
    values: dict[str, str] = {}

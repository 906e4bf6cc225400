"""The numbers of invoices, certificates and transport documents, as they are kept and compared.

Two numbers that a reader takes for the same are the same: whatever the case of letters, the blanks, what cannot be
seen, the alphabet of a letter, or the dash. Migration 0004 gave the numbers of before this form; a change to it needs a
migration of its own.
"""

import hashlib
import unicodedata
from functools import lru_cache

LONGEST = 50  # characters of the columns that keep them
REMEMBERED_MAX = 10_000

# Capitals, and what is left of small ones that have none, which look like a Latin letter.
_CYRILLIC = dict(zip("АВЕЅІЈКМНОРСТУХҮҺԚԜӀЬѴ", "ABESIJKMHOPCTYXYHQWIBV", strict=True))
_GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ", "ABEZHIKMNOPTYXC", strict=True))
_LATIN = {"Ø": "O", "Ł": "L", "Đ": "D", "Ħ": "H", "Ŧ": "T", "Ɩ": "I"}
_DASHES = {"\u2212": "-", "\u02d7": "-", "\u30fc": "-", "\u2043": "-"}  # those that Unicode does not call dashes
_LIKE = {**_CYRILLIC, **_GREEK, **_LATIN, **_DASHES}
_UNSEEN_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u180e")  # letters and signs with nothing to see
_UNSEEN_ASCII = dict.fromkeys((*range(0x21), 0x7F))


def is_digest(number: str) -> bool:
    """Tell whether a kept number stands for one that was too long to keep."""
    return len(number) == LONGEST and number.startswith("#")


@lru_cache(maxsize=REMEMBERED_MAX)
def kept_number(number: str) -> str:
    """Return a number as it is kept: at most 50 characters; a longer one by its SHA-256. Twice is as once."""
    plain = number.translate(_UNSEEN_ASCII).upper() if number.isascii() else _plain(number)
    return plain if len(plain) <= LONGEST else f"#{hashlib.sha256(plain.encode()).hexdigest().upper()[: LONGEST - 1]}"


def _plain(number: str) -> str:
    capitals = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", number).upper())
    return "".join(_seen(sign) for sign in capitals).upper()


def _seen(sign: str) -> str:
    """Return what a reader takes one sign for; nothing of marks, blanks and what cannot be seen."""
    if sign in _LIKE:
        return _LIKE[sign]
    kind = unicodedata.category(sign)
    if kind[0] in "ZCM" or sign in _UNSEEN_LETTERS:
        return ""
    if kind == "Pd":
        return "-"
    return str(unicodedata.decimal(sign)) if kind == "Nd" else sign

"""What the risk gateway says is wrong with a profile, in the words of the form instead of those of the TOML file."""

import re
from typing import Final

from portal.analyst.words import section
from risk_gateway.catalog import fields
from risk_gateway.errors import ProfileRefused, RiskGatewayError
from risk_gateway.words import LANGUAGES, Words, message

_PART: Final = re.compile(r"^([a-z_0-9]+) (\S+) (.*)$")
_SECTIONS: Final = {
    "op": "operator",
    "measure": "measure",
    "block": "block",
    "motive": "motive",
    "category": "category",
}
_STEPS: Final = {"status": "status", "move": "move"}


def told(error: RiskGatewayError) -> Words:
    """Return the message of an error, without the place, which the page shows otherwise."""
    params = {name: _words(name, value) for name, value in error.params.items()}
    if isinstance(error, ProfileRefused):
        params["place"] = ""
    text = message(error.code, params)
    return Words(*(_begun(text.into(language).removeprefix(": ")) for language in LANGUAGES))


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def _words(name: str, value: str | Words) -> str | Words:
    if isinstance(value, Words):
        return value
    if name == "field" and value in fields():
        return fields()[value].label
    if name == "parts":
        return _joined([_part(part) for part in value.split("; ")], "; ")
    if name == "allowed":
        return _joined([section("operator").get(each, _same(each)) for each in value.split(", ")], ", ")
    known = section({**_SECTIONS, **_STEPS}[name]) if name in {**_SECTIONS, **_STEPS} else {}
    return known.get(value, value)


def _part(written: str) -> Words:
    """Return a comparison such as `commodity_code prefix [72]` in words."""
    found = _PART.match(written)
    field = fields().get(found.group(1)) if found else None
    if found is None or field is None:
        return _same(written)
    operator = section("operator").get(found.group(2), _same(found.group(2)))
    value = section("answer").get(found.group(3), _same(found.group(3).strip("[]")))
    return _joined([field.label, operator, value], " ")


def _same(text: str) -> Words:
    return Words(text, text, text)


def _joined(parts: list[Words], by: str) -> Words:
    return Words(*(by.join(part.into(language) for part in parts) for language in LANGUAGES))

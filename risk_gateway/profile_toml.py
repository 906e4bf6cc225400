"""Profiles as TOML, as analysts exchange them. Reading what was written and writing it again gives the same bytes."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

import msgspec
from msgspec.structs import fields as struct_fields

from risk_gateway import canonical
from risk_gateway.profiles import Area, MeasureOrder, Profile, SelectionRates, When

_USUAL = {"area": Area(), "selection": SelectionRates(), "posts": (), "daily_cap": None, "approver": ""}
_DEFAULTS = {name: canonical.dumps(value) for name, value in _USUAL.items()}
_DEL = "\x7f"  # the one control character that JSON leaves as it is and TOML does not


def write(profiles: Iterable[Profile]) -> str:
    """Return `[[profile]]` tables, which knowledge.parse_profiles reads; what is as usual is left out."""
    return "\n".join(_table(profile) for profile in profiles)


def _table(profile: Profile) -> str:
    lines = ["[[profile]]"]
    for fact in struct_fields(Profile):
        value = getattr(profile, fact.name)
        if fact.name not in _DEFAULTS or canonical.dumps(value) != _DEFAULTS[fact.name]:
            lines.append(f"{fact.name} = {_value(_plain(value))}")
    return "\n".join(lines) + "\n"


def _plain(value: object) -> object:
    """Return what TOML knows: tables, arrays, texts, numbers, days."""
    if isinstance(value, tuple) and value and isinstance(value[0], MeasureOrder):
        return [_measure(order) for order in value]
    return msgspec.to_builtins(value, builtin_types=(date, Decimal))


def _measure(order: MeasureOrder) -> dict[str, str]:
    told = {"code": order.code.value, "instruction": order.instruction, "when": order.when.value}
    return {name: text for name, text in told.items() if text not in ("", When.BEFORE_RELEASE)}


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_value(part)}" for name, part in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(part) for part in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace(_DEL, "\\u007f")
    if isinstance(value, Decimal) and not value.is_finite():
        return _value(str(value))
    return value.isoformat() if isinstance(value, date) else str(value)

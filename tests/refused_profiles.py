"""The wrong profiles of tests/cases/refused_profiles.toml, each as its change of a sound one."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from risk_gateway.profiles import Profile

_TABLE = tomllib.loads((Path(__file__).parent / "cases" / "refused_profiles.toml").read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = _TABLE["refused"]
_TELLING = ("title", "code", "place")  # of the case itself; a profile's own are title_words and profile_code
SOUND = msgspec.convert(_TABLE["sound"], Profile)


def changed(case: dict[str, Any]) -> Profile:
    """Return the profile of a case."""
    changes = {name: value for name, value in case.items() if name not in _TELLING}
    renamed = {"profile_code": "code", "title_words": "title"}
    return msgspec.convert({**_TABLE["sound"], **{renamed.get(name, name): changes[name] for name in changes}}, Profile)

"""What is wrong with the shape of a file, in three languages: parsers speak English only."""

import re
import tomllib
from collections.abc import Mapping

from risk_gateway.words import Words, message

_AT = re.compile(r"^(?P<said>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"Expected `(?P<expected>[^`]+)`, got `(?P<got>[^`]+)`"), "shape-expected"),
    (re.compile(r"Object missing required field `(?P<field>[^`]+)`"), "shape-missing"),
    (re.compile(r"Object contains unknown field `(?P<field>[^`]+)`"), "shape-unknown"),
    (re.compile(r"Invalid enum value '?(?P<value>[^']+)'?"), "shape-choice"),
)
_LINE = re.compile(r"\(at line (?P<line>\d+), column (?P<column>\d+)\)")


def shape_error(error: Exception) -> Words:
    """Return what a parser of TOML or JSON, or the conversion to our types, could not take."""
    text = str(error)
    if isinstance(error, UnicodeDecodeError):
        return message("shape-encoding", {})
    if isinstance(error, KeyError):
        return message("shape-missing", {"field": str(error.args[0]), "path": "$"})
    if isinstance(error, tomllib.TOMLDecodeError):
        place = _LINE.search(text)
        where: Mapping[str, str] = place.groupdict() if place else {"line": "-", "column": "-"}
        return message("shape-syntax", {**where, "said": text})
    found = _AT.match(text)
    said, path = (found["said"], found["path"] or "$") if found else (text, "$")
    for pattern, code in _SHAPES:
        if match := pattern.match(said):
            return message(code, {**match.groupdict(), "path": path})
    return message("shape-other", {"said": said, "path": path})

"""What is demanded of certificates, by the day: data, not code."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from signing.revocation import TICK, Window

REFUSE = "refuse"
FLAG = "flag"

_KEYS = {"since", "revocation_unknown", "certificate_policies", "source"}


@dataclass(frozen=True)
class Rule:
    """What is demanded from a moment on. See rules.toml."""

    since: datetime
    revocation_unknown: str
    certificate_policies: frozenset[str]
    source: str


class Rules:
    """Rules in the order in which they begin."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        if not rules:
            raise ValueError("there must be a rule")
        self._rules = sorted(rules, key=lambda rule: rule.since)

    def at(self, moment: datetime) -> Rule:
        """Return the rule in force; before the first one, the first."""
        return next((rule for rule in reversed(self._rules) if rule.since <= moment), self._rules[0])

    def window(self, moment: datetime) -> Window:
        """Return the moments around this one for which the same rule is in force."""
        rule = self.at(moment)
        begin = [each.since for each in self._rules if each.since > max(moment, rule.since)]
        since = Window() if rule is self._rules[0] else Window(since=rule.since)
        return since.meet(Window(until=begin[0] - TICK)) if begin else since


def parse_rules(text: str) -> Rules:
    """Return the rules that a TOML text holds. Raises ValueError, saying what is wrong with it."""
    content = tomllib.loads(text)
    if set(content) != {"rule"}:
        raise ValueError("rules: [[rule]] and nothing else is expected")
    return Rules([_parse_rule(table) for table in content["rule"]])


@cache
def shipped_rules() -> Rules:
    """Return the rules of rules.toml."""
    return parse_rules((Path(__file__).parent / "rules.toml").read_text(encoding="utf-8"))


def _parse_rule(table: dict[str, Any]) -> Rule:
    if set(table) != _KEYS:
        raise ValueError(f"rules: a rule has exactly {', '.join(sorted(_KEYS))}")
    since, unknown, policies, source = (
        table[key] for key in ("since", "revocation_unknown", "certificate_policies", "source")
    )
    if not isinstance(since, datetime) or since.tzinfo is None:
        raise ValueError("rules: since must be a moment with its offset")
    if unknown not in (REFUSE, FLAG):
        raise ValueError('rules: revocation_unknown must be "refuse" or "flag"')
    if not isinstance(policies, list) or not all(isinstance(each, str) for each in policies):
        raise ValueError("rules: certificate_policies must be a list of texts")
    if not isinstance(source, str) or not source:
        raise ValueError("rules: source must say where the rule comes from")
    return Rule(since, unknown, frozenset(policies), source)

"""Dated rules, for tests."""

from collections.abc import Sequence

from signing.rules import FLAG, REFUSE, Rules, parse_rules
from signing.usages import POLICIES, SIGNING_BY_ORGANISATIONS, SIGNING_BY_PERSONS

SIGNING = (POLICIES, SIGNING_BY_ORGANISATIONS, SIGNING_BY_PERSONS)


def rule(since: str, unknown: str = REFUSE, policies: Sequence[str] = SIGNING) -> str:
    """Return the TOML of a rule that begins on this day in Kazakhstan."""
    return (
        f'[[rule]]\nsince = {since}T00:00:00+05:00\nrevocation_unknown = "{unknown}"\n'
        f'certificate_policies = {list(policies)}\nsource = "a test"\n'
    )


LENIENT: Rules = parse_rules(rule("2000-01-01", FLAG, ()))

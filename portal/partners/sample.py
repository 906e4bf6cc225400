"""The violation of nobody by which a policy shows what would leave."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec

from interop.disclosure import FIELDS, HASHABLE, Policy, disclose
from portal.partners.words import FIELDS as FIELD_WORDS
from risk_gateway.bases.violations.model import Identity, Scheme, Source, State, Violation

SAMPLE = Violation(
    id="KZ-CRV-SAMPLE",
    identity=Identity(Scheme.BIN, "000000000000", name="Sample LLP"),
    kind="understated_value",
    article="CAO 551",
    committed_on=date(2026, 3, 2),
    place="20201",
    declaration="20201/020326/0000000",
    amount_tiyn=125_000_00,
    decision_number="2026-03-18/1",
    decided_on=date(2026, 3, 18),
    state=State.CONFIRMED,
    expires_on=date(2028, 3, 18),
    source=Source.ACT,
    source_name="Sample Demo",
    legal_basis="Customs Code, article 1",
    hold_until=date(2031, 3, 18),
    recorded_at=datetime(2026, 3, 18, 9, 30, tzinfo=UTC),
    provenance="0" * 64,
)


class Leaving(msgspec.Struct, frozen=True):
    """A field of a record: its value, and what leaves of it; `hashed` when only its hash does, "" when nothing does."""

    field: str
    value: str
    leaves: str
    hashed: bool


def preview(policy: Policy) -> tuple[Leaving, ...]:
    """Return what this policy lets leave of the sample, field by field. Its kind is one that the policy tells of."""
    kind = SAMPLE.kind if SAMPLE.kind in policy.kinds or not policy.kinds else min(policy.kinds)
    sample = msgspec.structs.replace(SAMPLE, kind=kind)
    told = disclose(sample, policy) or {}
    everything = Policy(fields=FIELDS, kinds=frozenset({kind}), retention_days=policy.retention_days)
    whole: dict[str, Any] = disclose(sample, everything) or {}
    return tuple(
        Leaving(
            field=name,
            value=str(whole.get(name, "")),
            leaves=str(told.get(name, told.get(f"{name}_hash", ""))),
            hashed=name in HASHABLE and f"{name}_hash" in told,
        )
        for name in FIELD_WORDS
    )

"""Partners on record: every change of one is in the journal, without its secrets."""

from datetime import datetime

from sqlalchemy import Connection

from interop.exchange_store import wake
from interop.partner_store import put_partner, read_partner
from interop.partners import Partner, read_key
from portal import audit


def change_partner(connection: Connection, partner: Partner, by: str, now: datetime, second: str = "") -> None:
    """Record a partner, new or changed, in the caller's transaction. `by` is the administrator's IIN, `second` that of
    the one who confirmed it, where two are demanded (portal/partners/proposing.py).

    Raises `KeyRefused` for a key that cannot be used.
    """
    keys = [read_key(pem).id for pem in partner.keys]
    new = read_partner(connection, partner.id) is None
    put_partner(connection, partner, now)
    wake(connection, partner.id)
    policy = partner.policy
    particulars = {
        "kind": partner.kind.value,
        "name": partner.name,
        "country": partner.country,
        "address": partner.address,
        "keys": " ".join(keys),
        "active": _yes(partner.active),
        "per_minute": str(partner.per_minute),
        "fields": " ".join(sorted(policy.fields)),
        "hashed": " ".join(sorted(policy.hash_fields)),
        "kinds": " ".join(sorted(policy.kinds)),
        "purposes": " ".join(sorted(policy.purposes)),
        "retention_days": str(policy.retention_days),
        "salted": _yes(bool(policy.salt)),
        "new": _yes(new),
        "by": by,
        "second": second,
    }
    audit.record_one(connection, audit.Record(audit.Event.PARTNER_CHANGED, partner.id, now, particulars))


def _yes(value: bool) -> str:
    return "yes" if value else "no"

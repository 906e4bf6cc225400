"""What opens the portal further to a partner takes two administrators: one asks, another confirms.

A partner that is switched off can do and is told nothing, so whatever is prepared of it waits for the second one when
it is switched on, as a whole. What narrows is done by one, at once.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from interop.disclosure import Policy
from interop.partners import Partner
from portal import audit
from portal.exchange.keeping import change_partner
from portal.partners import proposal_store as store
from portal.partners.errors import Refused
from portal.partners.proposal_store import Proposal
from portal.views import SignedIn

ACTIVE: Final = "active"


def opens(before: Partner, after: Partner) -> tuple[str, ...]:
    """Return what a change opens: codes of portal/partners/words.py; none when one administrator may do it."""
    if not after.active:
        return ()
    found = {
        ACTIVE: not before.active,
        "address": after.address != before.address,
        "keys": bool(set(after.keys) - set(before.keys)),
        **_widens(before.policy, after.policy),
    }
    return tuple(code for code, holds in found.items() if holds)


def _widens(before: Policy, after: Policy) -> dict[str, bool]:
    open_before, open_after = before.fields - before.hash_fields, after.fields - after.hash_fields
    return {
        "fields": bool(open_after - open_before or after.hash_fields - before.hash_fields - open_before),
        "kinds": bool(after.kinds - before.kinds),
        "purposes": bool(after.purposes - before.purposes),
        "retention": after.retention_days > before.retention_days,
        "secret": after.salt != before.salt,
    }


def propose(connection: Connection, before: Partner, after: Partner, seen: str, by: SignedIn, now: datetime) -> None:
    """Let a change wait for a second administrator. Raises Refused while another one waits."""
    if store.open_of(connection, after.id) is not None:
        raise Refused("proposal-open", "proposal")
    store.add(connection, after, seen, (by.iin, by.name), now)
    _tell(connection, "proposed", before, after, by, now)


def confirm(connection: Connection, found: Proposal, before: Partner, seen: str, by: SignedIn, now: datetime) -> None:
    """Put a change into force. Raises Refused for one's own, and when the partner has changed since."""
    if by.iin == found.by_iin:
        raise Refused("own-proposal", "proposal")
    if seen != found.seen:
        raise Refused("changed", "proposal")
    store.end(connection, before.id, store.DONE, (by.iin, by.name), now)
    change_partner(connection, found.partner, found.by_iin, now, by.iin)


def decline(connection: Connection, found: Proposal, before: Partner, by: SignedIn, now: datetime) -> None:
    """Leave a partner as it is: declined by another, withdrawn by who asked for the change."""
    outcome = store.WITHDRAWN if by.iin == found.by_iin else store.DECLINED
    store.end(connection, before.id, outcome, (by.iin, by.name), now)
    _tell(connection, outcome, before, found.partner, by, now)


def overtake(connection: Connection, partner: str, by: SignedIn, now: datetime) -> None:
    """End what waits: the partner is no longer what its proposer saw."""
    store.end(connection, partner, store.OVERTAKEN, (by.iin, by.name), now)


def _tell(connection: Connection, what: str, before: Partner, after: Partner, by: SignedIn, now: datetime) -> None:
    particulars = {"what": what, "opens": " ".join(opens(before, after)), "by": by.iin}
    audit.record_one(connection, audit.Record(audit.Event.PARTNER_PROPOSED, after.id, now, particulars))

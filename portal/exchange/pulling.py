"""Reading a partner's violations by cursor: what was missed, and what it never sent, comes so.

What came twice is left alone by whoever takes it, so a cursor may be lost or go back: nothing is missed for it.
"""

from collections.abc import Callable
from urllib.parse import urlencode

import msgspec
import structlog
from sqlalchemy.exc import DataError, SQLAlchemyError

from interop import exchange_store as store
from interop import outbox
from interop.disclosure import ViolationMessage
from interop.distributing import KIND
from interop.envelope import REFUSED, digest_of
from interop.errors import MessageRefused
from interop.partners import Partner
from interop.querying import Page
from portal import audit
from portal.casework.desk import Desk
from portal.database import reading, writing
from portal.exchange import hashes
from portal.exchange.client import Client, Undelivered
from portal.exchange.handling import HANDLERS, note
from portal.office import Office
from signing import store as signing_store

GONE = 410
SUBJECT_MOST = 120  # characters of an id that may be anything


def pull(office: Office, client: Client, partner: Partner, still_ours: Callable[[], bool]) -> None:
    """Read pages until there is no more. Raises `Undelivered`, SigningError."""
    while still_ours():
        with reading(office.engine) as connection:
            cursor = store.read_stream(connection, partner.id).cursor
            known = store.highest_position(connection, partner.id)
        reply = client.signed(partner, "GET", "/violations?" + urlencode({"after": cursor}))
        if reply.status == GONE:
            _begin_anew(office, partner, cursor)
            continue
        try:
            page = msgspec.json.decode(reply.body, type=Page)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise Undelivered("answer: unreadable") from None
        if any(each.number_hash for each in page.violations):
            hashes.learn(office.engine, partner)
        for violation in page.violations:
            _take(office, partner, violation)
        with writing(office.engine) as connection:
            if page.received < known:  # what arrived since the question may be missing from its answer
                outbox.partner_has(connection, partner.id, page.received, office.clock.now())
            store.set_cursor(connection, partner.id, page.cursor)
        if not page.more:
            return


def _begin_anew(office: Office, partner: Partner, cursor: str) -> None:
    """The partner's base was restored from an older copy: read all of it again. Raises `Undelivered`."""
    if not cursor:
        raise Undelivered("the beginning is gone")
    structlog.get_logger().warning("exchange.restored", partner=partner.id)
    with writing(office.engine) as connection:
        store.set_cursor(connection, partner.id, "")
        store.note_restored(connection, partner.id, office.clock.now())


def _take(office: Office, partner: Partner, violation: ViolationMessage) -> None:
    """Take one violation in a transaction of its own; one that cannot be taken is noted and passed over.

    Raises `SQLAlchemyError`: then the page is read again.
    """
    body = msgspec.json.encode(violation)
    try:
        with writing(office.engine) as connection:
            signing_store.lock_head(connection)
            HANDLERS[KIND](connection, Desk(office.clock, office.keyring), partner, body, office.clock.now())
    except MessageRefused as refused:
        _pass_over(office, partner, violation, body, refused)
    except (DataError, OverflowError):  # no column holds it, however often it is read
        _pass_over(office, partner, violation, body, MessageRefused("exchange.body"))
    except SQLAlchemyError:
        raise
    except Exception as error:  # noqa: BLE001 one violation must not hold up those behind it
        structlog.get_logger().error("exchange.trouble", partner=partner.id, violation=violation.id, exc_info=error)
        _pass_over(office, partner, violation, body, MessageRefused("exchange.trouble"))


def _pass_over(
    office: Office, partner: Partner, violation: ViolationMessage, body: bytes, refused: MessageRefused
) -> None:
    named = "".join(each for each in violation.id if each.isprintable())[:SUBJECT_MOST]
    particulars = {
        "partner": partner.id,
        "kind": KIND,
        "about": named,
        "digest": digest_of(body),
        "outcome": REFUSED,
        "code": refused.code,
        "proof": "",
        "receipt": "",
    }
    subject = f"{named} {violation.version}"
    with writing(office.engine) as connection:
        size, frontier = signing_store.lock_head(connection)
        note(connection, refused)
        entry = audit.Record(audit.Event.EXCHANGE_RECEIVED, subject, office.clock.now(), particulars)
        audit.append(connection, size, frontier, [entry])

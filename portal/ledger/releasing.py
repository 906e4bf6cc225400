"""Goods that wait for a payment are released when it has come in full."""

from contextlib import suppress

from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.lifecycle import Action, Status
from portal.casework.desk import Desk
from portal.casework.errors import CaseNotFound, CaseRefused
from portal.casework.model import PORTAL, Wanted
from portal.casework.moving import make_move
from portal.ledger import books


def release_if_paid(connection: Connection, desk: Desk, document: str) -> bool:
    """Release the declaration whose demanded payment is settled; what an act still keeps is left to its officer."""
    standing = books.outstanding(connection, document)
    stored = declarations_store.find_by_number(connection, document)
    if standing is None or not standing.in_full or stored is None or stored.status != Status.PAYMENT_DUE.value:
        return False
    wanted = Wanted(number=document, action=Action.RELEASE_PAID, expected=Status.PAYMENT_DUE, by=PORTAL)
    with suppress(CaseRefused, CaseNotFound):
        make_move(connection, desk, wanted)
        return True
    return False

"""The journal as anybody may check it: signed checkpoints, and proofs that an entry stands under one of them.

Hashes tell nothing of what they are of, so they need no token; an entry itself is for the parties of its declaration.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding
from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy import Connection

from declarations import store as declarations_store
from portal.access import Permission
from portal.api.documenting import JSON, TEXT, read_operation
from portal.audit import Event
from portal.database import reading
from portal.errors import NotFound
from portal.office import Office
from signing import journal, store
from signing.checkpoint import StoredCheckpoint
from signing.journal_check import EntryRow

PUBLIC = {"need": Permission.SEE_PUBLIC_PAGES}
PATH = "/api/v1/journal"
NOTE = read_operation(TEXT, open=True)
AS_JSON = read_operation(JSON, open=True)
TOKEN = read_operation("application/vnd.etsi.timestamp-token", open=True)
CERTIFICATES = read_operation("application/pem-certificate-chain", open=True)
SIZE_MOST = 2**63 - 1  # of a column


class JournalApi(Controller):
    path = PATH

    @get("/checkpoint", opt=PUBLIC, sync_to_thread=True, operation_class=NOTE, summary="Read the newest checkpoint")
    def newest(self, the_office: NamedDependency[Office]) -> Response[bytes]:
        """Return the newest signed note (C2SP tlog-checkpoint); the header Link leads to its time-stamp token."""
        with reading(the_office.engine) as connection:
            found = store.read_newest_checkpoint(connection)
        if found is None:
            raise NotFound("journal.no_checkpoint")
        headers = {"Link": f'<{PATH}/checkpoints/{found.size}/token>; rel="related"'}
        return Response(found.note.encode(), media_type="text/plain", headers=headers)

    @get(
        "/checkpoints/{size:int}", opt=PUBLIC, sync_to_thread=True, operation_class=AS_JSON, summary="Read a checkpoint"
    )
    def checkpoint(self, the_office: NamedDependency[Office], size: FromPath[int]) -> Response[bytes]:
        """Return the checkpoint over so many entries: the signed note, and its time-stamp token (base64 of DER)."""
        found = _checkpoint(the_office, size)
        return _json(
            {
                "size": found.size,
                "root": found.root.hex(),
                "signed_at": found.signed_at,
                "note": found.note,
                "token": found.token,
                "stamped_at": found.stamped_at,
            }
        )

    @get(
        "/checkpoints/{size:int}/token",
        opt=PUBLIC,
        sync_to_thread=True,
        operation_class=TOKEN,
        summary="Read a time-stamp token",
    )
    def token(self, the_office: NamedDependency[Office], size: FromPath[int]) -> Response[bytes]:
        """Return the RFC 3161 token over the bytes of a signed note, in DER."""
        found = _checkpoint(the_office, size)
        if found.token is None:
            raise NotFound("journal.no_token", size=str(size))
        return Response(found.token, media_type="application/vnd.etsi.timestamp-token")

    @get(
        "/inclusion/{index:int}",
        opt=PUBLIC,
        sync_to_thread=True,
        operation_class=AS_JSON,
        summary="Prove that an entry is in the journal",
    )
    def inclusion(
        self,
        request: Request[Any, Any, Any],
        the_office: NamedDependency[Office],
        index: FromPath[int],
        size: FromQuery[int | None] = None,
    ) -> Response[bytes]:
        """Return the audit path (RFC 6962) of entry `index` in the journal of `size`, by default the newest signed.

        `entry` is null unless the token is of a party of the declaration that it is about.
        """
        with reading(the_office.engine) as connection:
            wanted = _newest_size(connection) if size is None else size
            _demand_size(connection, wanted)
            row = store.read_row(connection, index) if 0 <= index < wanted else None
            if row is None:
                raise NotFound("journal.no_entry", index=str(index), size=str(wanted))
            subtree = store.subtree(connection)
            return _json(
                {
                    "index": index,
                    "size": wanted,
                    "leaf": row[4].hex(),
                    "path": _hex(journal.prove_inclusion(index, wanted, subtree)),
                    "root": journal.root_at(wanted, subtree).hex(),
                    "entry": row[3].decode() if _is_party(request, connection, row) else None,
                }
            )

    @get(
        "/consistency",
        opt=PUBLIC,
        sync_to_thread=True,
        operation_class=AS_JSON,
        summary="Prove that the journal only grew",
    )
    def consistency(
        self, the_office: NamedDependency[Office], first: FromQuery[int], second: FromQuery[int]
    ) -> Response[bytes]:
        """Return the proof (RFC 6962) that the journal of `second` entries begins with that of `first`."""
        with reading(the_office.engine) as connection:
            _demand_size(connection, first)
            _demand_size(connection, second)
            if first > second:
                raise NotFound("journal.no_size", size=str(first), largest=str(second))
            subtree = store.subtree(connection)
            return _json(
                {
                    "first": first,
                    "second": second,
                    "first_root": journal.root_at(first, subtree).hex(),
                    "second_root": journal.root_at(second, subtree).hex(),
                    "proof": _hex(journal.prove_consistency(first, second, subtree)),
                }
            )

    @get(
        "/certificates",
        opt=PUBLIC,
        sync_to_thread=True,
        operation_class=CERTIFICATES,
        summary="Read the office's certificates",
    )
    def certificates(self, the_office: NamedDependency[Office]) -> Response[bytes]:
        """Return the certificates with which the office signs and signed checkpoints, in PEM, the newest first."""
        pem = b"".join(each.public_bytes(Encoding.PEM) for each in the_office.keyring.certificates())
        return Response(pem, media_type="application/pem-certificate-chain")


def _checkpoint(office: Office, size: int) -> StoredCheckpoint:
    with reading(office.engine) as connection:
        found = store.read_checkpoint(connection, size) if 0 < size <= SIZE_MOST else None
    if found is None:
        raise NotFound("journal.no_such_checkpoint", size=str(size))
    return found


def _newest_size(connection: Connection) -> int:
    newest = store.read_newest_checkpoint(connection)
    if newest is None:
        raise NotFound("journal.no_checkpoint")
    return newest.size


def _demand_size(connection: Connection, size: int) -> None:
    """Raise `NotFound` unless the journal has had this size, above 0."""
    largest, _ = store.read_head(connection)
    if not 0 < size <= largest:
        raise NotFound("journal.no_size", size=str(size), largest=str(largest))


def _is_party(request: Request[Any, Any, Any], connection: Connection, row: EntryRow) -> bool:
    """Tell whether the caller, if known, is a party of the declaration whose decision this entry records.

    What officers do with it stands in entries of its own, which may name profiles and persons.
    """
    if row[1] != Event.DECLARATION_DECIDED.value:
        return False
    caller = request.scope.get("user")
    stored = declarations_store.find_by_number(connection, row[2]) if caller else None
    return stored is not None and caller.participant in (stored.key.declarant, stored.agent)


def _hex(hashes: Sequence[bytes]) -> list[str]:
    return [each.hex() for each in hashes]


def _json(content: dict[str, Any]) -> Response[bytes]:
    return Response(msgspec.json.encode(content), media_type="application/json")

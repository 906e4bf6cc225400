"""An office with decisions of every kind, and ways to tamper with its database behind its back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import offices
import pki
from builders import declaration_xml, export_xml
from msgspec import structs
from sqlalchemy import Table, and_, select, update

from declarations.store import Key
from interop.notices import Registered, decision_notice
from portal import audit
from portal.auditing import run
from portal.auditing.archive import Archive
from portal.auditing.run import Finding, Wanted
from portal.database import reading, writing
from portal.entry import Answer
from portal.office import Office
from portal.pipeline import lodge
from portal.stages import Lodged
from portal.worker import Worker
from risk_gateway import canonical
from risk_gateway.packing import pack, unpack
from risk_gateway.store import decision
from signing import journal, seal, store
from signing.authority import DemoAuthority
from signing.highwater import read_mark
from signing.journal_check import read_entry
from signing.signer import sign  # noqa: F401 for the tests

PREFERENCE = ("OO", "ПП", "-", "OO")
LATER = timedelta(seconds=3)


class HurriedClock(offices.StillClock):
    """A clock on which the gateway's time soon runs out: a tenth of a second from look to look."""

    def monotonic(self) -> float:
        self.ticks += 0.1
        return self.ticks


@dataclass
class Audited:
    """An office, and what it answered, by a name."""

    office: Office
    answers: dict[str, Answer]

    def number(self, name: str) -> str:
        return self.answers[name].stored.registration_number

    def key(self, name: str) -> Key:
        return self.answers[name].stored.key


def clean(home: Path) -> Audited:
    """Lodge declarations of the cast: released, checked, inspected, by a broker, exported, in transit, out of time."""
    clock = offices.StillClock()
    office = offices.office(home, clock)
    offices.journal_keys(office)
    offices.journal_profiles(office)
    hurried = offices.reopen(office.settings, HurriedClock())
    lodgements: tuple[tuple[str, Office, str, bytes], ...] = (
        ("lamps", office, "anna", declaration_xml(reference="LAMPS", items=2)),
        ("embargo", office, "anna", declaration_xml(reference="EMBARGO", origin="KP")),
        ("broker", office, "berik", declaration_xml(reference="BROKER", agent="zhibek", signatory="berik")),
        ("wheat", office, "zarina", export_xml(reference="WHEAT")),
        ("hurried", hurried, "anna", declaration_xml(reference="HURRIED")),
        ("preference", office, "anna", declaration_xml(reference="PREFERENCE", preference=PREFERENCE)),
    )
    answers = {
        name: lodge(Lodged(pki.sign_as(person, xml), offices.NOW), where) for name, where, person, xml in lodgements
    }
    Worker(office.engine, clock).deliver_due()
    return Audited(office, answers)


def archive_of(office: Office) -> Archive:
    mark = read_mark(office.settings.checkpoint_file)
    return Archive(office.engine, office.trust, office.keyring.certificates(), mark, office.clock.now() + LATER)


def findings(office: Office, wanted: Wanted = Wanted()) -> list[Finding]:
    return [finding for part in run.audit(archive_of(office), wanted) for finding in part.findings]


def found(office: Office, wanted: Wanted = Wanted()) -> dict[str | None, set[str]]:
    """Return by which checks something is found of each number."""
    codes: dict[str | None, set[str]] = {}
    for finding in findings(office, wanted):
        codes.setdefault(finding.number, set()).add(finding.check)
    return codes


# --- tampering ------------------------------------------------------------------------------------------------------


def change(office: Office, table: Table, where: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    with writing(office.engine) as connection:
        assert connection.execute(update(table).where(_is(table, where)).values(dict(values))).rowcount


def remove(office: Office, table: Table, where: Mapping[str, Any]) -> None:
    with writing(office.engine) as connection:
        assert connection.execute(table.delete().where(_is(table, where))).rowcount


def add(office: Office, table: Table, values: Mapping[str, Any]) -> None:
    with writing(office.engine) as connection:
        connection.execute(table.insert().values(dict(values)))


def read(office: Office, table: Table, where: Mapping[str, Any], column: str) -> Any:
    with reading(office.engine) as connection:
        return connection.execute(select(table.c[column]).where(_is(table, where))).scalar_one()


def rewrite(
    office: Office, table: Table, where: Mapping[str, Any], column: str, edit: Callable[[bytes], bytes]
) -> None:
    """Change the content of a compressed column."""
    old = unpack(bytes(read(office, table, where, column)))
    new = edit(old)
    assert new != old
    change(office, table, where, {column: pack(new)})


def of(key: Key) -> dict[str, Any]:
    return structs.asdict(key)


def swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """Return the edit that puts `new` in the place of `old`."""
    return lambda content: content.replace(old, new, 1)


def rewrite_entry(office: Office, number: str, particulars: Mapping[str, str]) -> None:
    """Change an entry of the journal, and every hash over it: leaf, tiles and head."""
    _rewrite_entry(office, number, lambda said: {**said, **particulars})


def drop_particular(office: Office, number: str, name: str) -> None:
    """Make an entry of the journal, and every hash over it, as it was when this was not recorded."""
    _rewrite_entry(office, number, lambda said: {key: text for key, text in said.items() if key != name})


def _rewrite_entry(office: Office, number: str, edit: Callable[[dict[str, str]], dict[str, str]]) -> None:
    with writing(office.engine) as connection:
        ((index, _, old),) = store.read_entries(connection, number)
        said = read_entry(old)
        record = audit.Record(audit.Event(said.event), number, said.at, edit(said.particulars))
        new = audit.encode(index, record)
        where = store.journal.c.index == index
        connection.execute(update(store.journal).where(where).values(entry=new, leaf=journal.leaf_hash(new)))
        leaves = [journal.LeafHash(leaf) for leaf in store.read_leaves(connection)]
        head, tiles = journal.append(journal.Head(), leaves)
        connection.execute(store.tile.delete())
        connection.execute(store.head.update().values(size=head.size, frontier=head.frontier_bytes()))
        assert not tiles, "add them when a test has 256 entries"


def reseal(
    office: Office, answer: Answer, authority: DemoAuthority, office_bin: str = pki.OFFICE_BIN, **changes: Any
) -> None:
    """Change a decision together with its notice, sealed by a key that this authority gives to this organisation."""
    stored, made = answer.stored, structs.replace(answer.decision, **changes)
    registered = Registered(
        registration_number=stored.registration_number,
        functional_reference_id=stored.key.functional_reference_id,
        version=stored.key.version,
        declarant=stored.key.declarant,
        status=stored.status,
        code="08",
        digest=stored.digest,
        received_at=stored.received_at,
        accepted_at=stored.accepted_at,
        journal_index=stored.sequence,
    )
    key = authority.office("State Revenue Committee (demo)", office_bin)
    notice = seal.seal(decision_notice(registered, made), key, stored.accepted_at)
    blobs = {"decision": pack(canonical.dumps(made)), "notice": pack(notice)}
    change(office, decision, of(stored.key), blobs)


def _is(table: Table, where: Mapping[str, Any]) -> Any:
    return and_(*(table.c[name] == value for name, value in where.items()))

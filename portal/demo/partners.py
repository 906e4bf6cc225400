"""The demonstration's partners, and the stands that answer for them.

Two are authorities of this country, two keep registers there, one is the customs of Qiyalia, a country that does not
exist. They are recorded switched off; only `make run`, which starts their stands, switches them on.
"""

import threading
from datetime import datetime, timedelta
from typing import Final

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Struct
from sqlalchemy import Connection

from interop import exchange_store
from interop.disclosure import FIELDS, Policy
from interop.partner_store import put_partner, read_partner
from interop.partners import Partner, PartnerKind
from interop.query_log import NOTHING, REFUSED, Query, list_queries, log_query
from portal.clock import Clock
from portal.database import make_engine, writing
from portal.demo.cast import PARTICIPANTS
from portal.demo.registers import entries_of
from portal.keys import keyring_of
from portal.settings import Settings
from portal.stand.opening import CERTIFICATE, PEERS, open_stand
from portal.stand.server import Stand, TakesEntries
from risk_gateway.bases.violations.kinds import kinds
from risk_gateway.days import day_of

USUAL_PORT: Final = 8000  # of the portal
SALT: Final = "a secret of two customs offices, for show"
WITH_A_RECORD: Final = PARTICIPANTS["kaspi"].identifier  # of whom Qiyalia tells


class DemoPartner(Struct, frozen=True):
    """`next_to` is how far its stand's port is from the portal's."""

    id: str
    kind: PartnerKind
    name: str
    country: str
    next_to: int
    policy: Policy


PARTNERS: Final = (
    DemoPartner(
        id="tax-service",
        kind=PartnerKind.TAX_SERVICE,
        name="Tax service (demo)",
        country="KZ",
        next_to=1,
        policy=Policy(fields=frozenset({"number"}), purposes=frozenset({"tax_control", "vat_refund"})),
    ),
    DemoPartner(
        id="police",
        kind=PartnerKind.LAW_ENFORCEMENT,
        name="Register of the police (demo)",
        country="KZ",
        next_to=2,
        policy=Policy(fields=frozenset({"number"}), purposes=frozenset({"investigation"})),
    ),
    DemoPartner(
        id="qiyalia",
        kind=PartnerKind.FOREIGN_CUSTOMS,
        name="Customs of Qiyalia (a country that does not exist)",
        country="XQ",
        next_to=3,
        policy=Policy(
            fields=FIELDS - {"name", "number", "declaration", "source_name"},
            hash_fields=frozenset({"number"}),
            kinds=frozenset(kinds()),
            purposes=frozenset({"customs_control", "registry"}),
            retention_days=1095,
            salt=SALT,
        ),
    ),
    DemoPartner(
        id="permits",
        kind=PartnerKind.PERMIT_REGISTER,
        name="Register of permits (demo)",
        country="KZ",
        next_to=4,
        policy=Policy(fields=frozenset({"number"})),
    ),
    DemoPartner(
        id="currency-contracts",
        kind=PartnerKind.CURRENCY_REGISTER,
        name="Register of currency contracts (demo)",
        country="KZ",
        next_to=5,
        policy=Policy(fields=frozenset({"number"})),
    ),
)


def put_partners(connection: Connection, settings: Settings, clock: Clock) -> None:
    """Record the partners, switched off, and what one of them asked; what is there stays as it is."""
    now = clock.now()
    for each in PARTNERS:
        if read_partner(connection, each.id) is None:
            put_partner(connection, _partner(each, settings, clock), now)
    if not list_queries(connection, limit=1):
        for query in _queries(now):
            log_query(connection, query)


def start_stands(settings: Settings, clock: Clock, port: int) -> list[Stand]:
    """Let the partners answer at the ports behind the portal's, and switch them on. Whose port is taken stays off."""
    engine = make_engine(settings.database_url)
    stands = []
    for each in PARTNERS:
        try:
            stand = _stand(each, settings, clock, port + each.next_to)
        except OSError:
            continue
        threading.Thread(target=stand.serve_forever, daemon=True).start()
        with writing(engine) as connection:
            recorded = read_partner(connection, each.id)
            if recorded is not None:
                switched_on = msgspec.structs.replace(recorded, address=stand.address, active=True)
                put_partner(connection, switched_on, clock.now())
                exchange_store.wake(connection, each.id)
        stands.append(stand)
    engine.dispose()
    return stands


def _partner(each: DemoPartner, settings: Settings, clock: Clock) -> Partner:
    """Return a partner. Opening its stand makes its key, and what it tells of."""
    folder = settings.home / "partners" / each.kind.value
    folder.mkdir(parents=True, exist_ok=True)
    office = keyring_of(settings).at(clock.now())
    (folder / PEERS).write_bytes(office.certificate.public_bytes(Encoding.PEM))
    stand = _stand(each, settings, clock, 0)
    stand.server_close()
    if each.kind is PartnerKind.FOREIGN_CUSTOMS:
        stand.stub.set(WITH_A_RECORD, True, clock.now())
    if isinstance(stand.stub, TakesEntries):
        for entry in entries_of(each.kind, day_of(clock.now())):
            stand.stub.enter(msgspec.json.encode(entry))
    certificate = folder / CERTIFICATE
    return Partner(
        id=each.id,
        kind=each.kind,
        name=each.name,
        country=each.country,
        address=f"http://127.0.0.1:{USUAL_PORT + each.next_to}",
        keys=(certificate.read_text(encoding="ascii"),) if certificate.exists() else (),
        policy=each.policy,
        active=False,
    )


def _stand(each: DemoPartner, settings: Settings, clock: Clock, port: int) -> Stand:
    return open_stand(each.kind, settings.home / "partners" / each.kind.value, clock, port, each.policy.salt)


def _queries(now: datetime) -> tuple[Query, ...]:
    """Return what Qiyalia asked before the demonstration began."""
    basis = "Agreement on mutual assistance in customs matters, article 5 (fictitious)"
    about = PARTICIPANTS["qorgan"].identifier
    return (
        Query(
            partner="qiyalia",
            about=about,
            purpose="customs_control",
            legal_basis=basis,
            at=now - timedelta(days=2),
            answer=NOTHING,
        ),
        Query(
            partner="qiyalia",
            about=about,
            purpose="taxation",
            legal_basis=basis,
            at=now - timedelta(days=1),
            answer=REFUSED,
            code="exchange.purpose",
        ),
    )

"""The demonstration's operator of electronic seals: a partner that calls us, with a key in the demo folder."""

from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection

from interop.disclosure import Policy
from interop.partner_store import put_partner, read_partner
from interop.partners import Partner, PartnerKind
from portal.authorities import DEMO_PASSWORD
from portal.clock import Clock
from portal.settings import Settings
from signing.authority import DemoAuthority

OPERATOR: Final = "seals"
KEY: Final = "key.p12"
NAME, BIN = "Seals of the road (demo)", "990140000018"
PER_MINUTE: Final = 6_000


def put_operator(connection: Connection, settings: Settings, clock: Clock) -> None:
    """Record the operator, switched on; what is there stays as it is. Its key lies in partners/seal_operator."""
    if read_partner(connection, OPERATOR) is not None:
        return
    now = clock.now()
    key = DemoAuthority.create(now, name=NAME).office(NAME, BIN)
    folder = settings.home / "partners" / PartnerKind.SEAL_OPERATOR.value
    folder.mkdir(parents=True, exist_ok=True)
    (folder / KEY).touch(mode=0o600)
    (folder / KEY).write_bytes(key.to_pkcs12(DEMO_PASSWORD))
    partner = Partner(
        id=OPERATOR,
        kind=PartnerKind.SEAL_OPERATOR,
        name=NAME,
        country="KZ",
        address="http://127.0.0.1",  # nobody calls it: it calls us
        keys=(key.certificate.public_bytes(Encoding.PEM).decode(),),
        policy=Policy(),
        per_minute=PER_MINUTE,
    )
    put_partner(connection, partner, now)

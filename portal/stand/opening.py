"""Opens a stand: the stub of a kind of partner, its database and its key in a folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from interop.adapters.foreign_customs.stub import Stub as ForeignCustoms
from interop.adapters.law_enforcement.stub import Stub as LawEnforcement
from interop.adapters.payments.stub import Stub as Bank
from interop.adapters.registers.stub import Stub as Registers
from interop.adapters.tax_service.stub import Stub as TaxService
from interop.calls import Reply
from interop.disclosure import Policy
from interop.partners import Partner, PartnerKind
from portal.asking.adapters import KEEPERS
from portal.authorities import DEMO_PASSWORD
from portal.clock import Clock
from portal.errors import SignatureRefused
from portal.exchange.signatures import Message, sign_answer, verify_request
from portal.stand.server import Stand
from signing.authority import DemoAuthority
from signing.signer import SigningKey

KEY, CERTIFICATE, PEERS = "key.p12", "certificate.pem", "peers.pem"
NAME, BIN = "Customs of another country (demo)", "990140009991"


@dataclass(frozen=True)
class Signed:
    """Requests count only with the signature of one of the peers; answers are signed with the stand's own key."""

    key: SigningKey
    peers: Partner
    clock: Clock

    def refuses(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> bool:
        try:
            verify_request(Message(method, url, dict(headers)), body, [self.peers], self.clock.now())
        except SignatureRefused:
            return True
        return False

    def headers(self, method: str, url: str, headers: Mapping[str, str], reply: Reply) -> Mapping[str, str]:
        request = Message(method, url, dict(headers))
        return sign_answer(self.key, reply.status, reply.media_type, reply.body, request, self.clock.now())


def open_stand(kind: PartnerKind, folder: Path, clock: Clock, port: int = 0, salt: str = "") -> Stand:
    """Open the stand of a kind of partner; what it keeps is in `folder`. Raises `OSError` for a port that is taken.

    Foreign customs, registers and the bank have a key there and write its certificate beside it; `peers.pem` holds
    certificates or public keys of those whose requests it answers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    database = folder / "partner.db"
    if kind is PartnerKind.TAX_SERVICE:
        return Stand(TaxService(database), clock, port)
    if kind is PartnerKind.LAW_ENFORCEMENT:
        return Stand(LawEnforcement(database), clock, port)
    key = _key(folder, clock)
    if kind is PartnerKind.PAYMENTS:
        return Stand(Bank(database), clock, port, Signed(key, _peers(folder), clock))
    if kind in KEEPERS:
        return Stand(Registers(database), clock, port, Signed(key, _peers(folder), clock))
    return Stand(ForeignCustoms(database, key, salt), clock, port, Signed(key, _peers(folder), clock))


def _key(folder: Path, clock: Clock) -> SigningKey:
    if not (folder / KEY).exists():
        made = DemoAuthority.create(clock.now(), name="Another country (demo)").office(NAME, BIN)
        (folder / KEY).touch(mode=0o600)
        (folder / KEY).write_bytes(made.to_pkcs12(DEMO_PASSWORD))
        (folder / CERTIFICATE).write_bytes(made.certificate.public_bytes(Encoding.PEM))
    return SigningKey.from_pkcs12((folder / KEY).read_bytes(), DEMO_PASSWORD)


def _peers(folder: Path) -> Partner:
    texts = (folder / PEERS).read_text(encoding="ascii") if (folder / PEERS).exists() else ""
    keys = tuple(f"{part}{_END}\n" for each in texts.split(_END) if (part := each.strip()))
    return Partner(
        id="us", kind=PartnerKind.FOREIGN_CUSTOMS, name="us", country="KZ", address="", keys=keys, policy=Policy()
    )


_END = "-----END CERTIFICATE-----"

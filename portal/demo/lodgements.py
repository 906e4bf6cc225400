"""Three lodgements of the cast whose decisions differ."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from portal.authorities import DEMO_PASSWORD
from portal.demo.cast import PARTICIPANTS
from portal.languages import KAZAKHSTAN_TIME
from portal.office import Office
from portal.pipeline import judge
from portal.settings import Settings
from portal.stages import Lodged
from risk_gateway.model import Outcome
from signing.signer import SigningKey, sign

TEMPLATES = Path(__file__).parent / "declarations"
TRIES_MAX = 50


@dataclass(frozen=True)
class DemoLodgement:
    """`says` is for the reader of the terminal; `sender` the firm whose token sends it."""

    template: str
    signer: str
    sender: str
    expected: Outcome
    says: str


LODGEMENTS = (
    DemoLodgement(
        "lamps", "anna", "altyn", Outcome.SIMPLIFIED_RELEASE, "Altyn Dala (minimal risk) imports LED lamps from China"
    ),
    DemoLodgement(
        "wheat", "berik", "zhibek", Outcome.DOCUMENTARY_CHECK, "Zhibek exports wheat for Tengri, no contract number"
    ),
    DemoLodgement(
        "furniture", "yerkin", "qorgan", Outcome.INSPECTION_ORDER, "Qorgan (new, high risk) imports cheap furniture"
    ),
)


def key_of(settings: Settings, person: str) -> SigningKey:
    path = settings.home / "demo" / "keys" / f"{person}.p12"
    return SigningKey.from_pkcs12(path.read_bytes(), DEMO_PASSWORD)


def token_of(settings: Settings, firm: str) -> str:
    return (settings.home / "demo" / "tokens" / f"{firm}.txt").read_text(encoding="ascii").strip()


def document(lodgement: DemoLodgement, reference: str, at: datetime) -> bytes:
    """Return the unsigned declaration, issued at that moment under that reference."""
    local = at.astimezone(KAZAKHSTAN_TIME)
    text = (TEMPLATES / f"{lodgement.template}.xml").read_text(encoding="utf-8")
    return (
        text.replace("@REFERENCE@", reference)
        .replace("@ISSUED_AT@", local.isoformat(timespec="seconds"))
        .replace("@DAY@", local.date().isoformat())
        .encode()
    )


def signed_document(lodgement: DemoLodgement, office: Office, settings: Settings) -> bytes:
    """Return a signed declaration that the day's random draw leaves alone, so that the three decisions differ.

    A draw takes 0.5 to 2 in 100 at random; the trader's reference is tried until it does not.
    """
    now = office.clock.now()
    key = key_of(settings, lodgement.signer)
    stamp = now.astimezone(KAZAKHSTAN_TIME).strftime("%y%m%d-%H%M%S")
    for number in range(1, TRIES_MAX):
        reference = f"DEMO-{lodgement.template.upper()}-{stamp}-{number}"
        signed = sign(document(lodgement, reference, now), key, now)
        decision = judge(
            Lodged(signed, now, PARTICIPANTS[lodgement.sender].identifier),
            office.snapshot,
            office.clock.monotonic,
            10_000,
        ).decision
        if decision.outcome is lodgement.expected:
            break
    return signed

"""What the cast did before the demonstration begins: taken over as from an older system. All of it is fictitious."""

from datetime import UTC, date, datetime

from sqlalchemy import Connection

from portal.demo.cast import PARTICIPANTS
from risk_gateway import canonical, history_store
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.kinds import kinds
from risk_gateway.bases.violations.model import Source, State, Violation, participant_identity
from risk_gateway.bases.violations.terms import expiry_of, held_until, terms_on
from risk_gateway.history_store import TakenOver

ALTYN, QORGAN, TENGRI, ZHIBEK = (PARTICIPANTS[key].identifier for key in ("altyn", "qorgan", "tengri", "zhibek"))

PASTS = (
    TakenOver(ALTYN, date(2022, 2, 1), 412, goods={("8539520000", "CN"): (96, 0), ("8539229000", "CN"): (41, 0)}),
    TakenOver(TENGRI, date(2023, 9, 4), 188, goods={("1001990000", "KZ"): (150, 0), ("1101001500", "KZ"): (38, 0)}),
    TakenOver(ZHIBEK, date(2021, 1, 11), declarations_as_agent=5_310),
    TakenOver(
        QORGAN,
        date(2026, 6, 2),
        7,
        amendments_after_notice=2,
        goods={("9401610000", "TJ"): (3, 1), ("9403609000", "CN"): (4, 0)},
        invoices={"INV-2026-118": "QORGAN-2026-0007"},
    ),
)
CERTIFICATES = (("TJ-ST1-2026-0418", QORGAN, 500_000), ("KZ-ST1-2026-2207", TENGRI, 5_000_000_000))  # grams
VIOLATIONS = (
    Violation(
        id="KZ-CRV-DEMO-0311",
        identity=participant_identity(QORGAN, PARTICIPANTS["qorgan"].name),
        kind="understated_value",
        article=kinds()["understated_value"].article,
        committed_on=date(2026, 3, 11),
        place="20201",
        amount_tiyn=184_500_000,
        decision_number="V-2026-0311",
        decided_on=date(2026, 4, 2),
        state=State.CONFIRMED,
        expires_on=expiry_of(date(2026, 3, 11)),
        source=Source.ACT,
        source_name="20201",
        legal_basis=terms_on(date(2026, 3, 11)).legal_basis_of_acts,
        hold_until=held_until(date(2026, 3, 11)),
        recorded_at=datetime(2026, 4, 2, 6, tzinfo=UTC),
        provenance=canonical.digest(["V-2026-0311", QORGAN]),
    ),
)


def put_pasts(connection: Connection) -> None:
    """Put the cast's past on record; what is there already stays as it is."""
    for past in PASTS:
        history_store.take_over(connection, past)
    for number, holder, grams in CERTIFICATES:
        history_store.put_certificate(connection, number, holder, grams, "demonstration")
    for violation in VIOLATIONS:
        if violation_store.newest(connection, violation.id) is None:
            violation_store.put(connection, violation)

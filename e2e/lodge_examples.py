"""Lodge what the journeys need: Altyn Dala in all three lanes and with 250 items, Tengri, and Qorgan."""

import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import builders

from portal.app import open_office
from portal.demo.lodgements import key_of
from portal.languages import KAZAKHSTAN_TIME
from portal.pipeline import judge, lodge
from portal.settings import Settings
from portal.stages import Lodged
from risk_gateway.model import Outcome
from signing.signer import sign

PREFERENCE = ("OO", "ПП", "-", "OO")
RELEASE, DOCUMENTS, INSPECTION = Outcome


def main(home: Path) -> None:
    """Lodge into the database of this home, under references that the day's random draw leaves alone."""
    settings = replace(Settings.load(), home=home, demo=True)
    office = open_office(settings)

    def put(outcome: Outcome, signatory: str, name: str, build: Any = builders.declaration_xml, **changes: Any) -> None:
        now = office.clock.now()
        for number in range(50):
            unsigned = build(reference=f"{name}-{number}", signatory=signatory, **_dates(now), **changes)
            lodged = Lodged(sign(unsigned, key_of(settings, signatory), now), now)
            if judge(lodged, office.snapshot, office.clock.monotonic, 10_000).decision.outcome is outcome:
                break
        assert lodge(lodged, office).decision.outcome is outcome, name

    for number in range(30):
        put(RELEASE, "anna", f"LAMPS{number}")
    put(RELEASE, "berik", "LONG", items=250, agent="zhibek")
    put(INSPECTION, "anna", "EMBARGO", origin="KP")
    put(DOCUMENTS, "anna", "PREFERENCE", preference=PREFERENCE)
    put(RELEASE, "zarina", "WHEAT", build=builders.export_xml)
    put(DOCUMENTS, "yerkin", "QORGAN", declarant="qorgan")


def _dates(now: datetime) -> dict[str, str]:
    local = now.astimezone(KAZAKHSTAN_TIME)
    return {
        "issued_at": (local - timedelta(minutes=5)).isoformat(timespec="seconds"),
        "rate_date": local.date().isoformat(),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))

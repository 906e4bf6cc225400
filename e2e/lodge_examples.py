"""Lodge what the journeys need: Altyn Dala in all three lanes and with 554 items, Tengri, and Qorgan."""

import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import builders
from cast import PARTICIPANTS

from declarations.participants import PowerOfAttorney
from declarations.store import put_power
from e2e.things import Things, places
from portal.app import open_office
from portal.database import writing
from portal.demo.lodgements import key_of
from portal.languages import KAZAKHSTAN_TIME
from portal.office import Office
from portal.pipeline import judge, lodge
from portal.settings import Settings
from portal.stages import Lodged
from risk_gateway.days import day_of
from risk_gateway.model import Outcome
from signing.signer import sign

PREFERENCE = ("OO", "ПП", "-", "OO")
RELEASE, DOCUMENTS, INSPECTION = Outcome


def main(home: Path) -> None:
    """Lodge into the database of this home, under references that the day's random draw leaves alone."""
    settings = replace(Settings.load(), home=home, demo=True)
    office = open_office(settings)
    things = Things(office, settings)

    def put(outcome: Outcome, signatory: str, name: str, build: Any = builders.declaration_xml, **changes: Any) -> str:
        now = office.clock.now()
        for number in range(50):
            unsigned = build(reference=f"{name}-{number}", signatory=signatory, **_dates(now), **changes)
            lodged = Lodged(sign(unsigned, key_of(settings, signatory), now), now)
            if judge(lodged, office.snapshot, office.clock.monotonic, 10_000).decision.outcome is outcome:
                break
        answer = lodge(lodged, office)
        assert answer.decision.outcome is outcome, (name, answer.decision.outcome)
        return answer.stored.registration_number

    _end_power(office, "qorgan", "zhibek")
    for number in range(30):
        put(RELEASE, "anna", f"LAMPS{number}")
    things.made["long"] = places(put(RELEASE, "berik", "LONG", items=554, agent="zhibek"))
    put(DOCUMENTS, "anna", "PREFERENCE", preference=PREFERENCE)
    things.made["export"] = places(put(RELEASE, "zarina", "WHEAT", build=builders.export_xml))
    put(DOCUMENTS, "yerkin", "QORGAN", declarant="qorgan")
    things.add_answered(put(DOCUMENTS, "anna", "ANSWERED", preference=PREFERENCE))
    things.add_asked(put(DOCUMENTS, "anna", "ASKED", preference=PREFERENCE))
    put(INSPECTION, "anna", "EMBARGO", origin="KP")  # from here on the same goods are inspected again
    things.add_found(put(INSPECTION, "anna", "FOUND", origin="KP"))
    things.add_inspected(put(INSPECTION, "anna", "INSPECTED", origin="KP"))
    things.add_dead_letter("police")
    things.add_contested()
    things.add_registry()
    things.add_travellers()
    things.add_audit()
    things.add_movements()
    things.keep(home)


def _end_power(office: Office, principal: str, agent: str) -> None:
    """Record a power of attorney whose last day was yesterday."""
    today = day_of(office.clock.now())
    ended = PowerOfAttorney(
        principal=PARTICIPANTS[principal].identifier,
        agent=PARTICIPANTS[agent].identifier,
        number="DOV-2026-9",
        valid_from=today - timedelta(days=365),
        valid_to=today - timedelta(days=1),
        scope=frozenset({"IM", "EX"}),
    )
    with writing(office.engine) as connection:
        put_power(connection, ended)


def _dates(now: datetime) -> dict[str, str]:
    local = now.astimezone(KAZAKHSTAN_TIME)
    return {
        "issued_at": (local - timedelta(minutes=5)).isoformat(timespec="seconds"),
        "rate_date": local.date().isoformat(),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Cases of what is not lodged, judged and recorded by the office."""

import hashlib
import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import offices
from cast import PARTICIPANTS
from violating import desk_of

from portal import judging
from portal.database import writing
from portal.judging import Kept
from portal.office import Office
from risk_gateway.model import Case, HeaderFacts, ItemFacts
from risk_gateway.profiles import AT_OTHER_MOMENTS

KASPI, ALTYN = PARTICIPANTS["kaspi"].identifier, PARTICIPANTS["altyn"].identifier
TRAVELLER = "950822400311"
MOVEMENT = "DC-30301-20201-241126-0000002"
SUBJECTS = {"deliveries": MOVEMENT, "passengers": "PD-30301-241126-0000001", "audits": "PA-150340012340-2026-1"}
PARTIES = {"deliveries": KASPI, "passengers": TRAVELLER, "audits": ALTYN}
TYPES = {"deliveries": "TT", "passengers": "PD", "audits": "PA"}
FIGURES = Path(__file__).parent / "cases" / "profiles"


def case(
    block: str = "deliveries", at: datetime = offices.NOW, series: str = "", problem: str | None = None, **header: Any
) -> Case:
    facts = {"type_code": TYPES[block], "declarant_category": "medium", "office": "30301", **header}
    return Case(
        series_id=series or SUBJECTS[block],
        document_digest=hashlib.sha256(repr((block, at, header)).encode()).hexdigest(),
        block=block,
        lodged_at=at,
        header=msgspec.convert(facts, HeaderFacts),
        items=(ItemFacts(sequence=1, commodity_code="8539229000"),),
        declarant=PARTIES[block],
        problem=problem,
    )


def record(office: Office, made: Case, moment: str = "arrival", subject: str = "", **changes: Any) -> Kept:
    """Judge a case and record it in a transaction of its own."""
    judged = judging.judge(office, made)
    about = {"subject": subject or SUBJECTS[made.block], "moment": moment, "participant": PARTIES[made.block]}
    with writing(office.engine) as connection:
        return judging.record(connection, desk_of(office), judged, **{**about, **changes})


@cache
def firing() -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return (block, situation) of each table that fires a starter profile of what is not lodged."""
    tables = ((block.value, FIGURES / f"{block.value}.toml") for block in AT_OTHER_MOMENTS)
    return tuple(
        (block, situation)
        for block, path in tables
        for situation in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
        if situation["fires"]
    )

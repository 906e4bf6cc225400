"""A portal whose profiles and model would be recognised wherever they show, and declarations that they judge."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import lightgbm
import numpy as np
import offices
import pki
from builders import declaration_xml, export_xml
from cast import PARTICIPANTS
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import structs
from sqlalchemy import insert

from portal import store as portal_store
from portal.app import create_app
from portal.database import make_engine, writing
from portal.settings import Settings
from portal.store import token_hash
from risk_gateway import canonical, profile_store
from risk_gateway.fraud_model import model_store
from risk_gateway.fraud_model.features import CODED, ENCODED, FEATURES, MEDIAN_LEVELS
from risk_gateway.fraud_model.spec import Encoding, FraudModel, Usual, sealed
from risk_gateway.knowledge import shipped_parameters, shipped_profiles
from risk_gateway.packing import pack
from risk_gateway.profiles import Block, Condition, Kind, MeasureCode, MeasureOrder, Profile, SelectionRates
from risk_gateway.selection import RANDOM_DRAW, draw
from risk_gateway.words import Words

ALTYN = PARTICIPANTS["altyn"].identifier
API = "/api/v1/declarations"


# --- knowledge that betrays itself ----------------------------------------------------------------------------------


def telling(code: str, block: Block, kind: Kind, *orders: MeasureOrder, **changes: Any) -> Profile:
    """Return a profile whose every part would be recognised."""
    usual = next(profile for profile in shipped_profiles() if profile.block is block and profile.kind is kind)
    made = {
        "code": code,
        "title": Words(f"Зңқ {code} атауы", f"Зъщ {code} заглавие", f"Zqx {code} title"),
        "family": f"zqx_{code.lower().replace('-', '_')}",
        "condition": Condition(field="usd_per_kg", op="<", value="9961.3725"),
        "measures": orders,
        "weight": 37 if kind is Kind.INDIRECT else 0,
        "motive": "understated_value",
        "category": "customs_value",
        "selection": SelectionRates(Decimal("0.9137"), Decimal("0.9137"), Decimal("0.9137")),
        "daily_cap": None,
        "area": type(usual.area)(),
        "declarant_text": Words("Құнын растаңыз.", "Подтвердите стоимость.", "Confirm the value."),
    }
    return structs.replace(usual, **{**made, **changes})


PROFILES = (
    telling(
        "QX-7741", Block.IMPORTS, Kind.INDIRECT, MeasureOrder(MeasureCode.VALUE_CONTROL, "Quaggazz: read the ledger.")
    ),
    telling(
        "QX-7742", Block.IMPORTS, Kind.DIRECT, MeasureOrder(MeasureCode.INSPECT_PARTIAL, "Quaggazz: weigh a crate.")
    ),
    telling(
        "QX-7744",
        Block.DELIVERIES,
        Kind.DIRECT,
        MeasureOrder(MeasureCode.INSPECT_PARTIAL, "Quaggazz: count the seals."),
        condition=Condition(field="guarantee_to_duties_percent", op="<", value="9961.3725"),
        category="guarantee",
        motive="non_delivery",
    ),
    telling(
        "QX-7745",
        Block.PASSENGERS,
        Kind.DIRECT,
        MeasureOrder(MeasureCode.INSPECT_PARTIAL, "Quaggazz: open the bag."),
        condition=Condition(field="mass_to_allowance_percent", op="<", value="9961.3725"),
        category="personal_goods",
        motive="unpaid_duties",
    ),
    telling(
        "QX-7743", Block.EXPORTS, Kind.INDIRECT, MeasureOrder(MeasureCode.EXPERTISE, "Quaggazz: sample the grain.")
    ),
)


def model() -> FraudModel:
    """Return a small model that has an opinion of every import."""
    draw_of = np.random.default_rng(7)
    rows, found = draw_of.normal(size=(400, len(FEATURES))), draw_of.integers(0, 2, 400)
    data = lightgbm.Dataset(rows, found, feature_name=list(FEATURES))
    settings = {"objective": "binary", "num_leaves": 4, "verbosity": -1, "num_threads": 1, "seed": 7}
    return sealed(
        FraudModel(
            block="imports",
            features=FEATURES,
            encodings={name: Encoding(0.2, 20.0, {}) for name in ENCODED},
            medians={level: Usual({}, {}, {}) for level in MEDIAN_LEVELS},
            codes=dict.fromkeys(CODED, ()),
            booster=lightgbm.train(settings, data, 3).model_to_string(),
            calibration=((-4.0, 0.173159), (4.0, 0.913731)),
            reference={},
            source="zqx-model-of-the-test",
        )
    )


# --- a portal and what goes into it ---------------------------------------------------------------------------------


class HastyClock(offices.StillClock):
    """Stands still, but while it hurries every look at the monotonic clock takes a second."""

    hurries = False

    def monotonic(self) -> float:
        self.ticks += self.hurries
        return self.ticks


class Portal(NamedTuple):
    client: TestClient[Litestar]
    app: Litestar
    settings: Settings
    clock: HastyClock

    def lodge(self, data: bytes, who: str, language: str = "en") -> Any:
        return self.client.post(API, content=data, headers={**bearer(who), "Accept-Language": language})


def bearer(who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer token-of-{who}", "Content-Type": "application/xml"}


def prepared(home: Path) -> Settings:
    """Return the settings of a portal with the starter profiles, telling ones and a model."""
    given = offices.with_cast(home)
    offices.keep_keys(home)
    engine = make_engine(given.database_url)
    with writing(engine) as connection:
        for key, firm in PARTICIPANTS.items():
            until = offices.NOW + timedelta(days=1)
            token = token_hash(f"token-of-{key}")
            portal_store.add_token(connection, token, firm.identifier, "tests", offices.NOW, until)
        profile_store.install(connection, PROFILES, offices.NOW)
        made = model()
        row = {"version": made.version, "block": made.block, "status": "champion", "trained_by": "test"}
        content = pack(canonical.dumps(made))
        statement = insert(model_store.fraud_model).values(
            **row, trained_at=offices.NOW, metrics=b"{}", content=content
        )
        connection.execute(statement)
    engine.dispose()
    return given


@contextmanager
def served(given: Settings, at: datetime = offices.NOW) -> Iterator[Portal]:
    clock = HastyClock(at)
    app = create_app(given, clock)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Portal(client, app, given, clock)


def drawn_reference() -> str:
    """Return a reference of Altyn's that the random draw selects."""
    parameters = shipped_parameters(offices.NOW.date())
    rate, version = parameters.random_rates.low, parameters.random_version
    names = (f"DRAWN-{number}" for number in range(100_000))
    return next(
        name for name in names if draw(offices.UNDRAWN_KEY, f"{ALTYN}/{name}", RANDOM_DRAW, version, rate).selected
    )


def lodgements() -> dict[str, tuple[bytes, str]]:
    """Return signed declarations of every kind of decision, and who lodges each."""
    chairs = {"code": "9401610000", "price": "120.00", "net": "700.000", "gross": "760.000"}
    qorgan = {"declarant": "qorgan", "signatory": "yerkin"}
    by_berik = {"agent": "zhibek", "signatory": "berik"}
    return {
        "waived": (pki.sign_as("anna", declaration_xml(3, reference="WAIVED-1")), "altyn"),
        "drawn": (pki.sign_as("anna", declaration_xml(reference=drawn_reference())), "altyn"),
        "degraded": (pki.sign_as("anna", declaration_xml(40, reference="SLOW-1")), "altyn"),
        "broker": (pki.sign_as("berik", declaration_xml(reference="BERIK-1", **by_berik)), "zhibek"),
        "inspected": (pki.sign_as("yerkin", declaration_xml([chairs], reference="QORGAN-1", **qorgan)), "qorgan"),
        "export": (pki.sign_as("zarina", export_xml(reference="TENGRI-1")), "tengri"),
    }

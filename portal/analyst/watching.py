"""What analysts watch beside profiles: the random stratum, the load of the posts, and the fraud models.

Each goes through stored cases, of some days only: above CASES_MOST a page would keep its reader waiting.
"""

from datetime import date, timedelta
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from declarations import store as declarations_store
from portal import audit, model_desk, model_work
from portal.analyst.steering import Steering
from portal.database import reading, writing
from portal.model_work import DriftReport, Learned
from portal.office import Office
from portal.views import SignedIn
from risk_gateway import archive_store, capacity_store
from risk_gateway.analyst_store import demand_analyst, read_analysts
from risk_gateway.capacity import Post, Works, posts, take
from risk_gateway.catalog import code_list
from risk_gateway.errors import KnowledgeTampered
from risk_gateway.fraud_model import lifecycle, model_store, prediction
from risk_gateway.fraud_model.drift import State
from risk_gateway.fraud_model.evaluation import Metrics
from risk_gateway.fraud_model.lifecycle import Status
from risk_gateway.fraud_model.model_store import StoredModel
from risk_gateway.knowledge import shipped_parameters
from risk_gateway.stratum import Estimate, Sample, drawn_at_random, estimate_rate

CASES_MOST: Final = 20_000
INSPECTIONS_MOST: Final = 100_000
DRIFT_DAYS: Final = 7
USUAL_DAYS: Final = 90


class TooManyCases(Exception):
    """The days that were asked for have more cases than a page goes through."""


class Days(Struct, frozen=True):
    """The days that were looked at, and all that there are; None where there is no case at all."""

    first: date
    last: date
    there: tuple[date, date] | None


class Drawn(Struct, frozen=True):
    sample: Sample
    estimate: Estimate


class Model(Struct, frozen=True, kw_only=True):
    """A model version with what was measured in training."""

    stored: StoredModel
    learned: Learned | None
    trainer: str
    approver: str | None
    next: Status | None
    by_me: bool


class Watching:
    def __init__(self, office: Office, steering: Steering) -> None:
        self._office = office
        self._steering = steering
        self._drifts: dict[tuple[str, date], DriftReport] = {}

    def days(self, first: date | None, last: date | None) -> Days:
        """Return the days to look at: those asked for, else the last months that have cases."""
        with reading(self._office.engine) as connection:
            there = archive_store.span(connection)
        end = last or (there[1] if there else self._steering.today())
        return Days(first or end - timedelta(days=USUAL_DAYS - 1), end, there)

    # --- cases ------------------------------------------------------------------------------------------------------

    def stratum(self, days: Days) -> Drawn:
        """Raises `TooManyCases`."""
        with reading(self._office.engine) as connection:
            _demand_few(connection, days.first, days.last)
            sample = drawn_at_random(archive_store.read_cases(connection, days.first, days.last))
        return Drawn(sample, estimate_rate(sample.strata))

    def posts(self, person: SignedIn, days: Days) -> list[Post]:
        """Return the load of each post that the analyst may see. Raises `TooManyCases`."""
        today = self._steering.today()
        mine = self._steering.analyst(person).posts
        works: Works = {}
        with reading(self._office.engine) as connection:
            _demand_few(connection, days.first, days.last)
            for stored in archive_store.read_cases(connection, days.first, days.last):
                if not mine or stored.office in mine:
                    take(works, stored)
            limits = {**shipped_parameters(today).capacity, **capacity_store.read_capacity(connection, today)}
        return posts(works, days.first, days.last, limits)

    def set_capacity(self, person: SignedIn, post: str, begins: date, inspections: int) -> bool:
        """Say how many inspections a post can make a day; False for a post that is none, or another's.

        Raises MoveRefused for somebody who is no analyst.
        """
        now = self._steering.now()
        with writing(self._office.engine) as connection:
            analyst = demand_analyst(connection, person.iin)
            if post not in code_list("office", begins) or (analyst.posts and post not in analyst.posts):
                return False
            capacity_store.put_capacity(connection, post, begins, inspections)
            particulars = {"from": begins.isoformat(), "inspections": str(inspections), "actor": person.iin}
            audit.record_one(connection, audit.Record(audit.Event.CAPACITY_SET, post, now, particulars))
            declarations_store.bump_revision(connection)
        return True

    # --- models -----------------------------------------------------------------------------------------------------

    def models(self, person: SignedIn) -> list[Model]:
        """Return every model, the newest first."""
        with reading(self._office.engine) as connection:
            names = {each.iin: each.name for each in read_analysts(connection)}
            stored = model_store.read_all(connection)
        return [
            Model(
                stored=each,
                learned=_learned(each),
                trainer=names.get(each.trained_by, each.trained_by),
                approver=names.get(each.approved_by, each.approved_by) if each.approved_by else None,
                next=lifecycle.NEXT.get(each.status),
                by_me=each.trained_by == person.iin,
            )
            for each in stored
        ]

    def compared(self) -> list[tuple[StoredModel, Metrics]]:
        """Return champion and challenger measured on the same acts: those closed on cases after both were trained."""
        with reading(self._office.engine) as connection:
            there = archive_store.span(connection)
            stored = [
                each
                for each in model_store.read_all(connection)
                if each.status in (Status.CHAMPION, Status.CHALLENGER) and _learned(each) is not None
            ]
            loaded = [prediction.load(model_store.read_model(connection, each.version)) for each in stored]
            usable = [model for model in loaded if model is not None]
            if there is None or len(stored) < 2 or len(usable) < len(stored):
                return []
            learned = [each for one in stored if (each := _learned(one)) is not None]
            first = max(each.last for each in learned) + timedelta(days=1)
            if first > there[1]:
                return []
            measured = model_work.evaluate(connection, usable, first, there[1], stored[0].block)
        return list(zip(stored, measured, strict=True)) if measured else []

    def move(self, person: SignedIn, version: str, retire: bool) -> None:
        """Take a model one step up, or withdraw it. Raises MoveRefused."""
        with writing(self._office.engine) as connection:
            if retire:
                model_desk.retire(connection, version, person.iin, self._steering.now())
            else:
                model_desk.promote(connection, version, person.iin, self._steering.now())

    def drift(self) -> DriftReport | None:
        """Measure the champion against the last days, once a day; None without a champion or without a case.

        Raises `TooManyCases`.
        """
        with reading(self._office.engine) as connection:
            champion, there = model_store.read_champion(connection), archive_store.span(connection)
            if champion is None or there is None:
                return None
            key = (champion.version, self._steering.today())
            if key not in self._drifts:
                loaded = prediction.load(champion)
                if loaded is None:
                    raise KnowledgeTampered("knowledge-tampered", version=champion.version)
                first = there[1] - timedelta(days=DRIFT_DAYS - 1)
                _demand_few(connection, first, there[1])
                self._drifts = {key: model_work.measure_drift(connection, loaded, first, there[1])}
        return self._drifts[key]

    def drift_alarm(self) -> bool | None:
        """Return whether the world has moved away from the champion; None where that cannot be said now."""
        try:
            measured = self.drift()
        except (TooManyCases, KnowledgeTampered):
            return None
        return measured is not None and (
            measured.state is State.ALARM or any(not each.fits for each in measured.calibration)
        )


def _demand_few(connection: Connection, first: date, last: date) -> None:
    if sum(cases for _, cases in archive_store.count_days(connection, first, last)) > CASES_MOST:
        raise TooManyCases


def _learned(stored: StoredModel) -> Learned | None:
    """Return what was measured in training; None where it cannot be read."""
    try:
        return msgspec.json.decode(stored.metrics, type=Learned)
    except msgspec.MsgspecError:
        return None

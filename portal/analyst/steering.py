"""What analysts do with profiles on the portal's pages, each call a transaction of its own."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from declarations.reference import Reference
from portal import profile_desk
from portal.analyst import backtests, store
from portal.analyst.backtests import Job, Start
from portal.analyst.records import Health, PastTallies, by_code, health_of, tallies_of
from portal.analyst.store import Run, State
from portal.database import reading, writing
from portal.errors import NotFound
from portal.languages import KAZAKHSTAN_TIME
from portal.office import Office
from portal.views import SignedIn
from risk_gateway import archive_store, desk, desk_store
from risk_gateway.analyst_store import demand_analyst, read_analysts
from risk_gateway.days import day_of
from risk_gateway.desk import Analyst, Move, Standing, Status
from risk_gateway.desk_store import Step, StoredProfile
from risk_gateway.errors import MoveRefused, RiskGatewayError
from risk_gateway.feedback import Record
from risk_gateway.profiles import Level, Profile
from risk_gateway.simulation_report import Report
from risk_gateway.words import Words

EVER_APPROVED: Final = (Status.APPROVED, Status.SUSPENDED, Status.EXPIRED)


class Line(Struct, frozen=True, kw_only=True):
    """A profile in the list: its newest version, and which version judges today, if any."""

    profile: Profile
    status: Status
    judging: int | None
    owner: str
    record: Record | None
    refused: tuple[RiskGatewayError, ...]


class Taken(Struct, frozen=True):
    """A step that was taken, by whom."""

    step: Step
    name: str
    returned: bool


class Opened(Struct, frozen=True, kw_only=True):
    """A version of a profile with everything that its page tells. `ends_earlier` asks its submitter for a reason."""

    profile: Profile
    status: Status
    versions: tuple[StoredProfile, ...]
    steps: tuple[Taken, ...]
    refused: tuple[RiskGatewayError, ...]
    names: Mapping[str, str]
    health: Health
    run: Run | None
    stopped: bool
    report: Report | None
    reported_at: datetime | None
    cautions: tuple[Words, ...]
    ends_earlier: bool
    hinders: RiskGatewayError | None
    moves: tuple[Move, ...]

    @property
    def newest(self) -> bool:
        return self.profile.version == self.versions[-1].version

    @property
    def testing(self) -> bool:
        return self.run is not None and self.run.state is State.RUNNING and not self.stopped


class Steering:
    """`start` runs a back-test without making its caller wait."""

    def __init__(self, office: Office, start: Start = backtests.start_process) -> None:
        self._office = office
        self._start = start
        self.past = PastTallies()

    def now(self) -> datetime:
        return self._office.clock.now()

    def today(self) -> date:
        return day_of(self.now())

    # --- reading ----------------------------------------------------------------------------------------------------

    def lines(self, person: SignedIn) -> list[Line]:
        """Return every profile that concerns the analyst, by code."""
        with reading(self._office.engine) as connection:
            analyst = _analyst(connection, person)
            names = _names(connection)
            versions = desk_store.read_versions(connection)
            tallies, _ = tallies_of(connection, self.past)
        found = by_code(tallies, self.today())
        codes: dict[str, list[StoredProfile]] = {}
        for version in versions:
            codes.setdefault(version.code, []).append(version)
        return [
            line
            for each in codes.values()
            if (line := _line(each, found, names, self.today())) is not None and concerns(analyst, line.profile)
        ]

    def open(self, person: SignedIn, code: str, version: int | None = None) -> Opened:
        """Return a version of a profile, the newest when none is named. Raises `NotFound`."""
        with reading(self._office.engine) as connection:
            analyst = _analyst(connection, person)
            versions = tuple(desk_store.read_versions(connection, code))
            wanted = version or (versions[-1].version if versions else 0)
            stored = next((each for each in versions if each.version == wanted), None)
            if stored is None or stored.profile is None or not concerns(analyst, stored.profile):
                raise NotFound("declaration.not_found")
            standing = desk_store.read_standing(connection, code, wanted)
            steps = desk_store.read_steps(connection, code, wanted)
            names = _names(connection)
            tallies, past = tallies_of(connection, self.past, code)
            run = store.find(connection, code, wanted)
        reported = [step for step in steps if step.report is not None]
        return Opened(
            profile=standing.profile,
            status=standing.status,
            versions=versions,
            steps=_taken(steps, names),
            refused=stored.refused,
            names=names,
            health=health_of(standing.profile, tallies, self.today(), past),
            run=run,
            stopped=run is not None and self.now() - run.told_at > backtests.SILENT_MOST,
            report=msgspec.json.decode(reported[-1].report or b"", type=Report) if reported else None,
            reported_at=reported[-1].at if reported else None,
            cautions=desk.cautions(standing),
            ends_earlier=standing.ends_earlier,
            hinders=self._hinders(standing),
            moves=tuple(move for status, move in desk.MOVES if status is standing.status),
        )

    def _hinders(self, standing: Standing) -> RiskGatewayError | None:
        """Return what would refuse the submission of a tested version, so that it is told before anybody tries."""
        if standing.status not in (Status.BACK_TESTED, Status.SUBMITTED):
            return None
        now = self.now().astimezone(KAZAKHSTAN_TIME)
        try:
            desk.demand_sound(standing.profile, now.date())
            desk.demand_report(standing.profile, standing.report, standing.reported_at, now)
        except MoveRefused as refused:
            return refused
        return None

    def span(self, profile: Profile) -> tuple[date, date] | None:
        """Return the first and the last day that have a case which the profile could judge."""
        with reading(self._office.engine) as connection:
            return archive_store.span(connection, profile.block.value)

    def analyst(self, person: SignedIn) -> Analyst:
        with reading(self._office.engine) as connection:
            return _analyst(connection, person)

    def offices(self, person: SignedIn, language: str) -> list[tuple[str, str]]:
        """Return the posts that the analyst is for, with their names."""
        mine = self.analyst(person).posts
        known = Reference.shipped().on(self.today()).offices
        return [
            (code, f"{code} {each.name(language)}") for code, each in sorted(known.items()) if not mine or code in mine
        ]

    # --- steps ------------------------------------------------------------------------------------------------------

    def save(self, person: SignedIn, profile: Profile, check: bool) -> Profile:
        """Keep a profile as the next version of its code, and let it be checked at once. Raises MoveRefused."""
        with writing(self._office.engine) as connection:
            kept, new = profile_desk.draft(connection, profile, person.iin, self.now())
            if check and new:
                profile_desk.take(connection, kept.code, kept.version, Move.VALIDATE, person.iin, self.now())
        return kept

    def take(self, person: SignedIn, code: str, version: int, move: Move, reason: str) -> Status:
        """Take a step. Raises MoveRefused, and `NotFound` for a profile that does not concern the analyst."""
        self._demand(person, code, version)
        with writing(self._office.engine) as connection:
            return profile_desk.take(connection, code, version, move, person.iin, self.now(), reason)

    def back_test(self, person: SignedIn, code: str, version: int, first: date | None, last: date | None) -> None:
        """Begin a back-test; nothing happens while one of this version is running. Raises MoveRefused."""
        self._demand(person, code, version)
        now = self.now()
        with writing(self._office.engine) as connection:
            analyst = demand_analyst(connection, person.iin)
            standing = desk_store.read_standing(connection, code, version)
            desk.after(standing, Move.BACK_TEST, analyst, now.astimezone(KAZAKHSTAN_TIME), "")
            running = store.find(connection, code, version)
            if running and running.state is State.RUNNING and now - running.told_at <= backtests.SILENT_MOST:
                return
            run = secrets.token_hex(16)
            there = archive_store.span(connection, standing.profile.block.value)
            days = (first or (there[0] if there else self.today()), last or (there[1] if there else self.today()))
            store.begin(
                connection,
                Run(
                    code=code,
                    version=version,
                    run=run,
                    state=State.RUNNING,
                    first=days[0],
                    last=days[1],
                    actor=person.iin,
                    started_at=now,
                    told_at=now,
                ),
            )
        self._start(Job(self._office.settings.database_url, run, code, version, first, last, person.iin))

    def _demand(self, person: SignedIn, code: str, version: int) -> None:
        with reading(self._office.engine) as connection:
            analyst = _analyst(connection, person)
            found = [each for each in desk_store.read_versions(connection, code) if each.version == version]
        if not found or found[0].profile is None or not concerns(analyst, found[0].profile):
            raise NotFound("declaration.not_found")


def concerns(analyst: Analyst, profile: Profile) -> bool:
    """Say whether an analyst sees a profile: a regional one sees those of the republic and of the own posts."""
    return not analyst.posts or profile.level is Level.REPUBLICAN or bool(analyst.posts & set(profile.posts))


def _analyst(connection: Connection, person: SignedIn) -> Analyst:
    """Return the analyst as recorded; an official of whom no posts are recorded reads, and may do nothing."""
    try:
        return demand_analyst(connection, person.iin)
    except MoveRefused:
        return Analyst(person.iin, person.name, frozenset([person.post] if person.post else []))


def _names(connection: Connection) -> Mapping[str, str]:
    return {each.iin: each.name for each in read_analysts(connection)}


def _taken(steps: Iterable[Step], names: Mapping[str, str]) -> tuple[Taken, ...]:
    found: list[Taken] = []
    for step in steps:
        returned = bool(found) and step.status == Status.DRAFT
        found.append(Taken(step, names.get(step.actor, step.actor), returned))
    return tuple(found)


def _line(
    versions: list[StoredProfile], records: Mapping[str, Record], names: Mapping[str, str], today: date
) -> Line | None:
    newest = next((each for each in reversed(versions) if each.profile is not None), None)
    if newest is None or newest.profile is None:
        return None
    begun = [
        each for each in versions if each.profile and each.status in EVER_APPROVED and each.profile.valid_from <= today
    ]
    last = begun[-1] if begun else None
    judges = last is not None and last.status is Status.APPROVED and not last.refused
    active = judges and last is not None and last.profile is not None and last.profile.active_on(today)
    return Line(
        profile=newest.profile,
        status=newest.status,
        judging=last.version if active and last else None,
        owner=names.get(newest.profile.author, newest.profile.author),
        record=records.get(newest.code),
        refused=tuple(problem for each in versions for problem in each.refused),
    )

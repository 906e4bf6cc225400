"""The website over memory: storage that keeps what it is given, declarations of the cast, a clock that tests move."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pki
from cast import PARTICIPANTS, PERSONS
from litestar import Litestar
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware

from declarations.lifecycle import Status
from declarations.search import ALL, GROUPS, Group, Search
from portal.access import guard
from portal.accounts.demo import people
from portal.browser import add_headers
from portal.clock import Clock, SystemClock
from portal.declarant.standing import OwnCases, Standing
from portal.errors import PortalError
from portal.problems import status_of
from portal.signing_forms import Genuine, examined
from portal.views import (
    DecisionView,
    DeclarationPage,
    DeclarationSummary,
    Explanation,
    ItemView,
    KeyDays,
    Lane,
    MeasureOrdered,
    PaymentView,
    ReadPart,
    Session,
    SignaturesPage,
    SignedIn,
    SignerView,
    Step,
    SummaryPage,
    TimelineEvent,
)
from portal.website import Website, website
from signing.algorithms import SHIPPED
from signing.xmlgate import SIGN_IN

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
SERVICES = (
    "appointments",
    "health",
    "posts",
    "reference_desk",
    "registers",
    "partner_desk",
    "violation_base",
    "own_violations",
    "account",
    "registry",
    "travellers",
    "passengers",
    "exits",
    "payments",
    "audits",
    "dossiers",
    "selecting",
    "movements",
    "printing",
    "live",
    "casework",
    "desk",
    "drafting",
    "goods",
    "sent_files",
    "steering",
    "watching",
    "needs",
)  # work on a database: their pages have tests of their own
ALTYN, QORGAN, TENGRI, ZHIBEK = (PARTICIPANTS[key].identifier for key in ("altyn", "qorgan", "tengri", "zhibek"))


class UntouchedCases(OwnCases):
    """Case work in which nobody has done anything."""

    def __init__(self) -> None:
        """It works on no database."""

    def standing(self, person: SignedIn, number: str) -> Standing:
        return Standing(number, 1, Status.RELEASED, None, False, (), (), (), None)


class MovableClock:
    def __init__(self, now: datetime = NOW) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()


class MemorySessions:
    def __init__(self) -> None:
        self.kept: dict[str, Session] = {}

    def create(self, session: Session) -> None:
        self.kept[session.key] = session

    def find(self, key: str) -> Session | None:
        return self.kept.get(key)

    def touch(self, key: str, at: datetime) -> None:
        if key in self.kept:
            old = self.kept[key]
            self.kept[key] = Session(key=key, person=old.person, created_at=old.created_at, seen_at=at, firm=old.firm)

    def end(self, key: str) -> None:
        self.kept.pop(key, None)


@dataclass
class MemoryPrincipals:
    """`until` is the last day of each power of attorney of Zhibek Logistics."""

    until: Mapping[str, date] = field(default_factory=lambda: {ALTYN: date(2027, 6, 30), TENGRI: date(2027, 6, 30)})

    def principals_of(self, agent: str, day: date) -> Sequence[str]:
        return [who for who, until in self.until.items() if agent == ZHIBEK and day <= until]


class MemoryPeople:
    """The cast, until a test takes one of them out of `recorded`."""

    def __init__(self) -> None:
        self.recorded = list(people().values())

    def capacities(self, iin: str, firm: str | None, name: str = "") -> tuple[SignedIn, ...]:
        return tuple(each for each in self.recorded if each.iin == iin and each.organisation in (None, firm))


class MemoryGate:
    """Trusts the cast's authority."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.used: set[str] = set()

    def genuine(self, data: bytes) -> Genuine:
        return examined(data, pki.trust_store(), SHIPPED, self.clock.now(), SIGN_IN)

    def first_use(self, nonce: str) -> bool:
        first = nonce not in self.used
        self.used.add(nonce)
        return first


class MemoryDeclarations:
    def __init__(self, pages: Sequence[DeclarationPage]) -> None:
        self.pages = {page.summary.registration_number: page for page in pages}

    def counts(self, declarants: Sequence[str]) -> Mapping[Group, int]:
        mine = [page.summary.status for page in self.pages.values() if page.summary.declarant in declarants]
        return {group: sum(mine.count(each) for each in statuses) for group, statuses in GROUPS.items()}

    def drafts(self, owner: str, declarants: Sequence[str]) -> int:
        return 0

    def page_of(
        self, declarants: Sequence[str], *, outcome: Lane | None, after: int | None, limit: int, search: Search = ALL
    ) -> SummaryPage:
        rows = [
            page.summary
            for page in self.pages.values()
            if page.summary.declarant in declarants
            and (outcome is None or page.summary.outcome is outcome)
            and (after is None or page.summary.sequence < after)
        ]
        rows.sort(key=lambda row: -row.sequence)
        shown = rows[:limit]
        return SummaryPage(tuple(shown), shown[-1].sequence if len(rows) > limit else None)

    def find(
        self, declarants: Sequence[str], registration_number: str, language: str, version: int | None = None
    ) -> DeclarationPage | None:
        page = self.pages.get(registration_number)
        return page if page is not None and page.summary.declarant in declarants else None

    def holds(self, declarants: Sequence[str], registration_number: str) -> bool:
        return self.find(declarants, registration_number, "en") is not None

    def notice(self, declarants: Sequence[str], registration_number: str, version: int | None = None) -> bytes | None:
        return b"<Notice/>" if self.find(declarants, registration_number, "en") else None

    def document(self, declarants: Sequence[str], registration_number: str, version: int | None = None) -> bytes | None:
        return b"<Declaration/>" if self.find(declarants, registration_number, "en") else None


class MemorySignatures:
    """No declaration has been signed here: the tests of signatures have a database."""

    def examine(self, registration_number: str) -> SignaturesPage | None:
        return None

    def evidence(self, registration_number: str) -> bytes | None:
        return None

    def declaration(self, registration_number: str) -> bytes | None:
        return None

    def notice(self, registration_number: str) -> bytes | None:
        return None

    def record_reading(self, person: SignedIn, registration_number: str, part: ReadPart) -> None:
        raise AssertionError("nothing can be read here")


_GOODS = (
    ("8517130000", "Smartphones, 128 GB, with charger and cable, in retail boxes", "CN", "2.000", "0 %"),
    ("6109100000", "Men's T-shirts of cotton, knitted, assorted colours and sizes S to XXL", "TR", "41.250", "10 %"),
    ("8471300000", "Portable computers of a mass of not more than 10 kg", "CN", "310.000", "0 %"),
    (
        "0805102200",
        "Oranges, fresh, first class, in cartons of 15 kg",
        "UZ",
        "18450.000",
        "5 %, not less than 0.02 EUR/kg",
    ),
)
_LANE_STATUS = {Lane.RELEASE: "RELEASED", Lane.DOCUMENTS: "DOCUMENTARY_CHECK", Lane.INSPECTION: "INSPECTION_ORDERED"}
_WHY = {
    Lane.RELEASE: (
        "No risk was found",
        "Nothing in the declaration calls for a check before release.",
        "Keep the documents for five years.",
    ),
    Lane.DOCUMENTS: (
        "Customs value",
        "The declared price is low for goods of this kind and origin.",
        "Upload the contract, the invoice and the proof of payment.",
    ),
    Lane.INSPECTION: (
        "Type of goods",
        "The goods need to be seen before release.",
        "Present the goods at the customs post with the seals intact.",
    ),
}


def declaration(
    sequence: int, declarant: str, outcome: Lane, *, items: int = 4, received_at: datetime = NOW, procedure: str = "40"
) -> DeclarationPage:
    """Return a page of a declaration by one of the cast; `sequence` makes its numbers."""
    names = {each.identifier: each.name for each in PARTICIPANTS.values()}
    number = f"20201/{received_at:%d%m%y}/{sequence:07}"
    goods = tuple(_item(index, outcome) for index in range(1, items + 1))
    duties = [item.duty for item in goods]
    duty = None if None in duties else sum((each for each in duties if each is not None), Decimal())
    kind, text, step = _WHY[outcome]
    deadline = None if outcome is Lane.RELEASE else received_at + timedelta(hours=4)
    measures: dict[Lane, tuple[MeasureOrdered, ...]] = {
        Lane.RELEASE: (),
        Lane.DOCUMENTS: (
            MeasureOrdered("DOCUMENTARY_CONTROL", (), deadline),
            MeasureOrdered("REQUEST_DATA", (2, 3), deadline),
        ),
        Lane.INSPECTION: (MeasureOrdered("INSPECT_PARTIAL", (1, 2, 4), deadline),),
    }
    return DeclarationPage(
        summary=DeclarationSummary(
            sequence=sequence,
            registration_number=number,
            functional_reference_id=f"ADT-2026-{sequence:06}",
            type_code="IM",
            procedure=procedure,
            declarant=declarant,
            declarant_name=names[declarant],
            received_at=received_at,
            status=_LANE_STATUS[outcome],
            outcome=outcome,
            item_count=items,
            customs_value=sum((item.customs_value or Decimal() for item in goods), Decimal()),
        ),
        version=1,
        office="20201",
        office_name="Almaty",
        agent=ZHIBEK,
        agent_name=names[ZHIBEK],
        exporter_name="Shenzhen Longgang Electronics Manufacturing Co., Ltd",
        importer_name=names[declarant],
        export_country="CN",
        destination_country="KZ",
        invoice_amount=Decimal("18250.50"),
        invoice_currency="USD",
        decision=DecisionView(
            id=hashlib.sha256(number.encode()).hexdigest()[:24],
            outcome=outcome,
            inspection_extent="partial" if outcome is Lane.INSPECTION else None,
            measures=measures[outcome],
            explanation=(
                Explanation(
                    category=kind,
                    text=text,
                    items=() if outcome is Lane.RELEASE else (1, 2, 4),
                    next_step=step,
                    deadline=deadline,
                    legal_basis="Customs Code of the Eurasian Economic Union, Article 378",
                    appeal="You may complain to the post that decided, to the body above it, or to a court.",
                ),
            ),
            degraded=False,
            decided_at=received_at + timedelta(milliseconds=40),
        ),
        items=goods,
        payments=(
            PaymentView("1010", Decimal("20000")),
            PaymentView("2010", duty, None if duty is not None else "The demo tariff lacks the code of item 3."),
            PaymentView(
                "5010",
                None if duty is None else Decimal("1519244.48"),
                "It depends on the duty." if duty is None else None,
            ),
        ),
        payment_total=None if duty is None else duty + Decimal("1539244.48"),
        signer=SignerView(PERSONS["berik"].name, PERSONS["berik"].iin, names[ZHIBEK], ZHIBEK, received_at),
        timeline=tuple(
            TimelineEvent(received_at + timedelta(milliseconds=5 * index), step) for index, step in enumerate(Step)
        ),
    )


def _item(index: int, outcome: Lane) -> ItemView:
    code, description, origin, mass, rate = _GOODS[(index - 1) % len(_GOODS)]
    value = Decimal(1_234_567) + index
    undetermined = outcome is Lane.DOCUMENTS and index == 3
    return ItemView(
        sequence=index,
        commodity_code=code,
        description=description,
        origin_country=origin,
        net_mass_kg=Decimal(mass),
        price=Decimal("4562.625"),
        price_currency="USD",
        customs_value=value,
        duty=None if undetermined else value * Decimal("0.05"),
        duty_rate=rate,
        duty_reason="The demo tariff lacks this code." if undetermined else None,
    )


def cast_declarations() -> tuple[DeclarationPage, ...]:
    """Return three of Altyn Dala's, one of Tengri's and one of Qorgan's, newest last."""
    lanes = (Lane.RELEASE, Lane.DOCUMENTS, Lane.INSPECTION)
    own = [declaration(number, ALTYN, lane) for number, lane in enumerate(lanes, 1)]
    return (*own, declaration(4, TENGRI, Lane.RELEASE), declaration(5, QORGAN, Lane.INSPECTION))


class MemoryDraws:
    """No key was ever made."""

    def days(self, before):
        return KeyDays((), None)

    def random_draw(self, registration_number):
        return None


@dataclass
class World:
    """The website and what it is built on, so that a test can look behind it."""

    app: Litestar
    site: Website
    sessions: MemorySessions
    principals: MemoryPrincipals
    people: MemoryPeople
    clock: MovableClock


def make_world(declarations: Sequence[DeclarationPage] | None = None, **changes: Any) -> World:
    """Return a new world with an app of its own; `changes` as of `site_of`."""
    made, behind = site_of(declarations, **changes)
    return World(app_of(made), made, *behind)


@contextmanager
def world_lent(declarations: Sequence[DeclarationPage] | None = None, **changes: Any) -> Iterator[World]:
    """Give a new world on an app that goes back afterwards; `changes` as of `site_of`."""
    made, behind = site_of(declarations, **changes)
    with app_lent(made) as app:
        yield World(app, made, *behind)


def site_of(
    declarations: Sequence[DeclarationPage] | None = None, *, demo: bool = True, clock: Clock | None = None
) -> tuple[Website, tuple[MemorySessions, MemoryPrincipals, MemoryPeople, MovableClock]]:
    """Return a website over memory, and what it is built on."""
    sessions, principals, movable, recorded = MemorySessions(), MemoryPrincipals(), MovableClock(), MemoryPeople()
    site = website(
        sessions=sessions,
        declarations=MemoryDeclarations(cast_declarations() if declarations is None else declarations),
        signatures=MemorySignatures(),
        draws=MemoryDraws(),
        principals=principals,
        people=recorded,
        gate=MemoryGate(clock or movable),
        services={**dict.fromkeys(SERVICES), "own_cases": UntouchedCases()},
        clock=clock or movable,
        csrf_secret="for-tests-only",
        demo=demo,
        secure=False,
    )
    return site, (sessions, principals, recorded, movable)


def app_of(site: Website) -> Litestar:
    """Return the website with nothing beside it."""
    return _Shell(site).app


@contextmanager
def app_lent(site: Website) -> Iterator[Litestar]:
    """Give an app that serves this website until it is given back: building one takes longer than most tests do."""
    shells = _waiting[frozenset(site.dependencies), site.demo]
    shell = shells.pop() if shells else _Shell(site)
    shell.site = site
    try:
        yield shell.app
    finally:
        shells.append(shell)


class _Shell:
    """The routes as an app, around a website that can be exchanged."""

    def __init__(self, site: Website) -> None:
        self.site = site
        self.app = Litestar(
            route_handlers=site.route_handlers,
            middleware=[_OfSite(self, place) for place in range(len(site.middleware))],
            dependencies={name: self._provide(name) for name in site.dependencies},
            csrf_config=site.csrf_config,
            guards=[guard],
            before_send=[add_headers],
            exception_handlers={
                HTTPException: lambda request, error: self.site.problem(request, error),
                PortalError: lambda request, error: self.site.problem_page(request, status_of(error)),
                500: lambda request, error: self.site.problem(request, error),
            },
            openapi_config=None,
        )

    def _provide(self, name: str) -> Provide:
        return Provide(lambda: self.site.dependencies[name].dependency(), sync_to_thread=False)


class _OfSite(ASGIMiddleware):
    """A place in the middleware of whatever website the shell is around."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, shell: _Shell, place: int) -> None:
        self.shell = shell
        self.place = place

    async def handle(self, scope, receive, send, next_app):
        await self.shell.site.middleware[self.place].handle(scope, receive, send, next_app)


_waiting: defaultdict[tuple[frozenset[str], bool], list[_Shell]] = defaultdict(list)


def memory_app() -> Litestar:
    """Return the website with a hundred declarations, for trying it by hand.

    `uvicorn --factory portal_fakes:memory_app --app-dir tests`
    """
    moment = SystemClock().now()
    lanes = list(Lane)
    many = [
        declaration(
            number,
            TENGRI if number % 5 == 0 else ALTYN,
            lanes[number % 3],
            items=250 if number == 97 else 2,
            received_at=moment - timedelta(minutes=7 * (100 - number)),
        )
        for number in range(10, 100)
    ]
    return make_world([*many, *cast_declarations()], clock=SystemClock()).app

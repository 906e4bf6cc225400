"""create_app(settings): the only place that constructs anything."""

import asyncio
import gc
import os
import secrets
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import msgspec
import structlog
from litestar import Litestar, Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.exceptions import ClientException, HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components
from sqlalchemy.exc import DataError, SQLAlchemyError

from declarations import store as declarations_store
from portal import logs
from portal.access import Permission, guard
from portal.account.service import Account
from portal.accounts.entrance import OfficeGate
from portal.admin.appointing import Appointments
from portal.admin.condition import Health
from portal.admin.posts import Posts
from portal.admin.reference import ReferenceDesk
from portal.admin.registers import Registers
from portal.analyst.needs import Needs
from portal.analyst.steering import Steering
from portal.analyst.watching import Watching
from portal.api.callers import TokenMiddleware
from portal.api.documenting import BEARER, BEARER_SCHEME, JSON, operation
from portal.api.evidence import EvidenceApi
from portal.api.journal import JournalApi
from portal.api.routes import DeclarationsApi, language_of
from portal.api.selection import DrawApi, SelectionApi
from portal.aside import Aside
from portal.audits.dossiers import Dossiers
from portal.audits.selecting import Selecting
from portal.audits.service import Audits
from portal.background import background
from portal.browser import MACHINE_PATHS, add_headers, demand_https
from portal.casework.work import CaseWork
from portal.clock import Clock, SystemClock
from portal.database import make_engine, reading
from portal.declarant.changes import changes
from portal.declarant.drafting.service import Drafting
from portal.declarant.goods.sent import SentFiles
from portal.declarant.goods.tools import GoodsTools
from portal.declarant.printed import Printing
from portal.declarant.standing import OwnCases
from portal.declarant.stored import StoredDeclarations
from portal.desk.service import Desk
from portal.errors import Unavailable
from portal.exchange.callers import SignatureMiddleware
from portal.exchange.routes import SIGNED, SIGNED_SCHEME, ExchangeApi
from portal.exchange.service import Exchange
from portal.exits.service import Exits
from portal.keys import keyring_of
from portal.ledger.service import Payments
from portal.live import Live
from portal.movements.api import SealEventsApi
from portal.movements.service import Movements
from portal.office import Office
from portal.partners.service import PartnerDesk
from portal.passengers.desk import PassengerDesk
from portal.passengers.public import Travellers
from portal.people import RecordedPeople
from portal.problems import response_to, status_of
from portal.recording import Recorder
from portal.registry.service import Registry
from portal.settings import Settings, SettingsError
from portal.signatures import StoredSignatures
from portal.store import DatabaseSessions
from portal.stored_draws import StoredDraws
from portal.trusting import trust_of
from portal.violations.base import ViolationBase
from portal.violations.own import OwnViolations
from portal.website import Website, website
from risk_gateway.days import day_of

BODY_BYTES_MAX = 8_000_000
HEALTH = "/health"
OPENS_WITHIN_SECONDS = 3.0  # or it opens later, while it serves
APIS = (DeclarationsApi, DrawApi, EvidenceApi, ExchangeApi, JournalApi, SealEventsApi, SelectionApi)


def open_office(settings: Settings, clock: Clock | None = None) -> Office:
    """Open the office on its database. Raises `SettingsError` when keys or tables are missing."""
    clock = clock or SystemClock()
    engine = make_engine(settings.database_url)
    keyring = keyring_of(settings)
    recorder = Recorder(engine, clock, keyring, _crash_mark(settings.crash_at))
    try:
        return Office(settings, engine, clock, trust_of(settings), keyring, recorder)
    except SQLAlchemyError as error:
        raise SettingsError(f"The database is not ready: run `shekara migrate` first. ({error})") from error


@contextmanager
def opened(settings: Settings) -> Iterator[Office]:
    """Open the office for the time of one command. Raises as `open_office`."""
    office = open_office(settings)
    try:
        yield office
    finally:
        office.engine.dispose()


def create_app(settings: Settings, clock: Clock | None = None) -> Litestar:
    logs.configure()
    office = open_office(settings, clock)
    tasks = background(office)
    stored = StoredDeclarations(office)
    live = Live(office.engine)
    exchange = Exchange(office)
    site = website(
        sessions=DatabaseSessions(office.engine),
        declarations=stored,
        signatures=StoredSignatures(office),
        draws=StoredDraws(office),
        principals=stored,
        people=RecordedPeople(office.engine, office.clock),
        gate=OfficeGate(office),
        services={"live": live, **services_of(office)},
        clock=office.clock,
        csrf_secret=settings.secret or _kept_secret(settings),
        demo=settings.demo,
        secure=settings.secure,
        public_url=settings.public_url,
    )

    @asynccontextmanager
    async def running(_app: Litestar) -> AsyncIterator[None]:
        office.snapshot.knowledge(day_of(office.clock.now()))  # or the first lodgement waits
        aside = Aside(settings, open_office, office)
        office.recorder.start()
        for task in tasks:
            task.start()
        office.aside = aside
        _settle_memory()
        undo = live.end_when_stopped()
        try:
            await _until_open(office)
            yield
        finally:
            undo()
            live.close()
            office.aside = None
            aside.stop()
            for task in tasks:
                task.stop()
            office.recorder.stop()
            office.engine.dispose()

    return Litestar(
        route_handlers=[*site.route_handlers, *APIS, health],
        middleware=[TokenMiddleware(office), SignatureMiddleware(office), *site.middleware],
        dependencies={
            **site.dependencies,
            "the_office": Provide(lambda: office, sync_to_thread=False),
            "exchange": Provide(lambda: exchange, sync_to_thread=False),
        },
        csrf_config=site.csrf_config,
        guards=[guard],
        before_send=[add_headers, *([demand_https] if settings.secure else [])],
        exception_handlers={Exception: _answer_errors(site)},
        lifespan=[running],
        request_max_body_size=BODY_BYTES_MAX,
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="Shekara",
            version="1",
            description="Lodge signed customs declarations and read the decisions on them.",
            openapi_router=Router(
                "/api", route_handlers=[], opt={"need": Permission.SEE_PUBLIC_PAGES}, include_in_schema=False
            ),
            render_plugins=[JsonRenderPlugin()],
            components=Components(security_schemes={BEARER: BEARER_SCHEME, SIGNED: SIGNED_SCHEME}),
        ),
    )


def services_of(office: Office) -> dict[str, object]:
    """Return what the areas of the website need beside storage, by the name under which their routes ask for it."""
    casework = CaseWork(office)
    steering = Steering(office)
    watching = Watching(office, steering)
    return {
        "steering": steering,
        "watching": watching,
        "needs": Needs(steering, watching),
        "goods": GoodsTools(office),
        "sent_files": SentFiles(office),
        "casework": casework,
        "appointments": Appointments(office),
        "health": Health(office),
        "posts": Posts(office),
        "reference_desk": ReferenceDesk(office),
        "registers": Registers(office),
        "partner_desk": PartnerDesk(office),
        "account": Account(office),
        "violation_base": ViolationBase(office),
        "own_violations": OwnViolations(office),
        "registry": Registry(office),
        "travellers": Travellers(office),
        "passengers": PassengerDesk(office),
        "exits": Exits(office),
        "payments": Payments(office),
        "audits": Audits(office),
        "dossiers": Dossiers(office),
        "selecting": Selecting(office),
        "movements": Movements(office),
        "printing": Printing(office),
        "own_cases": OwnCases(office, casework),
        "drafting": Drafting(office),
        "desk": Desk(office, casework, StoredDeclarations(office), StoredSignatures(office), changes),
    }


@get(
    HEALTH,
    name="health",
    opt={"need": Permission.SEE_PUBLIC_PAGES},
    sync_to_thread=True,
    operation_class=operation(JSON, answers={200: "It is.", 503: "It is not, and why."}, problems=(), open=True),
    summary="Is the portal well?",
)
def health(the_office: NamedDependency[Office]) -> Response[bytes]:
    """Return 200 when declarations are taken, else 503: no answer of the database, no time-stamps, an old journal."""
    try:
        with reading(the_office.engine) as connection:
            revision = declarations_store.read_revision(connection)
    except SQLAlchemyError:
        raise Unavailable from None
    notary = the_office.notary
    closed = notary is not None and notary.closed()
    report = {
        "status": "closed" if closed else "ok",
        "revision": revision,
        "unstamped_since": notary.unstamped_since if notary else None,
        "timestamps": "missing" if notary and notary.trouble else "well",
        "knowledge": "incomplete" if the_office.snapshot.degraded else "well",
    }
    return Response(msgspec.json.encode(report), status_code=503 if closed else 200, media_type="application/json")


async def _until_open(office: Office) -> None:
    """Wait a moment: what the last run left without a time-stamp gets one before anybody is refused for it."""
    until = time.monotonic() + OPENS_WITHIN_SECONDS
    while office.notary is not None and office.notary.closed() and time.monotonic() < until:
        await asyncio.sleep(0.05)


def _answer_errors(site: Website) -> Callable[[Request[Any, Any, Any], Exception], Response[Any]]:
    """Return the handler of all errors: problem documents for machines, pages for people."""

    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        known = _known(error)
        status = status_of(known)
        if status >= 500:
            structlog.get_logger().error("request.failed", path=request.url.path, exc_info=error)
        path = request.scope["path"]
        if path.startswith(MACHINE_PATHS) or path == HEALTH:
            return response_to(known, language_of(request))
        if isinstance(known, HTTPException):
            return site.problem(request, known)
        return site.problem_page(request, status)

    return answer


def _known(error: Exception) -> Exception:
    """Return what is said of an error: a number or text that no column can keep is the sender's."""
    if isinstance(error, OverflowError | DataError):
        structlog.get_logger().warning("request.cannot_be_kept", error=type(error).__name__)
        return ClientException()
    return Unavailable() if isinstance(error, SQLAlchemyError) else error


def _settle_memory() -> None:
    """Leave what was loaded at start out of every later collection, and collect less often: most values die at once."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _kept_secret(settings: Settings) -> str:
    """Return the secret that protects forms, made on first use and kept beside the database."""
    path = settings.secret_file
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(16), encoding="ascii")
    return path.read_text(encoding="ascii")


def _crash_mark(crash_at: str | None) -> Callable[[str], None]:
    """Return the hook of the crash tests: "before commit:7" kills the process when it comes there the seventh time."""
    if crash_at is None:
        return lambda point: None
    fatal, _, times = crash_at.partition(":")
    passed: Counter[str] = Counter()

    def strike(point: str) -> None:
        passed[point] += 1
        if point == fatal and passed[point] == int(times or 1):
            os.kill(os.getpid(), signal.SIGKILL)

    return strike

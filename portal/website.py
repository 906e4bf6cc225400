"""The website in one list: what create_app adds to Litestar so that people can use the portal with a browser."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from litestar import Response, Router
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.response import Redirect
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from portal import words
from portal.access import Permission
from portal.account.routes import NotificationPages, RecordPages, TokenPages
from portal.account.webhook_routes import WebhookPages
from portal.accounts.demo import DemoSignIn
from portal.accounts.entrance import Entrance, Gate
from portal.accounts.places import SEE_OTHER, shown_before
from portal.accounts.routes import AccountPages
from portal.accounts.sessions import Keeper, SessionMiddleware
from portal.accounts.sign_in import CapacityPages, KeySignIn
from portal.admin.official_pages import OfficialPages, PostPages
from portal.admin.register_pages import ParticipantPages, PowerPages
from portal.admin.system_pages import SystemPages
from portal.analyst.form_pages import ProfileForms
from portal.analyst.profile_pages import ProfilePages
from portal.analyst.watch_pages import WatchPages
from portal.audits.dossier_pages import DossierPages
from portal.audits.official_pages import AuditPages
from portal.audits.own_pages import OwnAuditPages
from portal.browser import SameOrigin, csrf
from portal.clock import Clock
from portal.declarant.drafting.form_routes import DraftForm
from portal.declarant.drafting.lodging_routes import DraftLodging
from portal.declarant.drafting.routes import DraftOfDeclaration, DraftPages
from portal.declarant.goods.check_pages import CheckPages
from portal.declarant.goods.import_pages import ImportPages
from portal.declarant.goods.tool_pages import ToolPages
from portal.declarant.listing import ListFiles
from portal.declarant.own import OwnDeclarations
from portal.declarant.printed import PrintedPages
from portal.declarant.routes import DeclarationPages
from portal.declarant.statements import StatementPages
from portal.desk.actions import ActionPages
from portal.desk.acts import ActPages
from portal.desk.cases import CasePages
from portal.desk.finding import FindingPages
from portal.desk.reading import OfficialReading
from portal.desk.worklist import WorklistPages
from portal.exits.pages import ExitPages
from portal.ledger.pages import LedgerPages, PaymentPages
from portal.live import EVENT_STREAM, LivePages
from portal.movements.carrier_pages import CarrierLive, CarrierPages
from portal.movements.control_pages import ControlLive, ControlPages
from portal.pages import STATIC, AnyRequest, Pages, wants_fragment
from portal.partners.pages import ExchangeLogPages, PartnerMessagePages, PartnerPages, PolicyPages
from portal.partners.proposal_pages import ProposalPages
from portal.passengers.desk_pages import PassengerPages
from portal.passengers.public_pages import TravellerPages
from portal.registry.application_pages import ApplicationPages
from portal.registry.officer_pages import RegistryPages
from portal.selection_pages import SelectionPages
from portal.views import Declarations, Draws, People, Principals, Sessions, Signatures
from portal.violations.own_pages import OwnViolationPages
from portal.violations.pages import ContestPages, SearchPages

_NO_CONTENT, _UNAUTHORIZED, _SERVER_ERROR, _BAD_REQUEST = 204, 401, 500, 400
_YEAR_IN_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class Website:
    """For create_app, which also adds `portal.browser.add_headers` to before_send.

    `problem` and `problem_page` answer errors outside the machine paths.
    """

    route_handlers: Sequence[ControllerRouterHandler]
    middleware: Sequence[ASGIMiddleware]
    dependencies: dict[str, Provide]
    csrf_config: CSRFConfig
    pages: Pages
    keeper: Keeper
    demo: bool

    def problem(self, request: AnyRequest, exception: Exception) -> Response[Any]:
        """Return the page of an error that Litestar raised, or of one that nobody expected."""
        status = exception.status_code if isinstance(exception, HTTPException) else _SERVER_ERROR
        return self.problem_page(request, status)

    def problem_page(self, request: AnyRequest, status: int) -> Response[Any]:
        """Return the page of a status, or the way to sign in when that is what is missing."""
        if status < _SERVER_ERROR and "user" not in request.scope:  # no route, so no middleware has looked who this is
            request.scope["user"] = self.keeper.resume(request.cookies.get(self.keeper.cookie_name))
        if status == _UNAUTHORIZED:
            return self._sign_in_first(request)
        known = status if status in words.PROBLEMS else _BAD_REQUEST if status < _SERVER_ERROR else _SERVER_ERROR
        title, advice = words.PROBLEMS[known]
        template = "_problem.html" if wants_fragment(request) else "problem.html"
        return self.pages.answer(request, template, status=status, title=title, advice=advice)

    def _sign_in_first(self, request: AnyRequest) -> Response[Any]:
        back = request.url.path if request.method == "GET" else _page_that_sent(request) or "/declarations"
        address = f"{'/demo' if self.demo else ''}/sign-in?{urlencode({'next': back})}"
        if wants_fragment(request):
            return Response(b"", status_code=_UNAUTHORIZED, headers={"HX-Redirect": address})
        if request.headers.get("accept") == EVENT_STREAM:
            return Response(b"", status_code=_NO_CONTENT)  # a page instead is an error in the console
        return Redirect(address, status_code=SEE_OTHER)


def _page_that_sent(request: AnyRequest) -> str | None:
    """Return the path of our own page from which a form came, so that what was typed there can be sent again."""
    shown = shown_before(request)
    return shown.path if shown and shown.path and shown.netloc == request.headers.get("host") else None


def website(
    *,
    sessions: Sessions,
    declarations: Declarations,
    signatures: Signatures,
    draws: Draws,
    principals: Principals,
    people: People,
    gate: Gate,
    services: Mapping[str, object],
    clock: Clock,
    csrf_secret: str,
    demo: bool,
    secure: bool,
    public_url: str = "",
) -> Website:
    """Put the website together. `csrf_secret` is the same in all processes; `secure` is for https.

    `services` is what areas need beside storage, under the names by which their routes ask for it.
    """
    pages = Pages(demo=demo)
    keeper = Keeper(sessions, people, clock, secure=secure)
    provided = {
        "pages": pages,
        "keeper": keeper,
        "people": people,
        "entrance": Entrance(gate, people, clock, csrf_secret, public_url),
        "own": OwnDeclarations(declarations, signatures, draws, principals, clock),
        "draws": draws,
        "official_reading": OfficialReading(signatures),
        **services,
    }
    return Website(
        route_handlers=[_routes(demo=demo)],
        middleware=[SameOrigin(), SessionMiddleware(keeper)],
        dependencies={name: _provide(value) for name, value in provided.items()},
        csrf_config=csrf(csrf_secret, secure=secure),
        pages=pages,
        keeper=keeper,
        demo=demo,
    )


@cache
def _routes(*, demo: bool) -> Router:
    """Return every area of the website; an app takes a copy."""
    areas: list[ControllerRouterHandler] = [
        AccountPages,
        KeySignIn,
        CapacityPages,
        DeclarationPages,
        StatementPages,
        DraftPages,
        DraftOfDeclaration,
        DraftForm,
        DraftLodging,
        LivePages,
        FindingPages,
        WorklistPages,
        CasePages,
        ActionPages,
        ActPages,
        SelectionPages,
        ProfilePages,
        ProfileForms,
        WatchPages,
        RecordPages,
        TokenPages,
        NotificationPages,
        WebhookPages,
        PrintedPages,
        ListFiles,
        ToolPages,
        CheckPages,
        ImportPages,
        SystemPages,
        OfficialPages,
        PostPages,
        ParticipantPages,
        PowerPages,
        ApplicationPages,
        RegistryPages,
        TravellerPages,
        PassengerPages,
        CarrierPages,
        CarrierLive,
        ControlPages,
        ControlLive,
        SearchPages,
        ContestPages,
        OwnViolationPages,
        PartnerPages,
        PolicyPages,
        ProposalPages,
        PartnerMessagePages,
        ExchangeLogPages,
        ExitPages,
        PaymentPages,
        LedgerPages,
        AuditPages,
        DossierPages,
        OwnAuditPages,
        _static_files(),
    ]
    return Router("/", route_handlers=[*areas, *([DemoSignIn] if demo else [])], include_in_schema=False)


def _static_files() -> Router:
    """Return the built front-end files. Their names change with their content, so they may be kept for ever."""
    STATIC.mkdir(exist_ok=True)
    return create_static_files_router(
        "/static",
        [STATIC],
        opt={"need": Permission.SEE_PUBLIC_PAGES},
        cache_control=CacheControlHeader(max_age=_YEAR_IN_SECONDS, public=True, immutable=True),
    )


def _provide(value: object) -> Provide:
    return Provide(lambda: value, sync_to_thread=False)

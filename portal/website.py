"""The website in one list: what create_app adds to Litestar so that people can use the portal with a browser."""

from collections.abc import Sequence
from dataclasses import dataclass
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
from portal.accounts.demo import DemoSignIn
from portal.accounts.routes import SEE_OTHER, AccountPages
from portal.accounts.sessions import Keeper, SessionMiddleware
from portal.browser import SameOrigin, csrf
from portal.clock import Clock
from portal.declarant.own import OwnDeclarations
from portal.declarant.routes import DeclarationPages
from portal.officer.reading import OfficialReading
from portal.officer.routes import OfficerPages
from portal.pages import STATIC, AnyRequest, Pages, wants_fragment
from portal.selection_pages import SelectionPages
from portal.views import Declarations, Draws, Principals, Sessions, Signatures

_UNAUTHORIZED, _SERVER_ERROR, _BAD_REQUEST = 401, 500, 400
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
        back = request.url.path if request.method == "GET" else "/declarations"
        address = f"/demo/sign-in?{urlencode({'next': back})}" if self.demo else "/"
        if wants_fragment(request):
            return Response(b"", status_code=_UNAUTHORIZED, headers={"HX-Redirect": address})
        return Redirect(address, status_code=SEE_OTHER)


def website(
    *,
    sessions: Sessions,
    declarations: Declarations,
    signatures: Signatures,
    draws: Draws,
    principals: Principals,
    clock: Clock,
    csrf_secret: str,
    demo: bool,
    secure: bool,
) -> Website:
    """Put the website together. `csrf_secret` is the same in all processes; `secure` is for https."""
    pages = Pages(demo=demo)
    keeper = Keeper(sessions, clock, secure=secure)
    areas: list[ControllerRouterHandler] = [
        AccountPages,
        DeclarationPages,
        OfficerPages,
        SelectionPages,
        _static_files(),
    ]
    provided = {
        "pages": pages,
        "keeper": keeper,
        "own": OwnDeclarations(declarations, signatures, draws, principals, clock),
        "draws": draws,
        "official": OfficialReading(signatures),
    }
    return Website(
        route_handlers=[*areas, DemoSignIn] if demo else areas,
        middleware=[SameOrigin(), SessionMiddleware(keeper)],
        dependencies={name: _provide(value) for name, value in provided.items()},
        csrf_config=csrf(csrf_secret, secure=secure),
        pages=pages,
        keeper=keeper,
        demo=demo,
    )


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

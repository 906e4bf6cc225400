"""The first page, signing out, and the choice of language."""

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from msgspec import Struct

from portal.access import Permission
from portal.accounts.places import SEE_OTHER, local_address, secret_of, shown_before
from portal.accounts.sessions import Keeper
from portal.browser import LANGUAGE_COOKIE, cookie_name
from portal.languages import NAMES
from portal.pages import AnyRequest, Pages
from portal.views import SignedIn

_YEAR_IN_SECONDS = 365 * 24 * 3600


class LanguageForm(Struct, frozen=True):
    language: str = ""
    back: str = "/"


class AccountPages(Controller):
    @get("/", name="home", opt={"need": Permission.SEE_PUBLIC_PAGES}, sync_to_thread=True)
    def home(self, request: Request[SignedIn | None, None, State], pages: NamedDependency[Pages]) -> Response[str]:
        return pages.answer(request, "accounts/home.html")

    @post("/language", name="language", opt={"need": Permission.SEE_PUBLIC_PAGES}, sync_to_thread=False)
    def choose_language(
        self,
        request: Request[SignedIn | None, None, State],
        data: URLEncodedBody[LanguageForm],
        keeper: NamedDependency[Keeper],
    ) -> Redirect:
        """Remember the language and go back to where it was chosen."""
        answer = Redirect(local_address(_shown_address(request) or data.back), status_code=SEE_OTHER)
        if data.language in NAMES:
            answer.set_cookie(
                Cookie(
                    key=cookie_name(LANGUAGE_COOKIE, secure=keeper.secure),
                    value=data.language,
                    path="/",
                    max_age=_YEAR_IN_SECONDS,
                    samesite="lax",
                    httponly=True,
                    secure=keeper.secure,
                )
            )
        return answer

    @post("/sign-out", name="sign-out", opt={"need": Permission.SIGN_OUT}, sync_to_thread=True)
    def sign_out(self, request: Request[SignedIn, None, State], keeper: NamedDependency[Keeper]) -> Redirect:
        answer = Redirect("/", status_code=SEE_OTHER, headers={"Clear-Site-Data": '"cache"'})
        answer.set_cookie(keeper.finish(secret_of(request, keeper)))
        return answer


def _shown_address(request: AnyRequest) -> str | None:
    """Return the address of the page that sent the form: htmx may have changed it since the form was made."""
    parts = shown_before(request)
    if parts is None or not parts.path or parts.netloc != request.headers.get("host"):
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path

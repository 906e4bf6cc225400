"""The pages of signing in with a key, and of choosing in what capacity one acts."""

from typing import Annotated

import anyio.to_thread
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State, UploadFile
from litestar.di import NamedDependency
from litestar.params import FromQuery, MultipartBody, URLEncodedBody
from litestar.response import Redirect
from msgspec import Meta, Struct

from portal.access import Permission
from portal.accounts.entrance import Entered, Entrance
from portal.accounts.places import SEE_OTHER, first_page, local_address, secret_of
from portal.accounts.sessions import Keeper
from portal.browser import CSRF_COOKIE, sent_cookie
from portal.pages import XML, AnyRequest, Pages, language_of
from portal.signing_forms import signed_bytes
from portal.views import People, SignedIn
from signing.errors import RevocationUnknown, SigningError

_UNPROCESSABLE, _FORBIDDEN, _UNAVAILABLE = 422, 403, 503
_SIGNED_MOST = 64_000

Anybody = Request[SignedIn | None, None, State]


class SignedChallenge(Struct, frozen=True):
    signed: UploadFile | None = None
    next: str = ""


class CapacityForm(Struct, frozen=True):
    capacity: Annotated[str, Meta(max_length=100)] = ""
    next: str = ""


class KeySignIn(Controller):
    path = "/sign-in"
    opt = {"need": Permission.SEE_PUBLIC_PAGES}  # noqa: RUF012

    @get(name="sign-in", sync_to_thread=True)
    def ask(self, request: Anybody, pages: NamedDependency[Pages], next: FromQuery[str] = "") -> Response[str]:
        return _page(request, pages, next)

    @get("/challenge", name="sign-in-challenge", sync_to_thread=True)
    def challenge(
        self, request: Anybody, keeper: NamedDependency[Keeper], entrance: NamedDependency[Entrance]
    ) -> Response[bytes]:
        """Return the document to sign. It is bound to the cookie that the page has set."""
        content = entrance.challenge(_origin(request, keeper, entrance), sent_cookie(request, CSRF_COOKIE))
        headers = {"Content-Disposition": 'attachment; filename="sign-in.xml"'}
        return Response(content, media_type=XML, headers=headers)

    @post(name="sign-in-with-key")
    async def sign_in(
        self,
        request: Anybody,
        data: MultipartBody[SignedChallenge],
        pages: NamedDependency[Pages],
        keeper: NamedDependency[Keeper],
        entrance: NamedDependency[Entrance],
    ) -> Response[str] | Redirect:
        entrance.count(request.client.host if request.client else "")
        try:
            content = await signed_bytes(data.signed, _SIGNED_MOST)
            browser = sent_cookie(request, CSRF_COOKIE)
            entered = await anyio.to_thread.run_sync(
                entrance.enter, content, _origin(request, keeper, entrance), browser
            )
        except SigningError as error:
            status = _UNAVAILABLE if isinstance(error, RevocationUnknown) else _UNPROCESSABLE
            return _page(request, pages, data.next, status, error.text(language_of(request)))
        if not entered.capacities:
            signer = entered.signer
            return pages.answer(request, "accounts/not-recorded.html", status=_FORBIDDEN, signer=signer)
        return await anyio.to_thread.run_sync(_let_in, request, keeper, entered, data.next)


class CapacityPages(Controller):
    path = "/capacity"
    opt = {"need": Permission.SIGN_OUT}  # noqa: RUF012

    @get(name="capacity", sync_to_thread=True)
    def show(
        self,
        request: Request[SignedIn, None, State],
        pages: NamedDependency[Pages],
        keeper: NamedDependency[Keeper],
        people: NamedDependency[People],
        next: FromQuery[str] = "",
    ) -> Response[str]:
        """Show who is signed in, and let the person choose among the capacities of the records."""
        return _choice(request, pages, _capacities(request, keeper, people), next)

    @post(name="choose-capacity", sync_to_thread=True)
    def choose(
        self,
        request: Request[SignedIn, None, State],
        data: URLEncodedBody[CapacityForm],
        pages: NamedDependency[Pages],
        keeper: NamedDependency[Keeper],
        people: NamedDependency[People],
    ) -> Response[str] | Redirect:
        """Go on in another capacity, under a new secret."""
        known = _capacities(request, keeper, people)
        chosen = known.get(data.capacity)
        if chosen is None:
            return _choice(request, pages, known, data.next, refused=True)
        address = local_address(data.next) if data.next else first_page(request, chosen)
        answer = Redirect(address, status_code=SEE_OTHER)
        answer.set_cookie(keeper.change(chosen, secret_of(request, keeper)))
        return answer


def _let_in(request: AnyRequest, keeper: Keeper, entered: Entered, wanted: str) -> Redirect:
    """Begin the session; who has several capacities chooses next."""
    person = entered.capacities[0]
    if len(entered.capacities) > 1:
        address = request.app.route_reverse("capacity")
    else:
        address = local_address(wanted) if wanted else first_page(request, person)
    answer = Redirect(address, status_code=SEE_OTHER)
    answer.set_cookie(keeper.begin(person, secret_of(request, keeper), entered.signer.bin))
    return answer


def _page(
    request: AnyRequest, pages: Pages, wanted: str, status: int = 200, problem: str | None = None
) -> Response[str]:
    return pages.answer(request, "accounts/sign-in.html", status=status, next=wanted, problem=problem)


def _capacities(request: AnyRequest, keeper: Keeper, people: People) -> dict[str, SignedIn]:
    """Return the capacities of who is signed in, by the value that stands for each in the form."""
    session = keeper.session(secret_of(request, keeper))
    if session is None:
        return {}
    person = session.person
    known = people.capacities(person.iin, session.firm, person.name)
    return {f"{each.role}:{each.organisation or each.post or ''}": each for each in known}


def _choice(
    request: AnyRequest, pages: Pages, known: dict[str, SignedIn], wanted: str, refused: bool = False
) -> Response[str]:
    status = _UNPROCESSABLE if refused else 200
    return pages.answer(
        request, "accounts/capacity.html", status=status, capacities=known, next=wanted, refused=refused
    )


def _origin(request: AnyRequest, keeper: Keeper, entrance: Entrance) -> str:
    """Return the portal's own address, or where none is set, as this browser says; a proxy may have taken https away.

    Who asks may say any host: only an address that is set keeps another site from having its own challenge signed.
    """
    return entrance.origin or f"{'https' if keeper.secure else 'http'}://{request.headers.get('host', '')}"

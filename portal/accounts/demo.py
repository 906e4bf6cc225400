"""Signing in as one of the demo cast, without a key. The routes exist in demo mode only."""

from collections.abc import Mapping

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect
from msgspec import Struct

from portal.access import Permission, Role, may
from portal.accounts.routes import SEE_OTHER, local_address, secret_of
from portal.accounts.sessions import Keeper
from portal.demo.cast import PARTICIPANTS, PERSONS
from portal.pages import Pages
from portal.views import SignedIn

_UNPROCESSABLE = 422


class SignInForm(Struct, frozen=True):
    person: str = ""
    next: str = ""


class DemoSignIn(Controller):
    path = "/demo/sign-in"
    opt = {"need": Permission.SEE_PUBLIC_PAGES}  # noqa: RUF012

    @get(name="demo-sign-in", sync_to_thread=True)
    def ask(
        self,
        request: Request[SignedIn | None, None, State],
        pages: NamedDependency[Pages],
        next: FromQuery[str] = "",
    ) -> Response[str]:
        return pages.answer(request, "accounts/sign-in.html", people=people(), next=next, refused=False)

    @post(name="demo-sign-in-as", sync_to_thread=True)
    def sign_in(
        self,
        request: Request[SignedIn | None, None, State],
        data: URLEncodedBody[SignInForm],
        pages: NamedDependency[Pages],
        keeper: NamedDependency[Keeper],
    ) -> Response[str] | Redirect:
        person = people().get(data.person)
        if person is None:
            return pages.answer(
                request, "accounts/sign-in.html", status=_UNPROCESSABLE, people=people(), next=data.next, refused=True
            )
        answer = Redirect(local_address(data.next or _first_page(person)), status_code=SEE_OTHER)
        answer.set_cookie(keeper.begin(person, previous=secret_of(request, keeper)))
        return answer


def people() -> Mapping[str, SignedIn]:
    """Return those of the cast whose role has pages, by key."""
    names = {participant.identifier: participant.name for participant in PARTICIPANTS.values()}
    cast = {
        key: SignedIn(
            iin=person.iin,
            name=person.name,
            role=Role(person.role),
            organisation=person.organisation,
            organisation_name=names[person.organisation] if person.organisation else None,
            post=person.post,
        )
        for key, person in PERSONS.items()
    }
    return {key: person for key, person in cast.items() if _first_page(person) != "/"}


def _first_page(person: SignedIn) -> str:
    """Return where somebody of this role begins; those whose role has no pages yet would see the first page only."""
    if may(person, Permission.READ_DECLARATIONS):
        return "/declarations"
    return "/officer/declarations" if may(person, Permission.READ_EVIDENCE) else "/"

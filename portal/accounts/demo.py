"""Signing in as one of the demo cast, without a key. The routes exist in demo mode only."""

from collections.abc import Mapping

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect
from msgspec import Struct

from portal.access import Permission, Role
from portal.accounts.places import SEE_OTHER, first_page, local_address, secret_of
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
        return pages.answer(request, "accounts/demo-sign-in.html", people=people(), next=next, refused=False)

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
                request,
                "accounts/demo-sign-in.html",
                status=_UNPROCESSABLE,
                people=people(),
                next=data.next,
                refused=True,
            )
        address = local_address(data.next) if data.next else first_page(request, person)
        answer = Redirect(address, status_code=SEE_OTHER)
        answer.set_cookie(keeper.begin(person, secret_of(request, keeper), person.organisation))
        return answer


def people() -> Mapping[str, SignedIn]:
    """Return the cast, by key."""
    names = {participant.identifier: participant.name for participant in PARTICIPANTS.values()}
    return {
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

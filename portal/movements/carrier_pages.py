"""A carrier's own movements: notify a crossing, follow it, answer an enquiry."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Stream

from declarations.movements.lifecycle import Action
from portal.access import Permission
from portal.form_fields import Given
from portal.judging import for_participant
from portal.live import Live, answer
from portal.movements.errors import MovementRefused
from portal.movements.forms import SEE_OTHER, PersonRequest, border_posts, last_position, notice_of, one, show
from portal.movements.mapping import map_of
from portal.movements.model import Wanted
from portal.movements.service import Movements
from portal.pages import Pages, file_answer, go, language_of

Sent = URLEncodedBody[dict[str, Any]]
_MOVEMENT = "/{number:str}"


class CarrierPages(Controller):
    path = "/movements"
    opt = {"need": Permission.CARRY}  # noqa: RUF012

    @get(name="own-movements", sync_to_thread=True)
    def listed(
        self, request: PersonRequest, pages: NamedDependency[Pages], movements: NamedDependency[Movements]
    ) -> Response[str]:
        """List the carrier's movements."""
        return show(request, pages, movements, "own.html", {}, lines=movements.of_carrier(request.user))

    @get("/new", name="notify-crossing", sync_to_thread=True)
    def form(
        self, request: PersonRequest, pages: NamedDependency[Pages], movements: NamedDependency[Movements]
    ) -> Response[str]:
        """Show the form of a notification."""
        return _form(request, pages, movements, {})

    @post("/new", name="send-notification", status_code=SEE_OTHER, sync_to_thread=True)
    def notify(
        self,
        request: PersonRequest,
        data: Sent,
        pages: NamedDependency[Pages],
        movements: NamedDependency[Movements],
    ) -> Response[str] | Redirect:
        """Take a notification; the gateway judges it at once."""
        try:
            number = movements.notify(request.user, notice_of(data))
        except MovementRefused as refused:
            return _form(request, pages, movements, data, refused)
        return go(request, "own-movement", number=number)

    @get(_MOVEMENT, name="own-movement", sync_to_thread=True)
    def one(
        self,
        request: PersonRequest,
        number: FromPath[str],
        pages: NamedDependency[Pages],
        movements: NamedDependency[Movements],
    ) -> Response[str]:
        """Show a movement: where it stands, what is to be done, what customs said."""
        return _movement(request, pages, movements, number, {})

    @post(f"{_MOVEMENT}/explain", name="explain-movement", status_code=SEE_OTHER, sync_to_thread=True)
    def explain(
        self,
        request: PersonRequest,
        number: FromPath[str],
        data: Sent,
        pages: NamedDependency[Pages],
        movements: NamedDependency[Movements],
    ) -> Response[str] | Redirect:
        """Answer why the goods have not arrived."""
        wanted = Wanted(number=number, action=Action.EXPLAIN, expected=one(data, "expected"), text=one(data, "text"))
        try:
            movements.do(request.user, wanted)
        except MovementRefused as refused:
            return _movement(request, pages, movements, number, data, refused)
        return go(request, "own-movement", number=number)

    @get(f"{_MOVEMENT}/notices/{{sequence:int}}", name="movement-notice", sync_to_thread=True)
    def notice(
        self,
        request: PersonRequest,
        number: FromPath[str],
        sequence: FromPath[int],
        movements: NamedDependency[Movements],
    ) -> Response[bytes]:
        """Send a notice as customs sealed it, as a file."""
        return file_answer(movements.notice(request.user, number, sequence), f"{number}-{sequence}.xml")


class CarrierLive(Controller):
    path = "/live/movements"
    opt = {"need": Permission.CARRY}  # noqa: RUF012

    @get(_MOVEMENT, name="live-own-movement", sync_to_thread=False)
    def live(
        self,
        request: PersonRequest,
        number: FromPath[str],
        movements: NamedDependency[Movements],
        live: NamedDependency[Live],
    ) -> Stream:
        """Tell a carrier of every change of one of the own movements."""
        if not movements.holds(request.user, number):
            raise NotFoundException
        return answer(live, request.user, lambda subject: subject.partition("/")[0] == number)


def _form(
    request: PersonRequest, pages: Pages, movements: Movements, given: Given, refused: MovementRefused | None = None
) -> Response[str]:
    borders = border_posts(movements.now())
    return show(request, pages, movements, "notify.html", given, refused, borders=borders)


def _movement(
    request: PersonRequest,
    pages: Pages,
    movements: Movements,
    number: str,
    given: Given,
    refused: MovementRefused | None = None,
) -> Response[str]:
    dossier = movements.dossier(request.user, number)
    language = language_of(request)
    told = [for_participant(each, language) for each in dossier.judgements[-1:]]
    return show(
        request,
        pages,
        movements,
        "own_movement.html",
        given,
        refused,
        dossier=dossier,
        told=told[0] if told else None,
        drawing=map_of(language, movements.now(), dossier.movement, dossier.state, alarm=False),
        position=last_position(dossier.state),
    )

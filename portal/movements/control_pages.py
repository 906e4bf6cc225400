"""The pages of the posts: movements that leave and reach them, alarms live, one form for every move."""

from typing import Any, Final

import anyio.to_thread
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, MultipartBody
from litestar.response import Redirect, Stream

from declarations.movements.lifecycle import Action
from declarations.movements.model import posts_of
from portal.access import Permission
from portal.casework.errors import CaseRefused
from portal.form_fields import Given
from portal.live import Live, answer
from portal.movements.forms import SEE_OTHER, PersonRequest, last_position, show, uploads_of, wanted_of
from portal.movements.mapping import map_of, map_of_post
from portal.movements.service import Movements
from portal.pages import Pages, file_answer, go, language_of

_MOVEMENT: Final = "/{number:str}"
BY_SLUG: Final = {each.value.replace(" ", "-"): each for each in Action}


class ControlPages(Controller):
    path = "/control/movements"
    opt = {"need": Permission.WORK_MOVEMENTS}  # noqa: RUF012

    @get(name="movements", sync_to_thread=True)
    def listed(
        self, request: PersonRequest, pages: NamedDependency[Pages], movements: NamedDependency[Movements]
    ) -> Response[str]:
        """Show the movements of the post on the network, with the alarms that stand."""
        lines = movements.of_post(request.user)
        drawing = map_of_post(
            language_of(request), movements.now(), [(each.movement, each.state, bool(each.alarms)) for each in lines]
        )
        return show(request, pages, movements, "post.html", {}, lines=lines, drawing=drawing, last=last_position)

    @get(_MOVEMENT, name="movement", sync_to_thread=True)
    def one(
        self,
        request: PersonRequest,
        number: FromPath[str],
        pages: NamedDependency[Pages],
        movements: NamedDependency[Movements],
    ) -> Response[str]:
        """Show a movement with its alarms, its timeline, what the gateway says, and what can be done."""
        return _movement(request, pages, movements, number, {})

    @post(f"{_MOVEMENT}/do/{{action:str}}", name="move-movement", status_code=SEE_OTHER)
    async def do(
        self,
        request: PersonRequest,
        data: MultipartBody[dict[str, Any]],
        number: FromPath[str],
        action: FromPath[str],
        pages: NamedDependency[Pages],
        movements: NamedDependency[Movements],
    ) -> Response[str] | Redirect:
        """Make a move."""
        uploads = await uploads_of(data)

        def move() -> Response[str] | Redirect:
            dossier = movements.dossier(request.user, number)
            if action not in BY_SLUG:
                raise NotFoundException
            try:
                wanted = wanted_of(dossier.movement, BY_SLUG[action], data, movements.operators(), files=uploads)
                movements.do(request.user, wanted)
            except CaseRefused as refused:
                return _movement(request, pages, movements, number, {**data, "action": action}, refused)
            return go(request, "movement", number=number)

        return await anyio.to_thread.run_sync(move)

    @get(f"{_MOVEMENT}/notices/{{sequence:int}}", name="post-movement-notice", sync_to_thread=True)
    def notice(
        self,
        request: PersonRequest,
        number: FromPath[str],
        sequence: FromPath[int],
        movements: NamedDependency[Movements],
    ) -> Response[bytes]:
        """Send a notice as it was sealed, as a file."""
        return file_answer(movements.notice(request.user, number, sequence), f"{number}-{sequence}.xml")

    @get(f"{_MOVEMENT}/files/{{file:str}}", name="movement-file", sync_to_thread=True)
    def file(
        self,
        request: PersonRequest,
        number: FromPath[str],
        file: FromPath[str],
        movements: NamedDependency[Movements],
    ) -> Response[bytes]:
        """Send a file that an inspector kept, such as the picture of a scan."""
        info, content = movements.file(request.user, number, file)
        return file_answer(content, f"{info.id}{_ending(info.name)}", info.media_type)


class ControlLive(Controller):
    path = "/live/control"
    opt = {"need": Permission.WORK_MOVEMENTS}  # noqa: RUF012

    @get(name="live-movements", sync_to_thread=False)
    def all(self, request: PersonRequest, live: NamedDependency[Live]) -> Stream:
        """Tell an official of every change of movements that leave or reach the own post."""
        post = request.user.post
        return answer(live, request.user, lambda subject: post in posts_of(subject.partition("/")[0]))

    @get(_MOVEMENT, name="live-movement", sync_to_thread=False)
    def one(self, request: PersonRequest, number: FromPath[str], live: NamedDependency[Live]) -> Stream:
        """Tell an official of every change of one movement of the own post."""
        if request.user.post not in posts_of(number):
            raise NotFoundException
        return answer(live, request.user, lambda subject: subject.partition("/")[0] == number)


def _movement(
    request: PersonRequest,
    pages: Pages,
    movements: Movements,
    number: str,
    given: Given,
    refused: CaseRefused | None = None,
) -> Response[str]:
    dossier = movements.dossier(request.user, number)
    language = language_of(request)
    standing = [each for each in dossier.alarms if each.withdrawn_at is None]
    return show(
        request,
        pages,
        movements,
        "movement.html",
        given,
        refused,
        dossier=dossier,
        standing=standing,
        judgement_files=[movements.judgement_file(each, language) for each in reversed(dossier.judgements)],
        operators=movements.operators(),
        drawing=map_of(language, movements.now(), dossier.movement, dossier.state, alarm=bool(standing)),
        position=last_position(dossier.state),
    )


def _ending(name: str) -> str:
    _, dot, ending = name.rpartition(".")
    return f".{ending}" if dot and ending.isalnum() else ""

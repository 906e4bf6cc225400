"""Pages of profiles: what needs the analyst, the list, one profile, and the steps of its life."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect
from msgspec import Struct, structs

from portal.access import Permission
from portal.analyst import pictures
from portal.analyst.asking import SEE_OTHER, AnalystRequest, refusals, show
from portal.analyst.composing import one
from portal.analyst.forms import Wrong
from portal.analyst.needs import Needs
from portal.analyst.steering import Line, Opened, Steering
from portal.analyst.words import section
from portal.errors import NotFound
from portal.pages import Pages, file_answer, go, language_of, wants_fragment
from risk_gateway import profile_toml
from risk_gateway.desk import Move, Status
from risk_gateway.errors import RiskGatewayError
from risk_gateway.profiles import Block, Level
from risk_gateway.sentences import sentence
from risk_gateway.validation import well_formed

ROWS_ON_PAGE: Final = 50
REASON_MOST: Final = 2_000
SEARCHED_MOST: Final = 60
IN_FORCE, ALARMED = "in-force", "alarm"
STEPS: Final[Mapping[str, Move]] = {
    "check": Move.VALIDATE,
    "submit": Move.SUBMIT,
    "approve": Move.APPROVE,
    "decline": Move.RETURN,
    "suspend": Move.SUSPEND,
    "end": Move.EXPIRE,
}
REASONED: Final = (Move.RETURN, Move.SUSPEND, Move.EXPIRE, Move.SUBMIT)


class Choice(Struct, frozen=True):
    """What the list is narrowed to; `status` is one of a version, "in-force" or "alarm"."""

    search: str = ""
    block: str = ""
    status: str = ""
    level: str = ""
    owner: str = ""

    def query(self, after: str = "", **changes: Any) -> str:
        wanted = structs.replace(self, **changes)
        parts = {name: getattr(wanted, name) for name in self.__struct_fields__} | {"after": after}
        return "?" + urlencode({name: value for name, value in parts.items() if value})

    @property
    def narrowed(self) -> bool:
        return any(getattr(self, name) for name in self.__struct_fields__)

    def takes(self, line: Line) -> bool:
        profile, wanted = line.profile, self.search.casefold()
        texts = (profile.code, profile.title.kk, profile.title.ru, profile.title.en, *profile.posts)
        return (
            any(wanted in text.casefold() for text in texts)
            and self.block in ("", profile.block)
            and self.level in ("", profile.level)
            and self.owner in ("", profile.author)
            and self._has_status(line)
        )

    def _has_status(self, line: Line) -> bool:
        if self.status == IN_FORCE:
            return line.judging is not None
        if self.status == ALARMED:
            return bool(line.refused or (line.record and line.record.alarm))
        return self.status in ("", line.status)


class ProfilePages(Controller):
    path = "/risk"
    opt = {"need": Permission.STEER_RISK}  # noqa: RUF012

    @get(name="needs-you", sync_to_thread=True)
    def needs(
        self, request: AnalystRequest, pages: NamedDependency[Pages], needs: NamedDependency[Needs]
    ) -> Response[str]:
        """Show what waits for this analyst, and every alarm."""
        return show(request, pages, "needs.html", needs=needs.of(request.user))

    @get("/profiles", name="profiles", sync_to_thread=True)
    def profiles(
        self,
        request: AnalystRequest,
        pages: NamedDependency[Pages],
        steering: NamedDependency[Steering],
        search: FromQuery[str] = "",
        block: FromQuery[str] = "",
        status: FromQuery[str] = "",
        level: FromQuery[str] = "",
        owner: FromQuery[str] = "",
        after: FromQuery[str] = "",
    ) -> Response[str]:
        """Show a page of the profiles, or with htmx only the list."""
        chosen = Choice(search.strip()[:SEARCHED_MOST], block, status, level, owner)
        every = steering.lines(request.user)
        fitting = [line for line in every if chosen.takes(line)]
        rows = [line for line in fitting if line.profile.code > after][: ROWS_ON_PAGE + 1]
        return show(
            request,
            pages,
            "_list.html" if wants_fragment(request) else "list.html",
            rows=rows[:ROWS_ON_PAGE],
            total=len(fitting),
            chosen=chosen,
            after=after,
            next_after=rows[ROWS_ON_PAGE - 1].profile.code if len(rows) > ROWS_ON_PAGE else None,
            blocks=list(Block),
            levels=list(Level),
            statuses=list(Status),
            owners=sorted({line.profile.author: line.owner for line in every}.items(), key=lambda each: each[1]),
        )

    @get("/profiles/{code:str}", name="profile", sync_to_thread=True)
    def profile(
        self,
        request: AnalystRequest,
        code: FromPath[str],
        pages: NamedDependency[Pages],
        steering: NamedDependency[Steering],
        version: FromQuery[int | None] = None,
    ) -> Response[str]:
        return _show_profile(request, pages, steering, steering.open(request.user, code, version), ())

    @get("/profiles/{code:str}/{version:int}/file", name="profile-file", sync_to_thread=True)
    def file(
        self, request: AnalystRequest, code: FromPath[str], version: FromPath[int], steering: NamedDependency[Steering]
    ) -> Response[bytes]:
        """Return a version as analysts exchange it."""
        opened = steering.open(request.user, code, version)
        text = profile_toml.write([opened.profile])
        return file_answer(text.encode(), f"{opened.profile.code}-{version}.toml", "application/toml")

    @get("/profiles/{code:str}/{version:int}/{step:str}", name="profile-step", sync_to_thread=True)
    def ask(
        self,
        request: AnalystRequest,
        code: FromPath[str],
        version: FromPath[int],
        step: FromPath[str],
        pages: NamedDependency[Pages],
        steering: NamedDependency[Steering],
    ) -> Response[str]:
        """Ask for a step, showing what it leads to."""
        return _show_step(request, pages, steering, steering.open(request.user, code, version), step, ())

    @post("/profiles/{code:str}/{version:int}/{step:str}", name="take-step", status_code=SEE_OTHER, sync_to_thread=True)
    def take(
        self,
        request: AnalystRequest,
        code: FromPath[str],
        version: FromPath[int],
        step: FromPath[str],
        data: URLEncodedBody[dict[str, Any]],
        pages: NamedDependency[Pages],
        steering: NamedDependency[Steering],
    ) -> Response[str] | Redirect:
        move, reason = _move(step), one(data, "reason")[:REASON_MOST]
        try:
            steering.take(request.user, code, version, move, reason)
        except RiskGatewayError as error:
            opened = steering.open(request.user, code, version)
            if getattr(error, "code", "") in ("move-reason", "move-ends-earlier"):
                return _show_step(
                    request, pages, steering, opened, step, [Wrong("reason", section("trouble")["reason"])]
                )
            if move is Move.VALIDATE:
                return _show_profile(request, pages, steering, opened, refusals(error, "steps"))
            return _show_step(request, pages, steering, opened, step, refusals(error), reason)
        return go(request, "profile", f"?version={version}", code=code)


def _move(step: str) -> Move:
    if step not in STEPS:
        raise NotFound("request.not_found")
    return STEPS[step]


def _show_profile(
    request: AnalystRequest, pages: Pages, steering: Steering, opened: Opened, wrong: Any
) -> Response[str]:
    language = language_of(request)
    return show(
        request,
        pages,
        "profile.html",
        wrong=wrong,
        opened=opened,
        profile=opened.profile,
        told=told_in(opened, language, steering.today()),
        others={name: told_in(opened, name, steering.today()) for name in ("kk", "ru", "en") if name != language},
        mine=request.user.iin == opened.profile.author,
        months=pictures.months(opened.health, language),
        precisions=pictures.precisions(opened.health, language),
        reported=pictures.of_report(opened.report, language) if opened.report else (),
        hindrance=refusals(opened.hinders)[0].text.into(language) if opened.hinders else None,
    )


def told_in(opened: Opened, language: str, day: date) -> str | None:
    """Return the plain sentence, None for a profile that cannot be said."""
    return sentence(opened.profile, language, day) if well_formed(opened.profile) else None


def _show_step(
    request: AnalystRequest, pages: Pages, steering: Steering, opened: Opened, step: str, wrong: Any, reason: str = ""
) -> Response[str]:
    move, language = _move(step), language_of(request)
    return show(
        request,
        pages,
        "step.html",
        wrong=wrong,
        opened=opened,
        profile=opened.profile,
        told=told_in(opened, language, steering.today()),
        step=step,
        reason=reason,
        asks_reason=move in REASONED,
        must_reason=move in (Move.RETURN, Move.SUSPEND, Move.EXPIRE) or (move is Move.SUBMIT and opened.ends_earlier),
        allowed=move in opened.moves,
        own=move is Move.APPROVE and _is_own(request, opened),
        reported=pictures.of_report(opened.report, language) if opened.report else (),
        hindrance=refusals(opened.hinders)[0].text.into(language) if opened.hinders else None,
    )


def _is_own(request: AnalystRequest, opened: Opened) -> bool:
    submitters = [each.step.actor for each in opened.steps if each.step.status == Status.SUBMITTED]
    return request.user.iin in (opened.profile.author, *submitters[-1:])

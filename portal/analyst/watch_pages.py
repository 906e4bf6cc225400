"""Pages of what analysts watch beside profiles: the random stratum, capacity, and the fraud models."""

from datetime import date
from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect

from portal.access import Permission
from portal.analyst import pictures
from portal.analyst.asking import SEE_OTHER, AnalystRequest, refusals, show
from portal.analyst.composing import one
from portal.analyst.form_pages import days_of
from portal.analyst.forms import Wrong
from portal.analyst.steering import Steering
from portal.analyst.watching import INSPECTIONS_MOST, TooManyCases, Watching
from portal.analyst.words import section
from portal.pages import Pages, go, language_of
from risk_gateway.errors import KnowledgeTampered, RiskGatewayError


class WatchPages(Controller):
    path = "/risk"
    opt = {"need": Permission.STEER_RISK}  # noqa: RUF012

    @get("/random", name="random-stratum", sync_to_thread=True)
    def stratum(
        self,
        request: AnalystRequest,
        pages: NamedDependency[Pages],
        watching: NamedDependency[Watching],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
    ) -> Response[str]:
        """Show what declarations drawn at random tell of all of them."""
        given, wrong = days_of({"first": first, "last": last})
        days = watching.days(*given)
        drawn = None
        if not wrong:
            try:
                drawn = watching.stratum(days)
            except TooManyCases:
                wrong = [Wrong("first", section("trouble")["too-many"])]
        language = language_of(request)
        return show(
            request,
            pages,
            "stratum.html",
            wrong=wrong,
            days=days,
            first=first or days.first.isoformat(),
            last=last or days.last.isoformat(),
            drawn=drawn,
            chart=pictures.stratum(drawn.sample, drawn.estimate, language) if drawn and drawn.sample.drawn else None,
        )

    @get("/capacity", name="post-capacity", sync_to_thread=True)
    def capacity(
        self,
        request: AnalystRequest,
        pages: NamedDependency[Pages],
        steering: NamedDependency[Steering],
        watching: NamedDependency[Watching],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
    ) -> Response[str]:
        """Show what each post had to do, and what the weekdays will bring."""
        return _show_capacity(request, pages, steering, watching, {"first": first, "last": last}, [])

    @post("/capacity", name="set-capacity", status_code=SEE_OTHER, sync_to_thread=True)
    def set_capacity(
        self,
        request: AnalystRequest,
        data: URLEncodedBody[dict[str, Any]],
        pages: NamedDependency[Pages],
        steering: NamedDependency[Steering],
        watching: NamedDependency[Watching],
    ) -> Response[str] | Redirect:
        begins, inspections, wrong = _capacity_of(data, steering.today())
        if not wrong:
            try:
                if watching.set_capacity(request.user, one(data, "post"), begins, inspections):
                    return go(request, "post-capacity")
                wrong = [Wrong("post", section("trouble")["post"])]
            except RiskGatewayError as error:
                wrong = refusals(error)
        return _show_capacity(request, pages, steering, watching, data, wrong)

    @get("/models", name="fraud-models", sync_to_thread=True)
    def models(
        self, request: AnalystRequest, pages: NamedDependency[Pages], watching: NamedDependency[Watching]
    ) -> Response[str]:
        """Show the models, how they compare, and whether the world has moved away from the champion."""
        return _show_models(request, pages, watching, [])

    @post("/models/{version:str}", name="move-model", status_code=SEE_OTHER, sync_to_thread=True)
    def move(
        self,
        request: AnalystRequest,
        version: FromPath[str],
        data: URLEncodedBody[dict[str, Any]],
        pages: NamedDependency[Pages],
        watching: NamedDependency[Watching],
    ) -> Response[str] | Redirect:
        """Take a model one step up, or withdraw it."""
        try:
            watching.move(request.user, version, retire=one(data, "move") == "retire")
        except RiskGatewayError as error:
            return _show_models(request, pages, watching, refusals(error))
        return go(request, "fraud-models")


def _capacity_of(data: dict[str, Any], today: date) -> tuple[date, int, list[Wrong]]:
    wrong: list[Wrong] = []
    text = one(data, "inspections")
    inspections = int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else -1
    if not 0 <= inspections <= INSPECTIONS_MOST:
        wrong.append(Wrong("inspections", section("trouble")["inspections"]))
    try:
        begins = date.fromisoformat(one(data, "begins")) if one(data, "begins") else today
    except ValueError:
        begins = date.min
    if begins < today:
        wrong.append(Wrong("begins", section("trouble")["past"]))
    return begins, inspections, wrong


def _show_capacity(
    request: AnalystRequest,
    pages: Pages,
    steering: Steering,
    watching: Watching,
    data: dict[str, Any],
    wrong: list[Wrong],
) -> Response[str]:
    language = language_of(request)
    given, unread = days_of(data)
    days = watching.days(*given)
    found = []
    if not unread:
        try:
            found = watching.posts(request.user, days)
        except TooManyCases:
            unread = [Wrong("first", section("trouble")["too-many"])]
    return show(
        request,
        pages,
        "capacity.html",
        wrong=[*wrong, *unread],
        days=days,
        first=one(data, "first") or days.first.isoformat(),
        last=one(data, "last") or days.last.isoformat(),
        posts=[(each, pictures.post(each, language)) for each in found],
        offices=steering.offices(request.user, language),
        given={name: one(data, name) for name in ("post", "inspections", "begins")},
        today=steering.today().isoformat(),
    )


def _show_models(request: AnalystRequest, pages: Pages, watching: Watching, wrong: list[Wrong]) -> Response[str]:
    language = language_of(request)
    measured, trouble = None, ""
    try:
        measured = watching.drift()
    except TooManyCases:
        trouble = section("trouble")["too-many"].into(language)
    except KnowledgeTampered as error:
        trouble = error.text(language)
    return show(
        request,
        pages,
        "models.html",
        wrong=wrong,
        models=watching.models(request.user),
        compared=watching.compared(),
        measured=measured,
        trouble=trouble,
        drift=pictures.drift(measured, language) if measured and measured.drifts else None,
        calibration=pictures.calibration(measured, language) if measured else None,
    )

"""Pages of participants and of powers of attorney."""

from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect

from declarations.participants import Participant, PowerOfAttorney
from portal.access import Permission
from portal.admin import words
from portal.admin.errors import Refused
from portal.admin.forms import SEARCH_MOST, SEE_OTHER, AdminRequest, Search, day, many, one, show
from portal.admin.registers import Registers, state_of
from portal.errors import NotFound
from portal.form_fields import Given
from portal.pages import Pages, go


class ParticipantPages(Controller):
    path = "/admin/participants"
    opt = {"need": Permission.ADMINISTER}  # noqa: RUF012

    @get(name="participants", sync_to_thread=True)
    def listed(
        self,
        request: AdminRequest,
        pages: NamedDependency[Pages],
        registers: NamedDependency[Registers],
        search: FromQuery[str] = "",
        role: FromQuery[str] = "",
        page: FromQuery[int] = 1,
    ) -> Response[str]:
        """List who takes part in foreign trade."""
        wanted = Search(text=search.strip()[:SEARCH_MOST], role=role if role in words.FIRM_ROLES else "")
        found, categories = registers.participants(text=wanted.text, role=wanted.role, number=page)
        return show(
            request,
            pages,
            "participants.html",
            {},
            found=found,
            categories=categories,
            wanted=wanted,
            query={"search": wanted.text, "role": wanted.role},
        )

    @get("/new", name="new-participant", sync_to_thread=True)
    def form(
        self, request: AdminRequest, pages: NamedDependency[Pages], registers: NamedDependency[Registers]
    ) -> Response[str]:
        return show(request, pages, "new_participant.html", {}, today=registers.today())

    @post("/new", name="add-participant", status_code=SEE_OTHER, sync_to_thread=True)
    def add(
        self,
        request: AdminRequest,
        data: URLEncodedBody[dict[str, Any]],
        pages: NamedDependency[Pages],
        registers: NamedDependency[Registers],
    ) -> Response[str] | Redirect:
        """Record a participant."""
        identifier = one(data, "identifier").replace(" ", "")
        try:
            registers.add(request.user, _participant(identifier, data))
        except Refused as refused:
            return show(request, pages, "new_participant.html", data, refused, today=registers.today())
        return go(request, "participant", identifier=identifier)

    @get("/{identifier:str}", name="participant", sync_to_thread=True)
    def participant(
        self,
        request: AdminRequest,
        identifier: FromPath[str],
        pages: NamedDependency[Pages],
        registers: NamedDependency[Registers],
    ) -> Response[str]:
        """Show what is recorded of a participant."""
        return _record(request, pages, registers, identifier, {})

    @post("/{identifier:str}", name="change-participant", status_code=SEE_OTHER, sync_to_thread=True)
    def change(
        self,
        request: AdminRequest,
        identifier: FromPath[str],
        data: URLEncodedBody[dict[str, Any]],
        pages: NamedDependency[Pages],
        registers: NamedDependency[Registers],
    ) -> Response[str] | Redirect:
        """Change name, roles or day of registration."""
        registers.record(identifier)
        try:
            registers.change(request.user, _participant(identifier, data))
        except Refused as refused:
            return _record(request, pages, registers, identifier, data, refused)
        return go(request, "participant", identifier=identifier)


class PowerPages(Controller):
    opt = {"need": Permission.ADMINISTER}  # noqa: RUF012

    @get("/admin/powers", name="powers", sync_to_thread=True)
    def listed(
        self,
        request: AdminRequest,
        pages: NamedDependency[Pages],
        registers: NamedDependency[Registers],
        search: FromQuery[str] = "",
        status: FromQuery[str] = "valid",
        page: FromQuery[int] = 1,
    ) -> Response[str]:
        """List powers of attorney, the first to end first."""
        wanted = Search(text=search.strip()[:SEARCH_MOST], state=status if status in words.POWER_STATES else "")
        found = registers.powers(text=wanted.text, state=wanted.state, number=page)
        return show(
            request,
            pages,
            "powers.html",
            {},
            found=found,
            wanted=wanted,
            today=registers.today(),
            state_of=state_of,
            query={"search": wanted.text, "status": wanted.state or "all"},
        )

    @get("/admin/powers/new", name="new-power", sync_to_thread=True)
    def form(
        self,
        request: AdminRequest,
        pages: NamedDependency[Pages],
        registers: NamedDependency[Registers],
        principal: FromQuery[str] = "",
    ) -> Response[str]:
        given = {"principal": principal, "valid_from": registers.today().isoformat(), "scope": ["IM", "EX", "TT"]}
        return show(request, pages, "new_power.html", given)

    @post("/admin/powers/new", name="grant-power", status_code=SEE_OTHER, sync_to_thread=True)
    def grant(
        self,
        request: AdminRequest,
        data: URLEncodedBody[dict[str, Any]],
        pages: NamedDependency[Pages],
        registers: NamedDependency[Registers],
    ) -> Response[str] | Redirect:
        """Record a power of attorney."""
        try:
            wish = _wish(data)
            registers.grant(request.user, wish)
        except Refused as refused:
            return show(request, pages, "new_power.html", data, refused)
        return _to_power(request, wish)

    @get("/admin/powers/one", name="power", sync_to_thread=True)
    def power(
        self,
        request: AdminRequest,
        pages: NamedDependency[Pages],
        registers: NamedDependency[Registers],
        principal: FromQuery[str] = "",
        agent: FromQuery[str] = "",
        number: FromQuery[str] = "",
    ) -> Response[str]:
        """Show a power of attorney, and the forms that give it another end. Its number may hold any character."""
        return _power(request, pages, registers, {"principal": principal, "agent": agent, "number": number})

    @post("/admin/powers/one", name="change-power", status_code=SEE_OTHER, sync_to_thread=True)
    def change(
        self,
        request: AdminRequest,
        data: URLEncodedBody[dict[str, Any]],
        pages: NamedDependency[Pages],
        registers: NamedDependency[Registers],
    ) -> Response[str] | Redirect:
        """Give it another last day, or revoke it from a day on."""
        seen = _seen(registers, data)
        try:
            if one(data, "what") == "revoke":
                registers.revoke(request.user, seen, day(data, "revoked_on"))
            else:
                registers.set_end(request.user, seen, day(data, "valid_to"))
        except Refused as refused:
            return _power(request, pages, registers, data, refused)
        return _to_power(request, seen)


def _participant(identifier: str, data: Given) -> Participant:
    """Return what the form asks for. Raises Refused for a day that is none."""
    registered = day(data, "registered_on")
    if registered is None:
        raise Refused("registered", "registered_on")
    name = " ".join(one(data, "name").split())
    return Participant(identifier, name, many(data, "roles"), registered)


def _wish(data: Given) -> PowerOfAttorney:
    """Return what the form asks for. Raises Refused for days that are none."""
    first, last = day(data, "valid_from"), day(data, "valid_to")
    if first is None:
        raise Refused("power-from", "valid_from")
    if last is None:
        raise Refused("power-to", "valid_to")
    return PowerOfAttorney(
        principal=one(data, "principal").replace(" ", ""),
        agent=one(data, "agent").replace(" ", ""),
        number=one(data, "number"),
        valid_from=first,
        valid_to=last,
        scope=many(data, "scope"),
    )


def _seen(registers: Registers, data: Given) -> PowerOfAttorney:
    """Return the power of attorney with the end that stood on the page when the form was sent. Raises NotFound."""
    found, _names = registers.power(one(data, "principal"), one(data, "agent"), one(data, "number"))
    shown_to, shown_revoked = day(data, "seen_to"), day(data, "seen_revoked")
    if shown_to is None:
        raise NotFound("request.not_found")
    return PowerOfAttorney(
        principal=found.principal,
        agent=found.agent,
        number=found.number,
        valid_from=found.valid_from,
        valid_to=shown_to,
        scope=found.scope,
        revoked_on=shown_revoked,
    )


def _record(
    request: AdminRequest,
    pages: Pages,
    registers: Registers,
    identifier: str,
    data: Given,
    refused: Refused | None = None,
) -> Response[str]:
    record = registers.record(identifier)
    given = data or {
        "name": record.participant.name,
        "roles": sorted(record.participant.roles),
        "registered_on": record.participant.registered_on.isoformat(),
    }
    return show(
        request,
        pages,
        "participant.html",
        given,
        refused,
        record=record,
        today=registers.today(),
        state_of=state_of,
    )


def _power(
    request: AdminRequest, pages: Pages, registers: Registers, data: Given, refused: Refused | None = None
) -> Response[str]:
    power, names = registers.power(one(data, "principal"), one(data, "agent"), one(data, "number"))
    today = registers.today()
    given = {"valid_to": power.valid_to.isoformat(), "revoked_on": today.isoformat(), **(data if refused else {})}
    return show(
        request,
        pages,
        "power.html",
        given,
        refused,
        power=power,
        names=names,
        today=today,
        state=state_of(power, today),
    )


def _to_power(request: AdminRequest, power: PowerOfAttorney) -> Redirect:
    query = urlencode({"principal": power.principal, "agent": power.agent, "number": power.number})
    return go(request, "power", f"?{query}")

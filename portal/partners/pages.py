"""The pages of partners, for administrators, and of the log of who asked about whom, for auditors."""

from datetime import date, datetime
from typing import Any, Final

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect

from interop.disclosure import ALWAYS, HASHABLE
from interop.exchange_store import DEAD, WAITING
from portal.access import Permission
from portal.form_fields import Given
from portal.pages import Pages, go, language_of
from portal.partners import forms, words
from portal.partners.errors import Refused
from portal.partners.forms import one
from portal.partners.sample import preview
from portal.partners.service import PartnerDesk, Wanted
from portal.partners.showing import PROPOSAL, SEE_OTHER, Desk, OfficialRequest, Shown, show
from risk_gateway.bases.violations.kinds import kinds
from risk_gateway.days import begins

SEARCH_MOST: Final = 120

Sent = URLEncodedBody[dict[str, Any]]


class PartnerPages(Controller):
    path = "/administration/partners"
    opt = {"need": Permission.ADMINISTER}  # noqa: RUF012

    @get(name="partners", sync_to_thread=True)
    def listed(self, request: OfficialRequest, pages: Shown, partner_desk: Desk) -> Response[str]:
        """List the partners and how the exchange with each goes."""
        return show(request, pages, "list.html", {}, found=partner_desk.listed(), now=partner_desk.now())

    @get("/new", name="new-partner", sync_to_thread=True)
    def form(self, request: OfficialRequest, pages: Shown) -> Response[str]:
        return show(request, pages, "new.html", {"per_minute": "600"})

    @post("/new", name="add-partner", status_code=SEE_OTHER, sync_to_thread=True)
    def add(self, request: OfficialRequest, data: Sent, pages: Shown, partner_desk: Desk) -> Response[str] | Redirect:
        """Record a partner, switched off until its keys and its policy are there."""
        try:
            wish = forms.new_partner(data)
            partner_desk.add(request.user, wish)
        except Refused as refused:
            return show(request, pages, "new.html", data, refused)
        return go(request, "partner", partner=wish.id)

    @get("/{partner:str}", name="partner", sync_to_thread=True)
    def partner(
        self, request: OfficialRequest, partner: FromPath[str], pages: Shown, partner_desk: Desk
    ) -> Response[str]:
        """Show a partner: how the exchange goes, its particulars, keys and policy."""
        return _partner(request, pages, partner_desk, partner)

    @post("/{partner:str}", name="change-partner", status_code=SEE_OTHER, sync_to_thread=True)
    def change(
        self, request: OfficialRequest, partner: FromPath[str], data: Sent, pages: Shown, partner_desk: Desk
    ) -> Response[str] | Redirect:
        """Change name, country, address or rate."""
        before = partner_desk.partner(partner)
        try:
            waits = partner_desk.change(request.user, forms.with_particulars(before, data), one(data, "seen"))
        except Refused as refused:
            return _partner(request, pages, partner_desk, partner, data, refused)
        return go(request, PROPOSAL if waits else "partner", partner=partner)

    @post("/{partner:str}/active", name="switch-partner", status_code=SEE_OTHER, sync_to_thread=True)
    def switch(
        self, request: OfficialRequest, partner: FromPath[str], data: Sent, pages: Shown, partner_desk: Desk
    ) -> Response[str] | Redirect:
        """Let the exchange with a partner begin or rest."""
        try:
            waits = partner_desk.switch(request.user, partner, on=one(data, "active") == "yes")
        except Refused as refused:
            return _partner(request, pages, partner_desk, partner, {}, refused)
        return go(request, PROPOSAL if waits else "partner", partner=partner)

    @post("/{partner:str}/keys", name="add-partner-key", status_code=SEE_OTHER, sync_to_thread=True)
    def add_key(
        self, request: OfficialRequest, partner: FromPath[str], data: Sent, pages: Shown, partner_desk: Desk
    ) -> Response[str] | Redirect:
        """Add a key; those that the partner has go on to count."""
        partner_desk.partner(partner)
        try:
            waits = partner_desk.add_key(request.user, partner, forms.pem_of(data))
        except Refused as refused:
            return _partner(request, pages, partner_desk, partner, data, refused)
        return go(request, PROPOSAL if waits else "partner", partner=partner)

    @post("/{partner:str}/keys/{key:str}/remove", name="remove-partner-key", status_code=SEE_OTHER, sync_to_thread=True)
    def remove_key(
        self,
        request: OfficialRequest,
        partner: FromPath[str],
        key: FromPath[str],
        pages: Shown,
        partner_desk: Desk,
    ) -> Response[str] | Redirect:
        """Let a key count no more, at once."""
        try:
            partner_desk.remove_key(request.user, partner, key)
        except Refused as refused:
            return _partner(request, pages, partner_desk, partner, {}, refused)
        return go(request, "partner", partner=partner)


class PolicyPages(Controller):
    path = "/administration/partners/{partner:str}/policy"
    opt = {"need": Permission.ADMINISTER}  # noqa: RUF012

    @get(name="partner-policy", sync_to_thread=True)
    def policy(
        self, request: OfficialRequest, partner: FromPath[str], pages: Shown, partner_desk: Desk
    ) -> Response[str]:
        """Show what a partner may be told, and what would leave of a sample."""
        return _policy(request, pages, partner_desk, partner, forms.typed_policy(partner_desk.partner(partner).policy))

    @post(name="set-policy", status_code=SEE_OTHER, sync_to_thread=True)
    def set(
        self, request: OfficialRequest, partner: FromPath[str], data: Sent, pages: Shown, partner_desk: Desk
    ) -> Response[str] | Redirect:
        """Put a policy into force, or only show what would leave under it."""
        before = partner_desk.partner(partner)
        try:
            wish = forms.with_policy(before, data)
            if one(data, "what") == "preview":
                return _policy(request, pages, partner_desk, partner, data)
            waits = partner_desk.change(request.user, wish, one(data, "seen"))
        except Refused as refused:
            return _policy(request, pages, partner_desk, partner, data, refused)
        return go(request, PROPOSAL if waits else "partner-policy", partner=partner)


class PartnerMessagePages(Controller):
    path = "/administration/partners/{partner:str}/messages"
    opt = {"need": Permission.ADMINISTER}  # noqa: RUF012

    @get(name="partner-messages", sync_to_thread=True)
    def messages(
        self,
        request: OfficialRequest,
        partner: FromPath[str],
        pages: Shown,
        partner_desk: Desk,
        status: FromQuery[str] = DEAD,
        page: FromQuery[int] = 1,
    ) -> Response[str]:
        """Show what waits for a partner, or its dead letters."""
        return _messages(request, pages, partner_desk, partner, WAITING if status == WAITING else DEAD, page)

    @post("/replay", name="replay-all", status_code=SEE_OTHER, sync_to_thread=True)
    def replay_all(
        self, request: OfficialRequest, partner: FromPath[str], pages: Shown, partner_desk: Desk
    ) -> Response[str] | Redirect:
        """Let all dead letters of a partner be sent again."""
        try:
            partner_desk.replay_all(request.user, partner)
        except Refused as refused:
            return _messages(request, pages, partner_desk, partner, DEAD, 1, refused)
        return go(request, "partner-messages", f"?status={WAITING}", partner=partner)

    @get("/{message:str}/replay", name="dead-letter", sync_to_thread=True)
    def confirm(
        self,
        request: OfficialRequest,
        partner: FromPath[str],
        message: FromPath[str],
        pages: Shown,
        partner_desk: Desk,
    ) -> Response[str]:
        """Show a dead letter, and ask whether it shall be sent again."""
        shown = partner_desk.partner(partner)
        letter = partner_desk.dead_letter(partner, message)
        return show(request, pages, "replay.html", {}, partner=shown, letter=letter)

    @post("/{message:str}/replay", name="replay", status_code=SEE_OTHER, sync_to_thread=True)
    def replay(
        self,
        request: OfficialRequest,
        partner: FromPath[str],
        message: FromPath[str],
        pages: Shown,
        partner_desk: Desk,
    ) -> Response[str] | Redirect:
        """Let a dead letter be sent again."""
        try:
            partner_desk.replay(request.user, partner, message)
        except Refused as refused:
            return _messages(request, pages, partner_desk, partner, DEAD, 1, refused)
        return go(request, "partner-messages", f"?status={WAITING}", partner=partner)


class ExchangeLogPages(Controller):
    opt = {"need": Permission.SEE_EXCHANGE}  # noqa: RUF012

    @get("/exchange-log", name="exchange-log", sync_to_thread=True)
    def log(
        self,
        request: OfficialRequest,
        pages: Shown,
        partner_desk: Desk,
        search: FromQuery[str] = "",
        partner: FromQuery[str] = "",
        answer: FromQuery[str] = "",
        since: FromQuery[str] = "",
        page: FromQuery[int] = 1,
    ) -> Response[str]:
        """Show who asked about whom, for what purpose, and what was answered."""
        text, known = search.strip()[:SEARCH_MOST], answer if answer in words.ANSWERS else ""
        wanted = Wanted(text=text, partner=partner[:SEARCH_MOST], answer=known, first=_first(since))
        log = partner_desk.queries(request.user, wanted, page)
        kept = {"search": text, "partner": wanted.partner, "answer": known, "since": since if wanted.first else ""}
        return show(request, pages, "log.html", {}, log=log, found=log.page, wanted=wanted, query=kept)


def _first(since: str) -> datetime | None:
    """Return the first moment of a day, None for what is no day."""
    try:
        return begins(date.fromisoformat(since))
    except ValueError:
        return None


def _partner(
    request: OfficialRequest,
    pages: Pages,
    partner_desk: PartnerDesk,
    identifier: str,
    given: Given | None = None,
    refused: Refused | None = None,
) -> Response[str]:
    shown = partner_desk.shown(identifier)
    typed = {**forms.typed_particulars(shown.listed.partner), **(given or {})}
    return show(request, pages, "partner.html", typed, refused, shown=shown, partner=shown.listed.partner)


def _policy(
    request: OfficialRequest,
    pages: Pages,
    partner_desk: PartnerDesk,
    identifier: str,
    given: Given,
    refused: Refused | None = None,
) -> Response[str]:
    shown = partner_desk.shown(identifier)
    before = shown.listed.partner
    wish = before if refused else forms.with_policy(before, given)
    language = language_of(request)
    return show(
        request,
        pages,
        "policy.html",
        given,
        refused,
        shown=shown,
        partner=before,
        leaving=preview(wish.policy),
        unsaved=wish != before,
        choices=[name for name in words.FIELDS if name not in ALWAYS | HASHABLE],
        violation_kinds=[(code, kind.words.into(language)) for code, kind in kinds().items()],
    )


def _messages(
    request: OfficialRequest,
    pages: Pages,
    partner_desk: PartnerDesk,
    identifier: str,
    state: str,
    number: int,
    refused: Refused | None = None,
) -> Response[str]:
    shown = partner_desk.shown(identifier)
    found = partner_desk.messages(identifier, state, number)
    context = {"shown": shown, "partner": shown.listed.partner, "found": found, "state": state}
    return show(request, pages, "messages.html", {}, refused, **context, query={"status": state})

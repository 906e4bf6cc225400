"""The pages of a registry officer: what waits, an application, an appeal, the entries."""

from typing import Any

import anyio.to_thread
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, MultipartBody, URLEncodedBody
from litestar.response import Redirect

from portal.access import Permission
from portal.form_fields import whole
from portal.pages import XML, Pages, file_answer, go
from portal.registry.errors import RegistryRefused
from portal.registry.forms import SEARCH_MOST, SEE_OTHER, PersonRequest, Refusal, many, one, show, show_signing
from portal.registry.model import OF_APPLICANTS, Intent, Kind, Prepared
from portal.registry.service import Registry
from portal.signing_forms import hand_in
from risk_gateway.bases.registry.model import Status, Step
from signing.errors import SigningError

Sent = URLEncodedBody[dict[str, Any]]
ADMIT, REFUSE = "admit", "refuse"
_APPLICATION = "/applications/{number:str}"
_ENTRY = "/entries/{participant:str}"
_APPEAL = "/appeals/{number:str}"
_SIGNING = "/statements/{statement:str}"


class RegistryPages(Controller):
    path = "/registry"
    opt = {"need": Permission.KEEP_REGISTRY}  # noqa: RUF012

    @get(name="registry", sync_to_thread=True)
    def worklist(
        self, request: PersonRequest, pages: NamedDependency[Pages], registry: NamedDependency[Registry]
    ) -> Response[str]:
        """Show what waits for a decision, with the criteria side by side."""
        return show(request, pages, registry, "worklist.html", {}, work=registry.worklist(request.user))

    @get(_APPLICATION, name="application-to-registry", sync_to_thread=True)
    def application(
        self,
        request: PersonRequest,
        number: FromPath[str],
        pages: NamedDependency[Pages],
        registry: NamedDependency[Registry],
    ) -> Response[str]:
        """Show an application with all that was found of it."""
        return _application(request, pages, registry, number, {})

    @post(f"{_APPLICATION}/verify", name="verify-application", status_code=SEE_OTHER, sync_to_thread=True)
    def verify(
        self,
        request: PersonRequest,
        number: FromPath[str],
        pages: NamedDependency[Pages],
        registry: NamedDependency[Registry],
    ) -> Response[str] | Redirect:
        """Ask the partners again."""
        try:
            registry.verify_again(request.user, number)
        except RegistryRefused as refused:
            return _application(request, pages, registry, number, {}, refused)
        return go(request, "application-to-registry", number=number)

    @post(f"{_APPLICATION}/decide", name="decide-application", status_code=SEE_OTHER, sync_to_thread=True)
    def decide(
        self,
        request: PersonRequest,
        number: FromPath[str],
        data: Sent,
        pages: NamedDependency[Pages],
        registry: NamedDependency[Registry],
    ) -> Response[str] | Redirect:
        """Keep a decision as it is to be signed."""
        intent = Intent(
            kind=Kind.DECISION,
            participant="",
            application=number,
            round=whole(data, "round"),
            granted=one(data, "decision") == ADMIT,
            reasons=many(data, "reasons"),
            waiver=one(data, "waiver"),
            text=one(data, "text"),
        )
        try:
            prepared = registry.prepare(request.user, intent)
        except RegistryRefused as refused:
            return _application(request, pages, registry, number, data, refused)
        return go(request, "sign-as-officer", statement=prepared.id)

    @get("/entries", name="registry-entries", sync_to_thread=True)
    def entries(
        self,
        request: PersonRequest,
        pages: NamedDependency[Pages],
        registry: NamedDependency[Registry],
        search: FromQuery[str] = "",
        status: FromQuery[str] = "",
    ) -> Response[str]:
        """List who is and was in the registry."""
        wanted = Status(status) if status in Status.__members__ else None
        found = registry.entries(request.user, search[:SEARCH_MOST], wanted)
        given = {"search": search[:SEARCH_MOST], "status": wanted.value if wanted else ""}
        return show(request, pages, registry, "entries.html", given, entries=found)

    @get(_ENTRY, name="registry-entry", sync_to_thread=True)
    def entry(
        self,
        request: PersonRequest,
        participant: FromPath[str],
        pages: NamedDependency[Pages],
        registry: NamedDependency[Registry],
    ) -> Response[str]:
        """Show an entry with its history, and what can be done with it."""
        return _entry(request, pages, registry, participant, {})

    @post(f"{_ENTRY}/step", name="step-entry", status_code=SEE_OTHER, sync_to_thread=True)
    def step(
        self,
        request: PersonRequest,
        participant: FromPath[str],
        data: Sent,
        pages: NamedDependency[Pages],
        registry: NamedDependency[Registry],
    ) -> Response[str] | Redirect:
        """Keep a suspension, exclusion or return as it is to be signed."""
        step = one(data, "step")
        intent = Intent(
            kind=Kind.STEP,
            participant=participant,
            step=Step(step) if step in Step.__members__ else None,
            after=whole(data, "after"),
            reasons=many(data, f"reason-{step}"),
            text=one(data, f"text-{step}"),
        )
        try:
            prepared = registry.prepare(request.user, intent)
        except RegistryRefused as refused:
            return _entry(request, pages, registry, participant, data, refused)
        return go(request, "sign-as-officer", statement=prepared.id)

    @get(_APPEAL, name="registry-appeal", sync_to_thread=True)
    def appeal(
        self,
        request: PersonRequest,
        number: FromPath[str],
        pages: NamedDependency[Pages],
        registry: NamedDependency[Registry],
    ) -> Response[str]:
        """Show an appeal, and what it is against."""
        return _appeal(request, pages, registry, number, {})

    @post(f"{_APPEAL}/decide", name="decide-registry-appeal", status_code=SEE_OTHER, sync_to_thread=True)
    def decide_appeal(
        self,
        request: PersonRequest,
        number: FromPath[str],
        data: Sent,
        pages: NamedDependency[Pages],
        registry: NamedDependency[Registry],
    ) -> Response[str] | Redirect:
        """Keep a decision on an appeal as it is to be signed."""
        intent = Intent(
            kind=Kind.APPEAL_DECISION,
            participant="",
            appeal=number,
            granted=one(data, "decision") == "uphold",
            text=one(data, "text"),
        )
        try:
            prepared = registry.prepare(request.user, intent)
        except RegistryRefused as refused:
            return _appeal(request, pages, registry, number, data, refused)
        return go(request, "sign-as-officer", statement=prepared.id)

    @get(_SIGNING, name="sign-as-officer", sync_to_thread=True)
    def sign_page(
        self,
        request: PersonRequest,
        statement: FromPath[str],
        pages: NamedDependency[Pages],
        registry: NamedDependency[Registry],
    ) -> Response[str]:
        """Show a prepared decision and have it signed."""
        return _sign_page(request, pages, registry, _prepared(request, registry, statement))

    @get(f"{_SIGNING}/document", name="officer-document", sync_to_thread=True)
    def document(
        self, request: PersonRequest, statement: FromPath[str], registry: NamedDependency[Registry]
    ) -> Response[bytes]:
        """Send the exact bytes that are to be signed."""
        return Response(_prepared(request, registry, statement).document, media_type=XML)

    @post(_SIGNING, name="take-from-officer", status_code=SEE_OTHER)
    async def take(
        self,
        request: PersonRequest,
        data: MultipartBody[dict[str, Any]],
        statement: FromPath[str],
        pages: NamedDependency[Pages],
        registry: NamedDependency[Registry],
    ) -> Response[str] | Redirect:
        """Take the signed decision: from here it holds at every post."""
        prepared = await anyio.to_thread.run_sync(_prepared, request, registry, statement)
        try:
            await hand_in(data, registry.accept, request.user, statement)
        except (RegistryRefused, SigningError) as error:
            return await anyio.to_thread.run_sync(_sign_page, request, pages, registry, prepared, error)
        return Redirect(_subject(request, prepared.intent), status_code=SEE_OTHER)

    @get("/signed/{statement:str}", name="officer-signed", sync_to_thread=True)
    def signed(
        self, request: PersonRequest, statement: FromPath[str], registry: NamedDependency[Registry]
    ) -> Response[bytes]:
        """Send a statement as it was signed, as a file."""
        return file_answer(registry.statement(request.user, statement), f"registry-{statement[:8]}.xml")


def _prepared(request: PersonRequest, registry: Registry, statement: str) -> Prepared:
    """Return what this officer prepared. Raises what is not found."""
    try:
        prepared = registry.prepared(request.user, statement)
    except RegistryRefused:
        raise NotFoundException from None
    if prepared.intent.kind in OF_APPLICANTS:
        raise NotFoundException
    return prepared


def _application(
    request: PersonRequest,
    pages: Pages,
    registry: Registry,
    number: str,
    given: dict[str, Any],
    refused: Refusal | None = None,
) -> Response[str]:
    page = registry.application(request.user, number)
    return show(request, pages, registry, "officer_application.html", given, refused, page=page)


def _entry(
    request: PersonRequest,
    pages: Pages,
    registry: Registry,
    participant: str,
    given: dict[str, Any],
    refused: Refusal | None = None,
) -> Response[str]:
    page = registry.entry(request.user, participant)
    return show(request, pages, registry, "entry.html", given, refused, page=page)


def _appeal(
    request: PersonRequest,
    pages: Pages,
    registry: Registry,
    number: str,
    given: dict[str, Any],
    refused: Refusal | None = None,
) -> Response[str]:
    page = registry.appeal(request.user, number)
    return show(request, pages, registry, "appeal.html", given, refused, page=page)


def _sign_page(
    request: PersonRequest, pages: Pages, registry: Registry, prepared: Prepared, refused: Refusal | None = None
) -> Response[str]:
    back = _subject(request, prepared.intent)
    return show_signing(request, pages, registry, prepared, refused, official=True, back=back)


def _subject(request: PersonRequest, intent: Intent) -> str:
    """Return the address of what a decision is about."""
    if intent.kind is Kind.DECISION:
        return request.app.route_reverse("application-to-registry", number=intent.application)
    if intent.kind is Kind.APPEAL_DECISION:
        return request.app.route_reverse("registry-appeal", number=intent.appeal)
    return request.app.route_reverse("registry-entry", participant=intent.participant)

"""The inspection act: what an inspector saw, prepared as a statement, and signed with the inspector's own key."""

from collections.abc import Sequence
from typing import Any, Final

import anyio.to_thread
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State, UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, MultipartBody
from litestar.response import Redirect

from declarations.lifecycle import Action, StatementKind, Status
from portal.access import Permission
from portal.addresses import ADDRESS, DECLARATION, Address
from portal.casework.errors import CaseRefused
from portal.casework.model import Case, InspectionAct, ItemResult, Prepared, ProfileResult, Upload, Writing
from portal.desk import forms
from portal.desk.actions import CONFLICT, SEE_OTHER, UNPROCESSABLE, told
from portal.desk.cases import about
from portal.desk.forms import Wrong
from portal.desk.service import Desk
from portal.form_fields import Given as Fields
from portal.form_fields import one, tiyn_of
from portal.languages import marked as _
from portal.pages import XML, Pages, language_of
from portal.signing_forms import hand_in
from portal.views import SignedIn
from risk_gateway.model import Finding
from risk_gateway.profiles import Extent, Motive
from signing.errors import SigningError

BODY_MOST: Final = 40_000_000  # pictures together, and the form around them
ITEMS_MOST: Final = 100  # of which something can be said one by one
LINE_MOST, PLACE_MOST = 500, 200
FOUND, NOT_FOUND = "found", "nothing"
_ACT: Final = f"/cases{DECLARATION}/act"

OfficerRequest = Request[SignedIn, None, State]


class ActPages(Controller):
    path = "/desk"
    opt = {"need": Permission.SIGN_ACTS}  # noqa: RUF012
    dependencies = ADDRESS

    @get(_ACT, name="case-act", sync_to_thread=True)
    def ask(
        self,
        request: OfficerRequest,
        address: NamedDependency[Address],
        pages: NamedDependency[Pages],
        desk: NamedDependency[Desk],
    ) -> Response[str] | Redirect:
        """Show the form of an act; when none is to be written now, the case."""
        case = desk.casework.case(request.user, address.number)
        if not _may_write(case):
            return Redirect(request.app.route_reverse("case", **address.parts()), status_code=SEE_OTHER)
        extent = case.decision.inspection_extent
        fields = {"expected": case.status.value, "extent": extent.value if extent else ""}
        return _form(request, pages, desk, address, case, fields)

    @post(_ACT, name="prepare-act", status_code=SEE_OTHER, request_max_body_size=BODY_MOST)
    async def prepare(
        self,
        request: OfficerRequest,
        data: MultipartBody[dict[str, Any]],
        address: NamedDependency[Address],
        pages: NamedDependency[Pages],
        desk: NamedDependency[Desk],
    ) -> Response[str] | Redirect:
        """Keep the files and the act as it is to be signed."""
        uploads = [Upload(each.filename, await each.read()) for each in _uploads(data)]
        return await anyio.to_thread.run_sync(_prepare, request, pages, desk, address, data, uploads)

    @get(f"{_ACT}/{{statement:str}}", name="sign-act", sync_to_thread=True)
    def sign_page(
        self,
        request: OfficerRequest,
        address: NamedDependency[Address],
        statement: FromPath[str],
        pages: NamedDependency[Pages],
        desk: NamedDependency[Desk],
    ) -> Response[str]:
        """Show a prepared act and have it signed."""
        return _sign_page(request, pages, desk, address, _prepared(request, desk, address, statement))

    @get(f"{_ACT}/{{statement:str}}/document", name="act-document", sync_to_thread=True)
    def document(
        self,
        request: OfficerRequest,
        address: NamedDependency[Address],
        statement: FromPath[str],
        desk: NamedDependency[Desk],
    ) -> Response[bytes]:
        """Send the exact bytes that are to be signed."""
        return Response(_prepared(request, desk, address, statement).document, media_type=XML)

    @post(f"{_ACT}/{{statement:str}}", name="take-act", status_code=SEE_OTHER)
    async def sign(
        self,
        request: OfficerRequest,
        data: MultipartBody[dict[str, Any]],
        address: NamedDependency[Address],
        statement: FromPath[str],
        pages: NamedDependency[Pages],
        desk: NamedDependency[Desk],
    ) -> Response[str] | Redirect:
        """Take the signed act: it becomes part of the case, and its results reach the profiles."""
        prepared = await anyio.to_thread.run_sync(_prepared, request, desk, address, statement)
        try:
            await hand_in(data, desk.casework.accept, request.user, statement)
        except (CaseRefused, SigningError) as error:
            return await anyio.to_thread.run_sync(_sign_page, request, pages, desk, address, prepared, error)
        return Redirect(request.app.route_reverse("case", **address.parts()), status_code=SEE_OTHER)


def _may_write(case: Case) -> bool:
    return any(move.action is Action.SIGN_ACT for move in case.moves)


def _uploads(fields: Fields) -> Sequence[UploadFile]:
    given = fields.get("files", [])
    return [
        each
        for each in (given if isinstance(given, list) else [given])
        if isinstance(each, UploadFile) and each.filename
    ]


def _prepared(request: OfficerRequest, desk: Desk, address: Address, statement: str) -> Prepared:
    """Return the act that this person prepared in this case. Raises what is not found."""
    prepared = desk.casework.prepared(request.user, statement)
    if prepared.number != address.number:
        raise NotFoundException
    return prepared


def _prepare(
    request: OfficerRequest, pages: Pages, desk: Desk, address: Address, fields: Fields, uploads: Sequence[Upload]
) -> Response[str] | Redirect:
    person = request.user
    case = desk.casework.case(person, address.number)
    if wrong := _wrong(case, fields):
        return _form(request, pages, desk, address, case, fields, wrong)
    writing = Writing(
        kind=StatementKind.INSPECTION_ACT,
        expected=Status(one(fields, "expected")),
        text=one(fields, "text"),
        files=tuple(uploads),
        act=_act(case, fields),
    )
    try:
        prepared = desk.casework.prepare(person, address.number, writing)
    except CaseRefused as error:
        return _form(request, pages, desk, address, case, fields, refused=error)
    there = request.app.route_reverse("sign-act", statement=prepared.id, **address.parts())
    return Redirect(there, status_code=SEE_OTHER)


def led_to_it(case: Case) -> tuple[Finding, ...]:
    """Return the findings whose profiles are to be answered: those that were acted upon, each profile once."""
    findings = case.assessment.findings if case.assessment else ()
    return tuple({each.profile: each for each in findings if each.selected}.values())


def inspected_items(case: Case) -> tuple[int, ...]:
    """Return the items that were ordered to be inspected, all of them when the whole declaration was."""
    ordered = [each for each in case.decision.measures if each.extent is not None]
    named = sorted({item for measure in ordered for item in measure.items})
    whole = range(1, case.stored.item_count + 1)
    return tuple(named or whole)[:ITEMS_MOST]


def _act(case: Case, fields: Fields) -> InspectionAct:
    motive = one(fields, "motive")
    return InspectionAct(
        extent=Extent(one(fields, "extent")),
        place=one(fields, "place"),
        measured=one(fields, "measured"),
        items=tuple(
            ItemResult(number, bool(one(fields, f"item-{number}-found")), one(fields, f"item-{number}"))
            for number in inspected_items(case)
            if one(fields, f"item-{number}") or one(fields, f"item-{number}-found")
        ),
        results=tuple(
            ProfileResult(finding.profile, one(fields, f"result-{finding.profile}") == FOUND)
            for finding in led_to_it(case)
        ),
        amount_tiyn=tiyn_of(one(fields, "amount"), forms.AMOUNT_MOST) or 0,
        motive=Motive(motive) if motive else None,
    )


def _wrong(case: Case, fields: Fields) -> list[Wrong]:
    wrong = []
    if one(fields, "expected") != case.status.value or not _may_write(case):
        wrong.append(Wrong("expected", _("The case has gone on meanwhile. Open it again")))
    if one(fields, "extent") not in Extent.__members__.values():
        wrong.append(Wrong("extent", _("Choose how much was inspected")))
    if not 0 < len(one(fields, "place")) <= PLACE_MOST:
        wrong.append(Wrong("place", _("Say where the goods were inspected")))
    if not 0 < len(one(fields, "measured")) <= forms.TEXT_MOST:
        wrong.append(Wrong("measured", _("Say what was counted, weighed or measured")))
    for number in inspected_items(case):
        text = one(fields, f"item-{number}")
        if one(fields, f"item-{number}-found") and not text:
            wrong.append(Wrong(f"item-{number}", _("Say what is wrong with item %(item)s"), {"item": str(number)}))
        if len(text) > LINE_MOST:
            wrong.append(Wrong(f"item-{number}", _("Write at most %(most)s characters"), {"most": str(LINE_MOST)}))
    for finding in led_to_it(case):
        if one(fields, f"result-{finding.profile}") not in (FOUND, NOT_FOUND):
            wrong.append(
                Wrong(
                    f"result-{finding.profile}",
                    _("Say for %(profile)s whether what it looks for was found"),
                    {"profile": finding.profile},
                )
            )
    wrong += _wrong_sums(case, fields)
    if len(one(fields, "text")) > forms.TEXT_MOST:
        wrong.append(Wrong("text", _("Write at most %(most)s characters"), {"most": str(forms.TEXT_MOST)}))
    return wrong


def _wrong_sums(case: Case, fields: Fields) -> list[Wrong]:
    wrong = []
    amount, motive = one(fields, "amount"), one(fields, "motive")
    if amount and tiyn_of(amount, forms.AMOUNT_MOST) is None:
        wrong.append(Wrong("amount", _("Enter a sum in tenge, such as 125 000.50")))
    if motive and motive not in Motive.__members__.values():
        wrong.append(Wrong("motive", _("Choose from the list")))
    found = any(one(fields, f"result-{finding.profile}") == FOUND for finding in led_to_it(case))
    found = found or any(one(fields, f"item-{number}-found") for number in inspected_items(case))
    if found and not motive:
        wrong.append(Wrong("motive", _("Choose what kind of violation it is")))
    if not found and (motive or tiyn_of(amount, forms.AMOUNT_MOST)):
        wrong.append(Wrong("motive", _("Nothing was found: leave kind and sum empty, or say where it was found")))
    return wrong


def _form(
    request: OfficerRequest,
    pages: Pages,
    desk: Desk,
    address: Address,
    case: Case,
    fields: Fields,
    wrong: Sequence[Wrong] = (),
    refused: CaseRefused | None = None,
) -> Response[str]:
    file = desk.goods(request.user, address.number, language_of(request))
    if file is None:
        raise NotFoundException
    gone_on = any(each.field == "expected" for each in wrong)
    view = file.reasoning.view
    titles = {note.profile: note.title for note in view.notes} if view else {}
    return pages.answer(
        request,
        "desk/act.html",
        status=CONFLICT if gone_on else UNPROCESSABLE if wrong or refused else 200,
        **about(request, desk, case),
        **told(fields, wrong, refused, language_of(request)),
        address=address.parts(),
        extents=list(Extent),
        motives=list(Motive),
        findings=led_to_it(case),
        titles=titles,
        goods=[item for item in file.page.items if item.sequence in inspected_items(case)],
        not_listed=case.stored.item_count - len(inspected_items(case)),
    )


def _sign_page(
    request: OfficerRequest,
    pages: Pages,
    desk: Desk,
    address: Address,
    prepared: Prepared,
    refused: CaseRefused | SigningError | None = None,
) -> Response[str]:
    return pages.answer(
        request,
        "desk/sign-act.html",
        status=UNPROCESSABLE if refused else 200,
        **about(request, desk, desk.casework.case(request.user, address.number)),
        **told({}, (), refused, language_of(request)),
        address=address.parts(),
        prepared=prepared,
    )

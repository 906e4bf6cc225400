"""What officers do with a case: one form for every move of the table, and the proposal of a milder lane."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from declarations.errors import DeclarationsError
from declarations.lifecycle import Action, Move, Status
from portal import amending
from portal.access import Permission
from portal.addresses import ADDRESS, DECLARATION, Address
from portal.casework import reasons
from portal.casework.errors import CaseRefused
from portal.casework.model import Case, Proposal, Wanted
from portal.desk import forms
from portal.desk import words as desk_words
from portal.desk.cases import about
from portal.desk.forms import Wrong
from portal.desk.service import Desk
from portal.errors import AmendmentRefused
from portal.form_fields import Given as Fields
from portal.form_fields import one
from portal.languages import KAZAKHSTAN_TIME
from portal.languages import marked as _
from portal.pages import Pages, language_of
from portal.problems import text_of
from portal.views import SignedIn
from risk_gateway.profiles import Extent, Outcome
from signing.errors import SigningError

SEE_OTHER: Final = 303
CONFLICT, UNPROCESSABLE = 409, 422
_CASE: Final = f"/cases{DECLARATION}"
_OF_CORRECTIONS: Final = frozenset({Action.GRANT_AMENDMENT, Action.DENY_AMENDMENT})
_MOVED_MEANWHILE: Final = "case.moved_meanwhile"

OfficerRequest = Request[SignedIn, None, State]
Refused = CaseRefused | AmendmentRefused | DeclarationsError | SigningError


class ActionPages(Controller):
    path = "/desk"
    opt = {"need": Permission.WORK_CASES}  # noqa: RUF012
    dependencies = ADDRESS

    @get(f"{_CASE}/do/{{action:str}}", name="case-action", sync_to_thread=True)
    def ask(
        self,
        request: OfficerRequest,
        address: NamedDependency[Address],
        action: FromPath[str],
        pages: NamedDependency[Pages],
        desk: NamedDependency[Desk],
    ) -> Response[str] | Redirect:
        """Show the form of an action; when it is not possible any more, the case."""
        case = desk.casework.case(request.user, address.number)
        wanted = _action(action)
        move = _move_of(case, wanted)
        if move is None:
            return Redirect(_case_address(request, address), status_code=SEE_OTHER)
        limit = desk.casework.suggested_limit() if move.limit else None
        local = limit.astimezone(KAZAKHSTAN_TIME) if limit else None
        fields = {
            "expected": case.status.value,
            "limit": local.date().isoformat() if local else "",
            "hour": f"{local:%H:%M}" if local else "",
        }
        return _form(request, pages, desk, address, case, move, fields)

    @post(f"{_CASE}/do/{{action:str}}", name="do-case-action", status_code=SEE_OTHER, sync_to_thread=True)
    def do(
        self,
        request: OfficerRequest,
        data: URLEncodedBody[dict[str, Any]],
        address: NamedDependency[Address],
        action: FromPath[str],
        pages: NamedDependency[Pages],
        desk: NamedDependency[Desk],
    ) -> Response[str] | Redirect:
        """Make the move, and return to the case; or say what is wrong, with the form as it was filled in."""
        person, wanted = request.user, _action(action)
        case = desk.casework.case(person, address.number)
        move = _move_of(case, wanted)
        if move is None:
            return _gone_on(request, pages, desk, address, case, wanted)
        filled = forms.read(
            move, data, address.number, desk.casework.mover(person), case.stored.item_count, desk.clock.now()
        )
        if filled.wanted is None:
            return _form(request, pages, desk, address, case, move, data, filled.wrong)
        try:
            _make(desk, filled.wanted)
        except CaseRefused as error:
            if error.code == _MOVED_MEANWHILE:
                return _gone_on(request, pages, desk, address, desk.casework.case(person, address.number), wanted)
            return _form(request, pages, desk, address, case, move, data, refused=error)
        except (AmendmentRefused, DeclarationsError, SigningError) as error:
            return _form(request, pages, desk, address, case, move, data, refused=error)
        return Redirect(_case_address(request, address), status_code=SEE_OTHER)

    @get(f"{_CASE}/downgrade", name="case-downgrade", sync_to_thread=True)
    def ask_for_milder(
        self,
        request: OfficerRequest,
        address: NamedDependency[Address],
        pages: NamedDependency[Pages],
        desk: NamedDependency[Desk],
    ) -> Response[str] | Redirect:
        """Show the form on which a milder lane is proposed."""
        case = desk.casework.case(request.user, address.number)
        if not case.may_propose:
            return Redirect(_case_address(request, address), status_code=SEE_OTHER)
        return _milder(request, pages, desk, address, case, {"expected": case.status.value})

    @post(f"{_CASE}/downgrade", name="propose-downgrade", status_code=SEE_OTHER, sync_to_thread=True)
    def propose_milder(
        self,
        request: OfficerRequest,
        data: URLEncodedBody[dict[str, Any]],
        address: NamedDependency[Address],
        pages: NamedDependency[Pages],
        desk: NamedDependency[Desk],
    ) -> Response[str] | Redirect:
        """Put a proposal before the chief of post."""
        person = request.user
        case = desk.casework.case(person, address.number)
        if wrong := _wrong_with_milder(case, data):
            return _milder(request, pages, desk, address, case, data, wrong)
        try:
            expected, to = Status(one(data, "expected")), Outcome(one(data, "to"))
            desk.casework.propose(person, address.number, expected, to, one(data, "reason"), one(data, "text"))
        except CaseRefused as error:
            return _milder(request, pages, desk, address, case, data, refused=error)
        return Redirect(_case_address(request, address), status_code=SEE_OTHER)

    @get(
        f"{_CASE}/proposals/{{proposal:int}}",
        name="case-proposal",
        opt={"need": Permission.LEAD_POST},
        sync_to_thread=True,
    )
    def ask_about_proposal(
        self,
        request: OfficerRequest,
        address: NamedDependency[Address],
        proposal: FromPath[int],
        pages: NamedDependency[Pages],
        desk: NamedDependency[Desk],
    ) -> Response[str]:
        """Show a proposal to whoever decides on it."""
        case = desk.casework.case(request.user, address.number)
        return _proposal(request, pages, desk, address, case, _proposal_of(case, proposal), {})

    @post(
        f"{_CASE}/proposals/{{proposal:int}}",
        name="decide-proposal",
        opt={"need": Permission.LEAD_POST},
        status_code=SEE_OTHER,
        sync_to_thread=True,
    )
    def decide_on_proposal(
        self,
        request: OfficerRequest,
        data: URLEncodedBody[dict[str, Any]],
        address: NamedDependency[Address],
        proposal: FromPath[int],
        pages: NamedDependency[Pages],
        desk: NamedDependency[Desk],
    ) -> Response[str] | Redirect:
        """Approve or decline a proposal of somebody else."""
        person = request.user
        case = desk.casework.case(person, address.number)
        found = _proposal_of(case, proposal)
        approve = one(data, "decision") == "approve"
        if not approve and not one(data, "text"):
            wrong = (Wrong("text", _("Write a text")),)
            return _proposal(request, pages, desk, address, case, found, data, wrong)
        try:
            desk.casework.decide(person, address.number, found.id, approve=approve, text=one(data, "text"))
        except CaseRefused as error:
            return _proposal(request, pages, desk, address, case, found, data, refused=error)
        return Redirect(_case_address(request, address), status_code=SEE_OTHER)


def _action(slug: str) -> Action:
    """Return the action of an address such as `request-documents`. Raises `NotFoundException`."""
    found = Action.__members__.get(slug.upper().replace("-", "_"))
    if found is None or found not in desk_words.ACTIONS:
        raise NotFoundException
    return found


def _move_of(case: Case, action: Action) -> Move | None:
    """Return the move of the table by which this person may do this now."""
    return next((move for move in case.moves if move.action is action), None)


def _proposal_of(case: Case, identifier: int) -> Proposal:
    found = next((each for each in case.proposals if each.id == identifier), None)
    if found is None:
        raise NotFoundException
    return found


def _make(desk: Desk, wanted: Wanted) -> None:
    """Make a move of the table. Corrections are decided where they are kept."""
    if wanted.action is Action.GRANT_AMENDMENT:
        amending.grant(desk.office, wanted.number, wanted.by)
    elif wanted.action is Action.DENY_AMENDMENT:
        amending.deny(desk.office, wanted.number, wanted.by, wanted.reason, wanted.text)
    else:
        desk.casework.move(wanted)


def _case_address(request: OfficerRequest, address: Address) -> str:
    return request.app.route_reverse("case", **address.parts())


def _form(
    request: OfficerRequest,
    pages: Pages,
    desk: Desk,
    address: Address,
    case: Case,
    move: Move,
    fields: Fields,
    wrong: Sequence[Wrong] = (),
    refused: Refused | None = None,
) -> Response[str]:
    action = move.action
    return pages.answer(
        request,
        "desk/action.html",
        status=UNPROCESSABLE if wrong or refused else 200,
        **about(request, desk, case),
        **told(fields, wrong, refused, language_of(request)),
        address=address.parts(),
        action=action,
        slug=action.name.lower().replace("_", "-"),
        move=move,
        said=desk_words.ACTIONS[action],
        reasons=_reasons(action, language_of(request)),
        with_items=action in forms.WITH_ITEMS,
        with_questions=action in forms.WITH_QUESTIONS,
        with_amount=action in forms.WITH_AMOUNT,
        measures=forms.MEASURES if action in forms.WITH_MEASURES else (),
        extents=list(Extent),
        correction=desk.correction(request.user, address.number, language_of(request))
        if action in _OF_CORRECTIONS
        else None,
    )


def _milder(
    request: OfficerRequest,
    pages: Pages,
    desk: Desk,
    address: Address,
    case: Case,
    fields: Fields,
    wrong: Sequence[Wrong] = (),
    refused: Refused | None = None,
) -> Response[str]:
    return pages.answer(
        request,
        "desk/downgrade.html",
        status=UNPROCESSABLE if wrong or refused else 200,
        **about(request, desk, case),
        **told(fields, wrong, refused, language_of(request)),
        address=address.parts(),
        reasons=_reasons(Action.DOWNGRADE, language_of(request)),
    )


def _proposal(
    request: OfficerRequest,
    pages: Pages,
    desk: Desk,
    address: Address,
    case: Case,
    proposal: Proposal,
    fields: Fields,
    wrong: Sequence[Wrong] = (),
    refused: Refused | None = None,
) -> Response[str]:
    return pages.answer(
        request,
        "desk/proposal.html",
        status=UNPROCESSABLE if wrong or refused else 200,
        **about(request, desk, case),
        **told(fields, wrong, refused, language_of(request)),
        address=address.parts(),
        proposal=proposal,
        own=proposal.by_iin == request.user.iin,
    )


def _gone_on(
    request: OfficerRequest, pages: Pages, desk: Desk, address: Address, case: Case, action: Action
) -> Response[str]:
    """Say that somebody else was faster, with the status that the case has now."""
    return pages.answer(
        request,
        "desk/gone-on.html",
        status=CONFLICT,
        **about(request, desk, case),
        address=address.parts(),
        said=desk_words.ACTIONS[action],
        last=next(iter(reversed(desk.casework.history(request.user, address.number))), None),
    )


def told(fields: Fields, wrong: Sequence[Wrong], refused: Refused | None, language: str) -> dict[str, Any]:
    """Return what a form shows again: how it was filled in, and what is wrong with which field."""
    filled: Callable[[str], str] = lambda name: one(fields, name)  # noqa: E731 a template calls it
    return {
        "filled": filled,
        "marked": lambda name: forms.many(fields, name),
        "wrong": wrong,
        "wrong_by_field": {each.field: each for each in reversed(wrong)},
        "refused": _in_words(refused, language) if refused else None,
        "refused_field": (refused.field or "") if isinstance(refused, CaseRefused) else "",
    }


def _in_words(refused: Refused, language: str) -> str:
    if isinstance(refused, AmendmentRefused):
        return text_of(refused, refused.code, language)
    return refused.text(language)


def _reasons(action: Action, language: str) -> list[tuple[str, str]]:
    return [(code, reasons.words(action, code).into(language)) for code in reasons.of(action)]


def _wrong_with_milder(case: Case, fields: Fields) -> list[Wrong]:
    wrong = []
    if one(fields, "to") not in case.may_propose:
        wrong.append(Wrong("to", _("Choose a milder lane")))
    if one(fields, "reason") not in reasons.of(Action.DOWNGRADE):
        wrong.append(Wrong("reason", _("Choose a reason")))
    if not one(fields, "text"):
        wrong.append(Wrong("text", _("Write a text")))
    elif len(one(fields, "text")) > forms.TEXT_MOST:
        wrong.append(
            Wrong("text", _("Write at most %(most)s characters"), {"most": str(forms.TEXT_MOST)}),
        )
    if one(fields, "expected") != case.status.value:
        wrong.append(Wrong("expected", _("The page has grown too old. Open the case again")))
    return wrong

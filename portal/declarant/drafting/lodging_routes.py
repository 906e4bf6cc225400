"""The last pages of a draft: check without lodging, the 54 boxes to look through, signing, and lodging."""

from typing import Any, Final

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State, UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery, MultipartBody
from litestar.response import Redirect
from msgspec import Struct

from portal.access import Permission
from portal.asking import words as register_words
from portal.declarant.drafting.lodging import Outcome, document, examine, lodge
from portal.declarant.drafting.registered import notes
from portal.declarant.drafting.routes import DRAFT, see_other
from portal.declarant.drafting.service import Drafting
from portal.declarant.drafting.sheet import sheet_of
from portal.declarant.drafting.store import Draft
from portal.declarant.drafting.troubles import Trouble, gathered
from portal.pages import XML, Pages, language_of
from portal.signing_forms import FormRefused, signed_bytes
from portal.views import SignedIn

_REFUSED: Final = 422
ITEMS_ON_SHEET: Final = 50

PersonRequest = Request[SignedIn, None, State]


class Signed(Struct):
    signed: UploadFile | None = None


class DraftLodging(Controller):
    path = "/drafts/{draft:str}"
    opt = {"need": Permission.DRAFT_DECLARATIONS}  # noqa: RUF012
    dependencies = DRAFT

    @get("/check", name="check-draft", sync_to_thread=True)
    def check(
        self,
        request: PersonRequest,
        found: NamedDependency[Draft],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
    ) -> Response[str]:
        """Check without lodging: errors, payments, documents needed, what registers say; nothing about risk."""
        examined = examine(drafting, found, language_of(request))
        shown = gathered(examined.troubles)
        return pages.answer(
            request,
            "drafting/check.html",
            draft=found,
            examined=examined,
            gathered=shown,
            registered=notes(drafting, found, examined),
            register_words=register_words,
        )

    @get("/review", name="review-draft", sync_to_thread=True)
    def review(
        self,
        request: PersonRequest,
        found: NamedDependency[Draft],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
        first: FromQuery[int] = 1,
    ) -> Response[str]:
        """Show the declaration as the form of 54 boxes."""
        return self._review(request, pages, drafting, found, first, Outcome())

    @get("/document", name="draft-document", sync_to_thread=True)
    def unsigned(
        self, request: PersonRequest, found: NamedDependency[Draft], drafting: NamedDependency[Drafting]
    ) -> Response[bytes]:
        """Send the exact bytes to sign, dated now."""
        return Response(document(drafting, found), media_type=XML)

    @get(
        "/sign",
        name="sign-draft",
        opt={"need": Permission.LODGE_DECLARATIONS},
        sync_to_thread=True,
    )
    def sign(
        self,
        request: PersonRequest,
        found: NamedDependency[Draft],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
    ) -> Response[str] | Redirect:
        """Ask for the signature; with errors in the draft go back to the review."""
        if found.template:
            raise NotFoundException
        if found.lodged_as is not None:
            return _to_declaration(request, found.lodged_as)
        if examine(drafting, found, language_of(request)).troubles:
            return see_other(request, "review-draft", draft=found.id)
        return pages.answer(request, "drafting/sign.html", draft=found, refused=[], changed=False)

    @post("/lodge", name="lodge-draft", opt={"need": Permission.LODGE_DECLARATIONS})
    async def lodge(
        self,
        request: PersonRequest,
        data: MultipartBody[Signed],
        found: NamedDependency[Draft],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
    ) -> Response[Any]:
        """Lodge what was signed, through the same steps as the API; a refusal loses nothing."""
        if found.template:
            raise NotFoundException
        if found.lodged_as is not None:
            return _to_declaration(request, found.lodged_as)
        language = language_of(request)
        try:
            signed = await signed_bytes(data.signed)
        except FormRefused as refused:
            outcome = Outcome(troubles=(Trouble("", refused.text(language)),), status=_REFUSED)
        else:
            outcome = await lodge(drafting, request.user, found, signed, language)
        if outcome.number is not None:
            return _to_declaration(request, outcome.number)
        if any(trouble.section for trouble in outcome.troubles):
            return self._review(request, pages, drafting, found, 1, outcome)
        refused_texts = [trouble.text for trouble in outcome.troubles]
        return pages.answer(
            request,
            "drafting/sign.html",
            status=_REFUSED,
            draft=found,
            refused=refused_texts,
            changed=outcome.changed,
        )

    def _review(
        self, request: PersonRequest, pages: Pages, drafting: Drafting, draft: Draft, first: int, outcome: Outcome
    ) -> Response[str]:
        language = language_of(request)
        examined = examine(drafting, draft, language)
        troubles = outcome.troubles or examined.troubles
        return pages.answer(
            request,
            "drafting/review.html",
            status=outcome.status,
            draft=draft,
            examined=examined,
            troubles=troubles,
            gathered=gathered(troubles),
            refused=bool(outcome.troubles),
            sheet=sheet_of(examined.content, drafting.codes(), language, first, ITEMS_ON_SHEET),
        )


def _to_declaration(request: PersonRequest, number: str) -> Redirect:
    office, day, serial = number.split("/")
    return see_other(request, "declaration", office=office, day=day, serial=serial)

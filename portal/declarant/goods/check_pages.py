"""A declaration made elsewhere: checked without lodging, opened as a draft, or signed and lodged as it is."""

from typing import Any, Final

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State, UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, MultipartBody
from litestar.response import Redirect
from msgspec import Struct

from portal.access import Permission
from portal.declarant.drafting.service import Drafting
from portal.declarant.goods.sent import OtherDocument, Refused, SentFiles
from portal.declarant.goods.store import Kind, Upload
from portal.languages import marked as _
from portal.pages import Pages, file_answer, language_of
from portal.problems import problem_of
from portal.signing_forms import FormRefused, signed_bytes
from portal.views import SignedIn
from signing.errors import SigningError
from signing.limits import LIMITS
from signing.xmlgate import open_document

SEE_OTHER: Final = 303
UNPROCESSABLE: Final = 422
PersonRequest = Request[SignedIn, None, State]

AS_TOLD = "%(problem)s"  # words that hold what a document says are never taken for markup
NOTHING_SENT = _("Choose the XML file of the declaration")
OTHER = _("You signed another document than the one checked here. Sign the one that the page offers, and send it again")
NOT_YOURS = _(
    "It cannot be opened as a draft: its declarant is not you, nor a principal whose power of attorney is valid today. "
    "Check box 14 in the file"
)


class SentDeclaration(Struct, frozen=True):
    file: UploadFile | None = None


class SignedDeclaration(Struct, frozen=True):
    signed: UploadFile | None = None


class CheckPages(Controller):
    path = "/check"
    opt = {"need": Permission.CHECK_DECLARATIONS}  # noqa: RUF012

    @get(name="check-declaration", sync_to_thread=False)
    def form(self, request: PersonRequest, pages: NamedDependency[Pages]) -> Response[str]:
        return pages.answer(request, "goods/check.html", problem=None)

    @post(name="send-declaration")
    async def send(
        self,
        request: PersonRequest,
        pages: NamedDependency[Pages],
        sent_files: NamedDependency[SentFiles],
        data: MultipartBody[SentDeclaration],
    ) -> Response[Any]:
        """Keep the file, and show what was found in it."""
        content = b"" if data.file is None else await data.file.read(LIMITS.bytes + 1)
        problem: tuple[str, dict[str, str]] = (NOTHING_SENT, {})
        if data.file is not None and content.strip():
            try:
                upload = sent_files.keep_declaration(request.user, data.file.filename, content)
            except SigningError as refused:
                problem = (AS_TOLD, {"problem": problem_of(refused, language_of(request))["detail"]})
            else:
                return Redirect(request.app.route_reverse("checked", upload=upload), status_code=SEE_OTHER)
        return pages.answer(request, "goods/check.html", status=UNPROCESSABLE, problem=problem)

    @get("/{upload:str}", name="checked", sync_to_thread=True)
    def checked(
        self,
        request: PersonRequest,
        upload: FromPath[str],
        pages: NamedDependency[Pages],
        sent_files: NamedDependency[SentFiles],
    ) -> Response[str]:
        """Show all that can be said of the declaration without lodging it."""
        return _page(request, pages, sent_files, _found(sent_files, request.user, upload))

    @get("/{upload:str}/document", name="checked-document", sync_to_thread=True)
    def document(
        self, request: PersonRequest, upload: FromPath[str], sent_files: NamedDependency[SentFiles]
    ) -> Response[bytes]:
        """Send the bytes as they came: they are what is signed."""
        return file_answer(_found(sent_files, request.user, upload).data, f"declaration-{upload[:8]}.xml")

    @post("/{upload:str}/lodge", name="lodge-checked", opt={"need": Permission.LODGE_DECLARATIONS})
    async def lodge(
        self,
        request: PersonRequest,
        upload: FromPath[str],
        pages: NamedDependency[Pages],
        sent_files: NamedDependency[SentFiles],
        data: MultipartBody[SignedDeclaration],
    ) -> Response[Any]:
        """Lodge what was sent signed, or what was now signed of it; when it is refused, nothing is lost."""
        found, language = _found(sent_files, request.user, upload), language_of(request)
        try:
            signed = None if sent_files.is_signed(found) else await signed_bytes(data.signed)
            number = await sent_files.lodge(request.user, found, signed)
        except FormRefused as refused:
            return _page(request, pages, sent_files, found, {"detail": refused.text(language)})
        except OtherDocument:
            return _page(request, pages, sent_files, found, {"marked": OTHER})
        except Refused as refused:
            return _page(request, pages, sent_files, found, problem_of(refused, language))
        office, day, serial = number.split("/")
        address = request.app.route_reverse("declaration", office=office, day=day, serial=serial)
        return Redirect(address, status_code=SEE_OTHER)

    @post(
        "/{upload:str}/draft",
        name="draft-checked",
        opt={"need": Permission.DRAFT_DECLARATIONS},
        sync_to_thread=True,
    )
    def draft(
        self,
        request: PersonRequest,
        upload: FromPath[str],
        pages: NamedDependency[Pages],
        sent_files: NamedDependency[SentFiles],
        drafting: NamedDependency[Drafting],
    ) -> Response[Any]:
        """Open what the document says as a draft, to go on with it in the form."""
        found = _found(sent_files, request.user, upload)
        draft = drafting.from_document(request.user, open_document(found.data).root, found.name)
        if draft is None:
            return _page(request, pages, sent_files, found, {"marked": NOT_YOURS})
        return Redirect(request.app.route_reverse("draft", draft=draft.id), status_code=SEE_OTHER)


def _found(sent_files: SentFiles, person: SignedIn, upload_id: str) -> Upload:
    found = sent_files.find(person, upload_id, Kind.XML)
    if found is None:
        raise NotFoundException
    return found


def _page(
    request: PersonRequest, pages: Pages, sent_files: SentFiles, upload: Upload, problem: dict[str, Any] | None = None
) -> Response[str]:
    """Show the report; `problem` is why what was just tried did not succeed."""
    checked = sent_files.check(request.user, upload, language_of(request))
    status = UNPROCESSABLE if problem else 200
    return pages.answer(request, "goods/checked.html", status=status, checked=checked, problem=problem)

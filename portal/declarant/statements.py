"""What a declarant says to customs of a lodged declaration: an answer, a withdrawal, an appeal, each signed; and
corrections."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import anyio.to_thread
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State, UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, MultipartBody
from litestar.response import Redirect
from msgspec import Struct

from declarations.defects import Defect
from declarations.errors import DeclarationRefused, DeclarationsError
from declarations.lifecycle import Action, StatementKind, Status
from portal.access import Permission
from portal.addresses import ADDRESS, DECLARATION, Address
from portal.casework.errors import CaseNotFound, CaseRefused
from portal.casework.files import ONE_MOST, TOGETHER_MOST
from portal.casework.model import Prepared, Upload, Writing
from portal.declarant.standing import OwnCases, Standing, about
from portal.errors import PortalError
from portal.pages import XML, Pages, file_answer, language_of
from portal.problems import code_of, status_of, text_of
from portal.signing_forms import signed_bytes, signed_file
from portal.views import SignedIn
from signing.errors import SigningError

UNPROCESSABLE: Final = 422
SEE_OTHER: Final = 303
BODY_MOST: Final = TOGETHER_MOST + 1_000_000
FILE_MOST: Final = ONE_MOST + 1
SHOWN_MOST: Final = 50  # defects of one refused correction

PersonRequest = Request[SignedIn, None, State]


class Stated(StrEnum):
    """What is said, as it is called in an address."""

    ANSWER = "answer"
    WITHDRAWAL = "withdrawal"
    APPEAL = "appeal"

    @property
    def action(self) -> Action:
        return {self.ANSWER: Action.SUBMIT, self.WITHDRAWAL: Action.WITHDRAW, self.APPEAL: Action.APPEAL}[self]

    @property
    def kind(self) -> StatementKind:
        return {
            self.ANSWER: StatementKind.SUBMISSION,
            self.WITHDRAWAL: StatementKind.WITHDRAWAL,
            self.APPEAL: StatementKind.APPEAL,
        }[self]


class Refusal(Struct, frozen=True):
    """Why something was not taken. `field` is the input that is to blame, "" where none is."""

    text: str
    field: str = ""
    defects: tuple[Defect, ...] = ()


class StatementPages(Controller):
    path = f"/declarations{DECLARATION}"
    opt = {"need": Permission.STATE}  # noqa: RUF012
    dependencies = ADDRESS

    @get("/state/{what:str}", name="state", sync_to_thread=True)
    def write(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        what: FromPath[str],
        pages: NamedDependency[Pages],
        own_cases: NamedDependency[OwnCases],
        request_id: FromQuery[int | None] = None,
    ) -> Response[str] | Redirect:
        """Show the form of a statement; when it is not possible (any more), the declaration."""
        said, standing = _said(what), _standing(own_cases, request, address)
        if said.action not in standing.actions:
            return _to_declaration(request, address)
        return _form(request, pages, address, standing, said, {"request": request_id})

    @post("/state/{what:str}", name="prepare-statement", status_code=SEE_OTHER, request_max_body_size=BODY_MOST)
    async def prepare(
        self,
        request: PersonRequest,
        data: MultipartBody[dict[str, Any]],
        address: NamedDependency[Address],
        what: FromPath[str],
        pages: NamedDependency[Pages],
        own_cases: NamedDependency[OwnCases],
    ) -> Response[str] | Redirect:
        """Keep what was written and its files, and go on to signing."""
        uploads = tuple([Upload(each.filename, await each.read(FILE_MOST)) for each in _uploads(data)])
        given = {name: str(data.get(name) or "") for name in ("text", "expected", "request")}
        return await anyio.to_thread.run_sync(_prepare, request, pages, own_cases, address, _said(what), given, uploads)

    @get("/statements/{statement:str}", name="sign-statement", sync_to_thread=True)
    def sign_page(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        statement: FromPath[str],
        pages: NamedDependency[Pages],
        own_cases: NamedDependency[OwnCases],
    ) -> Response[str]:
        """Show what was prepared, and have it signed."""
        return _sign(request, pages, address, _prepared(own_cases, request, address, statement))

    @get("/statements/{statement:str}/document", name="statement-document", sync_to_thread=True)
    def unsigned(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        statement: FromPath[str],
        own_cases: NamedDependency[OwnCases],
    ) -> Response[bytes]:
        """Send the exact bytes that are to be signed."""
        content = _prepared(own_cases, request, address, statement).document
        return Response(content, media_type=XML)

    @post("/statements/{statement:str}", name="take-statement", status_code=SEE_OTHER)
    async def accept(
        self,
        request: PersonRequest,
        data: MultipartBody[dict[str, Any]],
        address: NamedDependency[Address],
        statement: FromPath[str],
        pages: NamedDependency[Pages],
        own_cases: NamedDependency[OwnCases],
    ) -> Response[str] | Redirect:
        """Take the signed statement: it reaches customs, and the declaration goes on."""
        prepared = await anyio.to_thread.run_sync(_prepared, own_cases, request, address, statement)
        try:
            signed = await signed_bytes(signed_file(data))
            await anyio.to_thread.run_sync(own_cases.casework.accept, request.user, statement, signed)
        except (CaseRefused, SigningError) as error:
            return _sign(request, pages, address, prepared, error.text(language_of(request)))
        return _to_declaration(request, address)

    @get("/statements/{statement:str}/signed", name="own-statement", sync_to_thread=True)
    def signed(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        statement: FromPath[str],
        own_cases: NamedDependency[OwnCases],
    ) -> Response[bytes]:
        """Send a statement as it was signed, as a file."""
        content = own_cases.casework.statement(request.user, address.number, statement)
        return file_answer(content, address.file("statement"))

    @get("/files/{file:str}", name="own-file", sync_to_thread=True)
    def file(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        file: FromPath[str],
        own_cases: NamedDependency[OwnCases],
    ) -> Response[bytes]:
        """Send a file that was handed in."""
        info, content = own_cases.casework.file(request.user, address.number, file)
        ending = info.name.rpartition(".")[2]
        return file_answer(content, address.file(f"file-{info.id[:8]}", ending), info.media_type)

    @get("/notices/{sequence:int}", name="own-notice", sync_to_thread=True)
    def notice(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        sequence: FromPath[int],
        own_cases: NamedDependency[OwnCases],
    ) -> Response[bytes]:
        """Send the sealed notice of something that customs did, as a file."""
        content = own_cases.casework.notice(request.user, address.number, sequence)
        return file_answer(content, address.file(f"notice-{sequence}"))

    @get("/now", name="declaration-now", opt={"need": Permission.READ_DECLARATIONS}, sync_to_thread=True)
    def now(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        pages: NamedDependency[Pages],
        own_cases: NamedDependency[OwnCases],
    ) -> Response[str]:
        """Answer with how it stands now: the part of its page that changes while one looks."""
        standing = _standing(own_cases, request, address)
        return pages.answer(request, "declarant/_now.html", **about(standing, address, language_of(request)))

    # --- corrections and versions -----------------------------------------------------------------------------------

    @get("/versions", name="versions", opt={"need": Permission.READ_DECLARATIONS}, sync_to_thread=True)
    def versions(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        pages: NamedDependency[Pages],
        own_cases: NamedDependency[OwnCases],
    ) -> Response[str]:
        """Show every version, and what each changed."""
        found = own_cases.versions(request.user, address.number, language_of(request))
        if found is None:
            raise NotFoundException
        return pages.answer(request, "declarant/versions.html", versions=found, address=address.parts())

    @get("/amend", name="amend", sync_to_thread=True)
    def amend_page(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        pages: NamedDependency[Pages],
        own_cases: NamedDependency[OwnCases],
    ) -> Response[str] | Redirect:
        """Show the two ways to correct a declaration; when none is possible, the declaration."""
        standing = _standing(own_cases, request, address)
        if Action.REQUEST_AMENDMENT not in standing.actions:
            return _to_declaration(request, address)
        return _amend(request, pages, address, standing)

    @post("/amend", name="take-correction", status_code=SEE_OTHER)
    async def amend(
        self,
        request: PersonRequest,
        data: MultipartBody[dict[str, Any]],
        address: NamedDependency[Address],
        pages: NamedDependency[Pages],
        own_cases: NamedDependency[OwnCases],
    ) -> Response[str] | Redirect:
        """Lodge a signed correction, through the same steps as the API."""
        standing = await anyio.to_thread.run_sync(_standing, own_cases, request, address)
        version = _whole(str(data.get("version") or ""))
        try:
            signed = await signed_bytes(signed_file(data))
            seen = standing.version if version is None else version
            answer = await own_cases.correct(request.user, seen, signed)
        except (PortalError, SigningError, DeclarationsError) as error:
            return _amend(request, pages, address, standing, _refusal(error, language_of(request)))
        office, day, serial = answer.stored.registration_number.split("/")
        return _to_declaration(request, Address(office, day, serial))


def _whole(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


def _said(what: str) -> Stated:
    try:
        return Stated(what)
    except ValueError:
        raise NotFoundException from None


def _standing(own_cases: OwnCases, request: PersonRequest, address: Address) -> Standing:
    """Return how one's own declaration stands. Raises what is not found."""
    standing = own_cases.standing(request.user, address.number)
    if standing is None:
        raise NotFoundException
    return standing


def _prepared(own_cases: OwnCases, request: PersonRequest, address: Address, statement: str) -> Prepared:
    try:
        prepared = own_cases.casework.prepared(request.user, statement)
    except (CaseNotFound, CaseRefused):
        raise NotFoundException from None
    if prepared.number != address.number:
        raise NotFoundException
    return prepared


def _prepare(
    request: PersonRequest,
    pages: Pages,
    own_cases: OwnCases,
    address: Address,
    said: Stated,
    given: dict[str, str],
    uploads: tuple[Upload, ...],
) -> Response[str] | Redirect:
    standing = _standing(own_cases, request, address)
    try:
        expected = Status(given["expected"])
    except ValueError:
        expected = standing.status
    asked = _whole(given["request"])
    writing = Writing(kind=said.kind, expected=expected, text=given["text"], request=asked, files=uploads)
    try:
        prepared = own_cases.casework.prepare(request.user, address.number, writing)
    except CaseRefused as error:
        refused = Refusal(error.text(language_of(request)), error.field or "")
        return _form(request, pages, address, standing, said, {**given, "request": asked}, refused)
    there = request.app.route_reverse("sign-statement", statement=prepared.id, **address.parts())
    return Redirect(there, status_code=SEE_OTHER)


def _form(
    request: PersonRequest,
    pages: Pages,
    address: Address,
    standing: Standing,
    said: Stated,
    given: dict[str, Any],
    refused: Refusal | None = None,
) -> Response[str]:
    asked = next((each for each in standing.requests if each.id == given.get("request")), None)
    if asked is None and len(standing.requests) == 1 and said is Stated.ANSWER:
        asked = standing.requests[0]
    return pages.answer(
        request,
        "declarant/statement.html",
        status=UNPROCESSABLE if refused else 200,
        address=address.parts(),
        standing=standing,
        said=said.value,
        asked=asked,
        text=given.get("text", ""),
        refused=refused,
    )


def _sign(
    request: PersonRequest, pages: Pages, address: Address, prepared: Prepared, refused: str | None = None
) -> Response[str]:
    return pages.answer(
        request,
        "declarant/sign_statement.html",
        status=UNPROCESSABLE if refused else 200,
        address=address.parts(),
        prepared=prepared,
        refused=refused,
    )


def _amend(
    request: PersonRequest, pages: Pages, address: Address, standing: Standing, refused: Refusal | None = None
) -> Response[str]:
    return pages.answer(
        request,
        "declarant/amend.html",
        status=UNPROCESSABLE if refused else 200,
        address=address.parts(),
        standing=standing,
        refused=refused,
        shown_most=SHOWN_MOST,
    )


def _refusal(error: Exception, language: str) -> Refusal:
    defects = error.defects if isinstance(error, DeclarationRefused) else ()
    said = (
        error.text(language)
        if isinstance(error, CaseRefused)
        else text_of(error, code_of(error, status_of(error)), language)
    )
    return Refusal(said, "signed", defects)


def _to_declaration(request: PersonRequest, address: Address) -> Redirect:
    return Redirect(request.app.route_reverse("declaration", **address.parts()), status_code=SEE_OTHER)


def _uploads(data: dict[str, Any]) -> Sequence[UploadFile]:
    given = data.get("files", [])
    return [
        each
        for each in (given if isinstance(given, list) else [given])
        if isinstance(each, UploadFile) and each.filename
    ]

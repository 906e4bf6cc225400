"""Items from a file: sent, its columns named, its rows looked at, and what is good of them put into a draft."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State, UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, MultipartBody, URLEncodedBody
from litestar.response import Redirect
from msgspec import Struct
from msgspec.structs import replace

from declarations.writing import Content
from portal.access import Permission
from portal.declarant.drafting.form import Kind as DraftKind
from portal.declarant.drafting.service import Drafting
from portal.declarant.drafting.store import Draft, TooManyItems
from portal.declarant.goods import importing, wording
from portal.declarant.goods.blocks import Choices
from portal.declarant.goods.errors import EMPTY, FileRefused
from portal.declarant.goods.importing import Chosen, Destination, Import
from portal.declarant.goods.sent import SentFiles
from portal.declarant.goods.sheets import BYTES_MAX
from portal.declarant.goods.store import Kind, Upload
from portal.declarant.goods.tool_pages import lists_of
from portal.languages import marked as _
from portal.pages import Pages, language_of
from portal.views import SignedIn

SEE_OTHER: Final = 303
UNPROCESSABLE: Final = 422
ROWS_SHOWN = 10
PersonRequest = Request[SignedIn, None, State]

NO_GOOD_ROW = _("No row can be added yet: mend the columns, or the rows in the file")
CONFIRM_PARTIAL = _(
    "Some rows have errors. Mend the file and send it again, or choose to add only the rows without errors"
)
TOO_MANY = _("A declaration has at most 999 items, and the draft would have more. Send a file with fewer rows")
TWICE = _("Two columns have this meaning. Choose another meaning for one of them")
CHOOSE_DECLARANT = _("Choose for whom you declare")
CHOOSE_KIND = _("Choose what you declare")


class SentSheet(Struct, frozen=True):
    file: UploadFile | None = None
    kind: str = ""
    declarant: str = ""


class ImportPages(Controller):
    opt = {"need": Permission.DRAFT_DECLARATIONS}  # noqa: RUF012

    @get("/import", name="import-start", sync_to_thread=True)
    def start(
        self, request: PersonRequest, pages: NamedDependency[Pages], drafting: NamedDependency[Drafting]
    ) -> Response[str]:
        """Ask for the file that a new draft begins with."""
        return _start(request, pages, drafting, SentSheet(kind=DraftKind.IMPORT), {})

    @post("/import", name="send-import")
    async def send(
        self,
        request: PersonRequest,
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
        sent_files: NamedDependency[SentFiles],
        data: MultipartBody[SentSheet],
    ) -> Response[Any]:
        wrong: dict[str, Any] = {}
        principals = {each.identifier: each for each in drafting.principals(request.user)}
        chosen = principals.get(data.declarant) if len(principals) > 1 else next(iter(principals.values()), None)
        if chosen is None:
            wrong["declarant"] = (CHOOSE_DECLARANT, {})
        if data.kind not in list(DraftKind) or (chosen and data.kind[:2] not in chosen.types):
            wrong["kind"] = (CHOOSE_KIND, {})
        content = await _content(data.file, wrong)
        if wrong or chosen is None or data.file is None:
            return _start(request, pages, drafting, data, wrong)
        destination = importing.pack_chosen(Chosen(Destination(data.kind, chosen.identifier)))
        upload = sent_files.keep(request.user, Kind.SHEET, data.file.filename, content, None, destination)
        return Redirect(request.app.route_reverse("imported", upload=upload), status_code=SEE_OTHER)

    @get("/drafts/{draft:str}/import", name="import-items", sync_to_thread=True)
    def start_for_draft(
        self,
        request: PersonRequest,
        draft: FromPath[str],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
    ) -> Response[str]:
        """Ask for the file whose rows are added to a draft."""
        found = _draft(drafting, request.user, draft)
        return pages.answer(request, "goods/import_items.html", draft=found, wrong={})

    @post("/drafts/{draft:str}/import", name="send-items")
    async def send_for_draft(
        self,
        request: PersonRequest,
        draft: FromPath[str],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
        sent_files: NamedDependency[SentFiles],
        data: MultipartBody[SentSheet],
    ) -> Response[Any]:
        found = _draft(drafting, request.user, draft)
        wrong: dict[str, Any] = {}
        content = await _content(data.file, wrong)
        if wrong or data.file is None:
            return pages.answer(request, "goods/import_items.html", status=UNPROCESSABLE, draft=found, wrong=wrong)
        upload = sent_files.keep(request.user, Kind.SHEET, data.file.filename, content, found.id, "")
        return Redirect(request.app.route_reverse("imported", upload=upload), status_code=SEE_OTHER)

    @get("/import/{upload:str}", name="imported", sync_to_thread=True)
    def imported(
        self,
        request: PersonRequest,
        upload: FromPath[str],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
        sent_files: NamedDependency[SentFiles],
    ) -> Response[str]:
        """Show what the columns are taken to mean, and the items that come of it."""
        found = _upload(sent_files, request.user, upload)
        return _page(request, pages, drafting, found, _read(request, drafting, sent_files, found))

    @post("/import/{upload:str}/columns", name="import-columns", sync_to_thread=True)
    def columns(
        self,
        request: PersonRequest,
        upload: FromPath[str],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
        sent_files: NamedDependency[SentFiles],
        data: URLEncodedBody[dict[str, str]],
    ) -> Response[Any]:
        """Keep what the columns mean, and show again."""
        found = _upload(sent_files, request.user, upload)
        read = _read(request, drafting, sent_files, found)
        here = Redirect(request.app.route_reverse("imported", upload=found.id), status_code=SEE_OTHER)
        block = data.get("block", "")
        if block.isdecimal() and len(block) < 5 and int(block) < len(read.blocks) and int(block) != read.chosen.block:
            sent_files.choose(found, importing.pack_chosen(replace(read.chosen, block=int(block), choices=None)))
            return here
        chosen, twice = importing.chosen_from(read, data, drafting.codes())
        if twice:
            trouble: dict[str, Any] = {f"column-{at}": (TWICE, {}) for at in twice}
            return _page(request, pages, drafting, found, read, trouble, sent=data)
        sent_files.choose(found, importing.pack_chosen(chosen))
        return here

    @post("/import/{upload:str}/items", name="import-add", sync_to_thread=True)
    def add(
        self,
        request: PersonRequest,
        upload: FromPath[str],
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
        sent_files: NamedDependency[SentFiles],
        data: URLEncodedBody[dict[str, str]],
    ) -> Response[Any]:
        """Put the good rows into the draft, once; of a file with wrong rows only when that was asked for."""
        found = _upload(sent_files, request.user, upload)
        read = _read(request, drafting, sent_files, found)
        if read.chosen.done:
            return _items_of(request, read.chosen.done)
        wrong: dict[str, Any] = {}
        if not read.lines.good:
            wrong["add"] = (NO_GOOD_ROW, {})
        elif read.lines.wrong and data.get("partial") != "yes":
            wrong["partial"] = (CONFIRM_PARTIAL, {})
        if wrong:
            return _page(request, pages, drafting, found, read, wrong)
        try:
            draft = _fill(request, drafting, found, read)
        except TooManyItems:
            return _page(request, pages, drafting, found, read, {"add": (TOO_MANY, {})})
        sent_files.choose(found, importing.pack_chosen(replace(read.chosen, done=draft)))
        sent_files.remember(request.user, importing.digest_of(read.block), msgspec.json.encode(read.choices).decode())
        return _items_of(request, draft)


def _fill(request: PersonRequest, drafting: Drafting, upload: Upload, read: Import) -> str:
    """Add the good rows to the draft, or to a new one, and return which. Raises `TooManyItems`."""
    person = request.user
    if upload.draft is not None:
        if drafting.import_items(person, upload.draft, [line.item for line in read.lines.good]) is None:
            raise NotFoundException
        return upload.draft
    wanted = read.chosen.destination
    principals = {each.identifier: each for each in drafting.principals(person)}
    if wanted is None or wanted.declarant not in principals:
        raise NotFoundException
    kind = DraftKind(wanted.kind)
    draft = drafting.begin(person, kind, principals[wanted.declarant], _name_of(upload), language_of(request))
    terms = importing.terms_in(read, drafting.codes())
    items = importing.items_for_new_draft(read)
    drafting.change_items(
        person, draft.id, lambda begun: Content({**begun.content.fields, **terms}, [*begun.content.items, *items])
    )
    return draft.id


def _name_of(upload: Upload) -> str:
    return upload.name.rpartition(".")[0] or upload.name


def _items_of(request: PersonRequest, draft: str) -> Redirect:
    return Redirect(request.app.route_reverse("draft-items", draft=draft), status_code=SEE_OTHER)


def _draft(drafting: Drafting, person: SignedIn, draft_id: str) -> Draft:
    found = drafting.find(person, draft_id)
    if found is None or found.lodged_as:
        raise NotFoundException
    return found


def _upload(sent_files: SentFiles, person: SignedIn, upload_id: str) -> Upload:
    found = sent_files.find(person, upload_id, Kind.SHEET)
    if found is None:
        raise NotFoundException
    return found


async def _content(file: UploadFile | None, wrong: dict[str, Any]) -> bytes:
    """Return what was sent when it is a sheet with a table of goods, and tell in `wrong` when it is not."""
    content = b"" if file is None else await file.read(BYTES_MAX + 1)
    if not content:
        wrong["file"] = (EMPTY, {})
        return content
    try:
        importing.headings_in(content)
    except FileRefused as refused:
        wrong["file"] = (refused.text, refused.values)
    return content


def _read(request: PersonRequest, drafting: Drafting, sent_files: SentFiles, upload: Upload) -> Import:
    remembered: Mapping[str, Choices] = {}
    chosen = importing.unpack_chosen(upload.choices)
    if chosen.choices is None:
        kept = {each: sent_files.remembered(request.user, each) for each in importing.headings_in(upload.data)}
        remembered = {each: msgspec.json.decode(text, type=Choices) for each, text in kept.items() if text}
    return importing.read_import(upload.data, chosen, drafting.codes(), remembered)


def _start(
    request: PersonRequest, pages: Pages, drafting: Drafting, sent: SentSheet, wrong: dict[str, Any]
) -> Response[str]:
    return pages.answer(
        request,
        "goods/import_start.html",
        status=UNPROCESSABLE if wrong else 200,
        principals=drafting.principals(request.user),
        sent=sent,
        wrong=wrong,
    )


def _page(
    request: PersonRequest,
    pages: Pages,
    drafting: Drafting,
    upload: Upload,
    read: Import,
    wrong: Mapping[str, Any] | None = None,
    sent: Mapping[str, str] | None = None,
) -> Response[str]:
    """Show columns, rows and errors. `sent` is what a refused form held."""
    draft = drafting.find(request.user, upload.draft) if upload.draft else None
    if upload.draft and draft is None:
        raise NotFoundException
    language, codes = language_of(request), drafting.codes()
    return pages.answer(
        request,
        "goods/imported.html",
        status=UNPROCESSABLE if wrong else 200,
        upload=upload,
        read=read,
        draft=draft,
        wrong=wrong or {},
        sent=sent or {},
        fields=wording.FIELDS,
        lists=lists_of(codes, language),
        unit_name=lambda code: codes.units[code].name(language) if code in codes.units else code,
        rows_shown=ROWS_SHOWN,
    )

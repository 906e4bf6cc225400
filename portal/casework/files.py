"""Files that come with a statement: what they are is found from their content, never from what they are called."""

import hashlib
import io
import secrets
import unicodedata
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath

from lxml import etree
from msgspec import Struct

from portal.casework.errors import CaseRefused
from portal.casework.model import FileInfo, Upload

MEGABYTE = 1_000_000
ONE_MOST = 10 * MEGABYTE
TOGETHER_MOST = 30 * MEGABYTE
FILES_MOST = 20
NAME_MOST = 100
_UNPACKED_MOST = 100 * MEGABYTE
_PARTS_MOST = 2_000

PDF, JPEG, PNG, TIFF, XML = "application/pdf", "image/jpeg", "image/png", "image/tiff", "application/xml"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ENDINGS = {PDF: ".pdf", JPEG: ".jpg", PNG: ".png", TIFF: ".tif", XML: ".xml", XLSX: ".xlsx", DOCX: ".docx"}
_SIGNS = (
    (b"%PDF-", PDF),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
)
_ACTIVE_PARTS = ("vbaproject", "vbadata", "activex", "macrosheets", "embeddings/", "oleobject", ".exe", ".dll", ".bin")
_HARMLESS_PARTS = ("printersettings",)  # the only .bin that office programs write into every workbook


class Kept(Struct, frozen=True):
    """A file that was looked at, with its content."""

    info: FileInfo
    content: bytes


def keep(uploads: Sequence[Upload], statement: str, now: datetime) -> tuple[Kept, ...]:
    """Look at the files of a statement. Raises `CaseRefused` (field `files`) for the first that is not taken."""
    if len(uploads) > FILES_MOST:
        raise CaseRefused("file.many", "files", most=str(FILES_MOST))
    if sum(len(each.content) for each in uploads) > TOGETHER_MOST:
        raise CaseRefused("file.together", "files", most=str(TOGETHER_MOST // MEGABYTE))
    return tuple(_keep(each, statement, now) for each in uploads)


def _keep(upload: Upload, statement: str, now: datetime) -> Kept:
    shown = cleaned_name(upload.name)
    if not upload.content:
        raise CaseRefused("file.empty", "files", name=shown)
    if len(upload.content) > ONE_MOST:
        raise CaseRefused("file.large", "files", name=shown, most=str(ONE_MOST // MEGABYTE))
    media_type = media_type_of(upload.content, shown)
    info = FileInfo(
        id=secrets.token_hex(16),
        name=_with_ending(shown, media_type),
        media_type=media_type,
        size=len(upload.content),
        digest=hashlib.sha256(upload.content).hexdigest(),
        statement=statement,
        uploaded_at=now,
    )
    return Kept(info, upload.content)


def media_type_of(content: bytes, name: str) -> str:
    """Return what a file is by its content. Raises `CaseRefused` for what is not taken."""
    for sign, media_type in _SIGNS:
        if content.startswith(sign):
            return media_type
    if content.startswith(b"PK\x03\x04"):
        return _office_type(content, name)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and _is_xml(content):
        return XML
    raise CaseRefused("file.type", "files", name=name)


def cleaned_name(name: str) -> str:
    """Return a name without folders and without signs that mislead or that file systems refuse."""
    plain = unicodedata.normalize("NFC", PurePath(name.replace("\\", "/")).name)
    allowed = "".join(
        sign for sign in plain if unicodedata.category(sign)[0] in "LNPSZM" and sign not in '<>:"/\\|?*\u2028\u2029'
    )
    stem = " ".join(allowed.split()).strip(". ")
    return stem[:NAME_MOST] or "file"


def _with_ending(name: str, media_type: str) -> str:
    """Return the name with the ending of its type: whatever ending it had, `scan.pdf.exe` cannot come back."""
    ending = ENDINGS[media_type]
    path = PurePath(name)
    others = {".jpeg": ".jpg", ".tiff": ".tif"}
    if others.get(path.suffix.lower(), path.suffix.lower()) == ending:
        return name
    return f"{name[: NAME_MOST - len(ending)]}{ending}"


def _is_xml(content: bytes) -> bool:
    """Tell whether it can be read as XML, without a DOCTYPE: nothing outside the bytes is opened."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        return False
    name = etree.QName(root).localname.lower()
    return not root.getroottree().docinfo.doctype and name not in ("html", "svg")


def _office_type(content: bytes, name: str) -> str:
    """Return which office document a container is. Raises `CaseRefused` for others, macros and bombs."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as container:
            parts = container.infolist()
            if len(parts) > _PARTS_MOST or sum(each.file_size for each in parts) > _UNPACKED_MOST:
                raise CaseRefused("file.bomb", "files", name=name)
            names = {each.filename.lower() for each in parts}
            types = _read_types(container) if "[content_types].xml" in names else b""
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError):
        raise CaseRefused("file.bomb", "files", name=name) from None
    if not types or any(each.flag_bits & 1 for each in parts):
        raise CaseRefused("file.type", "files", name=name)
    active = (each for each in names if any(mark in each for mark in _ACTIVE_PARTS))
    if b"macroenabled" in types.lower() or any(not any(ok in each for ok in _HARMLESS_PARTS) for each in active):
        raise CaseRefused("file.macro", "files", name=name)
    if "xl/workbook.xml" in names:
        return XLSX
    if "word/document.xml" in names:
        return DOCX
    raise CaseRefused("file.type", "files", name=name)


def _read_types(container: zipfile.ZipFile) -> bytes:
    """Return the list of a container's types, as far as a true one goes."""
    part = next(each for each in container.namelist() if each.lower() == "[content_types].xml")
    with container.open(part) as stream:
        return stream.read(MEGABYTE)

"""Files that people sent: kept, found again, and declarations among them checked and lodged as they are."""

import hashlib
import secrets
from decimal import Decimal
from typing import Any, Final

from lxml import etree
from msgspec import Struct

from declarations import schema
from declarations.errors import DeclarationsError
from portal.checking import SIGNATURE, check_without_lodging
from portal.database import reading, writing
from portal.declarant.goods import store
from portal.declarant.goods.store import Kind, Upload
from portal.errors import PortalError
from portal.office import Office
from portal.pipeline import lodge_while_serving, verify_signature
from portal.problems import problem_of
from portal.stages import Lodged, Read
from portal.views import PaymentView, SignedIn
from signing import xmlgate
from signing.errors import SigningError
from signing.verify import verify
from signing.xmlgate import Document

NAME_MAX: Final = 200
Refused = (SigningError, DeclarationsError, PortalError)


class SignatureShown(Struct, frozen=True):
    """Who signed, or why the signature does not count. `may_sign` is None while the document cannot be read."""

    name: str = ""
    iin: str = ""
    organisation: str | None = None
    may_sign: bool | None = None
    trouble: str = ""


class Checked(Struct, frozen=True):
    """What was found in a declaration that was sent. `lodged_as` is its number when these bytes were accepted."""

    upload: Upload
    report: dict[str, Any]
    facts: dict[str, str]
    signature: SignatureShown | None
    lodged_as: str | None

    @property
    def signed(self) -> bool:
        return self.signature is not None

    @property
    def payments(self) -> tuple[PaymentView, ...]:
        """Return what is payable of each type; one undetermined part leaves the type undetermined."""
        duties = self.report.get("duties")
        if duties is None:
            return ()
        lines = [line for item in duties["items"] for line in item["lines"]]
        reasons = {line["type_code"]: line["not_determined"] for line in reversed(lines) if line["amount"] is None}
        codes = sorted({*duties["by_type"], *reasons})
        return tuple(
            PaymentView(code, None, reasons[code])
            if code in reasons
            else PaymentView(code, Decimal(duties["by_type"][code]))
            for code in codes
        )

    @property
    def payment_total(self) -> Decimal | None:
        """Return what is payable in all, None when a part is not determined."""
        duties = self.report.get("duties")
        return Decimal(duties["total"]) if duties and duties["determined"] else None

    @property
    def ready(self) -> bool:
        """Tell whether it may be lodged: nothing is wrong that can be seen before."""
        return bool(self.report["valid"]) and not (self.signature and self.signature.trouble)


class OtherDocument(Exception):
    """What was signed is another document than the one that was checked."""


class SentFiles:
    def __init__(self, office: Office) -> None:
        self._office = office

    def keep(self, person: SignedIn, kind: Kind, name: str, data: bytes, draft: str | None, choices: str) -> str:
        """Keep a file and return the name under which this person finds it again."""
        shown = "".join(mark for mark in name if mark.isprintable())[-NAME_MAX:] or kind.value
        given = Upload(secrets.token_hex(16), kind, shown, draft, choices, data, self._office.clock.now())
        with writing(self._office.engine) as connection:
            store.keep(connection, person, given)
        return given.id

    def find(self, person: SignedIn, upload_id: str, kind: Kind) -> Upload | None:
        if not upload_id.isalnum():  # PostgreSQL takes no text with a zero in it
            return None
        with reading(self._office.engine) as connection:
            return store.find(connection, person, upload_id, kind)

    def choose(self, upload: Upload, choices: str) -> None:
        with writing(self._office.engine) as connection:
            store.choose(connection, upload.id, choices)

    def remember(self, person: SignedIn, headings: str, choices: str) -> None:
        with writing(self._office.engine) as connection:
            store.remember(connection, person.organisation or "", headings, choices, self._office.clock.now())

    def remembered(self, person: SignedIn, headings: str) -> str | None:
        with reading(self._office.engine) as connection:
            return store.remembered(connection, person.organisation or "", headings)

    def keep_declaration(self, person: SignedIn, name: str, data: bytes) -> str:
        """Keep a declaration made elsewhere. Raises `SigningError` for what the gate lets nobody look into."""
        xmlgate.open_document(data)
        return self.keep(person, Kind.XML, name, data, None, "")

    @staticmethod
    def is_signed(upload: Upload) -> bool:
        return xmlgate.open_document(upload.data).root.find(SIGNATURE) is not None

    def check(self, person: SignedIn, upload: Upload, language: str) -> Checked:
        """Return all that can be said of a declaration without lodging it; no risk is judged."""
        now, snapshot = self._office.clock.now(), self._office.current()
        document = xmlgate.open_document(upload.data)
        signed = document.root.find(SIGNATURE) is not None
        signature = self._signature(person, document, language) if signed else None
        earlier = self._office.answer_to(hashlib.sha256(upload.data).hexdigest(), person.organisation)
        return Checked(
            upload,
            check_without_lodging(upload.data, snapshot, now, language),
            _facts(document.root),
            signature,
            earlier.stored.registration_number if earlier else None,
        )

    async def lodge(self, person: SignedIn, upload: Upload, signed: bytes | None) -> str:
        """Lodge the bytes as they were sent, or what was signed of them; return the registration number.

        Raises one of `Refused`, or `OtherDocument`.
        """
        data = upload.data
        if signed is not None:
            if not _same_document(upload.data, signed):
                raise OtherDocument
            data = signed
        answer = await lodge_while_serving(Lodged(data, self._office.clock.now(), person.organisation), self._office)
        return answer.stored.registration_number

    def _signature(self, person: SignedIn, document: Document, language: str) -> SignatureShown:
        now, snapshot = self._office.clock.now(), self._office.current()
        try:
            if schema.validate(document.root):
                genuine = verify(document)
                signer = snapshot.trust.judge(genuine.certificate, genuine.chain, now)
                return SignatureShown(signer.name, signer.iin, signer.bin)
            read = Read(Lodged(document.data, now, person.organisation), document)
            signer = verify_signature(read, snapshot).signer
            return SignatureShown(signer.name, signer.iin, signer.bin, may_sign=True)
        except Refused as refused:
            return SignatureShown(trouble=problem_of(refused, language)["detail"])


def _same_document(unsigned: bytes, signed: bytes) -> bool:
    """Tell whether the signed document is the unsigned one with a signature in it, and with nothing else changed."""
    return _canonical(unsigned) == _canonical(signed)


def _canonical(data: bytes) -> bytes:
    root = xmlgate.open_document(data).root
    for signature in root.findall(SIGNATURE):
        before = signature.getprevious()
        root.remove(signature)
        if signature.tail and signature.tail.strip():
            return data
        if before is not None and not (before.tail or "").strip():
            before.tail = None
    last = root[-1] if len(root) else None
    if last is not None and not (last.tail or "").strip():
        last.tail = None
    return etree.tostring(root, method="c14n", exclusive=True, with_comments=False)


def _facts(root: etree._Element) -> dict[str, str]:
    """Return what identifies a declaration to the person who sent it, as far as it is there."""
    places = {
        "reference": "FunctionalReferenceID",
        "type": "TypeCode",
        "procedure": "ProcedureCode",
        "declarant": "Declarant/Name",
        "declarant_id": "Declarant/ID",
        "office": "DeclarationOfficeID",
        "items": "GoodsItemQuantity",
    }
    namespace = {"ccd": xmlgate.DECLARATION}
    found = {}
    for name, path in places.items():
        text = root.findtext("/".join(f"ccd:{step}" for step in path.split("/")), namespaces=namespace)
        if text and text.strip():
            found[name] = text.strip()[:150]
    return found

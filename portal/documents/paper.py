"""A declaration on paper: PDF/A-3 with the decision, the boxes of the form, and the signed originals inside."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import segno
import typst
from cryptography import x509
from cryptography.x509.oid import NameOID
from msgspec import Struct

from portal import words
from portal.documents.words import BOXES, PAPER
from portal.languages import Writing, item_numbers, translations
from portal.views import DecisionView, DeclarationPage
from signing import verify, xmlgate
from signing.usages import read_name

Gettext = Callable[[str], str]

FOLDER = Path(__file__).parent
_HEADER = (
    *("1", "A", "3", "5", "2", "8", "9", "14", "4", "6", "7", "11", "12", "15", "16", "17", "18", "19", "20", "21"),
    *("22", "23", "24", "25", "26", "29", "30"),
)
_FOOT = ("48", "50", "51", "52", "53", "55", "54")
_ITEM = ("33", "34", "35", "38", "36", "37", "41", "42", "43", "45", "46", "39", "40", "44")


class ItemBoxes(Struct, frozen=True):
    """One goods item: lines of text by box, and the lines of box 47."""

    number: int
    boxes: Mapping[str, list[str]]
    payments: list[tuple[str, ...]]


class Paper(Struct, frozen=True):
    """What is printed. `document` and `notice` are the originals, `check` the address that the code leads to."""

    page: DeclarationPage
    registered_at: datetime
    boxes: Mapping[str, list[str]]
    items: list[ItemBoxes]
    payments: list[tuple[str, str]]
    document: bytes
    notice: bytes
    digest: str
    check: str


def print_declaration(paper: Paper, language: str) -> bytes:
    """Return the PDF: the same bytes for the same declaration in the same status, in one language."""
    return bytes(
        typst.compile(
            str(FOLDER / "declaration.typ"),
            root=str(FOLDER),
            font_paths=[str(FOLDER / "fonts")],
            ignore_system_fonts=True,
            sys_inputs={"paper": json.dumps(_content(paper, language), ensure_ascii=False)},
            pdf_standards=["a-3b"],
            timestamp=paper.registered_at.replace(microsecond=0),
        )
    )


def _content(paper: Paper, language: str) -> dict[str, Any]:
    say, writing = translations(language).gettext, Writing(language)
    page, summary = paper.page, paper.page.summary
    lane = words.LANES[summary.outcome]
    extent = page.decision.inspection_extent
    seal = verify.verify(xmlgate.open_document(paper.notice))
    number = summary.registration_number
    name = number.replace("/", "-")
    return {
        "language": language,
        "words": {key: say(text) for key, text in PAPER.items()},
        "version": say(PAPER["version"]) % {"number": page.version},
        "number": number,
        "reference": summary.functional_reference_id,
        "registered": [writing.moment(paper.registered_at), f"{page.office} {page.office_name}"],
        "status": say(words.STATUSES.get(summary.status, summary.status)),
        "style": lane["style"],
        "outcome": [
            say(lane["outcome"]),
            say(words.EXTENTS[extent]) if extent else "",
            writing.moment(page.decision.decided_at),
        ],
        "decision": list(_decision(page.decision, say, writing)),
        "payable": [list(each) for each in _payable(page, say, writing)],
        "signed": _signed(page, writing),
        "sealed": [*_holder(seal.certificate), writing.exact_moment(seal.signing_time) if seal.signing_time else ""],
        "header": [_box(box, paper.boxes, say) for box in _HEADER if paper.boxes.get(box)],
        "foot": [_box(box, paper.boxes, say) for box in _FOOT if paper.boxes.get(box)],
        "payments": [list(each) for each in paper.payments],
        "box_b": say(BOXES["B"]),
        "items": [
            {
                "number": item.number,
                "goods": _box("31", item.boxes, say),
                "boxes": [_box(box, item.boxes, say) for box in _ITEM if item.boxes.get(box)],
                "payments": [list(each) for each in item.payments],
            }
            for item in paper.items
        ],
        "item": say(BOXES["32"]),
        "box_47": say(BOXES["47"]),
        "columns": say(PAPER["columns"]).split("|"),
        "digest": paper.digest,
        "check": paper.check,
        "qr": _qr(paper.check),
        "files": [
            {"name": f"declaration-{name}.xml", "about": say(PAPER["document"]), "text": paper.document.decode()},
            {"name": f"notice-{name}.xml", "about": say(PAPER["notice"]), "text": paper.notice.decode()},
        ],
    }


def _decision(decision: DecisionView, say: Gettext, writing: Writing) -> Iterator[tuple[str, list[str]]]:
    """Yield headings with the lines below them, as the declarant's page has them."""
    reasons = []
    for reason in decision.explanation:
        items = say("Items: %(numbers)s.") % {"numbers": item_numbers(reason.items)} if reason.items else ""
        reasons.append(" ".join(filter(None, (f"{reason.category}. {reason.text}", items, reason.legal_basis))))
    yield say(PAPER["why"]), reasons
    orders = []
    for measure in decision.measures:
        if measure.code != "NONE":
            about = say("items %(numbers)s") % {"numbers": item_numbers(measure.items)} if measure.items else ""
            until = say("by %(moment)s") % {"moment": writing.moment(measure.deadline)} if measure.deadline else ""
            name = say(words.MEASURES.get(measure.code, measure.code))
            orders.append(", ".join(filter(None, (name, about, until))))
    if orders:
        yield say(PAPER["ordered"]), orders
    yield say(PAPER["next"]), list(dict.fromkeys(reason.next_step for reason in decision.explanation))
    yield say(PAPER["appeal"]), list(dict.fromkeys(reason.appeal for reason in decision.explanation))


def _signed(page: DeclarationPage, writing: Writing) -> list[str]:
    signer = page.signer
    firm = " ".join(filter(None, (signer.organisation_name, signer.organisation)))
    at = writing.exact_moment(signer.signed_at) if signer.signed_at else ""
    return [text for text in (f"{signer.name} {signer.iin}", firm, at) if text]


def _holder(certificate: x509.Certificate) -> tuple[str, str]:
    """Return the common name of a certificate's holder, and the serial number of the certificate."""
    return read_name(certificate.subject, NameOID.COMMON_NAME), f"№ {certificate.serial_number:x}"


def _payable(page: DeclarationPage, say: Gettext, writing: Writing) -> Iterator[tuple[str, str]]:
    """Yield what is to be paid as customs computes it, or why it could not be."""
    for each in page.payments:
        name = say(words.PAYMENTS.get(each.type_code, each.type_code))
        amount = each.reason or say(PAPER["undetermined"]) if each.amount is None else writing.money(each.amount)
        yield f"{each.type_code} {name}", amount
    if page.payments and page.payment_total is not None:
        yield say(PAPER["total"]), writing.money(page.payment_total)


def _box(box: str, boxes: Mapping[str, list[str]], say: Gettext) -> dict[str, Any]:
    return {"number": box, "name": say(BOXES[box]), "lines": boxes.get(box, [])}


def _qr(address: str) -> str:
    """Return the code as SVG."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", border=0, xmldecl=False, svgns=True)
    return out.getvalue().decode()

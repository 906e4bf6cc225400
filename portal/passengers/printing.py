"""The customs receipt order on paper: PDF with the calculation, the code for the inspector, and the sealed original."""

import io
import json
from decimal import Decimal
from typing import Any

import segno
import typst

from declarations.defects import phrase
from portal.documents.paper import FOLDER as DOCUMENTS
from portal.languages import Writing, translations
from portal.passengers.bank import for_bank
from portal.passengers.calculation import lines_of
from portal.passengers.model import Record
from portal.passengers.words import RECEIPT


def qr(address: str) -> str:
    """Return the code of an address as SVG."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", border=2, xmldecl=False, scale=6, omitsize=True)
    return out.getvalue().decode()


def print_receipt(record: Record, notice: bytes, open_tiyn: int, office: str, address: str, language: str) -> bytes:
    """Return the PDF; `office` is the post's name, `address` where the code leads."""
    content = _content(record, notice, open_tiyn, office, address, language)
    return bytes(
        typst.compile(
            str(DOCUMENTS / "receipt.typ"),
            root=str(DOCUMENTS),
            font_paths=[str(DOCUMENTS / "fonts")],
            ignore_system_fonts=True,
            sys_inputs={"paper": json.dumps(content, ensure_ascii=False)},
            pdf_standards=["a-3b"],
            timestamp=record.declared_at.replace(microsecond=0),
        )
    )


def _content(record: Record, notice: bytes, open_tiyn: int, office: str, address: str, language: str) -> dict[str, Any]:
    say, writing = translations(language).gettext, Writing(language)
    words = {name: say(text) for name, text in RECEIPT.items()}
    computation, bank = record.computation, for_bank(record, open_tiyn)
    return {
        "language": language,
        "words": words,
        "number": record.cro,
        "rows": [
            [words["payer"], f"{record.name}, {record.iin or record.document}"],
            [words["post"], f"{record.office} {office}"],
            [words["for"], record.reference],
            [words["made"], writing.moment(record.declared_at)],
            [words["due"], writing.moment(record.expires_at)],
            *([[words["code"], bank.payment_code], [words["payer_number"], bank.payer]] if bank else []),
        ],
        "payments": [[phrase(each.reason, language), writing.money(each.tenge)] for each in computation.payments],
        "total": writing.money(computation.total),
        "open": f"{words['open']}: {writing.money(Decimal(open_tiyn).scaleb(-2))}" if open_tiyn else words["paid"],
        "paid": not open_tiyn,
        "steps": lines_of(computation.steps, language),
        "address": address,
        "qr": qr(address),
        "bank": None if bank is None else {"qr": qr(bank.text), "text": bank.text},
        "file": {"name": f"{record.cro}.xml", "text": notice.decode()},
    }

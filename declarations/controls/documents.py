"""Boxes 40 and 44: documents are of a known kind, already issued, and still valid. Missing ones are no defect."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from declarations.controls.control import Context, Place, control
from declarations.controls.paths import in_item
from declarations.model import Declaration

SHA256: Final = re.compile("[0-9a-fA-F]{64}")
DECISION_257: Final = "EEC Decision 257"
SINCE: Final = date(2011, 1, 1)


@control("C-801", box="44", source="EEC Decision 378, annex 8 (kinds of documents)", since=SINCE)
def kinds_of_documents_are_known(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The kind of a document in box 44 must be in the classifier of documents."""
    known = context.codes.document_kinds
    for number, item in enumerate(declaration.shipment.items, 1):
        for position, document in enumerate(item.documents, 1):
            if document.type_code not in known:
                path = in_item(number, f"AdditionalDocument[{position}]/TypeCode")
                yield Place(path, number, {"code": document.type_code})


@control("C-802", box="44", source=f"{DECISION_257}, box 44", since=SINCE)
def documents_are_already_issued(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A document in box 44 must not be dated in the future."""
    today = context.today
    for number, item in enumerate(declaration.shipment.items, 1):
        for position, document in enumerate(item.documents, 1):
            if document.issue_date is not None and document.issue_date > today:
                params = {"document": document.identifier, "date": document.issue_date.isoformat()}
                yield Place(in_item(number, f"AdditionalDocument[{position}]/IssueDate"), number, params)


@control("C-803", box="44", source=f"{DECISION_257}, box 44", since=SINCE)
def documents_are_still_valid(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A document in box 44 must still be valid on the day of lodgement."""
    today = context.today
    for number, item in enumerate(declaration.shipment.items, 1):
        for position, document in enumerate(item.documents, 1):
            if document.expiration_date is not None and document.expiration_date < today:
                params = {"document": document.identifier, "date": document.expiration_date.isoformat()}
                yield Place(in_item(number, f"AdditionalDocument[{position}]/ExpirationDate"), number, params)


@control("C-804", box="44", source=f"{DECISION_257}, box 44", since=SINCE)
def documents_expire_after_they_begin(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A document in box 44 must not expire before it was issued."""
    for number, item in enumerate(declaration.shipment.items, 1):
        for position, document in enumerate(item.documents, 1):
            issued, expires = document.issue_date, document.expiration_date
            if issued is not None and expires is not None and expires < issued:
                params = {"document": document.identifier, "issued": issued.isoformat(), "date": expires.isoformat()}
                yield Place(in_item(number, f"AdditionalDocument[{position}]/ExpirationDate"), number, params)


@control("C-805", box="44", source="Rules of this portal on attached files", since=SINCE)
def attachments_are_digests(declaration: Declaration, context: Context) -> Iterator[Place]:
    """An attachment must be named by its SHA-256 digest: 64 hexadecimal digits."""
    for number, item in enumerate(declaration.shipment.items, 1):
        for position, document in enumerate(item.documents, 1):
            if document.attachment is not None and not SHA256.fullmatch(document.attachment):
                path = in_item(number, f"AdditionalDocument[{position}]/AttachmentID")
                yield Place(path, number, {"document": document.identifier})


@control("C-806", box="44", source="EEC Decision 378, annex 22 (countries)", since=SINCE)
def countries_of_documents_are_known(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The country that issued a document in box 44 must be in the classifier of countries."""
    known = context.codes.countries_or_open
    for number, item in enumerate(declaration.shipment.items, 1):
        for position, document in enumerate(item.documents, 1):
            if document.country is not None and document.country not in known:
                path = in_item(number, f"AdditionalDocument[{position}]/CountryCode")
                yield Place(path, number, {"code": document.country})


@control("C-807", box="40", source=f"{DECISION_257}, box 40", since=SINCE)
def previous_documents_are_already_issued(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A previous document in box 40 must not be dated in the future."""
    today = context.today
    for number, item in enumerate(declaration.shipment.items, 1):
        for position, document in enumerate(item.previous_documents, 1):
            if document.issue_date is not None and document.issue_date > today:
                params = {"document": document.identifier, "date": document.issue_date.isoformat()}
                yield Place(in_item(number, f"PreviousDocument[{position}]/IssueDate"), number, params)

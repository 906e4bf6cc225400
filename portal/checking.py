"""Check a declaration without lodging it: defects, what is payable, which documents are needed. No risk is judged."""

import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from declarations import controls, schema, tariff, xml
from declarations.model import Declaration
from portal.office import Snapshot
from risk_gateway.days import day_of
from signing import xmlgate

SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"


def check_without_lodging(data: bytes, snapshot: Snapshot, now: datetime, language: str) -> dict[str, Any]:
    """Return the report for a declaration, signed or not. Raises `SigningError` for what is no readable XML."""
    root = xmlgate.open_document(data).root
    if defects := schema.validate(root):
        return {"valid": False, "defects": [defect.as_json(language) for defect in defects]}
    for signature in root.findall(SIGNATURE):
        root.remove(signature)
    etree.strip_tags(root, etree.Comment)
    declaration = xml.read(root)
    codes = snapshot.reference.on(day_of(now))
    found = controls.check(declaration, controls.Context(codes, now, None, None))
    return {
        "valid": not found,
        "defects": [defect.as_json(language) for defect in found],
        "duties": _duties(tariff.payable(declaration, codes), language),
        "documents": needed_documents(declaration, language),
    }


def _duties(payables: tariff.Payables, language: str) -> dict[str, Any]:
    return {
        "currency": "KZT",
        "determined": payables.determined,
        "total": str(payables.total),
        "by_type": {code: str(amount) for code, amount in sorted(payables.totals.items())},
        "fee": _line(payables.fee, language) if payables.fee else None,
        "items": [
            {"item": item.item, "lines": [_line(line, language) for line in item.lines]} for item in payables.items
        ],
    }


def _line(line: tariff.PayableLine, language: str) -> dict[str, Any]:
    return {
        "type_code": line.type_code,
        "base": None if line.base is None else str(line.base),
        "rate": line.rate,
        "amount": None if line.amount is None else str(line.amount),
        "not_determined": line.reason_text(language),
    }


def needed_documents(declaration: Declaration, language: str) -> list[dict[str, Any]]:
    """Return the documents that goods like these need; `declared` tells whether box 44 names one."""
    named = {document.type_code for item in declaration.items for document in item.documents}
    needed = []
    for rule in _rules():
        items = [
            item.sequence
            for item in declaration.items
            if declaration.type_code in rule["types"] and item.commodity_code.startswith(tuple(rule["commodities"]))
        ]
        if items:
            needed.append(
                {
                    "kinds": rule["kinds"],
                    "name": rule[language],
                    "items": items,
                    "declared": not named.isdisjoint(rule["kinds"]),
                }
            )
    return needed


def documents_for(type_code: str, commodity_code: str, language: str) -> list[dict[str, Any]]:
    """Return kinds and name of the documents that goods of one code usually need."""
    return [
        {"kinds": rule["kinds"], "name": rule[language]}
        for rule in _rules()
        if type_code in rule["types"] and commodity_code.startswith(tuple(rule["commodities"]))
    ]


@cache
def _rules() -> list[dict[str, Any]]:
    path = Path(xml.__file__).parent / "reference" / "needed_documents.toml"
    rules: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["rule"]
    return rules

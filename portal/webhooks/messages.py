"""What a webhook says: that something happened to a declaration or entry, and where to read it, never its content."""

from datetime import datetime

import msgspec
from lxml import etree
from msgspec import Struct

from interop.notices import NAMESPACE
from risk_gateway.packing import unpack

DECISION, MOVE, REGISTRY, TEST = "DECISION_NOTICE", "MOVE_NOTICE", "REGISTRY_NOTICE", "TEST"
AUDIT = "AUDIT_NOTICE"
MOVEMENT = "MOVEMENT_NOTICE"
JUDGEMENT = "JUDGEMENT_NOTICE"
VIOLATION = "VIOLATION_NOTICE"
PAYMENT = "PAYMENT_NOTICE"
TYPES = {
    DECISION: "declaration.decided",
    MOVE: "declaration.moved",
    REGISTRY: "registry.changed",
    AUDIT: "audit.changed",
    MOVEMENT: "movement.moved",
    JUDGEMENT: "judgement.made",
    VIOLATION: "violation.contest_decided",
    PAYMENT: "payment.due",
    TEST: "webhook.test",
}
_PAGES = {
    VIOLATION: "/account",
    PAYMENT: "/payments",
    REGISTRY: "/registry/application",
    AUDIT: "/audits/own",
    MOVEMENT: "/movements",
    JUDGEMENT: "/account/notifications",
}
_OF_NO_DECLARATION = frozenset(
    {"ViolationNotice", "RegistryNotice", "AuditNotice", "JudgementNotice", "MovementNotice", "PaymentNotice"}
)


class Notice(Struct, frozen=True):
    """What a sealed notice says at first sight. `action` is that of a move, `outcome` that of a decision.

    A notice of the registry or of an audit has the number of what it is about, and what happened as its status.
    """

    number: str
    reference: str
    version: int
    status: str
    code: str
    at: str
    action: str | None = None
    outcome: str | None = None


def read_notice(body: bytes) -> Notice:
    """Read one of the office's own sealed notices, as the outbox keeps it."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    root = etree.fromstring(unpack(body), parser)

    def text(name: str) -> str:
        return root.findtext(f"{{{NAMESPACE}}}{name}") or ""

    if etree.QName(root).localname in _OF_NO_DECLARATION:
        return Notice(text("Subject"), "", 0, text("Event"), text("ResponseCode"), text("MadeAt"))
    move = root.find(f"{{{NAMESPACE}}}Move")
    return Notice(
        number=text("RegistrationNumber"),
        reference=text("FunctionalReferenceID"),
        version=int(text("Version")),
        status=text("Status"),
        code=text("ResponseCode"),
        at=text("MadeAt") or text("AcceptedAt"),
        action=None if move is None else move.get("action"),
        outcome=text(f"Decision/{{{NAMESPACE}}}Outcome") or None,
    )


def body_of(kind: str, notice: Notice, portal: str) -> str:
    """Return the JSON of a message. `portal` is the portal's own address, empty when it is not known."""
    data: dict[str, object] = {"number": notice.number, "status": notice.status, "code": notice.code}
    if kind in _PAGES:
        data["link"] = f"{portal}{_PAGES[kind]}"
    else:
        data |= {
            "reference": notice.reference,
            "version": notice.version,
            "link": f"{portal}/declarations/{notice.number}",
        }
    return msgspec.json.encode({"type": TYPES[kind], "timestamp": notice.at, "data": data}).decode()


def body_of_test(at: datetime) -> str:
    return msgspec.json.encode({"type": TYPES[TEST], "timestamp": at, "data": {}}).decode()

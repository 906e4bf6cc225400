"""What a webhook says: that something happened to a declaration or entry, and where to read it, never its content."""

from datetime import datetime

import msgspec
from lxml import etree
from msgspec import Struct

from interop.notices import NAMESPACE
from risk_gateway.packing import unpack

DECISION, MOVE, REGISTRY, TEST = "DECISION_NOTICE", "MOVE_NOTICE", "REGISTRY_NOTICE", "TEST"
TYPES = {
    DECISION: "declaration.decided",
    MOVE: "declaration.moved",
    REGISTRY: "registry.changed",
    TEST: "webhook.test",
}


class Notice(Struct, frozen=True):
    """What a sealed notice says at first sight. `action` is that of a move, `outcome` that of a decision.

    A notice of the registry has the number of its application or step, and what happened as its status.
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

    if etree.QName(root).localname == "RegistryNotice":
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
    if kind == REGISTRY:
        data["link"] = f"{portal}/registry/application"
    else:
        data |= {
            "reference": notice.reference,
            "version": notice.version,
            "link": f"{portal}/declarations/{notice.number}",
        }
    return msgspec.json.encode({"type": TYPES[kind], "timestamp": notice.at, "data": data}).decode()


def body_of_test(at: datetime) -> str:
    return msgspec.json.encode({"type": TYPES[TEST], "timestamp": at, "data": {}}).decode()

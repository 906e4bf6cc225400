"""Who may do what: one table, and one guard that refuses by default.

A route states its need as `opt={"need": Permission.READ_DECLARATIONS}`. A route that states none opens for nobody.
Whose data a caller sees is a second question, answered where the data are read; others' identifiers are not found.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler


class Role(StrEnum):
    """What a caller is. ANYBODY stands for a caller who has not signed in."""

    ANYBODY = "anybody"
    DECLARANT = "declarant"
    BROKER = "broker"
    CARRIER = "carrier"
    DOCUMENT_OFFICER = "document officer"
    INSPECTOR = "inspector"
    CHIEF_OF_POST = "chief of post"
    RISK_ANALYST = "risk analyst"
    REGISTRY_OFFICER = "registry officer"
    PASSENGER_INSPECTOR = "passenger inspector"
    AUDITOR = "auditor"
    CHIEF_OF_AUDIT = "chief of audit"
    ADMINISTRATOR = "administrator"
    PARTNER_SYSTEM = "partner system"
    SEAL_OPERATOR = "seal operator"


class Permission(StrEnum):
    SEE_PUBLIC_PAGES = "see public pages"
    SIGN_OUT = "sign out"
    LODGE_DECLARATIONS = "lodge declarations"
    CHECK_DECLARATIONS = "check declarations without lodging"
    READ_DECLARATIONS = "read declarations"
    READ_EVIDENCE = "read anybody's declarations with their signatures and evidence"
    DRAFT_DECLARATIONS = "draft declarations"
    STATE = "answer, amend, withdraw and appeal in a signed statement"
    KEEP_ACCOUNT = "see one's own record, and manage its tokens, webhooks and notifications"
    WORK_CASES = "work the cases of one's post"
    SIGN_ACTS = "record and sign inspection acts"
    LEAD_POST = "reassign cases, approve what takes two, and cancel a release"
    STEER_RISK = "draft, simulate and approve risk profiles, and see what they bring"
    ADMINISTER = "administer users, posts, participants and reference data"
    APPLY = "apply to the registry of minimal-risk participants, and contest what is on one's own record"
    KEEP_REGISTRY = "decide on applications to the registry and on contested violations, and say who is who"
    SEARCH_VIOLATIONS = "search the base of violations"
    SEE_EXCHANGE = "see who asked about whom, and what partners were told"
    EXCHANGE = "exchange violations as a partner"
    CARRY = "notify crossings, declare and follow one's own movements under customs control"
    WORK_MOVEMENTS = "work the movements that leave or reach one's post"
    CONFIRM_EXITS = "confirm that exports left at one's post"
    INSPECT_PASSENGERS = "decide on travellers at one's post"
    AUDIT = "prepare and carry out audits after release"
    LEAD_AUDITS = "approve and open audits after release, and decide on appeals"
    SEE_LEDGER = "see what is payable and paid of one's own, and pay"
    KEEP_LEDGER = "see everybody's payments, refund, and recover"
    SEND_SEAL_EVENTS = "report what electronic seals tell"


_SIGNED_IN = frozenset({Permission.SEE_PUBLIC_PAGES, Permission.SIGN_OUT})
_FILES = _SIGNED_IN | {
    Permission.LODGE_DECLARATIONS,
    Permission.CHECK_DECLARATIONS,
    Permission.READ_DECLARATIONS,
    Permission.DRAFT_DECLARATIONS,
    Permission.STATE,
    Permission.KEEP_ACCOUNT,
    Permission.APPLY,
    Permission.SEE_LEDGER,
}
_READS = _SIGNED_IN | {Permission.READ_EVIDENCE}
_OFFICER = _READS | {Permission.WORK_CASES}

GRANTED: Mapping[Role, frozenset[Permission]] = {
    Role.ANYBODY: frozenset({Permission.SEE_PUBLIC_PAGES}),
    Role.DECLARANT: _FILES,
    Role.BROKER: _FILES,
    Role.CARRIER: _SIGNED_IN | {Permission.KEEP_ACCOUNT, Permission.APPLY, Permission.CARRY, Permission.SEE_LEDGER},
    Role.DOCUMENT_OFFICER: _OFFICER,
    Role.INSPECTOR: _OFFICER | {Permission.SIGN_ACTS, Permission.WORK_MOVEMENTS, Permission.CONFIRM_EXITS},
    Role.CHIEF_OF_POST: _OFFICER
    | {
        Permission.LEAD_POST,
        Permission.WORK_MOVEMENTS,
        Permission.CONFIRM_EXITS,
        Permission.INSPECT_PASSENGERS,
        Permission.KEEP_LEDGER,
    },
    Role.RISK_ANALYST: _READS | {Permission.STEER_RISK},
    Role.REGISTRY_OFFICER: _SIGNED_IN | {Permission.KEEP_REGISTRY, Permission.SEARCH_VIOLATIONS},
    Role.PASSENGER_INSPECTOR: _SIGNED_IN | {Permission.INSPECT_PASSENGERS},
    Role.AUDITOR: _READS
    | {Permission.SEARCH_VIOLATIONS, Permission.SEE_EXCHANGE, Permission.AUDIT, Permission.KEEP_LEDGER},
    Role.CHIEF_OF_AUDIT: _READS
    | {Permission.SEARCH_VIOLATIONS, Permission.AUDIT, Permission.LEAD_AUDITS, Permission.KEEP_LEDGER},
    Role.ADMINISTRATOR: _SIGNED_IN | {Permission.ADMINISTER},
    Role.PARTNER_SYSTEM: frozenset({Permission.SEE_PUBLIC_PAGES, Permission.EXCHANGE}),
    Role.SEAL_OPERATOR: frozenset({Permission.SEE_PUBLIC_PAGES, Permission.SEND_SEAL_EVENTS}),
}


class Caller(Protocol):
    """Whoever an authentication middleware puts into `scope["user"]`."""

    @property
    def role(self) -> Role: ...


def may(caller: Caller | None, need: Permission) -> bool:
    """Return whether the table grants this caller what is needed."""
    role = Role.ANYBODY if caller is None else caller.role
    return need in GRANTED[role]


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request through only when its route states a need and the caller is granted it.

    Raises `NotAuthorizedException` (401) when signing in could help, else `PermissionDeniedException` (403).
    """
    need = handler.opt.get("need")
    if not isinstance(need, Permission):
        raise PermissionDeniedException("This address is open to nobody.")
    caller: Caller | None = connection.scope.get("user")
    if may(caller, need):
        return
    if caller is None:
        raise NotAuthorizedException("Sign in first.")
    raise PermissionDeniedException(f"A {caller.role} may not {need}.")

"""A correction (function code 4) of a declaration that is registered: what it corrects, and whether it may.

Who has to permit it, and what of the decision before holds on: docs/decisions/0014-amendments.md.
"""

import hashlib

from declarations.lifecycle import Action, Status, moves_from
from declarations.store import Stored
from portal.errors import AmendmentRefused
from portal.office import Snapshot
from portal.stages import Verified
from portal.versions_store import Base


def base_of(verified: Verified, snapshot: Snapshot) -> Base:
    """Part of step 4: return the version that a correction corrects. Raises `AmendmentRefused`."""
    lodged, declaration = verified.lodged, verified.declaration
    reference = declaration.functional_reference_id
    base = snapshot.directory.base(verified.authority.declarant, reference)
    if base is None:
        raise AmendmentRefused("amendment.no_declaration", reference=reference)
    newest, number = base.newest, base.newest.registration_number
    digest = hashlib.sha256(lodged.data).hexdigest()
    stated = declaration.registration_number or ""
    if stated.replace("-", "/") != number:
        raise AmendmentRefused("amendment.other_number", stated=stated, number=number, reference=reference)
    if digest in base.denied:
        raise AmendmentRefused("amendment.denied", number=number)
    _demand_same_kind(verified, newest)
    _demand_newest(verified, newest)
    if lodged.granted_by is not None:
        if base.waiting is None or base.waiting.digest != digest:
            raise AmendmentRefused("amendment.nothing_waits", number=number)
    elif base.waiting is not None:
        raise AmendmentRefused("amendment.waiting", number=number)
    elif not _may_be_corrected(base.status):
        raise AmendmentRefused("amendment.closed", number=number, status=newest.status)
    return base


def _demand_same_kind(verified: Verified, newest: Stored) -> None:
    declaration = verified.declaration
    for stated, due in ((declaration.type_code, newest.type_code), (declaration.office, newest.office)):
        if stated != due:
            raise AmendmentRefused("amendment.other_kind", stated=stated, due=due)


def _demand_newest(verified: Verified, newest: Stored) -> None:
    """Refuse what was written before the newest version was there, or for another one than that."""
    lodged, version = verified.lodged, newest.key.version
    older = version > 1 and verified.declaration.issued_at < newest.accepted_at.replace(microsecond=0)
    if older or lodged.amends not in (None, version):
        raise AmendmentRefused("amendment.outdated", number=newest.registration_number, version=str(version))


def _may_be_corrected(status: Status) -> bool:
    return any(move.action is Action.REQUEST_AMENDMENT for move in moves_from(status))

"""The worklist of a post: one page by key, and how much there is. Fast by `declaration_by_status`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, or_, select, tuple_

from declarations.lifecycle import OPEN, Status
from declarations.store import declaration
from portal.casework.store import case_file
from portal.views import Lane
from risk_gateway.store import decision

_KEY = ("declarant", "functional_reference_id", "version")
_TOGETHER = declaration.outerjoin(case_file, case_file.c.registration_number == declaration.c.registration_number)
_LANE = case(
    (
        and_(case_file.c.lane.is_not(None), case_file.c.lane_version == declaration.c.version),
        case_file.c.lane,
    ),
    else_=declaration.c.outcome,
)
_OPEN = declaration.c.status.in_([each.value for each in OPEN])


class Filter(Struct, frozen=True, kw_only=True):
    """What of a post is wanted. `assignee` is an IIN, "" for nobody's; `appeals` and `proposals` those that wait."""

    post: str
    lanes: Sequence[Lane] = ()
    statuses: Sequence[Status] = ()
    assignee: str | None = None
    overdue: bool = False
    proposals: bool = False
    appeals: bool = False
    search: str = ""


def read_page(
    connection: Connection, wanted: Filter, now: datetime, after: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Return rows of declaration and case file, oldest first, with a sequence above `after`."""
    columns: list[Any] = [
        declaration,
        *(each for each in case_file.c if each.name != "registration_number"),
        _LANE.label("in_lane"),
    ]
    statement = select(*columns).select_from(_TOGETHER).where(*_conditions(wanted, now))
    if after is not None:
        statement = statement.where(declaration.c.sequence > after)
    return connection.execute(statement.order_by(declaration.c.sequence).limit(limit)).all()


def count(connection: Connection, wanted: Filter, now: datetime) -> int:
    statement = select(func.count()).select_from(_TOGETHER).where(*_conditions(wanted, now))
    return int(connection.execute(statement).scalar_one())


class Counted(Struct, frozen=True):
    """How many open cases of a post there are: by status, mine, nobody's, overdue, and waiting for a chief."""

    statuses: Mapping[Status, int]
    mine: int
    unassigned: int
    overdue: int
    proposals: int


def count_open(connection: Connection, post: str, iin: str, now: datetime) -> Counted:
    """Count the open cases of a post, all in one pass."""
    file = case_file.c

    def those(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0))

    statement = (
        select(
            declaration.c.status,
            func.count().label("cases"),
            those(file.assignee_iin == iin).label("mine"),
            those(file.assignee_iin.is_(None)).label("unassigned"),
            those(file.limit_at < now).label("overdue"),
            those(file.proposal.is_(True)).label("proposals"),
        )
        .select_from(_TOGETHER)
        .where(declaration.c.office == post, _OPEN)
        .group_by(declaration.c.status)
    )
    rows = connection.execute(statement).all()
    return Counted(
        statuses={Status(row.status): row.cases for row in rows},
        mine=sum(row.mine for row in rows),
        unassigned=sum(row.unassigned for row in rows),
        overdue=sum(row.overdue for row in rows),
        proposals=sum(row.proposals for row in rows),
    )


def read_loads(connection: Connection, post: str, now: datetime) -> dict[str, tuple[int, int]]:
    """Return (open cases, overdue ones) of everybody who has a case of the post."""
    file = case_file.c
    statement = (
        select(
            file.assignee_iin,
            func.count().label("cases"),
            func.sum(case((file.limit_at < now, 1), else_=0)).label("overdue"),
        )
        .select_from(_TOGETHER)
        .where(declaration.c.office == post, _OPEN, file.assignee_iin.is_not(None))
        .group_by(file.assignee_iin)
    )
    return {row.assignee_iin: (row.cases, row.overdue or 0) for row in connection.execute(statement)}


def read_judgements(connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, tuple[bytes, bytes]]:
    """Return (assessment, decision), both compressed, of these declarations by number."""
    names = {tuple(getattr(row, name) for name in _KEY): row.registration_number for row in rows}
    if not names:
        return {}
    columns = [decision.c[name] for name in _KEY]
    wanted = select(*columns, decision.c.assessment, decision.c.decision).where(tuple_(*columns).in_(list(names)))
    return {
        names[tuple(getattr(row, name) for name in _KEY)]: (bytes(row.assessment), bytes(row.decision))
        for row in connection.execute(wanted)
    }


def _conditions(wanted: Filter, now: datetime) -> list[ColumnElement[bool]]:
    file = case_file.c
    found: list[ColumnElement[bool]] = [declaration.c.office == wanted.post]
    if wanted.appeals:
        found.append(file.appeal.is_(True))
    elif wanted.statuses:
        found.append(declaration.c.status.in_([each.value for each in wanted.statuses]))
    else:
        found.append(_OPEN)
    if wanted.appeals:
        found.append(declaration.c.status != Status.GRANTED.value)
    if wanted.lanes:
        found.append(_LANE.in_([each.value for each in wanted.lanes]))
    if wanted.assignee is not None:
        found.append(file.assignee_iin == wanted.assignee if wanted.assignee else file.assignee_iin.is_(None))
    if wanted.overdue:
        found.append(file.limit_at < now)
    if wanted.proposals:
        found.append(file.proposal.is_(True))
    if search := wanted.search.strip():
        found.append(_matches(search))
    return found


def _matches(search: str) -> ColumnElement[bool]:
    """Match the beginning of a number, or any part of a name."""
    columns = declaration.c
    literal = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    begins = (columns.registration_number, columns.declarant, columns.agent, columns.functional_reference_id)
    return or_(
        *(column.like(f"{literal}%", escape="\\") for column in begins),
        func.lower(columns.declarant_name).like(f"%{literal.lower()}%", escape="\\"),
    )

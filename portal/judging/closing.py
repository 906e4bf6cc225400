"""What a control found that a judgement led to: it feeds the profiles' tallies and their precision."""

from datetime import datetime

from sqlalchemy import Connection

from portal import audit, control
from portal.casework.desk import Desk
from portal.control import ACT_MAX, Closing
from risk_gateway import archive_store, canonical, feedback, judgement_store
from risk_gateway.annulment_store import Act
from risk_gateway.errors import ControlRefused
from risk_gateway.model import Assessment
from risk_gateway.packing import unpack
from signing import store as signing_store


def close(connection: Connection, desk: Desk, number: str, closing: Closing, now: datetime) -> Act:
    """Record a closed control of a judgement, in the caller's transaction. Raises ControlRefused.

    It records no violation and no precedent: what follows for the participant is the business of its area.
    """
    if len(closing.act) > ACT_MAX:
        raise ControlRefused("control-act-long", most=str(ACT_MAX))
    size, frontier = signing_store.lock_head(connection)
    judgement = judgement_store.find(connection, number)
    if judgement is None:
        raise ControlRefused("control-no-declaration", number=number)
    if archive_store.is_act(connection, closing.act):
        raise ControlRefused("control-act-used", act=closing.act)
    assessment = canonical.loads(unpack(judgement.assessment), Assessment)
    act = Act(
        number=closing.act,
        declaration=judgement.key,
        motive=closing.motive,
        inspector=closing.by,
        closed_at=now,
        sequence=size,
        shares=feedback.shares(assessment, closing.said, closing.motive is not None, closing.amount_tiyn),
    )
    archive_store.add_control_result(connection, act)
    desk.mark("after control result")
    audit.append(connection, size, frontier, [control.closed(act, number)])
    return act

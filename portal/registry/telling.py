"""What is told of steps and decisions, worked out of what is stored: the participant's notice, and the journal's entry.

The audit works both out anew by these same functions.
"""

import hashlib
from datetime import UTC, datetime

from interop.registry_notices import RegistryTold
from portal.registry import reasons
from risk_gateway import canonical
from risk_gateway.bases.registry.applying import Appeal, AppealState, Application, ApplicationState
from risk_gateway.bases.registry.criteria import criteria_on
from risk_gateway.bases.registry.model import EntryStep, Status, Step
from risk_gateway.days import day_of
from risk_gateway.words import Words

ANSWER, GRANTED, DENIED = "11", "39", "41"  # WCO response codes
NOTICE = "REGISTRY_NOTICE"
_ADVERSE = frozenset({Step.SUSPEND, Step.EXCLUDE})


def told_of_step(step: EntryStep, statement: str) -> RegistryTold:
    """Return what a participant is told of a step; `statement` is the digest of the signed one behind it, or ""."""
    asked = step.step in (Step.ADMIT, Step.RENEW)
    return RegistryTold(
        participant=step.participant,
        event=step.step.value,
        subject=subject_of_step(step),
        made_at=step.at.astimezone(UTC),
        journal_index=step.sequence or 0,
        code=ANSWER if asked else "",
        answer=GRANTED if asked else "",
        valid_to=step.valid_to,
        reasons=((step.reason, reasons.words_of(step.step.value, step.reason)),),
        text=step.text,
        cause=step.cause,
        statement=statement,
        appeal=_how_to_appeal(step.at) if step.step in _ADVERSE else None,
    )


def particulars_of_step(step: EntryStep, before: Status | None, statement: str, notice: bytes) -> dict[str, str]:
    """Return what the journal's entry says of a step."""
    return {
        "number": str(step.number),
        "step": step.step.value,
        "before": before.value if before else "",
        "valid_to": step.valid_to.isoformat(),
        "reason": step.reason,
        "said": canonical.digest(step.text),
        "by": step.by_iin,
        "cause": step.cause,
        "statement": statement,
        "notice": hashlib.sha256(notice).hexdigest(),
    }


def told_of_refusal(application: Application, statement: str) -> RegistryTold:
    """Return what a participant is told of an application that was refused."""
    at = _decided(application.decided_at)
    return RegistryTold(
        participant=application.participant,
        event=application.state.value,
        subject=application.number,
        made_at=at.astimezone(UTC),
        journal_index=application.decided_sequence or 0,
        code=ANSWER,
        answer=DENIED,
        reasons=tuple((code, reasons.words_of(reasons.REFUSE, code)) for code in application.reasons),
        text=application.text,
        statement=statement,
        appeal=_how_to_appeal(at),
    )


def told_of_appeal(appeal: Appeal, statement: str) -> RegistryTold:
    """Return what a participant is told of an appeal that was decided."""
    return RegistryTold(
        participant=appeal.participant,
        event=f"APPEAL_{appeal.state.value}",
        subject=appeal.number,
        made_at=_decided(appeal.decided_at).astimezone(UTC),
        journal_index=appeal.decided_sequence or 0,
        code=ANSWER,
        answer=GRANTED if appeal.state is AppealState.UPHELD else DENIED,
        text=appeal.decided_text,
        cause=appeal.against,
        statement=statement,
    )


def particulars_of_decision(made: Application | Appeal, statement: str, notice: bytes | None) -> dict[str, str]:
    """Return what the journal's entry says of a decided application or appeal."""
    return {
        "participant": made.participant,
        "outcome": made.state.value,
        "reasons": " ".join(made.reasons) if isinstance(made, Application) else "",
        "said": canonical.digest(made.text if isinstance(made, Application) else made.decided_text),
        "by": made.decided_by_iin or "",
        "statement": statement,
        "notice": "" if notice is None else hashlib.sha256(notice).hexdigest(),
    }


def subject_of_step(step: EntryStep) -> str:
    """Return by what a step is named outside."""
    return f"{step.participant}-{step.number}"


def is_told(application: Application) -> bool:
    """Whether the decision on an application has a notice of its own; an admission is told as a step."""
    return application.state is ApplicationState.REFUSED


def _how_to_appeal(at: datetime) -> Words:
    return reasons.how_to_appeal(criteria_on(day_of(at)).appeal_days)


def _decided(at: datetime | None) -> datetime:
    if at is None:
        raise ValueError("nothing has been decided")
    return at

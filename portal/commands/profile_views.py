"""How `shekara profile` shows profiles: a list, and one in full with its life."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from portal.languages import KAZAKHSTAN_TIME
from risk_gateway import canonical
from risk_gateway.desk import BackTest, Standing, Status
from risk_gateway.desk_store import Step, StoredProfile
from risk_gateway.errors import ProfileRefused
from risk_gateway.profile_store import EVER_APPROVED
from risk_gateway.profiles import Kind, Profile
from risk_gateway.sentences import sentence
from risk_gateway.validation import problems, well_formed

_COLOURS = {"active": "green", "does not judge": "red", "suspended": "yellow"}


class Row(Struct, frozen=True):
    """A version in the list; `state` says more than its status: whether it judges today."""

    stored: StoredProfile
    state: str


class View(Struct, frozen=True):
    """A version in full, in one language. `steps` are (when, status, who, why)."""

    code: str
    version: int
    state: str
    back_test: str
    steps: list[tuple[str, str, str, str]]
    problems: list[str]
    title: str = ""
    sentence: str = ""
    facts: dict[str, str] = {}
    measures: list[str] = []
    declarant_text: str = ""
    legal_basis: str = ""
    digest: str = ""


def rows(versions: Sequence[StoredProfile], today: date, every: bool) -> list[Row]:
    """Return all versions, or of each code the newest and the one that judges. `versions` come by code and number."""
    found = []
    for _, group in groupby(versions, key=lambda stored: stored.code):
        of_code = list(group)
        for number, stored in enumerate(of_code, 1):
            newer = of_code[number:]
            state = state_of(stored, newer, today)
            if every or not newer or state in ("active", "does not judge"):
                found.append(Row(stored, state))
    return found


def state_of(stored: StoredProfile, newer: Sequence[StoredProfile], today: date) -> str:
    """Say where a version stands today. `newer` are the later versions of its code."""
    profile = stored.profile
    if stored.status is not Status.APPROVED:
        return stored.status.value
    if profile is None:
        return "does not judge"
    if profile.valid_to < today:
        return "ended"
    if any(one.status in EVER_APPROVED and one.profile and one.profile.valid_from <= today for one in newer):
        return "replaced"
    if stored.refused:
        return "does not judge"
    return "active" if profile.valid_from <= today else "approved"


def as_json(row: Row, language: str) -> str:
    stored, profile = row.stored, row.stored.profile
    told: dict[str, object] = {
        "code": stored.code,
        "version": stored.version,
        "status": stored.status,
        "state": row.state,
        "approver": stored.approver,
        "refused": [{"code": problem.code, "text": problem.text(language)} for problem in stored.refused],
    }
    if profile is not None:
        told |= {"profile": profile, "title": profile.title.into(language), "digest": profile.digest}
    return canonical.dumps(told).decode()


def show_rows(console: Console, found: Sequence[Row], language: str) -> None:
    table = Table("code", "version", "state", "block", "weight", "last day", "title", box=None, pad_edge=False)
    for column in table.columns[:-1]:
        column.no_wrap = True
    for row in found:
        profile = row.stored.profile
        facts = ("", "", "", "") if profile is None else _facts(profile, language)
        state = f"[{_COLOURS.get(row.state, 'dim')}]{row.state}[/]"
        table.add_row(escape(row.stored.code), str(row.stored.version), state, *map(escape, facts))
    console.print(table)
    for row in found:
        if row.state == "does not judge":
            for text in _texts(row.stored.refused, language):
                console.print(text, style="red", markup=False)
    if not found:
        console.print("There are no profiles. Without any, every declaration is checked on paper.", style="yellow")


def _facts(profile: Profile, language: str) -> tuple[str, str, str, str]:
    weight = "direct" if profile.kind is Kind.DIRECT else str(profile.weight)
    return profile.block.value, weight, profile.valid_to.isoformat(), profile.title.into(language)


def view(row: Row, steps: Sequence[Step], today: date, language: str) -> View:
    """Return a version in full. One that breaks a rule may have no sentence, one that is damaged has only its life."""
    stored, profile = row.stored, row.stored.profile
    found = stored.refused or (() if profile is None else tuple(problems(profile, today)))
    life = View(
        code=stored.code,
        version=stored.version,
        state=row.state,
        back_test=_reported(next((step.report for step in reversed(steps) if step.report), None)),
        steps=_told(steps),
        problems=_texts(found, language),
    )
    if profile is None:
        return life
    return replace(
        life,
        title=profile.title.into(language),
        sentence=sentence(profile, language, today) if well_formed(profile) else "",
        facts=_particulars(profile, stored.approver),
        measures=[" ".join(filter(None, (one.code, one.when, one.instruction))) for one in profile.measures],
        declarant_text=profile.declarant_text.into(language),
        legal_basis=profile.legal_basis.into(language),
        digest=profile.digest,
    )


def _particulars(profile: Profile, approver: str | None) -> dict[str, str]:
    rates, cap = profile.selection, f", at most {profile.daily_cap} a day" if profile.daily_cap else ""
    return {
        "block": profile.block.value,
        "level": " ".join((profile.level.value, *profile.posts)),
        "kind": f"{profile.kind.value}, weight {profile.weight}, family {profile.family}",
        "risk": f"{profile.category.value}, {profile.motive.value}",
        "selects": f"low {rates.low}, medium {rates.medium}, high {rates.high}{cap}",
        "valid": f"{profile.valid_from} – {profile.valid_to}",
        "author": profile.author,
        "approver": approver or "",
    }


def view_as_json(given: View) -> str:
    return msgspec.json.format(msgspec.json.encode(given), indent=2).decode()


def show_view(console: Console, given: View) -> None:
    colour = _COLOURS.get(given.state, "dim")
    console.print(
        f"[bold]{escape(given.code)}[/] version {given.version}  [{colour}]{given.state}[/]  {escape(given.title)}"
    )
    console.print(f"  {given.sentence}", markup=False)
    for name, text in given.facts.items():
        console.print(f"  {name:9} {text}", style="dim", markup=False)
    for measure in given.measures:
        console.print(f"  orders    {measure}", markup=False)
    console.print(f"  tells     {given.declarant_text} {given.legal_basis}", markup=False)
    console.print(f"  digest    {given.digest}", style="dim", markup=False)
    console.print(f"  back-test {given.back_test}", markup=False)
    for at, status, who, why in given.steps:
        console.print(f"  {at}  {status:11} {who}  {why}".rstrip(), style="dim", markup=False)
    for problem in given.problems:
        console.print(f"  {problem}", style="red", markup=False)


def show_report(console: Console, standing: Standing) -> None:
    """Show the approver what the profile would have done."""
    told = "none" if standing.report is None else _summary(standing.report)
    console.print(f"{standing.profile.code} back-test: {told}", markup=False)


def _reported(report_json: bytes | None) -> str:
    return "none" if report_json is None else _summary(msgspec.json.decode(report_json, type=BackTest))


def _summary(report: BackTest) -> str:
    share = f" ({100 * report.hits / report.cases:.1f} %)" if report.cases else ""
    return f"{report.first} – {report.last}: fires on {report.hits} of {report.cases} cases{share}"


def _told(steps: Sequence[Step]) -> list[tuple[str, str, str, str]]:
    return [
        (step.at.astimezone(KAZAKHSTAN_TIME).isoformat(timespec="seconds"), step.status.value, step.actor, step.reason)
        for step in steps
    ]


def _texts(found: Sequence[ProfileRefused], language: str) -> list[str]:
    return [f"{problem.code}  {problem.text(language)}" for problem in found]

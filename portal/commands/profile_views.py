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

from portal.commands.labels import known, said
from portal.languages import KAZAKHSTAN_TIME
from risk_gateway import canonical
from risk_gateway.desk import BackTest, Standing, Status, cautions
from risk_gateway.desk_store import Step, StoredProfile
from risk_gateway.errors import ProfileRefused
from risk_gateway.instructions import instruction_in
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
        return "does not judge" if stored.refused else stored.status.value
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
    columns = ("code", "version", "state", "block", "weight", "last-day", "title")
    table = Table(*(said(column, language) for column in columns), box=None, pad_edge=False)
    for column in table.columns[:-1]:
        column.no_wrap = True
    for row in found:
        profile = row.stored.profile
        facts = ("", "", "", "") if profile is None else _facts(profile, language)
        state = f"[{_COLOURS.get(row.state, 'dim')}]{known(row.state, language)}[/]"
        table.add_row(escape(row.stored.code), str(row.stored.version), state, *map(escape, facts))
    console.print(table)
    for row in found:
        if row.state == "does not judge":
            for text in _texts(row.stored.refused, language):
                console.print(text, style="red", markup=False)
    if not found:
        console.print(said("profile-none", language), style="yellow")


def _facts(profile: Profile, language: str) -> tuple[str, str, str, str]:
    weight = said("direct", language) if profile.kind is Kind.DIRECT else str(profile.weight)
    return known(profile.block.value, language), weight, profile.valid_to.isoformat(), profile.title.into(language)


def view(row: Row, steps: Sequence[Step], today: date, language: str) -> View:
    """Return a version in full. One that breaks a rule may have no sentence, one that is damaged has only its life."""
    stored, profile = row.stored, row.stored.profile
    found = stored.refused or (() if profile is None else tuple(problems(profile, today)))
    life = View(
        code=stored.code,
        version=stored.version,
        state=row.state,
        back_test=_reported(next((step.report for step in reversed(steps) if step.report), None), language),
        steps=_told(steps),
        problems=_texts(found, language),
    )
    if profile is None:
        return life
    return replace(
        life,
        title=profile.title.into(language),
        sentence=sentence(profile, language, today) if well_formed(profile) else "",
        facts=_particulars(profile, stored.approver, language),
        measures=[
            " ".join(filter(None, (one.code, known(one.when, language), instruction_in(language, one.instruction))))
            for one in profile.measures
        ],
        declarant_text=profile.declarant_text.into(language),
        legal_basis=profile.legal_basis.into(language),
        digest=profile.digest,
    )


def _particulars(profile: Profile, approver: str | None, language: str) -> dict[str, str]:
    rates, cap = profile.selection, said("profile-cap", language, cap=profile.daily_cap) if profile.daily_cap else ""
    kind = {"kind": known(profile.kind.value, language), "weight": profile.weight, "family": profile.family}
    return {
        "block": known(profile.block.value, language),
        "level": " ".join((known(profile.level.value, language), *profile.posts)),
        "kind": said("profile-kind", language, **kind),
        "risk": ", ".join(
            said(code, language) for code in (f"category.{profile.category.value}", f"motive.{profile.motive.value}")
        ),
        "selects": said("profile-selects", language, low=rates.low, medium=rates.medium, high=rates.high, cap=cap),
        "valid": f"{profile.valid_from} – {profile.valid_to}",
        "author": profile.author,
        "approver": approver or "",
    }


def view_as_json(given: View) -> str:
    return msgspec.json.format(msgspec.json.encode(given), indent=2).decode()


def show_view(console: Console, given: View, language: str) -> None:
    colour = _COLOURS.get(given.state, "dim")
    console.print(
        f"[bold]{escape(given.code)}[/] {said('version', language)} {given.version}  "
        f"[{colour}]{known(given.state, language)}[/]  {escape(given.title)}"
    )
    console.print(f"  {given.sentence}", markup=False)
    lines: list[tuple[str, str, str | None]] = [(name, text, "dim") for name, text in given.facts.items()]
    lines += [("orders", measure, None) for measure in given.measures]
    lines += [("tells", f"{given.declarant_text} {given.legal_basis}", None)]
    lines += [("digest", given.digest, "dim"), ("back-test", given.back_test, None)]
    for name, text, style in lines:
        console.print(f"  {said(name, language):13} {text}", style=style, markup=False)
    for at, status, who, why in given.steps:
        console.print(f"  {at}  {known(status, language):13} {who}  {why}".rstrip(), style="dim", markup=False)
    for problem in given.problems:
        console.print(f"  {problem}", style="red", markup=False)


def show_report(console: Console, standing: Standing, language: str) -> None:
    """Show the approver what the profile would have done, and what he should not overlook."""
    told = said("none", language) if standing.report is None else _summary(standing.report, language)
    console.print(f"{standing.profile.code} {said('back-test', language)}: {told}", markup=False)
    for words in cautions(standing):
        console.print(words.into(language), style="yellow", markup=False)


def _reported(report_json: bytes | None, language: str) -> str:
    if report_json is None:
        return said("none", language)
    return _summary(msgspec.json.decode(report_json, type=BackTest), language)


def _summary(report: BackTest, language: str) -> str:
    share = f" ({100 * report.hits / report.cases:.1f} %)" if report.cases else ""
    counted = {"hits": report.hits, "cases": report.cases, "share": share}
    return said("profile-reported", language, first=report.first, last=report.last, **counted)


def _told(steps: Sequence[Step]) -> list[tuple[str, str, str, str]]:
    return [
        (step.at.astimezone(KAZAKHSTAN_TIME).isoformat(timespec="seconds"), step.status, step.actor, step.reason)
        for step in steps
    ]


def _texts(found: Sequence[ProfileRefused], language: str) -> list[str]:
    return [f"{problem.code}  {problem.text(language)}" for problem in found]

"""What the command line shows."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from portal.app import trust_of
from portal.settings import Settings
from signing import verify, xmlgate
from signing.errors import SigningError

NOTICE = "{urn:shekara:notice:1}DecisionNotice"
COLOURS = {"SIMPLIFIED_RELEASE": "green", "DOCUMENTARY_CHECK": "yellow", "INSPECTION_ORDER": "red"}
console = Console(highlight=False, soft_wrap=True)


def show_result(file: Path, accepted: bool, result: dict[str, Any]) -> None:
    if accepted:
        show_decision(result, file.name)
    else:
        show_problem(file.name, result)


def show_decision(answer: dict[str, Any], title: str = "") -> None:
    """Show a decision as its declarant reads it."""
    decision = answer["decision"]
    outcome = decision["outcome"]
    extent = f" ({decision['inspection_extent']})" if decision["inspection_extent"] else ""
    console.print(f"[bold {COLOURS[outcome]}]{outcome}{extent}[/]  {answer['registration_number']}  {escape(title)}")
    for reason in decision["explanation"]:
        items = f" (items {', '.join(map(str, reason['items']))})" if reason["items"] else ""
        console.print(f"  {escape(reason['category'])}{items}: {escape(reason['text'])}")
        console.print(f"  -> {escape(reason['next_step'])}", style="dim")
        if reason["deadline"]:
            console.print(f"  by {reason['deadline']}", style="dim")
    if decision["degraded"]:
        console.print("  The risk gateway could not finish: the safe answer was given.", style="yellow")


def show_problem(title: str, problem: dict[str, Any]) -> None:
    console.print(f"[bold red]REFUSED[/]  {escape(title)}  {problem['code']}: {escape(str(problem.get('detail', '')))}")
    for defect in problem.get("defects", []):
        place = f"box {defect['box']}" if defect.get("box") else defect.get("xpath", "")
        item = f", item {defect['item']}" if defect.get("item") else ""
        console.print(f"  {defect['code']} {place}{item}: {escape(defect['text'])}")


def show_summary(outcomes: Counter[str]) -> None:
    table = Table("outcome", "declarations")
    for outcome, count in sorted(outcomes.items()):
        table.add_row(outcome, str(count))
    console.print(table)


def show_check(file: Path, report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"file": file.name, **report}, ensure_ascii=False))
    elif report["valid"]:
        console.print(f"[green]VALID[/]  {escape(file.name)}  payable {report['duties']['total']} KZT")
    else:
        show_problem(file.name, {"code": "document.refused", "defects": report["defects"]})


def signature_report(file: Path, settings: Settings, at: datetime, language: str) -> dict[str, Any]:
    """Return who signed a declaration or sealed a notice, or why the signature does not count."""
    try:
        document = xmlgate.open_document(file.read_bytes())
        sealed = document.root.tag == NOTICE
        signature = verify.verify(document)
        trust = trust_of(settings)
        if sealed:
            sealer = trust.judge_seal(signature.certificate, signature.chain, at)
            who = {"sealed_by": sealer.name, "bin": sealer.bin}
        else:
            signer = trust.judge(signature.certificate, signature.chain, at)
            who = {"signed_by": signer.name, "iin": signer.iin, "bin": signer.bin or ""}
    except SigningError as error:
        return {"valid": False, "code": error.code, "text": error.text(language)}
    signed_at = signature.signing_time.isoformat() if signature.signing_time else None
    return {
        "valid": True,
        "profile": signature.profile,
        "algorithm": signature.algorithm,
        "signed_at": signed_at,
        **who,
    }


def show_signature(file: Path, report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"file": file.name, **report}, ensure_ascii=False))
    elif report["valid"]:
        who = report.get("signed_by") or report.get("sealed_by")
        console.print(f"[green]GENUINE[/]  {escape(file.name)}  {escape(str(who))}, {report['profile']}")
    else:
        console.print(f"[bold red]NOT GENUINE[/]  {escape(file.name)}  {report['code']}: {escape(report['text'])}")

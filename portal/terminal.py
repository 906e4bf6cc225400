"""What the command line shows."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

COLOURS = {"SIMPLIFIED_RELEASE": "green", "DOCUMENTARY_CHECK": "yellow", "INSPECTION_ORDER": "red"}
console = Console(highlight=False, soft_wrap=True)


ITEMS = {"kk": "тауарлар", "ru": "товары", "en": "items"}
UNTIL = {"kk": "мерзімі", "ru": "срок", "en": "by"}
UNFINISHED = {
    "kk": "Тәуекелді бағалау аяқталмады: қауіпсіз шешім берілді.",
    "ru": "Оценка риска не завершена: дан безопасный ответ.",
    "en": "The risk gateway could not finish: the safe answer was given.",
}


def show_result(file: Path, accepted: bool, result: dict[str, Any], language: str = "en") -> None:
    if accepted:
        show_decision(result, file.name, language)
    else:
        show_problem(file.name, result)


def show_decision(answer: dict[str, Any], title: str = "", language: str = "en") -> None:
    """Show a decision, whose texts are in this language, as its declarant reads it."""
    decision = answer["decision"]
    outcome = decision["outcome"]
    extent = f" ({decision['inspection_extent']})" if decision["inspection_extent"] else ""
    console.print(f"[bold {COLOURS[outcome]}]{outcome}{extent}[/]  {answer['registration_number']}  {escape(title)}")
    for reason in decision["explanation"]:
        items = f" ({ITEMS[language]} {', '.join(map(str, reason['items']))})" if reason["items"] else ""
        console.print(f"  {escape(reason['category'])}{items}: {escape(reason['text'])}")
        console.print(f"  -> {escape(reason['next_step'])}", style="dim")
        if reason["deadline"]:
            console.print(f"  {UNTIL[language]} {reason['deadline']}", style="dim")
    if decision["degraded"]:
        console.print(f"  {UNFINISHED[language]}", style="yellow")


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

"""What the command line shows of signatures, and of what proves them: in words, or as a line of JSON each."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from lxml import etree
from rich.console import Console
from rich.markup import escape

from portal.languages import KAZAKHSTAN_TIME
from portal.terminal import COLOURS
from signing.bundle import Findings, Outcome, PartFinding
from signing.errors import SigningError, words
from signing.holders import Signer
from signing.verdict import Indication, Report
from signing.xmlgate import NOTICE, open_document

MARKS = {
    Indication.TOTAL_PASSED: "green",
    Indication.TOTAL_FAILED: "bold red",
    Indication.INDETERMINATE: "yellow",
    Outcome.OK: "green",
    Outcome.WRONG: "bold red",
    Outcome.NOT_CHECKED: "yellow",
}
ASSUMED = {
    "kk": "{at} сәтінде бар болғаны дәлелденген жоқ, тек солай деп алынды. Дәлелдеу үшін --evidence беріңіз.",
    "ru": "Что подписанное существовало на {at}, предположено, а не доказано. Для доказательства дайте --evidence.",
    "en": "That this existed at {at} is assumed, not proven. Give --evidence for a proof.",
}
PROVEN = {
    "kk": "Бәрі сәйкес. {at} сәтінде бар болғаны дәлелденді: уақыт белгісін {name} қойған.",
    "ru": "Всё сходится. Доказано, что подписанное существовало на {at}: метку времени поставила {name}.",
    "en": "Everything fits. It is proven that these files existed at {at}: time-stamped by {name}.",
}
UNPROVEN = {
    "kk": "ДӘЛЕЛДЕНГЕН ЖОҚ. Файлдар бір-біріне сәйкес емес немесе бүлінген: жоғарыдағы белгілерді қараңыз.",
    "ru": "НЕ ДОКАЗАНО. Файлы не подходят друг к другу или повреждены: смотрите отмеченное выше.",
    "en": "NOT PROVEN. The files do not fit together, or are damaged: see what is marked above.",
}
REVOCATION = {"kk": "қайтарып алу", "ru": "отзыв", "en": "revocation"}
UNKNOWN_OFFICE = {
    "kk": "{notice}: БСН {bin} ұйымы мөр басқан. Кеден органы екені тексерілген жоқ: БСН-ін --office арқылы беріңіз.",
    "ru": "{notice}: печать организации с БИН {bin}. Что это таможенный орган, не проверено: дайте его БИН в --office.",
    "en": "{notice}: sealed by the holder of BIN {bin}. That it is the customs office was not checked: give --office.",
}
OTHER_OFFICE = {
    "kk": "{notice}: мөрді БСН {expected} кеден органы емес, БСН {bin} ұйымы басқан. Бұл шешім емес.",
    "ru": "{notice}: печать не таможенного органа с БИН {expected}, а организации с БИН {bin}. Это не решение.",
    "en": "{notice}: sealed by the holder of BIN {bin}, not by the customs office ({expected}). This is no decision.",
}
OTHER_DECLARATION = {
    "kk": "Хабарлама осы декларация туралы емес: SHA-256 сәйкес емес. Кеденге жіберілген байттардың өзін беріңіз.",
    "ru": "Уведомление не об этой декларации: SHA-256 не совпадает. Дайте те самые байты, что были отправлены.",
    "en": "The notice is not about this declaration: the SHA-256 differs. Give the very bytes that were sent.",
}
console = Console(highlight=False, soft_wrap=True)


class Printer:
    """Shows what was found, in one language."""

    def __init__(self, as_json: bool, language: str) -> None:
        self._as_json = as_json
        self._language = language

    def reports(self, file: str, is_notice: bool, reports: Sequence[Report]) -> None:
        """Show each signature of a file."""
        if self._as_json:
            kind = "notice" if is_notice else "declaration"
            signatures = [report.as_json(self._language) for report in reports]
            _print_line({"file": file, "kind": kind, "valid": all_passed(reports), "signatures": signatures})
        else:
            for report in reports:
                self._show_report(file, report)

    def existence(self, at: datetime, proven_by: str | None) -> None:
        """Say whether it is proven that what was signed existed at that moment, or only assumed."""
        moment = at.astimezone(KAZAKHSTAN_TIME).isoformat(timespec="seconds")
        text = (PROVEN if proven_by else ASSUMED)[self._language].format(at=moment, name=proven_by)
        if self._as_json:
            _print_line({"existence": "proven" if proven_by else "assumed", "at": moment, "text": text})
        else:
            console.print(escape(text), style="green" if proven_by else "yellow")

    def strange_office(self, notice: str, sealed_by: Collection[str], expected: str | None) -> None:
        """Say that a notice was sealed by somebody else, or that nobody knows whose seal was expected."""
        texts = OTHER_OFFICE if expected else UNKNOWN_OFFICE
        text = texts[self._language].format(notice=notice, bin=", ".join(sorted(sealed_by)) or "-", expected=expected)
        if self._as_json:
            _print_line({"notice": notice, "office": "other" if expected else "unknown", "text": text})
        else:
            console.print(escape(text), style="bold red" if expected else "yellow")

    def unproven(self) -> None:
        """Say that the evidence and the files together prove nothing."""
        text = UNPROVEN[self._language]
        if self._as_json:
            _print_line({"existence": "unproven", "text": text})
        else:
            console.print(escape(text), style="bold red")

    def pair(self, notice: str, declaration: str, content: bytes) -> None:
        """Show the decision of a notice that is about the declaration beside it."""
        decision = read_decision(content, self._language)
        if self._as_json:
            _print_line({"notice": notice, "declaration": declaration, "decision": decision})
        else:
            _show_decision(decision)

    def mismatch(self, notice: str) -> None:
        """Say that a notice is about none of the declarations beside it."""
        text = OTHER_DECLARATION[self._language]
        if self._as_json:
            _print_line({"notice": notice, "declaration": None, "text": text})
        else:
            console.print(f"[bold red]MISMATCH[/]  {escape(notice)}  {escape(text)}")

    def findings(self, bundle: str, findings: Findings) -> None:
        """Show what was found of each part of an evidence bundle."""
        office = findings.office
        if self._as_json:
            parts = [self._part(each) for each in findings.parts]
            told = {"name": office.name, "bin": office.bin, "caution": office.caution} if office else None
            _print_line({"evidence": bundle, "valid": findings.ok, "office": told, "findings": parts})
            return
        if office:
            console.print(f"{escape(bundle)}  {escape(office.name)} ({office.bin})")
            self._caution(office.caution)
        for each in findings.parts:
            text = f"{each.error.code}: {each.error.text(self._language)}" if each.error else ""
            console.print(f"  [{MARKS[each.outcome]}]{each.outcome:<11}[/]  {each.part:<11}  {escape(text)}".rstrip())

    def refusal(self, bundle: str, error: SigningError) -> None:
        """Say why a bundle cannot be read."""
        text = error.text(self._language)
        if self._as_json:
            _print_line({"evidence": bundle, "valid": False, "code": error.code, "text": text})
        else:
            console.print(f"[bold red]REFUSED[/]  {escape(bundle)}  {error.code}: {escape(text)}")

    def missing(self, number: str, why: Mapping[str, str]) -> None:
        """Say why there is no bundle for a number."""
        text = why[self._language].format(number=number)
        if self._as_json:
            _print_line({"number": number, "valid": False, "text": text})
        else:
            console.print(escape(text), style="yellow")

    def _show_report(self, file: str, report: Report) -> None:
        verdict = " ".join(filter(None, (report.indication, report.sub_indication)))
        signer = report.signer
        number = (signer.iin if isinstance(signer, Signer) else signer.bin) if signer else ""
        told = [f"{signer.name} ({number})" if signer else "", report.profile or ""]
        console.print(
            f"[{MARKS[report.indication]}]{verdict}[/]  {escape(file)}  {escape(', '.join(filter(None, told)))}"
        )
        if report.revocation and report.revocation.produced_at:
            as_of = report.revocation.produced_at.astimezone(KAZAKHSTAN_TIME).isoformat(timespec="seconds")
            told_by = f"{report.revocation.source}, {as_of}"
            console.print(f"  {REVOCATION[self._language]}: {report.revocation.status} ({told_by})", style="dim")
        if report.error:
            console.print(f"  {report.error.code}: {escape(report.error.text(self._language))}")
        self._caution(report.caution)

    def _caution(self, code: str | None) -> None:
        """Show what a dated rule let pass."""
        if code:
            console.print(f"  {code}: {escape(words()[code][self._language])}", style="yellow")

    def _part(self, finding: PartFinding) -> dict[str, str | None]:
        error = finding.error
        return {
            "part": finding.part,
            "outcome": finding.outcome,
            "code": error.code if error else None,
            "text": error.text(self._language) if error else None,
        }


def all_passed(reports: Sequence[Report]) -> bool:
    """Tell whether all signatures passed."""
    return all(report.passed for report in reports)


def read_decision(notice: bytes, language: str) -> dict[str, Any]:
    """Return the decision that a notice tells, its reasons with their legal basis in one language."""
    root = open_document(notice).root
    etree.strip_tags(root, etree.Comment)  # no signature covers them, and they would part a text in two
    names = {"n": NOTICE}
    return {
        "registration_number": root.findtext("n:RegistrationNumber", "", names),
        "outcome": root.findtext("n:Decision/n:Outcome", "", names),
        "reasons": [
            {
                "category": reason.get("category"),
                "text": reason.findtext(f"n:Text[@lang='{language}']", "", names),
                "legal_basis": reason.findtext(f"n:LegalBasis[@lang='{language}']", "", names),
            }
            for reason in root.findall("n:Decision/n:Reason", names)
        ],
    }


def _show_decision(decision: Mapping[str, Any]) -> None:
    outcome = decision["outcome"]
    colour = COLOURS.get(outcome, "red")
    console.print(f"[bold {colour}]{escape(outcome)}[/]  {escape(decision['registration_number'])}")
    for reason in decision["reasons"]:
        console.print(f"  {escape(reason['text'])}")
        console.print(f"  {escape(reason['legal_basis'])}", style="dim")


def _print_line(content: Mapping[str, Any]) -> None:
    print(json.dumps(content, ensure_ascii=False, default=str))

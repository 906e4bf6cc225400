"""`shekara verify` and `shekara evidence`: what a signature is worth, seen with no database and no network.

Exit status: 0 all is well, 1 something is not, 2 misuse.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated

import typer

from declarations import store as declarations_store
from portal.app import opened
from portal.clock import SystemClock
from portal.commands.shared import Language, number_named
from portal.database import reading
from portal.evidence import gather, read_documents
from portal.keys import known_office
from portal.languages import KAZAKHSTAN_TIME
from portal.office import Office
from portal.settings import Settings
from portal.terminal_signatures import Printer, all_passed
from portal.trusting import algorithms_of, trust_of
from signing import bundle as bundles
from signing.algorithms import SHIPPED, Algorithms
from signing.errors import EvidenceInvalid
from signing.trust import TrustStore
from signing.verdict import Report, judge_signature

REFUSED = 1
UNSTAMPED = {
    "kk": "{number} шешімін қамтитын уақыт белгісі әлі жоқ. Біраздан кейін қайталаңыз.",
    "ru": "Решение по {number} ещё не охвачено меткой времени. Повторите немного позже.",
    "en": "No time-stamp covers the decision on {number} yet. Try again a little later.",
}
UNKNOWN = {
    "kk": "{number} декларациясы жоқ. Нөмірді тексеріңіз.",
    "ru": "Декларации {number} нет. Проверьте номер.",
    "en": "There is no declaration {number}. Check the number.",
}
Files = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, a line for each thing found.")]
At = Annotated[
    str | None,
    typer.Option(
        help="Judge as of this date or date-time (ISO 8601). A date means the end of that day in Kazakhstan, a time "
        "without a zone is Kazakhstan's. That the file existed then is assumed, unless --evidence proves it."
    ),
]
BundleFile = Annotated[
    Path | None,
    typer.Option("--evidence", exists=True, dir_okay=False, help="Evidence of one declaration, given with its notice."),
]
OfficeBin = Annotated[
    str | None,
    typer.Option("--office", help="BIN of the customs office; else what office.txt in the trust folder says."),
]

app = typer.Typer()


@dataclass(frozen=True)
class Document:
    """A file to be verified: a notice of the office, or else a declaration. `digest` is its SHA-256, in hex."""

    name: str
    data: bytes
    digest: str
    is_notice: bool

    @classmethod
    def read(cls, file: Path) -> "Document":
        data = file.read_bytes()
        return cls(file.name, data, hashlib.sha256(data).hexdigest(), bundles.is_notice(data))


@app.command()
def verify(
    files: Files,
    at: At = None,
    bundle: BundleFile = None,
    office: OfficeBin = None,
    as_json: AsJson = False,
    language: Language = "en",
) -> None:
    """Verify the signatures of declarations and of the office's notices, without database and network.

    A notice and its declaration given together are also checked against each other.
    """
    moment = _moment(at)
    settings = Settings.load()
    trust, office_bin = trust_of(settings), office or known_office(settings)
    documents = [Document.read(file) for file in files]
    printer = Printer(as_json, language)
    if bundle is None:
        well = verify_alone(documents, trust, moment, printer, office_bin, algorithms_of(settings))
    else:
        well = verify_with(bundle, documents, trust, moment or SystemClock().now(), printer, office_bin)
    raise typer.Exit(0 if well else REFUSED)


@app.command()
def evidence(
    number: Annotated[str, typer.Argument(help="Registration number of a declaration.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the bundle is written.")],
    documents: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="A folder for declaration.xml, as received, and notice.xml, as sealed."),
    ] = None,
    as_json: AsJson = False,
    language: Language = "en",
) -> None:
    """Gather what proves a decision into one file, which `verify --evidence` reads anywhere."""
    wanted = number_named(number, language)
    with opened(Settings.load()) as office:
        well = write_bundle(office, wanted, output, Printer(as_json, language), documents)
    raise typer.Exit(0 if well else REFUSED)


def write_bundle(office: Office, number: str, output: Path, printer: Printer, documents: Path | None = None) -> bool:
    """Write the bundle of a declaration's decision and show what it proves today; tell whether all is well.

    With a folder for `documents`, the declaration and the notice are written there, too.
    """
    with reading(office.engine) as connection:
        stored = declarations_store.find_by_number(connection, number)
        declaration, notice = read_documents(connection, stored) if stored else (b"", b"")
    bundle = gather(office, stored) if stored else None
    if bundle is None:
        printer.missing(number, UNSTAMPED if stored else UNKNOWN)
        return False
    output.write_bytes(bundles.write(bundle))
    if documents is not None:
        documents.mkdir(parents=True, exist_ok=True)
        (documents / "declaration.xml").write_bytes(declaration)
        (documents / "notice.xml").write_bytes(notice)
    findings = bundles.check(bundle, declaration, notice, office.trust, office.clock.now(), office.keyring.bin)
    printer.findings(output.name, findings)
    return findings.ok


def verify_alone(
    documents: Sequence[Document],
    trust: TrustStore,
    at: datetime | None,
    printer: Printer,
    office_bin: str | None,
    algorithms: Algorithms = SHIPPED,
) -> bool:
    """Judge each document for itself, and each notice against the declarations beside it; tell whether all is well.

    What a notice decides is shown only when its seal has passed.
    """
    moment = at or SystemClock().now()
    well, genuine = True, []
    for document in documents:
        reports = judge_signature(document.data, trust, moment, seal=document.is_notice, algorithms=algorithms)
        printer.reports(document.name, document.is_notice, reports)
        if all_passed(reports) and (not document.is_notice or is_office(document.name, reports, office_bin, printer)):
            genuine.append(document)
        else:
            well = False
    notices = [each for each in genuine if each.is_notice]
    declarations = [each for each in documents if not each.is_notice]
    for notice in notices if declarations else ():
        well &= _pair(notice, declarations, printer)
    if at is not None:
        printer.existence(at, None)
    return well


def verify_with(
    file: Path,
    documents: Sequence[Document],
    trust: TrustStore,
    at: datetime,
    printer: Printer,
    office_bin: str | None,
) -> bool:
    """Judge a declaration and its notice by a bundle; tell whether all is well."""
    notices = [each for each in documents if each.is_notice]
    declarations = [each for each in documents if not each.is_notice]
    if len(declarations) != 1 or len(notices) != 1:
        raise typer.BadParameter("with --evidence, give one declaration and its notice.")
    (declaration,), (notice,) = declarations, notices
    try:
        bundle = bundles.read(file.read_bytes())
    except EvidenceInvalid as error:
        printer.refusal(file.name, error)
        return False
    findings = bundles.check(bundle, declaration.data, notice.data, trust, at, office_bin)
    printer.reports(declaration.name, False, findings.signatures)
    printer.reports(notice.name, True, findings.seals)
    well = findings.ok
    if all_passed(findings.seals):
        well &= is_office(notice.name, findings.seals, office_bin, printer)
    if well:
        _pair(notice, declarations, printer)
    printer.findings(file.name, findings)
    if well and findings.stamp and findings.existed_at:
        printer.existence(findings.existed_at, findings.stamp.name)
    else:
        printer.unproven()
    return well


def is_office(notice: str, seals: Sequence[Report], office_bin: str | None, printer: Printer) -> bool:
    """Tell, and say when it is not so, whether a notice was sealed by the office that is meant."""
    sealed_by = {seal.signer.bin or "" for seal in seals if seal.signer}
    if office_bin is not None and sealed_by == {office_bin}:
        return True
    printer.strange_office(notice, sealed_by, office_bin)
    return False


def _pair(notice: Document, declarations: Sequence[Document], printer: Printer) -> bool:
    """Show the decision of a notice when it is about one of the declarations, and tell whether it is."""
    digest = bundles.read_notice(notice.data).digest
    for declaration in declarations:
        if declaration.digest == digest:
            printer.pair(notice.name, declaration.name, notice.data)
            return True
    printer.mismatch(notice.name)
    return False


def _moment(text: str | None) -> datetime | None:
    """Return the moment that an option names: of a date, the last one of that day in Kazakhstan."""
    if text is None:
        return None
    try:
        if "T" not in text and " " not in text:
            return datetime.combine(date.fromisoformat(text), time.max, KAZAKHSTAN_TIME)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no ISO date or date-time.", param_hint="--at") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=KAZAKHSTAN_TIME)

"""Where the history of participants is kept: read in one statement, added to in the transaction of a lodgement.

Rows are written in a fixed order, so that writers cannot wait for each other in a circle. Statements are plain SQL
that SQLite and PostgreSQL both know.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Date, String, TextClause, bindparam, text

from risk_gateway import repeated_goods_store
from risk_gateway.bases.partner_facts.store import fact_of
from risk_gateway.bases.registers.model import RegisterFact
from risk_gateway.bases.registers.store import fact_of as register_fact_of
from risk_gateway.history import (
    Addition,
    Ledger,
    Past,
    Question,
    hits_of,
    inspections_at,
)
from risk_gateway.kept_numbers import kept_number
from risk_gateway.model import Load, OpenControl
from risk_gateway.profiles import Extent
from risk_gateway.repeated_goods import STORED_MOST

_HITS = hits_of("")

# What is asked before every decision: kind, two texts, three numbers. In `{}` go as many marks as there are values.
_OF_DECLARANT = """
    SELECT 'history', participant, '', declarations, amendments_after_notice, exports_without_exit
      FROM participant_history WHERE participant = {}"""
_OF_AGENT = """
    SELECT 'agent', participant, '', declarations_as_agent, 0, 0
      FROM participant_history WHERE participant = {}"""
_OF_DAY = """
    SELECT 'count', name, '', count, 0, 0
      FROM day_count WHERE day = {} AND (name = {} OR name LIKE {})"""
_OF_GOODS = """
    SELECT 'goods', commodity, origin, declarations, findings, 0
      FROM participant_goods WHERE participant = {} AND commodity IN ({})"""
_OF_INVOICES = """
    SELECT 'invoice', invoice, functional_reference_id, 0, 0, 0
      FROM invoice_use WHERE participant = {} AND invoice IN ({})"""
_OF_CERTIFICATES = """
    SELECT 'certificate', identifier, holder, issued_g, used_g, 0
      FROM certificate WHERE identifier IN ({})"""
_OF_CONTROLS = """
    SELECT 'control', mark, extent || ':' || MIN(functional_reference_id), grams, tiyn, 0
      FROM open_control WHERE participant = {} AND mark IN ({}) AND ordered_on >= {} AND functional_reference_id <> {}
     GROUP BY mark, extent, grams, tiyn"""
_OF_PARTNERS = """
    SELECT 'partner', partner, question || ':' || answer || ':' || detail, answered_ms, asked_ms, 0
      FROM partner_fact WHERE participant = {}"""
_OF_REGISTERS = """
    SELECT 'register', partner || ':' || kind || ':' || number, said || '\n' || detail, answered_ms, asked_ms, 0
      FROM register_fact WHERE holder = {} AND number IN ({})"""
_READ_LEDGER = text("""
    SELECT 'invoice' AS kind, participant AS a, invoice AS b, functional_reference_id AS c, 0 AS x
      FROM invoice_use WHERE (participant, invoice) IN :invoices
    UNION ALL
    SELECT 'certificate', identifier, holder, '', issued_g - used_g
      FROM certificate WHERE identifier IN :certificates
""").bindparams(bindparam("invoices", expanding=True), bindparam("certificates", type_=String, expanding=True))

_ADD_COUNTS = text("""
    INSERT INTO participant_history
           (participant, declarations, declarations_as_agent, amendments_after_notice, exports_without_exit)
    VALUES (:participant, :declarations, :declarations_as_agent, :amendments_after_notice, :exports_without_exit)
    ON CONFLICT (participant) DO UPDATE SET
           declarations = participant_history.declarations + excluded.declarations,
           declarations_as_agent = participant_history.declarations_as_agent + excluded.declarations_as_agent,
           amendments_after_notice = participant_history.amendments_after_notice + excluded.amendments_after_notice,
           exports_without_exit = participant_history.exports_without_exit + excluded.exports_without_exit
""")
_ADD_GOODS = text("""
    INSERT INTO participant_goods (participant, commodity, origin, first_on, declarations, findings)
    VALUES (:participant, :commodity, :origin, :day, :declarations, :findings)
    ON CONFLICT (participant, commodity, origin) DO UPDATE SET
           declarations = participant_goods.declarations + excluded.declarations,
           findings = participant_goods.findings + excluded.findings
""").bindparams(bindparam("day", type_=Date))
_ADD_INVOICES = text("""
    INSERT INTO invoice_use (participant, invoice, functional_reference_id, used_on)
    VALUES (:participant, :invoice, :reference, :day)
    ON CONFLICT (participant, invoice) DO NOTHING
""").bindparams(bindparam("day", type_=Date))
_WRITE_OFF = text("UPDATE certificate SET used_g = used_g + :grams WHERE identifier = :identifier")
_COUNT_ON = text("""
    INSERT INTO day_count (day, name, count) VALUES (:day, :name, :count)
    ON CONFLICT (day, name) DO UPDATE SET count = day_count.count + excluded.count
""").bindparams(bindparam("day", type_=Date))
_PUT_CERTIFICATE = text("""
    INSERT INTO certificate (identifier, holder, issued_g, used_g, source)
    VALUES (:identifier, :holder, :issued_g, 0, :source)
    ON CONFLICT (identifier) DO UPDATE SET
           holder = excluded.holder, issued_g = excluded.issued_g, source = excluded.source
""")

_TAKE_OVER_COUNTS = text("""
    INSERT INTO participant_history
           (participant, declarations, declarations_as_agent, amendments_after_notice, exports_without_exit)
    VALUES (:participant, :declarations, :declarations_as_agent, :amendments_after_notice, :exports_without_exit)
    ON CONFLICT (participant) DO NOTHING
""")
_TAKE_OVER_GOODS = text("""
    INSERT INTO participant_goods (participant, commodity, origin, first_on, declarations, findings)
    VALUES (:participant, :commodity, :origin, :day, :declarations, :findings)
    ON CONFLICT (participant, commodity, origin) DO NOTHING
""").bindparams(bindparam("day", type_=Date))

NO_INVOICE = [("", "")]  # PostgreSQL must be told what an empty list would hold

Rows = Sequence[Mapping[str, Any]]


# --- read -----------------------------------------------------------------------------------------------------------


def read_past(connection: Connection, asked: Question) -> Past:
    """Return what is known of the participants and the day at this moment.

    Asked before every decision, so straight of the driver: SQLAlchemy's own handling would cost more than the database.
    """
    parts = list(_parts(asked))
    marks = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    statement = " UNION ALL ".join(
        part.format(*(", ".join([marks] * len(few)) for few in given)) for part, given in parts
    )
    values = tuple(value for _, given in parts for few in given for value in few)
    found: dict[str, list[tuple[Any, ...]]] = {}
    for kind, *row in connection.exec_driver_sql(statement, values):
        found.setdefault(kind, []).append(tuple(row))
    return _past(asked, found)


def _parts(asked: Question) -> Iterator[tuple[str, tuple[Sequence[str], ...]]]:
    """Yield each part of the statement with the values of its places."""
    declarant = (asked.declarant,)
    yield _OF_DECLARANT, (declarant,)
    yield _OF_DAY, ((asked.day.isoformat(),), (inspections_at(asked.office),), (f"{_HITS}%",))
    yield _OF_GOODS, (declarant, asked.commodities)
    yield _OF_PARTNERS, (declarant,)
    marks, since = (*asked.commodities, *asked.papers), ((asked.day - STORED_MOST).isoformat(),)
    yield _OF_CONTROLS, (declarant, marks, since, (asked.reference,))
    if asked.agent:
        yield _OF_AGENT, ((asked.agent,),)
    if asked.invoices:
        yield _OF_INVOICES, (declarant, asked.invoices)
    if asked.certificates:
        yield _OF_CERTIFICATES, (asked.certificates,)
    if asked.named:
        yield _OF_REGISTERS, ((asked.named[0].holder,), tuple(dict.fromkeys(each.number for each in asked.named)))


def _past(asked: Question, found: Mapping[str, Sequence[tuple[Any, ...]]]) -> Past:
    _, _, declarations, amendments, without_exit = next(iter(found.get("history", [("", "", 0, 0, 0)])))
    counts = {name: count for name, _, count, *_ in found.get("count", ())}
    inspections = counts.pop(inspections_at(asked.office), 0)
    return Past(
        declarations=declarations,
        declarations_as_agent=sum(count for _, _, count, *_ in found.get("agent", ())),
        amendments_after_notice=amendments,
        exports_without_exit=without_exit,
        findings={(code, origin): findings for code, origin, _, findings, _ in found.get("goods", ())},
        used_invoices=frozenset(
            invoice for invoice, reference, *_ in found.get("invoice", ()) if reference != asked.reference
        ),
        grams_left={
            number: issued - used + asked.returned.get(number, 0) if holder == asked.declarant else 0
            for number, holder, issued, used, _ in found.get("certificate", ())
        },
        open_controls=tuple(
            OpenControl(mark, reference, Extent(extent), grams, tiyn)
            for mark, ordered, grams, tiyn, _ in found.get("control", ())
            for extent, _, reference in [ordered.partition(":")]
        ),
        partner_facts=tuple(
            fact_of(partner, question, answer, detail, answered_ms, asked_ms)
            for partner, said, answered_ms, asked_ms, _ in sorted(found.get("partner", ()))
            for question, answer, detail in [said.split(":", 2)]
        ),
        register_facts=_of_registers(asked, found.get("register", ())),
        load=Load(inspections, {name.removeprefix(_HITS): count for name, count in sorted(counts.items())}),
    )


def _of_registers(asked: Question, rows: Iterable[tuple[Any, ...]]) -> tuple[RegisterFact, ...]:
    wanted, facts = set(asked.named), []
    for key, told, answered_ms, asked_ms, _ in sorted(rows):
        partner, kind, number = key.split(":", 2)
        said, _, detail = told.partition("\n")
        facts.append(
            register_fact_of(asked.named[0].holder, kind, number, partner, said, detail, answered_ms, asked_ms)
        )
    return tuple(each for each in facts if each.named in wanted)


# --- add ------------------------------------------------------------------------------------------------------------


def read_ledger(connection: Connection, additions: Sequence[Addition]) -> Ledger:
    """Return the invoices, certificates and open controls of these lodgements as they stand now."""
    controls = repeated_goods_store.read_open(connection, additions)
    invoices = sorted({(given.declarant, invoice) for given in additions for invoice in given.invoices})
    certificates = sorted({number for given in additions for number in (*given.grams, *given.returned)})
    if not invoices and not certificates:
        return Ledger({}, {}, controls)
    used_by: dict[tuple[str, str], str] = {}
    left: dict[str, tuple[str, int]] = {}
    for kind, a, b, reference, grams in connection.execute(
        _READ_LEDGER, {"invoices": invoices or NO_INVOICE, "certificates": certificates}
    ):
        if kind == "invoice":
            used_by[a, b] = reference
        else:
            left[a] = (b, grams)
    return Ledger(used_by, left, controls)


def add(connection: Connection, additions: Sequence[Addition], ledger: Ledger) -> None:
    """Add lodgements to history; the caller commits them with the declarations."""
    _execute(connection, _ADD_COUNTS, _counts(additions))
    _execute(connection, _ADD_GOODS, _goods(additions))
    uses = {(given.declarant, invoice): given for given in reversed(additions) for invoice in given.invoices}
    _execute(
        connection,
        _ADD_INVOICES,
        [
            {"participant": declarant, "invoice": invoice, "reference": given.reference, "day": given.day}
            for (declarant, invoice), given in sorted(uses.items(), key=lambda use: use[0])
        ],
    )
    repeated_goods_store.add_ordered(connection, additions)
    written_off: Counter[str] = Counter()
    for given in additions:
        written_off.update(ledger.written_off(given))
    _execute(
        connection, _WRITE_OFF, [{"identifier": key, "grams": grams} for key, grams in sorted(written_off.items())]
    )
    ordered = Counter((given.day, name) for given in additions for name in given.ordered)
    _execute(
        connection,
        _COUNT_ON,
        [{"day": day, "name": name, "count": count} for (day, name), count in sorted(ordered.items())],
    )


def add_findings(connection: Connection, participant: str, found_in: Iterable[tuple[str, str]], day: date) -> None:
    """Add a control's finding to the goods, (commodity, origin), in which it was made."""
    _count_findings(connection, participant, Counter(found_in), day)


def take_findings_back(
    connection: Connection, participant: str, found_in: Iterable[tuple[str, str]], day: date
) -> None:
    """Undo `add_findings`: what was found does not stand. Decisions keep the facts that they were made on."""
    taken = Counter(found_in)
    _count_findings(connection, participant, {goods: -count for goods, count in taken.items()}, day)


def _count_findings(connection: Connection, participant: str, counts: Mapping[tuple[str, str], int], day: date) -> None:
    rows = [_goods_row(participant, goods, day, 0, count) for goods, count in sorted(counts.items())]
    _execute(connection, _ADD_GOODS, rows)


def add_to_record(
    connection: Connection, participant: str, *, amendments_after_notice: int = 0, exports_without_exit: int = 0
) -> None:
    """Add to what is known of a participant: amendments after a notice; exports of which no exit was proved in time
    (negative when it is proved at last)."""
    row = _counts_row(participant)
    row.update(amendments_after_notice=amendments_after_notice, exports_without_exit=exports_without_exit)
    connection.execute(_ADD_COUNTS, row)


class TakenOver(Struct, frozen=True):
    """The history of a participant from before this office kept it. `goods` gives the declarations and findings of
    each (commodity, origin); `invoices` the reference under which each number was used."""

    participant: str
    since: date
    declarations: int = 0
    declarations_as_agent: int = 0
    amendments_after_notice: int = 0
    exports_without_exit: int = 0
    goods: Mapping[tuple[str, str], tuple[int, int]] = {}
    invoices: Mapping[str, str] = {}


def take_over(connection: Connection, given: TakenOver) -> None:
    """Take over a history from another system; what is kept here already stays as it is."""
    counts = {name: getattr(given, name) for name in _counts_row("")}
    connection.execute(_TAKE_OVER_COUNTS, counts)
    rows = [_goods_row(given.participant, goods, given.since, *counts) for goods, counts in sorted(given.goods.items())]
    _execute(connection, _TAKE_OVER_GOODS, rows)
    uses = [
        {"participant": given.participant, "invoice": number, "reference": reference, "day": given.since}
        for number, reference in sorted((kept_number(number), used) for number, used in given.invoices.items())
    ]
    _execute(connection, _ADD_INVOICES, uses)


def put_certificate(connection: Connection, identifier: str, holder: str, issued_g: int, source: str) -> None:
    """Put a certificate or permit on record; what was written off stays so. The caller bumps the revision."""
    given = {"identifier": kept_number(identifier), "holder": holder, "issued_g": issued_g, "source": source}
    connection.execute(_PUT_CERTIFICATE, given)


def _execute(connection: Connection, statement: TextClause, rows: Rows) -> None:
    if rows:
        connection.execute(statement, rows)


def _counts(additions: Sequence[Addition]) -> Rows:
    rows: dict[str, dict[str, Any]] = {}
    for given in additions:
        declarant = rows.setdefault(given.declarant, _counts_row(given.declarant))
        declarant["declarations"] += given.counts
        declarant["amendments_after_notice"] += given.amends_after_notice
        if given.agent is not None:
            agent = rows.setdefault(given.agent, _counts_row(given.agent))
            agent["declarations_as_agent"] += given.counts
    return [rows[participant] for participant in sorted(rows)]


def _counts_row(participant: str) -> dict[str, Any]:
    counts = ("declarations", "declarations_as_agent", "amendments_after_notice", "exports_without_exit")
    return {"participant": participant, **dict.fromkeys(counts, 0)}


def _goods(additions: Sequence[Addition]) -> Rows:
    declared: dict[tuple[str, tuple[str, str]], dict[str, Any]] = {}
    for given in additions:
        for goods in given.goods:
            row = declared.setdefault((given.declarant, goods), _goods_row(given.declarant, goods, given.day, 0, 0))
            row["declarations"] += given.counts
            row["day"] = min(row["day"], given.day)
    return [declared[key] for key in sorted(declared)]


def _goods_row(participant: str, goods: tuple[str, str], day: date, declarations: int, findings: int) -> dict[str, Any]:
    commodity, origin = goods
    return {
        "participant": participant,
        "commodity": commodity,
        "origin": origin,
        "day": day,
        "declarations": declarations,
        "findings": findings,
    }

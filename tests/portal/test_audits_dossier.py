"""The dossier: the column file follows the database, and what it says of a participant is what was declared."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import auditing_after
import msgspec
import pki
import pytest
from auditing_after import QORGAN, Desk
from builders import declaration_xml
from caseworking import person
from msgspec.structs import asdict

from declarations.audits.store import Figure
from interop import partner_store
from interop.adapters.tax_service.messages import ReturnedMonth
from interop.adapters.tax_service.stub import Stub
from interop.calls import Reply, Request
from interop.disclosure import Policy
from interop.partners import Partner, PartnerKind
from portal.asking.service import Asking
from portal.audits import column_store, market_store
from portal.audits.columns import Columns
from portal.audits.dossier import compare
from portal.audits.dossiers import Dossiers
from portal.audits.errors import AuditNotFound
from portal.audits.market_store import Month
from portal.audits.pictures import pictures_of
from portal.audits.rows_store import ItemRow
from portal.database import writing
from portal.pipeline import lodge
from portal.stages import Lodged

LAST = date(2026, 11, 24)
ME, PEERS = "1" * 12, tuple(str(each) * 12 for each in range(2, 8))
HONEST, CHEAP = "8516100000", "8516210000"


def row(**changes: object) -> ItemRow:
    usual = ItemRow(
        number="20201/241126/0000001",
        version=1,
        day=LAST,
        block="imports",
        declarant=ME,
        agent=None,
        office="20201",
        item=1,
        commodity=HONEST,
        origin="CN",
        grams=1_000_000,
        tiyn=100_000_00,
        cents=1_000_00,
        tax_tiyn=10_000_00,
        flagged=False,
    )
    return msgspec.structs.replace(usual, **changes)


def written(folder: Path, rows: Sequence[ItemRow]) -> list[str]:
    """Write rows as a column file; each gets a number of its own unless it has one."""
    folder.mkdir(parents=True, exist_ok=True)
    lines, target = folder / "rows.jsonl", folder / "items.parquet"
    lines.write_bytes(b"\n".join(msgspec.json.encode(each) for each in rows))
    column_store.write_part(str(lines), [], str(target))
    return [str(target)]


def year_ago(day: date = LAST) -> date:
    return day - timedelta(days=400)


def numbered(rows: Sequence[ItemRow]) -> list[ItemRow]:
    return [msgspec.structs.replace(each, number=f"N{place}") for place, each in enumerate(rows)]


def trade(me_now: str, me_before: str = HONEST) -> list[ItemRow]:
    """Return two years in which six peers and I import the same; only my codes are as given."""
    rows = [row(declarant=peer, day=day) for peer in PEERS for day in (LAST, year_ago())]
    return numbered([*rows, row(commodity=me_now), row(commodity=me_before, day=year_ago())])


# --- what the file says ---------------------------------------------------------------------------------------------


def market(folder: Path, rows: Sequence[ItemRow]) -> market_store.Market:
    found = market_store.picture(written(folder, rows), ME, LAST).market
    assert found is not None
    return found


def test_who_classifies_as_peers_do_does_not_drift(tmp_path: Path) -> None:
    assert market(tmp_path, trade(HONEST)).classification_drift_percent == 0


def test_who_leaves_the_code_of_peers_drifts(tmp_path: Path) -> None:
    assert market(tmp_path, trade(CHEAP)).classification_drift_percent == pytest.approx(100)


def test_who_was_as_far_from_peers_before_does_not_drift(tmp_path: Path) -> None:
    assert market(tmp_path, trade(CHEAP, CHEAP)).classification_drift_percent == pytest.approx(0)


def test_who_comes_back_to_peers_does_not_drift_away(tmp_path: Path) -> None:
    assert market(tmp_path, trade(HONEST, CHEAP)).classification_drift_percent == 0


def test_nothing_is_said_without_enough_peers(tmp_path: Path) -> None:
    rows = [each for each in trade(CHEAP) if each.declarant in (ME, PEERS[0])]
    found = market(tmp_path, rows)
    assert found.classification_drift_percent is None
    assert found.value_to_peers_percent is None


def test_nothing_is_said_of_who_began_this_year(tmp_path: Path) -> None:
    rows = [each for each in trade(CHEAP) if each.declarant != ME or each.day == LAST]
    assert market(tmp_path, rows).classification_drift_percent is None


def test_half_the_price_of_peers_is_fifty_percent_however_much_one_imports(tmp_path: Path) -> None:
    rows = [row(declarant=peer) for peer in PEERS]
    rows += [row(grams=90_000_000, cents=45_000_00)]
    assert market(tmp_path, numbered(rows)).value_to_peers_percent == pytest.approx(50)


def test_origin_that_moves_as_a_whole_shifts_by_a_hundred_percent(tmp_path: Path) -> None:
    rows = numbered([row(origin="TR"), row(origin="CN", day=year_ago())])
    assert market(tmp_path, rows).origin_shift_percent == pytest.approx(100)


def test_every_change_of_broker_counts(tmp_path: Path) -> None:
    days = [LAST - timedelta(days=each) for each in (40, 30, 20, 10)]
    rows = [row(agent=agent, day=day) for agent, day in zip(("A", "B", "B", None), days, strict=True)]
    assert market(tmp_path, numbered(rows)).broker_changes_12_months == 2


def test_only_the_newest_version_of_a_declaration_counts(tmp_path: Path) -> None:
    rows = [row(number="N", tiyn=1_00), row(number="N", version=2, tiyn=3_00)]
    assert market(tmp_path, rows).tiyn == 3_00


def test_what_came_to_nothing_is_left_out(tmp_path: Path) -> None:
    files = written(tmp_path, [row(number="N"), row(number="M")])
    (month,) = market_store.picture(files, ME, LAST, ("M",)).months
    assert (month.declarations, month.tiyn) == (1, 100_000_00)


def test_flags_of_three_years_are_counted(tmp_path: Path) -> None:
    rows = [row(flagged=True), row(flagged=True, day=year_ago()), row(flagged=True, day=date(2022, 1, 1)), row()]
    assert market(tmp_path, numbered(rows)).flagged_declarations == 2


def test_everybody_together_gets_the_same_figures_as_each_alone(tmp_path: Path) -> None:
    files = written(tmp_path, trade(CHEAP))
    together = {each.declarant: each for each in market_store.markets(files, LAST)}
    assert together == {who: market_store.markets(files, LAST, who)[0] for who in (ME, *PEERS)}


def test_of_an_empty_file_nothing_is_said() -> None:
    assert market_store.markets([], LAST) == ()
    assert market_store.picture([], ME, LAST).market is None


# --- the file follows the database ----------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return auditing_after.desk(tmp_path)


def columns_of(desk: Desk) -> Columns:
    return Columns(desk.office.engine, desk.office.settings.columns_folder)


def lodged(desk: Desk, reference: str) -> str:
    document = declaration_xml(reference=reference, declarant="qorgan", signatory="yerkin", items=2)
    lodgement = Lodged(pki.sign_as("yerkin", document, desk.clock.at), desk.clock.at)
    return lodge(lodgement, desk.office).stored.registration_number


def test_what_is_decided_is_added_and_nothing_twice(desk: Desk) -> None:
    columns = columns_of(desk)
    assert [columns.refresh(), columns.refresh()] == [1, 0]
    lodged(desk, "SECOND")
    assert columns.refresh() == 1
    (month,) = market_store.picture(columns.files(), QORGAN, LAST).months
    assert (month.declarations, month.items) == (2, 3)


def test_a_file_that_was_deleted_is_made_anew(desk: Desk) -> None:
    columns = columns_of(desk)
    columns.refresh()
    before = market_store.picture(columns.files(), QORGAN, LAST)
    for path in desk.office.settings.columns_folder.iterdir():
        path.unlink()
    assert columns.refresh() == 1
    assert market_store.picture(columns.files(), QORGAN, LAST) == before


def test_who_reads_while_a_part_is_replaced_reads_on(desk: Desk) -> None:
    columns = columns_of(desk)
    columns.refresh()
    files = columns.files()
    lodged(desk, "SECOND")
    columns.refresh()
    (month,) = market_store.picture(files, QORGAN, LAST).months
    assert month.declarations == 1


def test_another_process_that_adds_is_left_alone(desk: Desk) -> None:
    columns = columns_of(desk)
    with columns._alone() as first:
        assert first
        assert columns.refresh() == 0
    assert columns.refresh() == 1


# --- other sources --------------------------------------------------------------------------------------------------


def month(tiyn: int = 0, grams: int = 0, at: date = date(2026, 10, 1)) -> Month:
    return Month(at, 1, 1, tiyn, grams, 0)


def figure(tiyn: int = 0, grams: int = 0, at: date = date(2026, 10, 1)) -> Figure:
    return Figure(at, tiyn, grams, "tax", datetime(2026, 11, 1, tzinfo=UTC))


def test_the_difference_is_of_the_months_that_both_speak_of() -> None:
    months = [month(100_00), month(999_00, at=date(2026, 9, 1))]
    assert compare(months, [figure(80_00)]).vat_difference_percent == Decimal("20.00")
    assert compare(months, []).vat_difference_percent is None


def test_more_invoiced_than_declared_is_a_difference_and_less_is_stock() -> None:
    assert compare([month(grams=100)], [figure(grams=130)]).invoice_difference_percent == Decimal("30.00")
    assert compare([month(grams=100)], [figure(grams=40)]).invoice_difference_percent == 0


class Tax:
    """The tax service's own stub behind the edge."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.stub = Stub(folder / "tax.db")
        self._desk = desk
        desk.office.asking = Asking(desk.office.engine, desk.clock, self.call)

    async def call(self, partner: Partner, request: Request, seconds: float) -> Reply:
        return self.stub.answer(request, self._desk.clock.now())


def switch_on(desk: Desk, policy: Policy) -> None:
    with writing(desk.office.engine) as connection:
        partner = Partner(
            id="tax-service",
            kind=PartnerKind.TAX_SERVICE,
            name="Tax service",
            country="KZ",
            address="https://tax.example",
            keys=(),
            policy=policy,
        )
        partner_store.put_partner(connection, partner, desk.clock.now())


def test_the_tax_service_is_asked_for_returns_and_believed_once_it_fits(desk: Desk, tmp_path: Path) -> None:
    tax = Tax(desk, tmp_path)
    number, dossiers = desk.choose(), Dossiers(desk.office)
    assert not dossiers.ask(person("marat"), number)  # nobody to ask
    switch_on(desk, Policy())
    assert not dossiers.ask(person("marat"), number)  # the policy lets no number travel
    switch_on(desk, Policy(fields=frozenset({"number"})))
    tax.stub.put_returns(QORGAN, [ReturnedMonth(month=date(2026, 10, 1), import_base_tiyn=7, invoiced_grams=9)])
    assert dossiers.ask(person("marat"), number)
    (compared,) = [each for each in dossiers.open(person("marat"), number).compared.months if each.returned_tiyn]
    assert (compared.returned_tiyn, compared.invoiced_grams) == (7, 9)


def test_a_dossier_is_for_officials_of_audits_and_has_its_charts_in_each_language(desk: Desk) -> None:
    number, dossiers = desk.choose(), Dossiers(desk.office)
    for key in ("yerkin", "dana", "gulnar"):
        with pytest.raises(AuditNotFound):
            dossiers.open(person(key), number)
    dossier = dossiers.open(person("bolat"), number)
    for language in ("kk", "ru", "en"):
        assert [each.name for each in pictures_of(dossier, language)] == ["months", "origins", "brokers"]
    assert asdict(dossier.record) == {"findings": 0, "exports_without_exit": 0}

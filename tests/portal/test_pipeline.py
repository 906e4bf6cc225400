"""The nine steps together: once and once only, with what is known at the commit, and all or nothing."""

import asyncio
import pickle
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import offices
import pki
import pytest
from builders import declaration_xml, export_xml
from cast import PARTICIPANTS
from lxml import etree
from msgspec import structs
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from declarations import errors as declarations_errors
from declarations import store as declarations_store
from declarations import tariff, xml
from declarations.defects import Defect
from declarations.errors import DeclarationRefused, NotAuthorised
from interop import store as outbox
from portal import errors
from portal.database import reading, writing
from portal.entry import Answer
from portal.pipeline import judge, lodge, lodge_while_serving, prepare
from portal.problems import problem_of, status_of
from portal.recording import BATCH_MAX
from portal.stages import Lodged
from portal.store import read_notifications
from portal.worker import Worker
from risk_gateway import canonical
from risk_gateway import store as risk_store
from risk_gateway.model import Case, Decision
from risk_gateway.packing import pack, unpack
from signing import errors as signing
from signing import journal, verify, xmlgate
from signing import store as signing_store

SHARED = Path(__file__).parents[3] / "shared" / "data"
REAL = sorted((SHARED / "declarations").glob("real-*.xml"))
TARIFF = SHARED / "tariff" / "eaeu_import_duty_2026-06-18.csv"
ALTYN = PARTICIPANTS["altyn"].identifier
NAMES = {None: "urn:shekara:ccd:1"}


class Points:
    """The hook of a recorder: counts the points it passes, and strikes at one while it is armed."""

    def __init__(self) -> None:
        self.passed: Counter[str] = Counter()
        self.armed: str | None = None

    def __call__(self, point: str) -> None:
        self.passed[point] += 1
        if point == self.armed:
            raise OperationalError("COMMIT", {}, OSError("disk"))


@pytest.fixture
def points():
    return Points()


@pytest.fixture
def office(tmp_path, points):
    made = offices.office(tmp_path, mark=points)
    yield made
    made.recorder.stop()
    made.engine.dispose()


def lodged(data, sender=None):
    return Lodged(data, offices.NOW, sender)


def by_anna(reference="ALTYN-2026-0001", **changes):
    return pki.sign_as("anna", declaration_xml(reference=reference, **changes))


def by_berik(reference="BERIK-1", **changes):
    return pki.sign_as("berik", declaration_xml(reference=reference, agent="zhibek", signatory="berik", **changes))


def count(office):
    with reading(office.engine) as connection:
        return declarations_store.count_declarations(connection)


def messages(office):
    with reading(office.engine) as connection:
        return connection.execute(select(func.count()).select_from(outbox.outbox)).scalar_one()


def told(answer):
    """Return all that an answer says, but not that it was said before."""
    return answer.stored, answer.decision, answer.notice


def give(office, power):
    """Put a power of attorney on record as another process would: this office is not told."""
    with writing(office.engine) as connection:
        declarations_store.put_power(connection, power)
        declarations_store.bump_revision(connection)


# --- once and once only ---------------------------------------------------------------------------------------------


def test_sixteen_that_lodge_the_same_bytes_at_once_get_one_declaration_and_the_same_answer(office):
    data = by_anna()
    together = threading.Barrier(16)

    def one(_):
        together.wait()
        return lodge(lodged(data), office)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(one, range(16)))

    assert count(office) == 1
    assert messages(office) == 1
    assert all(told(answer) == told(answers[0]) for answer in answers)
    assert [answer.repeated for answer in answers].count(False) == 1


def test_sixteen_that_lodge_the_same_bytes_while_serving_get_the_same_answer(office):
    data = by_anna()
    office.recorder.start()

    async def all_at_once():
        return await asyncio.gather(*(lodge_while_serving(lodged(data), office) for _ in range(16)))

    answers = asyncio.run(all_at_once())

    assert count(office) == 1
    assert messages(office) == 1
    assert all(told(answer) == told(answers[0]) for answer in answers)


def test_threads_that_lodge_different_declarations_get_numbers_in_a_row_without_a_gap(office):
    documents = [by_anna(f"ROW-{number}") for number in range(24)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda data: lodge(lodged(data), office), documents))

    assert sorted(answer.stored.registration_number for answer in answers) == [
        f"20201/241126/{serial:07}" for serial in range(1, 25)
    ]
    assert sorted(answer.stored.sequence for answer in answers) == decisions_of(office)
    assert len(decisions_of(office)) == 24


def test_the_same_bytes_next_month_get_the_first_answer_though_they_would_be_refused_now(office):
    data = by_berik()
    first = lodge(lodged(data), office)
    give(office, offices.power("altyn", "zhibek", revoked_on=date(2026, 11, 25)))

    again = lodge(Lodged(data, offices.NOW + timedelta(days=30)), office)

    assert told(again) == told(first)
    assert again.repeated
    assert count(office) == 1


def test_the_first_answer_is_for_parties_only(office):
    data = by_anna()
    lodge(lodged(data), office)

    with pytest.raises(errors.SenderNotParty):
        lodge(lodged(data, PARTICIPANTS["qorgan"].identifier), office)


# --- commits that are shared ----------------------------------------------------------------------------------------


def test_lodgements_that_wait_together_share_a_commit(office, points):
    entries = [prepare(lodged(by_anna(f"SHARED-{number}")), office) for number in range(BATCH_MAX + 6)]
    futures = [office.recorder.submit(entry) for entry in entries]

    office.recorder.start()
    answers = [future.result(30) for future in futures]

    assert points.passed["after commit"] == 2
    assert count(office) == len(entries)
    assert [answer.stored.key for answer in answers] == [entry.key for entry in entries]
    assert [answer.stored.sequence for answer in answers] == decisions_of(office)


def test_in_one_batch_the_same_bytes_get_one_answer_and_other_bytes_are_a_duplicate(office, points):
    data, other = by_anna(), by_anna(price="1300.00")
    futures = [office.recorder.submit(prepare(lodged(each), office)) for each in (data, other, data, by_anna("NEXT"))]

    office.recorder.start()
    first, third, fourth = (futures[place].result(30) for place in (0, 2, 3))

    assert told(third) == told(first)
    error = futures[1].exception(30)
    assert isinstance(error, errors.DuplicateReference)
    assert error.params["number"] == first.stored.registration_number
    assert fourth.stored.registration_number == "20201/241126/0000002"
    assert count(office) == 2
    assert points.passed["after commit"] == 1


def test_what_is_out_of_date_in_a_batch_does_not_hold_up_the_others(office):
    stale = prepare(lodged(by_anna("STALE")), office)
    give(office, offices.power("qorgan", "zhibek"))
    office.refresh()
    futures = [office.recorder.submit(stale), office.recorder.submit(prepare(lodged(by_anna("FRESH")), office))]

    office.recorder.start()

    assert isinstance(futures[0].exception(30), errors.Outdated)
    assert futures[1].result(30).stored.key.functional_reference_id == "FRESH"
    assert count(office) == 1


def test_stopping_records_what_waits(office):
    futures = [office.recorder.submit(prepare(lodged(by_anna(f"WAITS-{number}")), office)) for number in range(3)]

    office.recorder.start()
    office.recorder.stop()

    assert all(isinstance(future.result(0), Answer) for future in futures)
    assert count(office) == 3


# --- what is known at the commit ------------------------------------------------------------------------------------


class Meanwhile:
    """A recorder to which something happens once, between judging and recording."""

    def __init__(self, recorder, happens):
        self._recorder = recorder
        self._happens = [happens]

    def record(self, entry):
        self._once()
        return self._recorder.record(entry)

    def submit(self, entry):
        self._once()
        return self._recorder.submit(entry)

    def stop(self):
        self._recorder.stop()

    def _once(self):
        while self._happens:
            self._happens.pop()()


def in_a_command(data, office):
    return lodge(lodged(data), office)


def in_the_server(data, office):
    return asyncio.run(lodge_while_serving(lodged(data), office))


both_ways = pytest.mark.parametrize("lodge_it", [in_a_command, in_the_server])


@both_ways
def test_a_power_that_is_revoked_between_judging_and_recording_lets_nothing_through(office, lodge_it):
    office.recorder.start()
    revoked = offices.power("altyn", "zhibek", revoked_on=date(2026, 11, 24))
    office.recorder = Meanwhile(office.recorder, lambda: give(office, revoked))

    with pytest.raises(NotAuthorised, match="power_revoked"):
        lodge_it(by_berik(), office)

    assert count(office) == 0
    assert messages(office) == 0


@both_ways
def test_what_still_holds_after_a_change_is_judged_again_and_accepted(office, lodge_it):
    office.recorder.start()
    before = office.snapshot.revision
    office.recorder = Meanwhile(office.recorder, lambda: give(office, offices.power("qorgan", "zhibek")))

    answer = lodge_it(by_berik(), office)

    assert answer.stored.registration_number == "20201/241126/0000001"
    assert office.snapshot.revision == before + 1
    assert count(office) == 1


@both_ways
def test_a_power_that_is_granted_after_the_snapshot_is_seen(office, lodge_it):
    office.recorder.start()
    data = by_berik(declarant="qorgan")
    with pytest.raises(NotAuthorised):
        lodge_it(data, office)
    give(office, offices.power("qorgan", "zhibek"))

    answer = lodge_it(data, office)

    assert (answer.stored.key.declarant, answer.stored.agent) == (
        PARTICIPANTS["qorgan"].identifier,
        PARTICIPANTS["zhibek"].identifier,
    )


# --- all or nothing -------------------------------------------------------------------------------------------------

BEFORE_COMMIT = ["after declaration", "after decision", "after journal", "before commit"]


@pytest.mark.parametrize("point", BEFORE_COMMIT)
def test_a_write_that_fails_keeps_nothing_and_can_be_tried_again(office, points, point):
    data = by_anna()
    points.armed = point

    with pytest.raises(errors.Unavailable):
        lodge(lodged(data), office)
    assert points.passed[point] == 1
    assert (count(office), messages(office), leaves(office)) == (0, 0, [])

    points.armed = None
    answer = lodge(lodged(data), office)
    assert answer.stored.registration_number == "20201/241126/0000001"
    assert not answer.repeated


def test_a_write_that_is_stored_and_yet_fails_is_answered_on_the_next_try(office, points):
    data = by_anna()
    points.armed = "after commit"
    with pytest.raises(errors.Unavailable):
        lodge(lodged(data), office)
    assert count(office) == 1

    points.armed = None
    answer = lodge(lodged(data), office)

    assert answer.repeated
    assert answer.stored.registration_number == "20201/241126/0000001"
    assert (count(office), messages(office)) == (1, 1)
    verify.verify(xmlgate.open_document(answer.notice))


def test_a_batch_that_fails_is_unavailable_for_all_and_the_writer_goes_on(office, points):
    entries = [prepare(lodged(by_anna(f"FAILS-{number}")), office) for number in range(5)]
    futures = [office.recorder.submit(entry) for entry in entries]
    points.armed = "before commit"

    office.recorder.start()
    outcomes = [future.exception(30) for future in futures]
    assert all(isinstance(outcome, errors.Unavailable) for outcome in outcomes)
    assert count(office) == 0

    points.armed = None
    assert [office.recorder.submit(entry).result(30).stored.sequence for entry in entries] == decisions_of(office)


def test_a_lodgement_that_breaks_the_writer_takes_no_other_with_it(office):
    good = [prepare(lodged(by_anna(f"GOOD-{number}")), office) for number in range(2)]
    broken = structs.replace(good[0], key=None)
    futures = [office.recorder.submit(entry) for entry in (good[0], broken, good[1])]

    office.recorder.start()

    assert isinstance(futures[1].exception(30), AttributeError)
    assert [futures[place].result(30).stored.registration_number for place in (0, 2)] == [
        "20201/241126/0000001",
        "20201/241126/0000002",
    ]
    later = office.recorder.submit(prepare(lodged(by_anna("LATER")), office)).result(30)
    assert later.stored.sequence == decisions_of(office)[2]


def test_a_caller_who_goes_away_is_not_recorded_and_the_writer_goes_on(office):
    gone, stays = (office.recorder.submit(prepare(lodged(by_anna(name)), office)) for name in ("GONE", "STAYS"))
    gone.cancel()

    office.recorder.start()

    assert stays.result(30).stored.registration_number == "20201/241126/0000001"
    later = office.recorder.submit(prepare(lodged(by_anna("LATER")), office)).result(30)
    assert later.stored.sequence == decisions_of(office)[1]
    assert count(office) == 2


# --- the journal and the outbox -------------------------------------------------------------------------------------


def decisions_of(office) -> list[int]:
    """Return where the decisions stand in the journal; what is payable stands among them."""
    with reading(office.engine) as connection:
        found = connection.execute(
            select(signing_store.journal.c.index).where(signing_store.journal.c.event == "declaration.decided")
        )
        return sorted(found.scalars())


def leaves(office):
    with reading(office.engine) as connection:
        return signing_store.read_leaves(connection)


def test_the_head_of_the_journal_is_the_tree_over_its_rows(office):
    answers = [lodge(lodged(by_anna(f"JOURNAL-{number}")), office) for number in range(11)]

    with reading(office.engine) as connection:
        size, frontier = signing_store.lock_head(connection)
        entries = [
            entry
            for answer in answers
            for _, _, entry in signing_store.read_entries(connection, answer.stored.registration_number)
        ]
    rows = leaves(office)

    assert (size, len(entries)) == (len(rows), 11)
    assert journal.Head.from_bytes(size, frontier) == journal.head_of(rows)
    assert [journal.leaf_hash(entry) for entry in entries] == [rows[answer.stored.sequence] for answer in answers]
    assert all(answer.stored.digest.encode() in entry for answer, entry in zip(answers, entries, strict=True))


def test_the_notice_says_the_place_in_the_journal_and_is_sealed_by_the_office(office):
    answer = lodge(lodged(by_anna()), office)

    verified = verify.verify(xmlgate.open_document(answer.notice))

    assert verified.certificate == pki.office_key().certificate
    assert pki.trust_store().judge_seal(verified.certificate, verified.chain, offices.NOW).bin == pki.OFFICE_BIN
    assert verified.root.findtext("{*}JournalIndex") == str(answer.stored.sequence)
    assert verified.root.findtext("{*}DeclarationDigest") == answer.stored.digest
    assert verified.root.findtext("{*}RegistrationNumber") == answer.stored.registration_number


def test_a_decision_reaches_its_declarant_once_even_when_it_is_delivered_twice(office):
    answer = lodge(lodged(by_anna()), office)
    worker = Worker(office.engine, office.clock)

    assert worker.deliver_due() == 1
    assert worker.deliver_due() == 0
    with writing(office.engine) as connection:  # as when the worker died after delivery and before its mark
        connection.execute(update(outbox.outbox).values(delivered_at=None))
    assert worker.deliver_due() == 1

    with reading(office.engine) as connection:
        assert read_notifications(connection, answer.stored.registration_number) == [offices.NOW]


def test_the_outbox_carries_the_notice_that_was_answered(office):
    answer = lodge(lodged(by_anna()), office)

    with reading(office.engine) as connection:
        (message,) = outbox.take_due(connection, offices.NOW, 10)

    assert unpack(message.body) == answer.notice
    assert message.recipient == f"participant:{ALTYN}"
    assert message.subject == answer.stored.registration_number


def test_what_is_recorded_is_what_was_judged_and_answered(office):
    data = pki.sign_as("zarina", export_xml())
    assessed = judge(lodged(data), office.snapshot, office.clock.monotonic, 250)
    answer = lodge(lodged(data), office)
    key = answer.stored.key

    with reading(office.engine) as connection:
        assert unpack(declarations_store.read_document(connection, key)) == data
        kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)

    assert canonical.loads(unpack(kept.case), Case) == assessed.case
    assert canonical.loads(unpack(kept.decision), Decision) == assessed.decision == answer.decision
    assert unpack(kept.notice) == answer.notice
    assert kept.knowledge_version == assessed.knowledge.version


# --- errors cross processes -----------------------------------------------------------------------------------------

DEFECT = Defect("C-301", "5", None, "/Declaration/GoodsItemQuantity", {"declared": "2", "listed": "1"})
ERRORS = [
    errors.TokenRefused("token.missing"),
    errors.SenderNotParty("150340012340"),
    errors.DuplicateReference("A-1", "20201/241126/0000001"),
    errors.NotFound("declaration.not_found", number="20201/241126/0000001"),
    errors.TooManyRequests(7),
    errors.Unavailable(),
    errors.Unavailable("portal.busy"),
    errors.Outdated(),
    DeclarationRefused((DEFECT,)),
    NotAuthorised("authority.wrong_signer", {"signer": "1", "declarant": "2"}),
    declarations_errors.NotADeclaration("document.not_plain"),
    declarations_errors.NotAnOriginal("document.not_original", {"function": "4"}),
    signing.LimitExceeded("bytes", 8_000_000),
    signing.MalformedXml("xml.malformed", {"line": "3"}),
    signing.ProfileViolation("signature.missing"),
    signing.DigestMismatch("signature.digest", {"place": "the document"}),
    signing.CertificateExpired("certificate.expired", {"date": "2026-11-23"}),
    signing.SignerNotAuthorised("certificate.usage"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{type(error).__name__} {error.code}")
def test_an_error_is_the_same_after_it_came_from_another_process(error):
    again = pickle.loads(pickle.dumps(error))

    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert status_of(again) == status_of(error)
    if not isinstance(error, errors.Outdated):  # it never leaves the portal, and has no words
        assert problem_of(again, "kk") == problem_of(error, "kk")


# --- real declarations ----------------------------------------------------------------------------------------------


@pytest.fixture(params=["demo tariff", "full tariff"])
def with_tariff(request, office):
    if request.param == "full tariff":
        if not TARIFF.exists():
            pytest.skip(f"no full tariff: {TARIFF} is not there")
        with writing(office.engine) as connection:
            declarations_store.add_tariff(connection, TARIFF.name, offices.NOW, True, pack(TARIFF.read_bytes()))
            declarations_store.bump_revision(connection)
        office.refresh()
        assert office.snapshot.reference.on(offices.NOW.date()).tariff.complete
    return office


def test_every_real_declaration_is_accepted_and_read_back_to_the_cent(with_tariff):
    if not REAL:
        pytest.skip(f"no real declarations: {SHARED / 'declarations'} is not there")
    office = with_tariff
    assert len(REAL) == 20

    answers = {}
    for path in REAL:
        data = pki.sign_as("anna", path.read_bytes())
        answers[path] = lodge(lodged(data, ALTYN), office)

    assert count(office) == 20
    for path, answer in answers.items():
        key = answer.stored.key
        with reading(office.engine) as connection:
            document = unpack(declarations_store.read_document(connection, key))
            kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
        source = etree.parse(path).getroot()
        items = source.findall("GoodsShipment/GovernmentAgencyGoodsItem", NAMES)
        signature_off = verify.verify(xmlgate.open_document(document)).root
        read = xml.read(signature_off).items
        facts = canonical.loads(unpack(kept.case), Case).items
        assert answer.stored.item_count == len(items) == len(read) == len(facts)
        for item, model in zip(items, read, strict=True):
            price, value = (item.find(where, NAMES) for where in ("Commodity/ItemChargeAmount", "CustomsValueAmount"))
            assert (model.price.value, model.price.currency) == (Decimal(price.text), price.get("currencyID"))
            assert (model.customs_value.value, model.customs_value.currency) == (Decimal(value.text), "KZT")
            assert model.commodity_code == item.findtext("Commodity/ClassificationID", namespaces=NAMES)
        total = Decimal(source.findtext("CustomsValueAmount", namespaces=NAMES))
        assert answer.stored.customs_value_tiyn == total * 100
        assert sum(model.customs_value.value for model in read) == total
        if office.snapshot.reference.on(offices.NOW.date()).tariff.complete:
            assert tariff.payable(xml.read(signature_off), office.snapshot.reference.on(offices.NOW.date())).totals
        seal_of = verify.verify(xmlgate.open_document(answer.notice))
        assert seal_of.certificate == pki.office_key().certificate

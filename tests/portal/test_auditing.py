"""The independent checker finds whatever is changed behind the portal's back, and says of which declaration."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import offices
import pki
import pytest
import tampering
from builders import declaration_xml
from cast import PARTICIPANTS
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags
from tampering import Audited, add, change, found, of, remove, reseal, rewrite, rewrite_entry, swap
from typer.testing import CliRunner

from declarations import store as declarations_store
from declarations.store import counter, declaration, document, power
from interop.store import outbox
from portal import cli, loading_reference
from portal.auditing import checks, whole
from portal.auditing.run import Wanted, audit
from portal.authorities import DemoAuthorities
from portal.background import notary_of
from portal.database import writing
from portal.entry import Answer
from portal.pipeline import lodge
from portal.selection import HORIZON_DAYS
from portal.settings import SettingsError
from portal.stages import Lodged
from portal.store import notification
from risk_gateway import canonical
from risk_gateway.knowledge import shipped_profiles
from risk_gateway.knowledge_store import knowledge_table, part_table
from risk_gateway.manifest import digest_of, manifest_of
from risk_gateway.model import Case, Outcome
from risk_gateway.packing import pack, unpack
from risk_gateway.selection_store import selection_key
from risk_gateway.store import decision
from signing import store
from signing.authority import DemoAuthority

ALTYN, QORGAN, ZHIBEK = (PARTICIPANTS[key].identifier for key in ("altyn", "qorgan", "zhibek"))
# the keys of random selection and the two steps of each profile come before the six decisions; two of these are charged
SIGNED = {"size": HORIZON_DAYS + 1 + 2 * len(shipped_profiles()) + 6 + 2}
CSV = b"commodity_code,duty_rate\n8539229000,%d\n9401610000,10\n1001990000,5\n"


@pytest.fixture
def audited(tmp_path: Path) -> Audited:
    return tampering.clean(tmp_path)


@pytest.fixture
def attested(audited: Audited) -> Audited:
    """The same, after the notary has signed the journal and had it time-stamped."""
    notary_of(audited.office, DemoAuthorities(pki.authority(), audited.office.clock)).attest()
    return audited


def names(audited: Audited) -> list[str]:
    return list(audited.answers)


def named(cases: list) -> list[str]:
    """Return names for cases whose first part maps what is changed."""
    return ["-".join(case[0]) for case in cases]


# --- nothing is wrong -----------------------------------------------------------------------------------------------


def test_an_office_with_decisions_of_every_kind_is_in_order(audited: Audited) -> None:
    outcomes = {answer.decision.outcome for answer in audited.answers.values()}

    assert outcomes == set(Outcome)
    assert audited.answers["hurried"].decision.degraded
    assert found(audited.office) == {}


def test_every_check_is_made_of_every_declaration(audited: Audited) -> None:
    parts = list(audit(tampering.archive_of(audited.office), Wanted()))

    made = {code: sum(part.tally.checked[code] for part in parts) for part in parts for code in part.tally.checked}
    assert made == {check.code: 6 for check in checks.CHECKS} | {check.code: 1 for check in whole.WHOLE_CHECKS}
    assert sum(part.declarations for part in parts) == 6


def test_a_journal_with_checkpoint_and_time_stamp_is_in_order(attested: Audited) -> None:
    assert found(attested.office) == {}


def test_a_tariff_loaded_later_does_not_touch_what_was_decided_before(audited: Audited) -> None:
    load_tariff(audited, 15)
    audited.office.clock.at += tampering.LATER
    by_anna(audited, "UNDER-15")
    load_tariff(audited, 20)

    assert audited.answers["UNDER-15"].stored.accepted_at > audited.answers["lamps"].stored.accepted_at
    assert found(audited.office) == {}


def test_exchange_rates_loaded_later_do_not_touch_what_was_decided_before(audited: Audited) -> None:
    load_rates(audited, "600")
    audited.office.clock.at += tampering.LATER
    by_anna(audited, "AT-600")
    load_rates(audited, "700")

    lamps, later = audited.answers["lamps"], audited.answers["AT-600"]
    assert later.stored.accepted_at > lamps.stored.accepted_at
    assert deviation_of_box_23(audited, later) != deviation_of_box_23(audited, lamps)
    assert found(audited.office) == {}


def test_a_power_of_attorney_revoked_later_does_not_touch_what_was_lodged_before(audited: Audited) -> None:
    revoke_power(audited, offices.NOW.date() + timedelta(days=1))

    assert found(audited.office) == {}


def test_declarations_since_a_day_and_one_by_its_number_can_be_audited_alone(audited: Audited) -> None:
    change(audited.office, declaration, of(audited.key("lamps")), {"item_count": 9})
    number = audited.number("lamps")

    assert found(audited.office, Wanted(since=offices.NOW)) == {number: {"columns"}}
    assert found(audited.office, Wanted(since=offices.NOW + timedelta(days=1))) == {}
    assert found(audited.office, Wanted(number=number)) == {number: {"columns"}}
    assert found(audited.office, Wanted(number=audited.number("embargo"))) == {}


# --- one thing is changed -------------------------------------------------------------------------------------------

COLUMNS = [
    ({"status": "DOCUMENTS_REQUESTED"}, {"columns", "moves"}),
    ({"outcome": "INSPECTION_ORDER"}, {"columns", "entry"}),
    ({"item_count": 3}, {"columns"}),
    ({"customs_value_tiyn": 1}, {"columns"}),
    ({"customs_value_tiyn": None}, {"columns"}),
    ({"procedure": "78"}, {"columns"}),
    ({"type_code": "EX"}, {"columns"}),
    ({"declarant_name": "Somebody else LLP"}, {"columns"}),
    ({"office": "10101"}, {"columns", "number"}),
    ({"signer_iin": "791103300451"}, {"signature", "entry"}),
    ({"signer_name": "Berik Demo"}, {"signature"}),
    ({"agent": ZHIBEK}, {"right"}),
    ({"digest": "0" * 64}, {"bytes", "entry", "notice"}),
    ({"received_at": offices.NOW - timedelta(hours=1)}, {"case", "notice"}),
    ({"received_at": offices.NOW - timedelta(days=1)}, {"rules", "case", "knowledge", "notice"}),
    ({"received_at": offices.NOW + timedelta(hours=1)}, {"case", "notice", "columns"}),
    ({"accepted_at": offices.NOW + timedelta(seconds=1)}, {"entry", "notice"}),
]


@pytest.mark.parametrize(("values", "codes"), COLUMNS, ids=named(COLUMNS))
def test_a_changed_column_of_the_declaration_is_found(audited: Audited, values: dict, codes: set[str]) -> None:
    change(audited.office, declaration, of(audited.key("lamps")), values)

    assert found(audited.office) == {audited.number("lamps"): codes}


DECISION_COLUMNS = [
    ({"decision_id": "D-0000000000000000"}, {"decision", "entry"}),
    ({"degraded": True}, {"decision"}),
    ({"decided_at": offices.NOW + timedelta(seconds=1)}, {"decision"}),
    ({"knowledge_version": "0" * 64}, {"knowledge", "entry"}),
]


@pytest.mark.parametrize(("values", "codes"), DECISION_COLUMNS, ids=named(DECISION_COLUMNS))
def test_a_changed_column_of_the_decision_is_found(audited: Audited, values: dict, codes: set[str]) -> None:
    change(audited.office, decision, of(audited.key("lamps")), values)

    assert found(audited.office) == {audited.number("lamps"): codes}


EDITS = [
    ("document", document, "content", swap(b"Filament lamps", b"Filament lumps"), {"bytes", "signature"}),
    ("document: no office", document, "content", swap(b"DeclarationOfficeID", b"DeclarationPostID"), {"bytes", "gate"}),
    ("document: wider", document, "content", swap(b"<TypeCode>", b"<TypeCode >"), {"bytes", "case"}),
    ("document cut", document, "content", lambda data: data[:-1], {"bytes", "case"}),
    ("document gone", document, "content", lambda data: b"", {"bytes", "gate"}),
    ("case: mass", decision, "case", swap(b'"net_mass_kg":"150.000"', b'"net_mass_kg":"151.000"'), {"entry", "case"}),
    ("case: category", decision, "case", swap(b'"low"', b'"high"'), {"entry", "assessment", "minimal-risk"}),
    ("assessment", decision, "assessment", swap(b'"score":"5', b'"score":"9'), {"assessment", "assessment-digest"}),
    (
        "decision",
        decision,
        "decision",
        swap(b"SIMPLIFIED_RELEASE", b"DOCUMENTARY_CHECK"),
        {"decision", "notice", "columns", "moves"},
    ),
    ("payables", decision, "payables", swap(b'"amount":"', b'"amount":"9'), {"payables"}),
    ("notice", decision, "notice", swap(b"SIMPLIFIED_RELEASE", b"DOCUMENTARY_CHECK"), {"seal", "entry", "message"}),
    ("no XML", decision, "notice", lambda notice: b"<x>", {"seal", "entry", "message"}),
    ("no JSON", decision, "case", lambda case: b"{", {"entry", "case"}),
]


@pytest.mark.parametrize(("table", "column", "edit", "codes"), [edit[1:] for edit in EDITS], ids=[e[0] for e in EDITS])
def test_a_changed_blob_is_found(audited: Audited, table, column, edit, codes: set[str]) -> None:
    rewrite(audited.office, table, of(audited.key("lamps")), column, edit)

    assert found(audited.office) == {audited.number("lamps"): codes}


BLOBS = [
    (document, "content", {"bytes"}),
    (decision, "case", {"entry", "case"}),
    (decision, "assessment", {"assessment", "assessment-digest"}),
    (decision, "decision", {"decision", "notice"}),
    (decision, "payables", {"payables"}),
    (decision, "notice", {"entry"}),
]


@pytest.mark.parametrize(("table", "column", "codes"), BLOBS, ids=[f"{table}.{column}" for table, column, _ in BLOBS])
def test_a_blob_that_cannot_be_unpacked_is_found_and_the_audit_goes_on(
    audited: Audited, table, column: str, codes: set[str]
) -> None:
    change(audited.office, table, of(audited.key("lamps")), {column: b"\x00"})
    change(audited.office, declaration, of(audited.key("wheat")), {"item_count": 9})

    codes_found = found(audited.office)
    assert codes_found.pop(None, set()) == ({"ledger"} if column == "payables" else set())
    assert codes_found == {audited.number("lamps"): codes, audited.number("wheat"): {"columns"}}


def test_a_document_changed_and_signed_again_by_the_same_person_is_found(audited: Audited) -> None:
    other = pki.sign_as("anna", declaration_xml(reference="LAMPS", items=1))
    rewrite(audited.office, document, of(audited.key("lamps")), "content", lambda data: other)

    codes = {"bytes", "payables", "case", "columns"}
    assert found(audited.office) == {audited.number("lamps"): codes}


def test_a_decision_of_one_declaration_put_under_another_is_found(audited: Audited) -> None:
    where = of(audited.key("embargo"))
    kept = {name: tampering.read(audited.office, decision, where, name) for name in ("decision", "assessment", "case")}
    change(audited.office, decision, of(audited.key("lamps")), kept)

    assert {"case", "notice", "columns"} <= found(audited.office)[audited.number("lamps")]


def test_a_decision_changed_with_its_notice_sealed_by_another_key_is_found(audited: Audited) -> None:
    forger = DemoAuthority.create(pki.NOW, "Rogue")
    reseal(audited.office, audited.answers["embargo"], forger, outcome=Outcome.SIMPLIFIED_RELEASE, measures=())
    codes = found(audited.office)[audited.number("embargo")]

    assert {"decision", "seal", "entry", "message"} <= codes


def test_a_seal_of_a_trusted_stranger_is_found(audited: Audited) -> None:
    """The same authority, another organisation: the seal is genuine, and not the office's."""
    reseal(audited.office, audited.answers["lamps"], pki.authority(), office_bin=ALTYN)

    assert found(audited.office) == {audited.number("lamps"): {"seal", "entry", "message"}}


# --- something is taken away or put in ------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [document, decision], ids=str)
def test_a_paper_taken_away_is_found(audited: Audited, table) -> None:
    remove(audited.office, table, of(audited.key("lamps")))

    codes = found(audited.office)
    assert codes.pop(None, set()) == ({"ledger"} if table is decision else set())  # what was to be paid stood in it
    assert codes == {audited.number("lamps"): {"papers"}}


def test_a_deleted_declaration_is_found_by_what_is_left_of_it(audited: Audited) -> None:
    remove(audited.office, declaration, of(audited.key("broker")))

    codes = found(audited.office)
    assert codes == {
        audited.number("broker"): {"decided", "orphans"},
        audited.number("wheat"): {"serials"},
        None: {"orphans"},
    }


def test_a_deleted_last_declaration_is_found_by_the_numbers_given(audited: Audited) -> None:
    for table in (declaration, document, decision):
        remove(audited.office, table, of(audited.key("preference")))
    remove(audited.office, outbox, {"subject": audited.number("preference")})
    remove(audited.office, notification, {"subject": audited.number("preference")})

    assert found(audited.office) == {audited.number("preference"): {"decided"}, None: {"serials"}}


def test_another_number_for_a_declaration_is_found(audited: Audited) -> None:
    change(audited.office, declaration, of(audited.key("lamps")), {"registration_number": "20201/241126/0000099"})

    codes = found(audited.office)
    assert codes["20201/241126/0000099"] == {"papers", "entry", "notice", "decided", "serials"}
    assert codes[audited.number("lamps")] == {"decided", "orphans"}


@pytest.mark.parametrize("number", ["20201/241126/1", "lamps", "20201-241126-0000001"])
def test_a_malformed_number_is_found(audited: Audited, number: str) -> None:
    change(audited.office, declaration, of(audited.key("lamps")), {"registration_number": number})

    assert "number" in found(audited.office)[number]


def test_a_counter_that_does_not_fit_the_numbers_given_is_found(audited: Audited) -> None:
    change(audited.office, counter, {"office": "20201"}, {"last": 7})
    add(audited.office, counter, {"office": "10101", "day": "241126", "last": 1})

    assert found(audited.office) == {None: {"serials"}}
    assert len(tampering.findings(audited.office)) == 2


OUTBOX = [
    ({"body": pack(b"<DecisionNotice/>")}, {"message"}),
    ({"body": b"\x00"}, {"message"}),
    ({"recipient": f"participant:{QORGAN}"}, {"message"}),
    ({"kind": "REMINDER"}, {"message"}),
    ({"sequence": 9}, {"message"}),
]


@pytest.mark.parametrize(("values", "codes"), OUTBOX, ids=named(OUTBOX))
def test_a_changed_message_is_found(audited: Audited, values: dict, codes: set[str]) -> None:
    change(audited.office, outbox, {"subject": audited.number("lamps")}, values)

    assert found(audited.office) == {audited.number("lamps"): codes}


def test_a_message_about_nothing_and_a_notification_of_no_message_are_found(audited: Audited) -> None:
    number = audited.number("lamps")
    change(audited.office, outbox, {"subject": number}, {"message_id": "decision:20201/241126/0000077:1"})

    assert found(audited.office) == {number: {"papers", "orphans"}}


# --- who might do what, and what was known --------------------------------------------------------------------------


def test_a_power_of_attorney_that_is_gone_is_found(audited: Audited) -> None:
    remove(audited.office, power, {"principal": ALTYN, "agent": ZHIBEK})

    assert found(audited.office) == {audited.number("broker"): {"right"}}


def test_a_power_of_attorney_revoked_for_a_day_before_is_found(audited: Audited) -> None:
    revoke_power(audited, offices.NOW.date())

    assert found(audited.office) == {audited.number("broker"): {"right"}}


def test_knowledge_that_is_not_its_version_is_found_with_every_decision_that_used_it(audited: Audited) -> None:
    version = audited.answers["lamps"].decision.knowledge_version
    edit = swap(b'"key_day":null', b'"key_day":"2026-11-24"')
    rewrite(audited.office, knowledge_table, {"version": version}, "content", edit)

    assert found(audited.office) == {audited.number(name): {"knowledge"} for name in names(audited)}


def test_a_part_of_knowledge_that_is_not_its_digest_is_found_with_every_decision_that_used_it(audited: Audited) -> None:
    heaviest = max(audited.office.snapshot.knowledge(offices.NOW.date()).profiles, key=lambda one: one.weight)
    where = {"digest": digest_of(heaviest)}
    rewrite(audited.office, part_table, where, "content", swap(b'"weight":', b'"weight":0'))

    assert found(audited.office) == {audited.number(name): {"knowledge"} for name in names(audited)}


@pytest.mark.parametrize("part", ["profiles", "parameters", "reference_values", "phrases"])
def test_a_part_of_knowledge_that_is_gone_is_found(audited: Audited, part: str) -> None:
    manifest = manifest_of(audited.office.snapshot.knowledge(offices.NOW.date()))
    remove(audited.office, part_table, {"digest": getattr(manifest, part)})

    assert found(audited.office) == {audited.number(name): {"knowledge"} for name in names(audited)}


def test_knowledge_that_is_gone_is_found(audited: Audited) -> None:
    remove(audited.office, knowledge_table, {"version": audited.answers["lamps"].decision.knowledge_version})

    assert found(audited.office) == {audited.number(name): {"knowledge"} for name in names(audited)}


def test_a_tariff_changed_after_the_decision_is_found(audited: Audited) -> None:
    load_tariff(audited, 15)
    audited.office.clock.at += tampering.LATER
    by_anna(audited, "UNDER-15")
    change(audited.office, declarations_store.tariff, {"source": "15.csv"}, {"content": pack(CSV % 25)})

    assert found(audited.office) == {audited.number("UNDER-15"): {"payables", "case"}}


def test_a_signer_whose_revocation_became_known_after_acceptance_is_found(tmp_path: Path) -> None:
    authority = DemoAuthority.create(pki.NOW, "Revoking")
    key = authority.person("Anna Demo", "850412450128", ALTYN, PARTICIPANTS["altyn"].name)
    office = offices.office(tmp_path, trust=authority.trust_store())
    signed = tampering.sign(declaration_xml(), key, offices.NOW)
    answer = lodge(Lodged(signed, offices.NOW), office)
    authority.revoke(key.certificate, offices.NOW - timedelta(hours=1), ReasonFlags.key_compromise)
    office.clock.at += timedelta(days=1)
    office.trust = office.trust.with_evidence(authority.evidence(office.clock.at, office.clock.at + timedelta(days=2)))

    assert found(office)[answer.stored.registration_number] >= {"signature"}


# --- the journal ----------------------------------------------------------------------------------------------------


def test_a_changed_entry_is_found(audited: Audited) -> None:
    number = audited.number("lamps")
    entry = tampering.read(audited.office, store.journal, {"subject": number}, "entry")
    other = bytes(entry).replace(b"SIMPLIFIED_RELEASE", b"INSPECTION_ORDER")
    change(audited.office, store.journal, {"subject": number}, {"entry": other})

    assert found(audited.office) == {number: {"entry", "inclusion"}, None: {"journal"}}


ENTRIES = [
    {"outcome": "INSPECTION_ORDER"},
    {"digest": "0" * 64},
    {"notice": "0" * 64},
    {"signer": "791103300451"},
    {"decision": "D-0000000000000000"},
    {"knowledge": "0" * 64},
    {"declarant": QORGAN},
    {"reference": "OTHER"},
    {"version": "2"},
]


@pytest.mark.parametrize("particulars", ENTRIES, ids="-".join)
def test_an_entry_rewritten_with_all_hashes_is_found_by_what_it_is_about(audited: Audited, particulars: dict) -> None:
    rewrite_entry(audited.office, audited.number("lamps"), particulars)

    assert found(audited.office) == {audited.number("lamps"): {"entry"}}


def test_a_better_verdict_than_is_found_now_is_found_and_a_worse_one_is_not(audited: Audited) -> None:
    rewrite_entry(audited.office, audited.number("lamps"), {"signature": "TOTAL-FAILED"})
    rewrite_entry(audited.office, audited.number("wheat"), {"signature": "INDETERMINATE/TRY_LATER"})

    assert found(audited.office) == {audited.number("lamps"): {"signature"}}


def test_an_entry_rewritten_with_all_hashes_is_found_by_the_checkpoint(attested: Audited) -> None:
    rewrite_entry(attested.office, attested.number("wheat"), {"signature": "INDETERMINATE/TRY_LATER"})

    codes = found(attested.office)
    assert codes[None] == {"journal"}
    assert "inclusion" in codes[attested.number("wheat")]


def test_a_deleted_entry_is_found(audited: Audited) -> None:
    remove(audited.office, store.journal, {"subject": audited.number("preference")})

    codes = found(audited.office)
    assert codes[audited.number("preference")] == {"papers", "decided"}
    assert codes[None] == {"journal"}


def test_an_entry_that_is_no_decision_any_more_is_found(audited: Audited) -> None:
    change(audited.office, store.journal, {"subject": audited.number("lamps")}, {"event": "reference.loaded"})

    assert found(audited.office) == {audited.number("lamps"): {"entry", "decided"}, None: {"journal"}}


def test_a_declaration_at_anothers_place_in_the_journal_is_found(audited: Audited) -> None:
    change(audited.office, declaration, of(audited.key("preference")), {"sequence": 1000})

    codes = found(audited.office)[audited.number("preference")]
    assert codes == {"papers", "decided", "notice", "message"}


def test_two_declarations_that_changed_places_in_the_journal_are_found(audited: Audited) -> None:
    first, second = (audited.answers[name].stored.sequence for name in ("lamps", "embargo"))
    change(audited.office, declaration, of(audited.key("lamps")), {"sequence": second})
    change(audited.office, declaration, of(audited.key("embargo")), {"sequence": first})

    codes = found(audited.office)
    assert codes[audited.number("lamps")] == {
        "entry",
        "assessment-digest",
        "decided",
        "notice",
        "message",
    }
    assert codes[audited.number("embargo")] == codes[audited.number("lamps")] | {"serials"}


def test_a_changed_leaf_is_found(audited: Audited) -> None:
    change(audited.office, store.journal, {"subject": audited.number("lamps")}, {"leaf": bytes(32)})

    codes = found(audited.office)
    assert codes[None] == {"journal"}
    assert "entry" in codes[audited.number("lamps")]


@pytest.mark.parametrize("values", [{"size": 5}, {"frontier": b""}], ids=str)
def test_a_changed_head_is_found(audited: Audited, values: dict) -> None:
    change(audited.office, store.head, {"id": 1}, values)

    assert "journal" in found(audited.office)[None]


def test_a_checkpoint_by_another_key_is_found(attested: Audited) -> None:
    note = tampering.read(attested.office, store.checkpoint, SIGNED, "note")
    change(attested.office, store.checkpoint, SIGNED, {"note": note.replace("time 2026", "time 2025")})

    codes = found(attested.office)
    assert codes[None] == {"journal"}
    assert all("inclusion" in codes[attested.number(name)] for name in names(attested))


def test_a_token_over_something_else_is_found(attested: Audited) -> None:
    change(attested.office, store.checkpoint, SIGNED, {"token": b"\x30\x00"})

    codes = found(attested.office)
    assert codes[None] == {"journal"}
    assert all("inclusion" in codes[attested.number(name)] for name in names(attested))


def test_a_journal_cut_behind_with_everything_else_is_found_by_the_checkpoint_kept_outside(attested: Audited) -> None:
    number, key = attested.number("preference"), attested.key("preference")
    for table in (declaration, document, decision):
        remove(attested.office, table, of(key))
    for table in (outbox, notification, store.journal):
        remove(attested.office, table, {"subject": number})
    remove(attested.office, store.checkpoint, SIGNED)
    change(attested.office, counter, {"office": "20201"}, {"last": 5})
    rewrite_entry(attested.office, attested.number("wheat"), {})

    assert found(attested.office) == {None: {"journal"}}


@pytest.mark.parametrize("values", [{"key": bytes(32)}, {"commitment": "0" * 64}], ids=str)
def test_a_changed_key_of_random_selection_is_found(audited: Audited, values: dict) -> None:
    change(audited.office, selection_key, {"day": offices.NOW.date()}, values)

    codes = found(audited.office)
    assert codes[None] == {"selection-keys"}
    drawn_with_another = {"knowledge"} if "key" in values else set()
    assert codes.get(audited.number("lamps"), set()) == drawn_with_another


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def served(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> Audited:
    """The same office, as the command finds it."""
    home = audited.office.settings.home
    offices.keep_keys(home)
    offices.for_commands(monkeypatch, audited.office.settings, home)
    keep_evidence(audited, home)
    return audited


def keep_evidence(audited: Audited, home: Path) -> None:
    folder = home / "trust" / "evidence"
    folder.mkdir(parents=True, exist_ok=True)
    for number, crl in enumerate(pki.trust_store().evidence.crls):
        (folder / f"{number}.crl").write_bytes(crl)


def run(*arguments: str):
    return CliRunner().invoke(cli.app, ["audit", *arguments])


def test_the_command_reports_a_clean_office_with_status_0(served: Audited) -> None:
    result = run("--json")

    assert result.exit_code == 0, result.output
    (summary,) = map(json.loads, result.stdout.splitlines())
    assert summary["declarations"] == 6
    assert summary["checks"]["signature"] == {"checked": 6, "failed": 0, "not_reached": 0}


def test_the_command_names_what_does_not_fit_with_status_1(served: Audited) -> None:
    change(served.office, declaration, of(served.key("lamps")), {"item_count": 9})

    result = run("--json")
    told, summary = map(json.loads, result.stdout.splitlines())
    assert result.exit_code == 1
    assert told == {
        "number": served.number("lamps"),
        "check": "columns",
        "finding": "the number of items is 9, elsewhere it is 2",
    }
    assert summary["checks"]["columns"]["failed"] == 1
    assert served.number("lamps") in run().stdout


def test_the_office_may_be_named_by_its_certificates_alone(served: Audited, tmp_path: Path) -> None:
    ours, strangers = tmp_path / "office.pem", tmp_path / "other.pem"
    ours.write_bytes(pki.office_key().certificate.public_bytes(Encoding.PEM))
    strangers.write_bytes(pki.authority().office("Another", ALTYN).certificate.public_bytes(Encoding.PEM))
    served.office.settings.office_key_file.unlink()

    assert run("--office", str(ours)).exit_code == 0
    assert (
        json.loads(run("--office", str(strangers), "--json").stdout.splitlines()[-1])["checks"]["seal"]["failed"] == 6
    )
    assert isinstance(run().exception, SettingsError)  # `main` tells it in a line, with status 2


def test_several_processes_find_the_same(served: Audited) -> None:
    change(served.office, declaration, of(served.key("lamps")), {"item_count": 9})

    assert run("--json", "--workers", "2").stdout == run("--json").stdout


@pytest.mark.parametrize(
    "arguments", [("--number", "20201/241126/0000099"), ("--number", "lamps"), ("--since", "yesterday")], ids=str
)
def test_the_command_that_could_not_audit_ends_with_status_2(served: Audited, arguments: tuple[str, str]) -> None:
    assert run(*arguments).exit_code == 2


# --- helpers --------------------------------------------------------------------------------------------------------


def by_anna(audited: Audited, reference: str) -> None:
    signed = pki.sign_as("anna", declaration_xml(reference=reference))
    audited.office.refresh()
    audited.answers[reference] = lodge(Lodged(signed, audited.office.clock.now()), audited.office)


def load_tariff(audited: Audited, rate: int) -> None:
    """Load a tariff under which lamps bear this duty, a moment after what was accepted last."""
    audited.office.clock.at += tampering.LATER
    with writing(audited.office.engine) as connection:
        at = audited.office.clock.now()
        declarations_store.add_tariff(connection, f"{rate}.csv", at, False, pack(CSV % rate))
        declarations_store.bump_revision(connection)


def load_rates(audited: Audited, dollar: str) -> None:
    """Publish another rate of the dollar for the day of the office, a moment after what was accepted last."""
    audited.office.clock.at += tampering.LATER
    with writing(audited.office.engine) as connection:
        text = f"currency,since,tenge\nUSD,{offices.NOW.date()},{dollar}\n"
        loading_reference.load_rates(connection, audited.office.clock, f"{dollar}.csv", text)


def deviation_of_box_23(audited: Audited, answer: Answer) -> Decimal | None:
    key = answer.stored.key
    kept = tampering.read(audited.office, decision, of(key), "case")
    return canonical.loads(unpack(kept), Case).header.rate_deviation_percent


def revoke_power(audited: Audited, day: date) -> None:
    change(audited.office, power, {"principal": ALTYN, "agent": ZHIBEK}, {"revoked_on": day})

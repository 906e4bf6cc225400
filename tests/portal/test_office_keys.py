"""The office's keys: found by the settings, followed by others on record, and seen nowhere else."""

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import builders
import keyrings
import leaks
import offices
import pki
import pytest
import structlog
import tokens
from cast import PARTICIPANTS
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from keyrings import DAY, YEAR, office_key
from litestar.testing import TestClient
from tokens import needs_softhsm
from typer.testing import CliRunner, Result

from portal import logs
from portal.app import create_app, open_office
from portal.cli import app
from portal.clock import SystemClock
from portal.database import make_engine, migrate, reading, writing
from portal.errors import Unavailable
from portal.keys import add_key, keyring_of, open_successor, running_out, states
from portal.office import Office
from portal.pipeline import lodge
from portal.settings import Settings, SettingsError
from portal.stages import Lodged
from portal.store import add_token, token_hash
from risk_gateway.knowledge_store import part_table
from risk_gateway.packing import pack
from signing import store
from signing.authority import DemoAuthority
from signing.errors import CertificateUntrusted, KeyUnusable, SignerNotAuthorised, SigningError
from signing.keyring import LIST
from signing.signer import SigningKey
from signing.verify import verify
from signing.xmlgate import open_document

NOW = offices.NOW
TOKEN = "token-of-altyn"
PASSWORD = keyrings.PASSWORD


def prepared(home: Path, **changes: object) -> Settings:
    """Return the settings of an office whose key lies under a password of its own."""
    given = offices.settings(home, **{"office_key_password": PASSWORD, **changes})
    offices.seed_cast(given)
    offices.keep_keys(home)
    keyrings.keep(given.office_key_file, pki.office_key())
    return given


@pytest.fixture
def given(tmp_path: Path) -> Settings:
    return prepared(tmp_path)


def opened(given: Settings, clock: offices.StillClock | None = None) -> Office:
    office = open_office(given, clock or offices.StillClock())
    offices.opened.append(office.engine)
    return office


@pytest.fixture
def office(given: Settings) -> Office:
    return opened(given)


def successor() -> SigningKey:
    return office_key(NOW - DAY, NOW + 5 * YEAR)


def added(office: Office) -> list[dict[str, str]]:
    """Return the particulars of every `key.added` in the journal."""
    with reading(office.engine) as connection:
        entries = store.read_entries(connection, pki.OFFICE_BIN)
    return [json.loads(entry)["particulars"] for _, event, entry in entries if event == "key.added"]


def sealed_by(office: Office, reference: str) -> x509.Certificate:
    """Lodge a declaration and return the certificate of the notice, verified as a seal of the office."""
    signed = pki.sign_as("anna", builders.declaration_xml(reference=reference))
    notice = lodge(Lodged(signed, office.clock.now(), PARTICIPANTS["altyn"].identifier), office).notice
    seal = verify(open_document(notice))
    assert office.trust.judge_seal(seal.certificate, seal.chain, office.clock.now()).bin == office.keyring.bin
    return seal.certificate


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", ""),
        ("/etc/shekara/seal.p12", "/etc/shekara/seal.p12"),
        ("seal.p12", str(Path.cwd() / "seal.p12")),
        ("pkcs11:token=t;id=%01?module-path=/lib/t.so", "pkcs11:token=t;id=%01?module-path=/lib/t.so"),
    ],
)
def test_the_settings_name_a_file_or_an_address_on_a_token(text: str, meant: str) -> None:
    assert Settings.load({"SHEKARA_OFFICE_KEY": text}).office_key == meant


def test_the_settings_show_neither_password_nor_secret() -> None:
    shown = repr(Settings.load({"SHEKARA_OFFICE_KEY_PASSWORD": "of-the-key", "SHEKARA_SECRET": "of-the-forms"}))
    assert "of-the-key" not in shown
    assert "of-the-forms" not in shown


def test_an_office_without_a_key_says_where_to_put_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"office\.p12.*SHEKARA_OFFICE_KEY"):
        keyring_of(Settings(home=tmp_path, database_url=""))


def test_a_key_in_another_file_is_used(given: Settings, tmp_path: Path) -> None:
    other = successor()
    keyrings.keep(tmp_path / "other.p12", other)
    changed = replace(given, office_key=str(tmp_path / "other.p12"))
    assert sealed_by(opened(changed), "ALTYN-1") == other.certificate


@needs_softhsm
def test_a_key_on_a_token_seals_decisions(given: Settings) -> None:
    address = tokens.address(tokens.token_with(other := successor()))
    office = opened(replace(given, office_key=address, office_key_password=tokens.PIN))
    assert sealed_by(office, "ALTYN-1") == other.certificate


def test_a_key_that_is_added_seals_from_its_moment_on_in_offices_that_run(given: Settings) -> None:
    clock, new = offices.StillClock(), successor()
    running = opened(given, clock)
    add_key(opened(given, clock), new, "new.p12", NOW + 9 * DAY)
    assert sealed_by(running, "ALTYN-1") == pki.office_key().certificate
    clock.at = NOW + 9 * DAY
    assert sealed_by(running, "ALTYN-2") == new.certificate
    assert running.keyring.certificates() == (new.certificate, pki.office_key().certificate)


def test_an_added_key_is_on_record_without_its_secrets(office: Office) -> None:
    new = successor()
    add_key(office, new, "new.p12", NOW + 9 * DAY)
    assert added(office) == [
        {
            "since": (NOW + 9 * DAY).isoformat(),
            "certificate": new.certificate.fingerprint(SHA256()).hex(),
            "serial": f"{new.certificate.serial_number:x}",
            "until": new.certificate.not_valid_after_utc.isoformat(),
            "held": "file",
        }
    ]


def test_an_added_file_is_kept_for_its_owner_only_under_the_office_password(office: Office, given: Settings) -> None:
    use = add_key(office, new := successor(), "new.p12")
    kept = given.keyring_folder / use.source
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert SigningKey.from_pkcs12(kept.read_bytes(), PASSWORD).certificate == new.certificate


@needs_softhsm
def test_a_key_on_a_token_follows_one_in_a_file(given: Settings) -> None:
    given = replace(given, office_key_password=tokens.PIN)
    given.office_key_file.write_bytes(pki.office_key().to_pkcs12(tokens.PIN))
    office, address = opened(given), tokens.address(tokens.token_with(new := successor()))
    add_key(office, open_successor(given, address, ask_nobody), address)
    assert added(office)[0]["held"] == "token"
    assert sealed_by(office, "ALTYN-1") == new.certificate


def test_one_key_after_another_is_added(office: Office) -> None:
    uses = [add_key(office, successor(), "new.p12", NOW + days * DAY) for days in (9, 3, 6)]
    assert [use.since for use in office.keyring.uses()[1:]] == sorted(use.since for use in uses)
    assert len(added(office)) == 3


@pytest.mark.parametrize(
    ("make", "kind", "code"),
    [
        (
            lambda: DemoAuthority.create(NOW, "Rogue").office("State Revenue Committee (demo)", pki.OFFICE_BIN),
            CertificateUntrusted,
            "certificate.untrusted",
        ),
        (
            lambda: pki.authority().person("Clerk", "850412450128", pki.OFFICE_BIN),
            SignerNotAuthorised,
            "certificate.usage",
        ),
        (lambda: pki.authority().office("Another", "200140000017"), KeyUnusable, "keyring.organisation"),
        (lambda: pki.office_key(), KeyUnusable, "keyring.known"),
    ],
)
def test_a_key_that_may_not_seal_for_the_office_is_not_added(
    office: Office, given: Settings, make: Callable[[], SigningKey], kind: type[SigningError], code: str
) -> None:
    with pytest.raises(kind) as refused:
        add_key(office, make(), "new.p12")
    assert refused.value.code == code
    assert added(office) == []
    assert not given.keyring_folder.exists()


def test_a_withdrawn_key_is_not_added(given: Settings) -> None:
    authority = DemoAuthority.create(NOW)
    new = authority.office("State Revenue Committee (demo)", pki.OFFICE_BIN)
    authority.revoke(new.certificate, NOW - timedelta(hours=1))
    office = opened(given)
    office.trust = authority.trust_store()
    with pytest.raises(SigningError) as refused:
        add_key(office, new, "new.p12")
    assert refused.value.code == "certificate.revoked"


def test_a_key_that_would_leave_a_gap_is_not_added(office: Office, given: Settings) -> None:
    with pytest.raises(KeyUnusable) as refused:
        add_key(office, successor(), "new.p12", pki.office_key().certificate.not_valid_after_utc + DAY)
    assert refused.value.code == "keyring.gap"
    assert added(office) == []
    assert not (given.keyring_folder / LIST).exists()


def ask_nobody() -> str:
    pytest.fail("no password is asked for")


def test_the_password_of_a_file_is_asked_for_when_the_office_has_another(given: Settings, tmp_path: Path) -> None:
    new = successor()
    (tmp_path / "new.p12").write_bytes(new.to_pkcs12("its own"))
    assert open_successor(given, str(tmp_path / "new.p12"), lambda: "its own").certificate == new.certificate
    (tmp_path / "same.p12").write_bytes(new.to_pkcs12(PASSWORD))
    assert open_successor(given, str(tmp_path / "same.p12"), ask_nobody).certificate == new.certificate


@pytest.mark.parametrize("name", ["nowhere.p12", "."])
def test_a_file_that_is_not_there_is_not_opened(given: Settings, tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyUnusable) as refused:
        open_successor(given, str(tmp_path / name), ask_nobody)
    assert refused.value.code == "key.missing"


def test_each_key_has_a_state() -> None:
    uses = [
        keyrings.use_of(NOW - 9 * DAY, NOW - DAY),
        keyrings.use_of(NOW - 8 * DAY, NOW + DAY),
        keyrings.use_of(NOW - 7 * DAY, NOW + DAY),
        keyrings.use_of(NOW + DAY, NOW + 9 * DAY),
    ]
    expected = ["expired", "superseded", "in use", "later"]
    assert [state for _, state in states(keyrings.ring(*uses), NOW)] == expected
    assert [state for _, state in states(keyrings.ring(uses[0]), NOW)] == ["expired"]


@pytest.mark.parametrize(("days", "warned"), [(59, True), (60, False), (-1, True)])
def test_sixty_days_before_no_key_is_left_there_is_a_warning(days: int, warned: bool) -> None:
    keyring = keyrings.ring(keyrings.use_of(NOW - 99 * DAY, NOW + days * DAY))
    assert (running_out(keyring, NOW) is not None) is warned


def test_there_is_no_warning_when_another_key_takes_over() -> None:
    keyring = keyrings.ring(keyrings.use_of(NOW - 99 * DAY, NOW + 9 * DAY), keyrings.use_of(NOW, NOW + YEAR))
    assert running_out(keyring, NOW) is None


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DemoAuthority:
    """An installation in the environment, whose key is valid at the real time; the authority that made it."""
    authority = DemoAuthority.create(SystemClock().now())
    given = Settings.load({"SHEKARA_HOME": str(tmp_path)})
    migrate(given.database_url)
    for name, content in (("roots", authority.root_pem()), ("intermediates", authority.intermediate_pem())):
        (given.trust_folder / name).mkdir(parents=True)
        (given.trust_folder / name / "demo.pem").write_bytes(content)
    (given.trust_folder / "evidence").mkdir()
    for number, revoked in enumerate(authority.trust_store().evidence.crls):
        (given.trust_folder / "evidence" / f"{number}.crl").write_bytes(revoked)
    keyrings.keep(given.office_key_file, authority.office("Office", pki.OFFICE_BIN))
    monkeypatch.setenv("SHEKARA_HOME", str(tmp_path))
    monkeypatch.delenv("SHEKARA_DATABASE_URL", raising=False)
    monkeypatch.setenv("SHEKARA_OFFICE_KEY_PASSWORD", PASSWORD)
    return authority


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["key", *arguments], input=typed)


def test_a_key_is_added_and_shown_on_the_command_line(installation: DemoAuthority, tmp_path: Path) -> None:
    new = installation.office("Office", pki.OFFICE_BIN)
    (tmp_path / "new.p12").write_bytes(new.to_pkcs12("its own"))
    result = run("add", str(tmp_path / "new.p12"), typed="its own\n")
    assert result.exit_code == 0, result.output
    assert "its own" not in result.output
    shown = [json.loads(line) for line in run("show", "--json").stdout.splitlines()]
    assert [each["state"] for each in shown] == ["superseded", "in use"]
    assert shown[1]["certificate"] == new.certificate.fingerprint(SHA256()).hex()


def test_the_command_line_warns_when_keys_run_out(installation: DemoAuthority, tmp_path: Path) -> None:
    now = SystemClock().now()
    subject = installation.office("Office", pki.OFFICE_BIN).certificate.subject
    keyrings.keep(tmp_path / "office.p12", installation.issue(subject, ("organisation",), until=now + 30 * DAY))
    result = run("show")
    assert result.exit_code == 0
    assert "in use" in result.stdout
    assert "shekara key add" in result.stderr


def test_a_moment_that_is_none_is_misuse(installation: DemoAuthority, tmp_path: Path) -> None:
    assert run("add", str(tmp_path / "office.p12"), "--since", "tomorrow").exit_code == 2


SECRETS = {
    **{f"office {name}": form for name, form in leaks.forms_of_key(pki.office_key().private_key).items()},
    **{f"Anna {name}": form for name, form in leaks.forms_of_key(pki.key_of("anna").private_key).items()},
    **{f"password {name}": form for name, form in leaks.forms_of_text(PASSWORD).items()},
    **{f"PIN {name}": form for name, form in leaks.forms_of_text(tokens.PIN).items()},
}


def on_a_token(home: Path) -> Settings:
    address = tokens.address(tokens.token_with())
    return prepared(home, office_key=address, office_key_password=tokens.PIN)


def serve_and_fail(given: Settings) -> None:
    """Serve, lodge, attest, add a key; and log what went wrong on the way, with all that can be shown of the keys."""
    with writing(engine := make_engine(given.database_url)) as connection:
        altyn = PARTICIPANTS["altyn"].identifier
        add_token(connection, token_hash(TOKEN), altyn, "tests", NOW, NOW + DAY)
    engine.dispose()
    signed = pki.sign_as("anna", builders.declaration_xml())
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/xml"}
    with TestClient(create_app(given, offices.StillClock()), raise_server_exceptions=False) as client:
        assert client.post("/api/v1/declarations", content=signed, headers=headers).status_code == 201
    office = opened(given)
    add_key(office, successor(), "new.p12")
    key = office.keyring.at(NOW)
    structlog.get_logger().error("shown", settings=given, keyring=office.keyring, uses=office.keyring.uses(), key=key)
    fail_to_open(given)


def fail_to_open(given: Settings) -> None:
    """Log the failure of opening a file with the office's password, as an answer of 500 would be."""
    (given.home / "broken.p12").write_bytes(b"nonsense")
    try:
        keyring_of(replace(given, office_key=str(given.home / "broken.p12")))
    except KeyUnusable as error:
        structlog.get_logger().error("request.failed", exc_info=error)


@pytest.mark.parametrize("make", [prepared, pytest.param(on_a_token, marks=needs_softhsm)])
def test_no_secret_is_in_the_database_or_in_the_output(
    tmp_path: Path, make: Callable[[Path], Settings], capfd: pytest.CaptureFixture[str]
) -> None:
    given = make(tmp_path)
    serve_and_fail(given)
    printed = "".join(capfd.readouterr())
    assert "request.failed" in printed
    assert leaks.traces(SECRETS, printed.encode()) == []
    assert leaks.traces(SECRETS, leaks.contents(opened(given).engine)) == []


def test_a_secret_in_the_database_would_be_found_in_every_form(office: Office) -> None:
    with writing(office.engine) as connection:
        for name, form in SECRETS.items():
            planted = {"digest": f"planted {name}", "content": pack(b"before " + form + b" after")}
            connection.execute(part_table.insert().values(planted))
    assert leaks.traces(SECRETS, leaks.contents(office.engine)) == list(SECRETS)


def test_a_password_in_the_output_would_be_found(given: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    structlog.reset_defaults()
    try:
        fail_to_open(given)
    finally:
        logs.configure()
    assert "password as it is" in leaks.traces(SECRETS, "".join(capfd.readouterr()).encode())


def test_when_no_key_can_seal_the_trader_is_told_to_come_back_and_not_why(office: Office) -> None:
    folder = office.settings.keyring_folder
    folder.mkdir(exist_ok=True)
    (folder / LIST).write_text("[[key]", encoding="utf-8")
    document = pki.sign_as("anna", builders.declaration_xml())
    with pytest.raises(Unavailable):
        lodge(Lodged(document, NOW), office)
    (folder / LIST).unlink()
    assert not lodge(Lodged(document, NOW), office).repeated


def test_the_certificate_of_a_key_that_is_gone_stays_published(office: Office, tmp_path: Path) -> None:
    first = office.keyring.at(NOW).certificate
    add_key(office, successor(), str(tmp_path / "next.p12"), NOW)
    office.settings.office_key_file.unlink()
    ring = keyring_of(office.settings)
    assert len(ring.uses()) == 1
    assert first in ring.certificates()

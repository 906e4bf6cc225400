"""What a trust store makes of evidence, of dated rules and of the dates of its anchors, and how long it remembers."""

from datetime import datetime, timedelta
from functools import cache

import pki
import pytest
from certifying import IIN, authority, certified
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID
from revoking import DAY, Withdrawn, crl
from ruling import LENIENT, rule

from signing.authority import DemoAuthority
from signing.errors import SigningError
from signing.revocation import Evidence
from signing.rules import FLAG, REFUSE, Rules, parse_rules, shipped_rules
from signing.signer import SigningKey
from signing.trust import UNCHECKED, Anchor, TrustStore
from signing.usages import (
    AUTHENTICATION_OF_ORGANISATIONS,
    AUTHENTICATION_OF_PERSONS,
    ORGANISATION,
    POLICIES,
    SIGNING_BY_ORGANISATIONS,
    SIGNING_BY_PERSONS,
)

NOW = pki.NOW
HOUR = timedelta(hours=1)


@cache
def made() -> DemoAuthority:
    return DemoAuthority.create(NOW - 100 * DAY)


def store(*crls: bytes, rules: Rules | None = None) -> TrustStore:
    """Return a store that knows nothing but these lists."""
    anchors = [Anchor(made().root.certificate)], [Anchor(made().issuing.certificate)]
    return TrustStore(*anchors, Evidence(crls), rules)


def lists(at: datetime = NOW - HOUR, **changes: object) -> tuple[bytes, bytes]:
    """Return fresh lists of both authorities; the changes are those of the issuing one's."""
    return crl(made().root, at), crl(made().issuing, at, **changes)  # type: ignore[arg-type]


def refusal(trust: TrustStore, key: SigningKey, at: datetime = NOW) -> str:
    with pytest.raises(SigningError) as error:
        trust.judge(key.certificate, key.chain, at)
    assert len({error.value.text(language) for language in ("kk", "ru", "en")}) == 3
    return error.value.code


def accepts(trust: TrustStore, key: SigningKey, at: datetime = NOW) -> bool:
    return trust.judge(key.certificate, key.chain, at).iin == IIN


def test_a_certificate_is_trusted_when_no_fresh_list_of_its_path_names_it() -> None:
    assert accepts(store(*lists()), made().person("A", IIN))


@pytest.mark.parametrize("missing", [0, 1])
def test_without_the_list_of_every_authority_above_the_shipped_rule_refuses(missing: int) -> None:
    assert refusal(store(lists()[missing]), made().person("A", IIN)) == "certificate.revocation_unknown"


def test_stale_lists_are_refused_by_the_shipped_rule() -> None:
    assert refusal(store(*lists(NOW - 9 * DAY)), made().person("A", IIN)) == "certificate.revocation_unknown"
    assert accepts(store(*lists(NOW - 9 * DAY)), made().person("A", IIN), NOW - 5 * DAY)


def test_a_withdrawn_certificate_is_refused_from_that_moment_on() -> None:
    key = made().person("A", IIN)
    trust = store(*lists(withdrawn=[Withdrawn(key, NOW - 3 * DAY)]))
    assert refusal(trust, key) == "certificate.revoked"
    assert accepts(trust, key, NOW - 4 * DAY)


def test_a_suspended_certificate_is_called_suspended() -> None:
    key = made().person("A", IIN)
    held = Withdrawn(key, NOW - 3 * DAY, x509.ReasonFlags.certificate_hold)
    assert refusal(store(*lists(withdrawn=[held])), key) == "certificate.on_hold"


def test_below_a_withdrawn_authority_nobody_is_trusted() -> None:
    withdrawn = crl(made().root, NOW - HOUR, [Withdrawn(made().issuing, NOW - 3 * DAY)])
    trust = store(withdrawn, crl(made().issuing, NOW - HOUR))
    assert refusal(trust, made().person("A", IIN)) == "certificate.authority_revoked"
    assert accepts(trust, made().person("A", IIN), NOW - 4 * DAY)


def test_a_withdrawn_authority_is_told_even_when_nothing_is_known_of_the_certificate() -> None:
    trust = store(crl(made().root, NOW - HOUR, [Withdrawn(made().issuing, NOW - 3 * DAY)]), rules=LENIENT)
    assert refusal(trust, made().person("A", IIN)) == "certificate.authority_revoked"


def test_a_list_by_a_rogue_authority_of_the_same_name_says_nothing() -> None:
    rogue = DemoAuthority.create(NOW - 100 * DAY)
    trust = store(crl(made().root, NOW - HOUR), crl(rogue.issuing, NOW - HOUR))
    assert refusal(trust, made().person("A", IIN)) == "certificate.revocation_unknown"


def test_by_a_lenient_rule_what_is_unknown_passes_with_a_caution() -> None:
    key = made().person("A", IIN)
    office = made().office("Office", pki.OFFICE_BIN)
    trust = store(rules=LENIENT)
    assert trust.judge(key.certificate, key.chain, NOW).caution == UNCHECKED
    assert trust.judge_seal(office.certificate, office.chain, NOW).caution == UNCHECKED
    known = trust.with_evidence(Evidence(lists()))
    assert known.judge(key.certificate, key.chain, NOW).caution is None


def test_a_lenient_rule_does_not_let_a_withdrawn_certificate_pass() -> None:
    key = made().person("A", IIN)
    trust = store(*lists(withdrawn=[Withdrawn(key, NOW - 3 * DAY)]), rules=LENIENT)
    assert refusal(trust, key) == "certificate.revoked"


def test_the_rule_of_the_moment_is_in_force_also_for_what_is_remembered() -> None:
    rules = parse_rules(rule("2000-01-01", FLAG) + rule("2026-11-20", REFUSE) + rule("2026-11-26", FLAG))
    key, trust = made().person("A", IIN), store(rules=rules)
    assert accepts(trust, key, NOW - 9 * DAY)
    assert refusal(trust, key, NOW) == "certificate.revocation_unknown"
    assert accepts(trust, key, NOW + 3 * DAY)
    assert accepts(trust, key, datetime(2026, 11, 19, 23, 59, 59, tzinfo=NOW.tzinfo))
    assert refusal(trust, key, datetime(2026, 11, 20, tzinfo=NOW.tzinfo)) == "certificate.revocation_unknown"


@pytest.mark.parametrize("stated", [POLICIES, SIGNING_BY_PERSONS, SIGNING_BY_ORGANISATIONS])
def test_a_certificate_of_a_policy_for_signing_is_accepted(stated: str) -> None:
    both = [AUTHENTICATION_OF_PERSONS, stated]
    assert accepts(store(*lists()), made().person("A", IIN, policies=[stated]))
    assert accepts(store(*lists()), made().person("A", IIN, policies=both))


@pytest.mark.parametrize(
    "stated",
    [
        [],
        [AUTHENTICATION_OF_PERSONS],
        [AUTHENTICATION_OF_ORGANISATIONS],
        [f"{POLICIES}.33"],
        ["2.5.29.32.0"],
        ["1.2.3.4"],
    ],
)
def test_a_certificate_of_another_policy_is_refused(stated: list[str]) -> None:
    assert refusal(store(*lists()), made().person("A", IIN, policies=stated)) == "certificate.policy"
    office = made().issue(made().office("Office", pki.OFFICE_BIN).certificate.subject, [ORGANISATION], policies=stated)
    with pytest.raises(SigningError) as error:
        store(*lists()).judge_seal(office.certificate, office.chain, NOW)
    assert error.value.code == "certificate.policy"


def test_what_is_remembered_ends_with_the_next_update() -> None:
    key, trust = made().person("A", IIN), store(*lists(NOW - 6 * DAY))
    first = trust.judge(key.certificate, key.chain, NOW)
    assert trust.judge(key.certificate, key.chain, NOW + DAY - HOUR) is first
    assert refusal(trust, key, NOW + DAY + timedelta(seconds=1)) == "certificate.revocation_unknown"


def test_what_is_remembered_ends_with_a_revocation() -> None:
    key = made().person("A", IIN)
    trust = store(*lists(NOW + DAY, withdrawn=[Withdrawn(key, NOW)]))
    assert accepts(trust, key, NOW - HOUR)
    assert refusal(trust, key, NOW) == "certificate.revoked"
    assert accepts(trust, key, NOW - HOUR)


def test_a_store_with_other_evidence_remembers_nothing_but_whom_it_met() -> None:
    key, trust = made().person("A", IIN), store(*lists())
    assert accepts(trust, key)
    changed = trust.with_evidence(Evidence(lists(withdrawn=[Withdrawn(key, NOW - DAY)])))
    assert changed.met() == (key.certificate,)
    assert refusal(changed, key) == "certificate.revoked"
    assert accepts(trust, key)


def test_whoever_has_a_path_was_met_even_when_nothing_is_known_and_a_stranger_was_not() -> None:
    key, stranger = made().person("A", IIN), DemoAuthority.create(NOW).person("B", IIN)
    trust = store()
    assert refusal(trust, key) == "certificate.revocation_unknown"
    assert refusal(trust, stranger) == "certificate.untrusted"
    assert trust.met() == (key.certificate,)
    assert trust.certificates() == (made().root.certificate, made().issuing.certificate)


def test_the_demo_authority_s_time_stamper_is_known_by_its_name() -> None:
    tsa = made().tsa
    name = store(*lists()).judge_timestamper(tsa.certificate, tsa.chain, NOW)
    assert name == "Shekara Demo Time-Stamp Authority (not for real use)"


STAMPING, MAIL = ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.EMAIL_PROTECTION


@pytest.mark.parametrize(
    ("extension", "critical", "ca", "stamps"),
    [
        (x509.ExtendedKeyUsage([STAMPING]), True, False, True),
        (x509.ExtendedKeyUsage([STAMPING]), False, False, False),
        (x509.ExtendedKeyUsage([STAMPING, MAIL]), True, False, False),
        (x509.ExtendedKeyUsage([MAIL]), True, False, False),
        (x509.ExtendedKeyUsage([STAMPING]), True, True, False),
        (None, True, False, False),
    ],
)
def test_a_time_stamper_s_certificate_is_for_time_stamps_critically_and_alone(
    extension: x509.ExtendedKeyUsage | None, critical: bool, ca: bool, stamps: bool
) -> None:
    root = certified(None, "Root", authority())
    constraints = authority() if ca else None
    key = certified(root, "Stamper", constraints, extra=extension, critical=critical, purposes=())
    trust = TrustStore([Anchor(root.certificate)], rules=LENIENT)
    with pytest.raises(SigningError) as error:
        trust.judge_timestamper(key.certificate, key.chain, NOW)
    assert error.value.code == ("certificate.revocation_unknown" if stamps else "certificate.usage")


def test_a_person_s_certificate_is_no_time_stamper_and_a_time_stamper_s_no_person() -> None:
    person, tsa = made().person("A", IIN), made().tsa
    with pytest.raises(SigningError) as error:
        store(*lists()).judge_timestamper(person.certificate, person.chain, NOW)
    assert error.value.code == "certificate.usage"
    assert refusal(store(*lists()), tsa) == "certificate.usage"


def test_what_was_found_is_told_even_when_it_was_not_enough() -> None:
    key = made().person("A", IIN)
    found = store(*lists(withdrawn=[Withdrawn(key, NOW - DAY)])).examine(key.certificate, key.chain, NOW)
    assert found.holder is not None
    assert found.holder.name == "A"
    assert found.revocation is not None
    assert found.revocation.revoked_at == NOW - DAY
    stranger = DemoAuthority.create(NOW).person("B", IIN)
    unknown = store(*lists()).examine(stranger.certificate, stranger.chain, NOW)
    assert (unknown.holder, unknown.revocation) == (None, None)


def dates(certificate: x509.Certificate, **moments: datetime) -> bytes:
    lines = [f"{name} = {moment.isoformat()}" for name, moment in moments.items()]
    given = ["[[anchor]]", f'sha256 = "{certificate.fingerprint(SHA256()).hex()}"', 'source = "a test"', *lines]
    return "\n".join(given).encode()


def test_the_dates_beside_the_certificates_say_when_they_are_relied_on() -> None:
    key, pem = made().person("A", IIN), (made().root_pem(), made().intermediate_pem())
    evidence = Evidence(lists())
    for certificate in (made().root.certificate, made().issuing.certificate):
        bounded = dates(certificate, since=NOW - 2 * DAY, until=NOW + 2 * DAY)
        trust = TrustStore.from_pem(*pem, bounded).with_evidence(evidence)
        assert accepts(trust, key)
        assert refusal(trust, key, NOW - 3 * DAY) == "certificate.untrusted"
        assert refusal(trust, key, NOW + 3 * DAY) == "certificate.untrusted"
    open_end = TrustStore.from_pem(*pem, dates(made().root.certificate, since=NOW)).with_evidence(evidence)
    assert accepts(open_end, key, NOW + 2 * DAY)


@pytest.mark.parametrize(
    "broken",
    [
        b"[[root]]",
        b"[[anchor]]\nsha256 = 'ab'",
        b"[[anchor]]\nsha256 = 'ab'\nsource = 'x'\nsince = 2026-01-01",
        b"[[anchor]]\nsha256 = 'ab'\nsource = 'x'\nsince = 2026-01-01T00:00:00",
        b"[[anchor]]\nsha256 = 'ab'\nsource = 'x'\nsince = 2026-01-01T00:00:00Z\nuntill = 2027-01-01T00:00:00Z",
        b"[[anchor]]\nsha256 = 'ab'\nsource = 'x'\nsince = 2026-01-01T00:00:00Z",
        b"no TOML",
        b"\xff",
    ],
)
def test_dates_that_are_not_understood_or_are_of_nobody_are_refused(broken: bytes) -> None:
    with pytest.raises(ValueError):
        TrustStore.from_pem(made().root_pem(), made().intermediate_pem(), broken)


def test_the_shipped_rules_refuse_what_is_unknown_and_say_where_they_come_from() -> None:
    for moment in (NOW, datetime(1999, 1, 1, tzinfo=NOW.tzinfo)):
        assert shipped_rules().at(moment).revocation_unknown == REFUSE
        assert shipped_rules().at(moment).certificate_policies == {
            POLICIES,
            SIGNING_BY_ORGANISATIONS,
            SIGNING_BY_PERSONS,
        }
        assert shipped_rules().at(moment).source


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[other]",
        "rule = []",
        rule("2026-01-01", "ignore"),
        rule("2026-01-01").replace("+05:00", ""),
        rule("2026-01-01").replace("T00:00:00+05:00", ""),
        rule("2026-01-01").replace('source = "a test"', ""),
        rule("2026-01-01").replace('"a test"', '""'),
        rule("2026-01-01") + "strange = 1",
        rule("2026-01-01").replace("certificate_policies = [", "certificate_policies = [1, "),
    ],
)
def test_a_rule_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_rules(text)

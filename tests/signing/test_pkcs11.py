"""The office's key on a token: SoftHSM stands for one. It signs there; what is wrong with it is told in our codes."""

import pickle
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pkcs11 as module
import pki
import pytest
import tokens
from oracles import signxml_accepts, xmlsec_accepts
from tokens import needs_softhsm

from signing.authority import P384, RSA_2048
from signing.errors import KeyUnusable
from signing.pkcs11 import Address, TokenKey, open_key
from signing.seal import seal
from signing.signer import SigningKey
from signing.verify import verify
from signing.xmlgate import open_document

NOTICE = b'<Notice xmlns="urn:shekara:notice:1"><Outcome>SIMPLIFIED_RELEASE</Outcome></Notice>'
WHERE = "?module-path=/lib/token.so"


@pytest.fixture(scope="module")
def token() -> str:
    """A token that no test changes: to make one takes a third of a second."""
    return tokens.token_with()


@pytest.fixture
def key(token: str) -> SigningKey:
    return open_key(tokens.address(token), tokens.PIN)


def refusal(text: str, pin: str = tokens.PIN) -> str:
    with pytest.raises(KeyUnusable) as refused:
        open_key(text, pin)
    return refused.value.code


def seals(key: SigningKey) -> bool:
    return verify(open_document(seal(NOTICE, key, pki.NOW))).certificate == key.certificate


@needs_softhsm
def test_what_a_token_seals_is_accepted_by_us_and_by_both_oracles(key: SigningKey) -> None:
    sealed = seal(NOTICE, key, pki.NOW)
    verified = verify(open_document(sealed))
    assert pki.trust_store().judge_seal(verified.certificate, verified.chain, pki.NOW).bin == pki.OFFICE_BIN
    assert signxml_accepts(sealed, key) == verified.payload
    xmlsec_accepts(sealed, key)


@needs_softhsm
def test_the_certificates_above_come_from_the_token_too(key: SigningKey) -> None:
    assert (key.certificate, key.chain) == (pki.office_key().certificate, (pki.authority().issuing.certificate,))


@needs_softhsm
@pytest.mark.parametrize("rest", ["id=%01", "object=seal", "object=seal;id=%01"])
def test_a_key_is_found_by_its_id_by_its_label_or_by_both(token: str, rest: str) -> None:
    assert seals(open_key(tokens.address(token, rest), tokens.PIN))


@needs_softhsm
def test_the_key_never_leaves_the_token(key: SigningKey) -> None:
    for take in (lambda: key.private_key, lambda: key.to_pkcs12("demo")):
        with pytest.raises(KeyUnusable) as refused:
            take()
        assert refused.value.code == "key.held"


@needs_softhsm
def test_neither_the_key_nor_its_holder_shows_the_pin(token: str) -> None:
    address = tokens.address(token)
    for each in (TokenKey(Address.parse(address), tokens.PIN), open_key(address, tokens.PIN)):
        assert tokens.PIN not in repr(each) + str(each)
        with pytest.raises(TypeError):
            pickle.dumps(each)


@needs_softhsm
def test_a_session_that_broke_is_opened_again(key: SigningKey) -> None:
    tokens.initialise()
    assert seals(key)


@needs_softhsm
def test_two_keys_of_a_token_sign_by_turns_after_the_session_broke() -> None:
    token = tokens.token_with()
    other = pki.authority().office("State Revenue Committee (demo)", pki.OFFICE_BIN)
    tokens.put(
        token,
        tokens.private_object(other, number=b"\x02"),
        tokens.certificate_object(other.certificate, number=b"\x02"),
    )
    both = [open_key(tokens.address(token, f"id=%0{number}"), tokens.PIN) for number in (1, 2)]
    tokens.initialise()
    assert all(seals(each) for each in both * 2)
    assert both[0].certificate != both[1].certificate


@needs_softhsm
def test_a_token_that_is_pulled_is_missed_and_signs_again_when_it_is_back(key: SigningKey, tmp_path: Path) -> None:
    kept = tokens.folder() / "tokens"
    shutil.move(kept, tmp_path / "pulled")
    kept.mkdir()
    tokens.initialise()
    with pytest.raises(KeyUnusable) as refused:
        key.sign(b"data")
    assert refused.value.code == "pkcs11.absent"
    kept.rmdir()
    shutil.move(tmp_path / "pulled", kept)
    tokens.initialise()
    assert seals(key)


@needs_softhsm
def test_many_threads_sign_at_once(key: SigningKey) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda _: seals(key), range(200)))


@needs_softhsm
def test_threads_that_meet_a_broken_session_all_sign(key: SigningKey) -> None:
    with ThreadPoolExecutor(8) as threads:
        for _ in range(5):
            tokens.initialise()
            assert all(threads.map(lambda _: seals(key), range(16)))


@needs_softhsm
def test_a_wrong_pin_is_refused() -> None:
    assert refusal(tokens.address(tokens.make_token()), "9999") == "pkcs11.pin"


@needs_softhsm
def test_a_refused_pin_is_not_offered_again_lest_the_token_lock() -> None:
    token = tokens.make_token()
    assert refusal(tokens.address(token), "another") == "pkcs11.pin"
    with module.lib(tokens.MODULE).get_token(token_label=token).open(rw=True, user_pin=tokens.PIN) as session:
        session.set_pin(tokens.PIN, "another")
    assert refusal(tokens.address(token), "another") == "pkcs11.pin"


def _without_certificate() -> str:
    label = tokens.make_token()
    tokens.put(label, tokens.private_object(pki.office_key()))
    return tokens.address(label)


def _with_two_certificates() -> str:
    label = tokens.token_with()
    tokens.put(label, tokens.certificate_object(pki.key_of("berik").certificate))
    return tokens.address(label)


def _with_a_broken_certificate() -> str:
    label = tokens.make_token()
    described = tokens.certificate_object(pki.office_key().certificate)
    tokens.put(label, tokens.private_object(pki.office_key()), {**described, module.Attribute.VALUE: b"nonsense"})
    return tokens.address(label)


def _with_the_certificate_of_another() -> str:
    label = tokens.make_token()
    other = tokens.certificate_object(pki.key_of("berik").certificate)
    tokens.put(label, tokens.private_object(pki.office_key()), other)
    return tokens.address(label)


def _on_another_curve() -> str:
    label = tokens.make_token()
    key = pki.authority().person("Slow", "850412450128", kind=P384)
    tokens.put(label, tokens.private_object(key), tokens.certificate_object(key.certificate))
    return tokens.address(label)


def _with_an_rsa_certificate() -> str:
    label = tokens.make_token()
    key = pki.authority().person("Slow", "850412450128", kind=RSA_2048)
    tokens.put(label, tokens.private_object(pki.office_key()), tokens.certificate_object(key.certificate))
    return tokens.address(label)


def _with_a_key_twice() -> str:
    label = tokens.token_with()
    tokens.put(label, tokens.private_object(pki.office_key(), number=b"\x02"))
    return tokens.address(label, "object=seal")


def _with_a_key_that_may_not_sign() -> str:
    label = tokens.make_token()
    key = {**tokens.private_object(pki.office_key()), module.Attribute.SIGN: False}
    tokens.put(label, key, tokens.certificate_object(pki.office_key().certificate))
    return tokens.address(label)


@needs_softhsm
@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: tokens.address("nobody's"), "pkcs11.absent"),
        (lambda: tokens.address(tokens.make_token(tokens.make_token())), "pkcs11.absent"),
        (lambda: tokens.address(tokens.make_token()), "pkcs11.key"),
        (lambda: tokens.address(tokens.token_with(), "object=seal;id=%09"), "pkcs11.key"),
        (_with_a_key_twice, "pkcs11.key"),
        (_with_a_key_that_may_not_sign, "pkcs11.key"),
        (_without_certificate, "pkcs11.certificate"),
        (_with_two_certificates, "pkcs11.certificate"),
        (_with_a_broken_certificate, "pkcs11.certificate"),
        (_with_the_certificate_of_another, "key.mismatch"),
        (_on_another_curve, "seal.key"),
        (_with_an_rsa_certificate, "seal.key"),
        (lambda: f"pkcs11:token=t;id=%01?module-path={__file__}", "pkcs11.module"),
        (lambda: f"pkcs11:token=t;id=%01{WHERE}", "pkcs11.module"),
    ],
)
def test_what_cannot_seal_on_a_token_is_told_apart(make: Callable[[], str], code: str) -> None:
    assert refusal(make()) == code


def test_an_address_names_module_token_and_key() -> None:
    text = "pkcs11:token=State%20Revenue;object=%D0%BC%D3%A9%D1%80;id=%00%fF?module-path=/usr/lib/a%20b.so"
    assert Address.parse(text) == Address("/usr/lib/a b.so", "State Revenue", "мөр", b"\x00\xff")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("pkcs11:", ""),
        ("pkcs11:token=t;id=%01", "module-path"),
        (f"pkcs11:object=seal{WHERE}", "token"),
        (f"pkcs11:token=t{WHERE}", "object"),
        (f"pkcs11:token=t;id={WHERE}", "id"),
        (f"pkcs11:token=;id=%01{WHERE}", "token"),
        (f"pkcs11:token=t;token=u;id=%01{WHERE}", "token"),
        (f"pkcs11:token=t;id=%01;serial=1{WHERE}", "serial"),
        (f"pkcs11:token=t;id=%01{WHERE}&module-name=softhsm", "module-name"),
        (f"pkcs11:token=%ff;id=%01{WHERE}", "%"),
        ("pkcs11:token=t;id=%01?module-path=lib/token.so", "module-path"),
        (f"pkcs11:token=t;id=%01;{WHERE}", ""),
    ],
)
def test_an_address_that_names_no_key_is_refused_with_the_part_that_is_wrong(text: str, part: str) -> None:
    with pytest.raises(KeyUnusable) as refused:
        Address.parse(text)
    assert (refused.value.code, refused.value.params) == ("pkcs11.address", {"part": part})


@pytest.mark.parametrize("secret", ["pin-value=31415926", "pin-source=file:/31415926"])
def test_a_pin_in_an_address_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(KeyUnusable) as refused:
        Address.parse(f"pkcs11:token=t;id=%01{WHERE}&{secret}")
    assert refused.value.code == "pkcs11.pin_told"
    assert "31415926" not in str(refused.value) + refused.value.text("en") + repr(refused.value.args)

"""Whatever is changed in a signed document, it is refused, or what was signed has not changed."""

from functools import cache

import pki
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from oracles import signxml_accepts, xmlsec_accepts

from signing.errors import SigningError
from signing.signer import SigningKey, sign, sign_like_ncalayer
from signing.verify import verify
from signing.xmlgate import open_document

REFERENCES = {"xades-b": 2, "kz-xmldsig": 1}
SMALL = "<r a='1'><b>Тауар</b> <c/>12.50</r>".encode()


@cache
def documents() -> dict[str, bytes]:
    berik = pki.key_of("berik")
    alone = SigningKey(berik.private_key, berik.certificate)
    return {"xades-b": sign(SMALL, alone, pki.NOW), "kz-xmldsig": sign_like_ncalayer(SMALL, alone)}


def payload_or_none(data: bytes) -> bytes | None:
    """Return what is accepted as signed by a trusted signer; NCALayer's signature does not cover the certificate."""
    try:
        verified = verify(open_document(data))
        pki.trust_store().judge(verified.certificate, verified.chain, pki.NOW)
    except SigningError:
        return None
    assert verified.certificate == pki.key_of("berik").certificate
    return verified.payload


@pytest.mark.parametrize("profile", ["xades-b", "kz-xmldsig"])
@pytest.mark.parametrize("change", [0x01, 0x02, 0x10, 0x20, 0x80])
def test_any_byte_changed_is_found_or_changes_nothing_and_both_oracles_agree(profile: str, change: int) -> None:
    data = documents()[profile]
    honest = payload_or_none(data)
    assert honest is not None
    accepted = 0
    for place in range(len(data)):
        mutant = data[:place] + bytes([data[place] ^ change]) + data[place + 1 :]
        payload = payload_or_none(mutant)
        if payload is not None:
            assert payload == honest
            accepted += 1
            xmlsec_accepts(mutant, pki.key_of("berik"))
            signxml_accepts(mutant, pki.key_of("berik"), xades=profile == "xades-b", references=REFERENCES[profile])
    assert accepted < 0.1 * len(data)


@given(some.data())
@settings(max_examples=400)
def test_any_cut_copy_or_insertion_is_found_or_changes_nothing(chosen: some.DataObject) -> None:
    data = documents()[chosen.draw(some.sampled_from(["xades-b", "kz-xmldsig"]))]
    start = chosen.draw(some.integers(0, len(data)))
    end = chosen.draw(some.integers(start, min(len(data), start + 200)))
    place = chosen.draw(some.integers(0, len(data)))
    piece = chosen.draw(some.sampled_from([b"", data[start:end], b"<b/>", b"<!-- -->", b"x", b"&#32;", b" "]))
    mutant = data[:start] + data[end:]
    mutant = mutant[:place] + piece + mutant[place:]
    assert payload_or_none(mutant) in {None, payload_or_none(data)}

"""The GOST plug-in: the examples of the standards, a demo signer, and forgeries."""

import re
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable

import pki
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from forgery import PLAIN, signed, signed_by_ncalayer
from gost_signing import (
    CURVE,
    KEY_START,
    GostKey,
    certificate_with,
    gost_key,
    key_info,
    multiple,
    sign_digest,
    sign_with_gost,
    streebog_512,
)

from signing.algorithms import SHIPPED
from signing.errors import AlgorithmForbidden, LimitExceeded, PluginMissing, SignatureInvalid
from signing.gost import Curve, read_key, with_gost
from signing.limits import Limits
from signing.verdict import judge_signature
from signing.verify import verify, verify_all
from signing.xmlgate import open_document

try:
    import gostcrypto
except ImportError:
    gostcrypto = None
needs_gostcrypto = pytest.mark.skipif(gostcrypto is None, reason="the extra `gost` is not installed")

# RFC 7091, section 7, and GOST R 34.10-2012, annex A: two curves, each with key, digest, k, and the signature r, s.
EXAMPLE_256 = Curve(
    p=2**255 + 0x431,
    a=7,
    b=0x5FBFF498AA938CE739B8E022FBAFEF40563F6E6A3472FC2A514C0CE9DAE23B7E,
    q=0x8000000000000000000000000000000150FE8A1892976154C59CFC193ACCF5B3,
    x=2,
    y=0x08E2A8A0E65147D4BD6316030E16D19C85C97F0A9CA267122B96ABBCEA7E8FC8,
)
EXAMPLE_512 = Curve(
    p=0x4531ACD1FE0023C7550D267B6B2FEE80922B14B2FFB90F04D4EB7C09B5D2D15DF1D852741AF4704A0458047E80E4546D35B8336FAC224DD81664BBF528BE6373,
    a=7,
    b=0x1CFF0806A31116DA29D8CFA54E57EB748BC5F377E49400FDD788B649ECA1AC4361834013B2AD7322480A89CA58E0CF74BC9E540C2ADD6897FAD0A3084F302ADC,
    q=0x4531ACD1FE0023C7550D267B6B2FEE80922B14B2FFB90F04D4EB7C09B5D2D15DA82F2D7ECB1DBAC719905C5EECC423F1D86E25EDBE23C595D644AAF187E6E6DF,
    x=0x24D19CC64572EE30F396BF6EBBFD7A6C5213B3B3D7057CC825F91093A68CD762FD60611262CD838DC6B60AA7EEE804E28BC849977FAC33B4B530F1B120248A9A,
    y=0x2BB312A43BD2CE6E0D020613C857ACDDCFBF061E91E5F2C3F32447C259F39B2C83AB156D77F1496BF7EB3351E1EE4E43DC1A18B91B24640B6DBB92CB1ADD371E,
)
EXAMPLES = [
    (
        EXAMPLE_256,
        0x7A929ADE789BB9BE10ED359DD39A72C11B60961F49397EEE1D19CE9891EC3B28,
        0x2DFBC1B372D89A1188C09C52E0EEC61FCE52032AB1022E8E67ECE6672B043EE5,
        0x77105C9B20BCD3122823C8CF6FCC7B956DE33814E95B7FE64FED924594DCEAB3,
        0x41AA28D2F1AB148280CD9ED56FEDA41974053554A42767B83AD043FD39DC0493,
        0x01456C64BA4642A1653C235A98A60249BCD6D3F746B631DF928014F6C5BF9C40,
    ),
    (
        EXAMPLE_512,
        0x0BA6048AADAE241BA40936D47756D7C93091A0E8514669700EE7508E508B102072E8123B2200A0563322DAD2827E2714A2636B7BFD18AADFC62967821FA18DD4,
        0x3754F3CFACC9E0615C4F4A7C4D8DAB531B09B6F9C170C533A71D147035B0C5917184EE536593F4414339976C647C5D5A407ADEDB1D560C4FC6777D2972075B8C,
        0x0359E7F4B1410FEACC570456C6801496946312120B39D019D455986E364F365886748ED7A44B3E794434006011842286212273A6D14CF70EA3AF71BB1AE679F1,
        0x2F86FA60A081091A23DD795E1E3C689EE512A3C82EE0DCC2643C78EEA8FCACD35492558486B20F1C9EC197C90699850260C93BCBCD9C5C3317E19344E173AE36,
        0x1081B394696FFE8E6585E7A9362D26B6325F56778AADBC081C0BFBE933D52FF5823CE288E8C4F362526080DF7F70CE406A6EEB1F56919CB92A9853BDE73E5B4A,
    ),
]
IGOR = "Се ветри, Стрибожи внуци, веютъ с моря стрелами на храбрыя плъкы Игоревы".encode("cp1251")


def gost_document() -> bytes:
    return sign_with_gost(PLAIN, gost_key())


def with_value(change: bytes) -> bytes:
    """Return the signed document with another signature value."""
    return re.sub(rb"(?<=<ds:SignatureValue>)[^<]*", b64encode(change), gost_document())


def value() -> bytes:
    found = re.search(rb"<ds:SignatureValue>([^<]*)", gost_document())
    assert found
    return b64decode(found[1])


@pytest.mark.parametrize(("curve", "private", "digest", "chosen", "r", "s"), EXAMPLES, ids=["256", "512"])
def test_the_examples_of_the_standard_are_signed_and_accepted(
    curve: Curve, private: int, digest: int, chosen: int, r: int, s: int
) -> None:
    assert curve.holds(curve.x, curve.y)
    assert sign_digest(curve, private, digest, chosen) == (r, s)
    assert curve.accepts(multiple(private, curve), digest, r, s)


@pytest.mark.parametrize(("curve", "private", "digest", "chosen", "r", "s"), EXAMPLES, ids=["256", "512"])
def test_anything_near_the_examples_of_the_standard_is_refused(
    curve: Curve, private: int, digest: int, chosen: int, r: int, s: int
) -> None:
    key = multiple(private, curve)
    near = [(digest ^ 1, r, s), (digest, r ^ 1, s), (digest, r, s ^ 1), (digest, s, r), (digest, r, curve.q - s)]
    near += [(digest, 0, s), (digest, r, 0), (digest, 0, 0), (digest, r + curve.q, s), (digest, r, s + curve.q)]
    assert [curve.accepts(key, *each) for each in near] == [False] * len(near)
    assert not curve.accepts(multiple(private + 1, curve), digest, r, s)


def test_the_curve_has_its_order_and_its_points_add_up() -> None:
    assert CURVE.holds(CURVE.x, CURVE.y)
    assert CURVE.combine(CURVE.q, 0, (CURVE.x, CURVE.y))[2] == 0
    assert CURVE.combine(5, CURVE.q - 5, (CURVE.x, CURVE.y))[2] == 0
    five = multiple(5)
    x, y, z = CURVE.combine(3, 2, five)
    assert (x * pow(z, -2, CURVE.p) % CURVE.p, y * pow(z, -3, CURVE.p) % CURVE.p) == multiple(13)


@needs_gostcrypto
@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (
            b"012345678901234567890123456789012345678901234567890123456789012",
            "1b54d01a4af5b9d5cc3d86d68d285462b19abc2475222f35c085122be4ba1ffa"
            "00ad30f8767b3a82384c6574f024c311e2a481332b08ef7f41797891c1646f48",
        ),
        (
            IGOR,
            "1e88e62226bfca6f9994f1f2d51569e0daf8475a3b0fe61a5300eee46d961376"
            "035fe83549ada2b8620fcd7c496ce5b33f0cb9dddc2b6460143b03dabac9fb28",
        ),
    ],
    ids=["RFC 6986, 10.1", "RFC 6986, 10.2"],
)
def test_streebog_gives_the_digests_of_its_standard(data: bytes, digest: str) -> None:
    assert streebog_512(data).hex() == digest


@needs_gostcrypto
def test_our_curve_and_the_library_accept_the_same_signature() -> None:
    key, data = gost_key(), b"what both verify"
    theirs = gostcrypto.gostsignature.new(
        gostcrypto.gostsignature.MODE_512,
        gostcrypto.gostsignature.CURVES_R_1323565_1_024_2019["id-tc26-gost-3410-12-512-paramSetA"],
    )
    made = key.sign(data)
    point = b"".join(each.to_bytes(64, "big") for each in read_key(key.certificate))
    assert theirs.verify(point, streebog_512(data)[::-1], made[63::-1] + made[:63:-1])


@needs_gostcrypto
def test_a_document_signed_with_a_gost_key_is_verified() -> None:
    verified = verify(open_document(gost_document()), with_gost())
    assert verified.certificate == gost_key().certificate
    assert verified.algorithm.endswith("gostr34102015-gostr34112015-512")
    assert verified.payload == verify(open_document(signed_by_ncalayer())).payload


@needs_gostcrypto
def test_a_gost_signature_may_follow_another_one() -> None:
    first, second = verify_all(open_document(sign_with_gost(signed_by_ncalayer(), gost_key())), with_gost())
    assert (first.certificate, second.certificate) == (pki.key_of("berik").certificate, gost_key().certificate)


@needs_gostcrypto
def test_other_signatures_are_verified_as_before() -> None:
    assert verify(open_document(signed()), with_gost()).payload == verify(open_document(signed())).payload


@needs_gostcrypto
def test_gost_is_off_unless_asked_for() -> None:
    with pytest.raises(AlgorithmForbidden) as refusal:
        verify(open_document(gost_document()), SHIPPED)
    assert refusal.value.code == "signature.algorithm"


@needs_gostcrypto
def test_an_intact_gost_signature_is_indeterminate_because_its_certificate_cannot_be_judged() -> None:
    (report,) = judge_signature(gost_document(), pki.trust_store(), pki.NOW, algorithms=with_gost())
    assert (report.indication, report.sub_indication) == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")
    assert report.error is not None
    assert report.error.code == "signature.key"


@needs_gostcrypto
def test_a_changed_document_is_known_to_be_changed() -> None:
    changed = gost_document().replace(b"100.00", b"900.00")
    (report,) = judge_signature(changed, pki.trust_store(), pki.NOW, algorithms=with_gost())
    assert (report.indication, report.sub_indication) == ("TOTAL-FAILED", "HASH_FAILURE")


@needs_gostcrypto
def test_a_changed_document_is_refused() -> None:
    with pytest.raises(SignatureInvalid) as refusal:
        verify(open_document(gost_document().replace(b"100.00", b"900.00")), with_gost())
    assert refusal.value.code == "signature.digest"


@needs_gostcrypto
@pytest.mark.parametrize(
    "change",
    [
        lambda value: b"",
        lambda value: bytes(128),
        lambda value: b"\xff" * 128,
        lambda value: value[:-1],
        lambda value: value + b"\0",
        lambda value: value[64:] + value[:64],
        lambda value: value[::-1],
        lambda value: bytes([value[0] ^ 1]) + value[1:],
        lambda value: value[:64] + bytes(64),
        lambda value: bytes(64) + value[64:],
        lambda value: value[:64] + (CURVE.q - int.from_bytes(value[64:], "little")).to_bytes(64, "little"),
    ],
)
def test_a_forged_value_is_refused(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(SignatureInvalid) as refusal:
        verify(open_document(with_value(change(value()))), with_gost())
    assert refusal.value.code == "signature.value"


@needs_gostcrypto
@pytest.mark.parametrize("place", [20, 30, 44, 46])
def test_a_key_written_in_another_way_is_refused(place: int) -> None:
    start = bytearray(KEY_START)
    start[place] ^= 1
    assert_key_refused(key_info(multiple(7), bytes(start)))


@needs_gostcrypto
@pytest.mark.parametrize(
    "point",
    [(0, 0), (CURVE.x, CURVE.y ^ 1), (CURVE.x + CURVE.p, CURVE.y), (2**512 - 1, 2**512 - 1)],
    ids=["zero", "off the curve", "beyond the field", "ones"],
)
def test_a_key_that_is_no_point_of_the_curve_is_refused(point: tuple[int, int]) -> None:
    assert_key_refused(key_info(point))


def assert_key_refused(key: bytes) -> None:
    """A certificate of our own authority with such a key must not even be tried."""
    strange = GostKey(gost_key().private, certificate_with(key))
    with pytest.raises(AlgorithmForbidden) as refusal:
        verify(open_document(sign_with_gost(PLAIN, strange)), with_gost())
    assert refusal.value.code == "signature.key"


@needs_gostcrypto
def test_an_rsa_or_ecdsa_certificate_does_not_verify_gost_signatures() -> None:
    text = pki.key_of("berik").certificate_texts[0].encode()
    data = re.sub(rb"(?<=<ds:X509Certificate>)[^<]*", text, gost_document())
    with pytest.raises(AlgorithmForbidden) as refusal:
        verify(open_document(data), with_gost())
    assert refusal.value.code == "signature.key"


@needs_gostcrypto
def test_a_gost_certificate_does_not_verify_other_signatures() -> None:
    text = b64encode(gost_key().certificate.public_bytes(Encoding.DER))
    data = re.sub(rb"(?<=<ds:X509Certificate>)[^<]*", text, signed_by_ncalayer())
    with pytest.raises(AlgorithmForbidden) as refusal:
        verify(open_document(data), with_gost())
    assert refusal.value.code == "signature.key"


@needs_gostcrypto
def test_what_would_take_pure_python_long_is_refused() -> None:
    fitting = with_gost(limits=Limits(gost_bytes=10_000))
    too_little = with_gost(limits=Limits(gost_bytes=100))
    verify(open_document(gost_document()), fitting)
    with pytest.raises(LimitExceeded):
        verify(open_document(gost_document()), too_little)


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gostcrypto", None)
    with pytest.raises(PluginMissing) as refusal:
        with_gost()
    assert "pip install shekara[gost]" in refusal.value.text("en")

"""Hostile signatures: wrapped, moved, doubled, weakened and forged."""

import base64
import re
from collections.abc import Callable

import pki
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from forgery import (
    DS,
    EXCLUSIVE,
    INCLUSIVE,
    PLAIN,
    Attack,
    certificate_of,
    changed,
    in_root,
    resigned,
    rewritten,
    signature,
    signed,
    signed_by_ncalayer,
    with_certificate,
    without_prefix,
    wrapped,
)

from signing.signer import sign_like_ncalayer

DER = Encoding.DER


def forged_value(value: bytes, source: Callable[[], bytes] = signed) -> Callable[[], bytes]:
    return rewritten("(?<=<ds:SignatureValue>)[^<]*", base64.b64encode(value).decode(), source)


def moved_properties() -> bytes:
    match = re.search(rb"<xades:QualifyingProperties.*</xades:QualifyingProperties>", signed(), re.DOTALL)
    assert match
    return signed().replace(match[0], b"").replace(b"</Amount>", b"</Amount>" + match[0], 1)


def signed_by_reference() -> bytes:
    """A document honestly signed with URI="#all" instead of URI=""."""
    return resigned(lambda text: text.replace('URI=""', 'URI="#all"'))()


def original_in_wrapper() -> bytes:
    """The honest document inside an evil root: only its place differs."""
    data = signed_by_reference()
    own = signature(data)
    honest = re.sub(rb"<\?xml.*?\?>", b"", data.replace(own, b"")).strip()
    return in_root(b"<Amount>1.00</Amount><Other>" + honest + b"</Other>" + own)


def second_reference(signed_info: str) -> str:
    """Return the reference to the document once more, without its Id."""
    return re.sub(' Id="[^"]*"', "", re.findall("<ds:Reference Id.*?</ds:Reference>", signed_info)[0])


def with_stray_bits() -> bytes:
    """A certificate whose issuer's signature claims to end within a byte: nothing signed covers that claim."""
    certificate = pki.key_of("berik").certificate
    der = bytearray(certificate.public_bytes(DER))
    der[-len(certificate.signature) - 1] = 1
    text = base64.b64encode(der).decode()
    return rewritten("(?<=<ds:X509Certificate>)[^<]*", text, signed_by_ncalayer)()


def with_longer_value() -> bytes:
    match = re.search(rb"<ds:SignatureValue>([^<]*)", signed_by_ncalayer())
    assert match
    return forged_value(base64.b64decode(match[1]) + b"\0", signed_by_ncalayer)()


def namespace_undone() -> bytes:
    """Take an element out of the default namespace where a comment stands beside the root."""
    plain = b'<!-- a --><r xmlns="urn:shekara:ccd:1"><a><b>1</b></a></r>'
    return sign_like_ncalayer(plain, pki.key_of("berik")).replace(b"<b>", b'<b xmlns="">')


def two_strangers() -> bytes:
    text = base64.b64encode(certificate_of(ec.generate_private_key(ec.SECP256R1())).public_bytes(DER)).decode()
    return rewritten("</ds:X509Data>", f"<ds:X509Certificate>{text}</ds:X509Certificate></ds:X509Data>")()


def wrapped_into(name: str) -> Callable[[], bytes]:
    """Return a maker that hides the original at the end of one element of the signature, and shows evil content."""

    def make() -> bytes:
        own = signature(signed())
        hidden = own.replace(f"</{name}>".encode(), in_root(b"x") + f"</{name}>".encode(), 1)
        return in_root(b"<Amount>1.00</Amount>" + hidden)

    return make


SIGNATURES = [
    Attack("no signature", "signature.missing", lambda: PLAIN),
    Attack("signature twice", "xml.identifier", lambda: signed().replace(signature(signed()), signature(signed()) * 2)),
    Attack(
        "two without Id",
        "signature.several",
        lambda: signed_by_ncalayer().replace(signature(signed_by_ncalayer()), signature(signed_by_ncalayer()) * 2),
    ),
    Attack(
        "signature in its own object",
        "signature.misplaced",
        lambda: signed_by_ncalayer().replace(
            b"</ds:Signature>", b"<ds:Object>" + signature(signed_by_ncalayer()) + b"</ds:Object></ds:Signature>"
        ),
    ),
    Attack(
        "moved deeper",
        "signature.misplaced",
        lambda: signed().replace(signature(signed()), b"<Name>" + signature(signed()) + b"</Name>"),
    ),
    Attack("enveloping", "signature.misplaced", lambda: signature(signed())),
    Attack(
        "wrapped: original in Object",
        "signature.profile",
        lambda: wrapped("{evil}")().replace(
            b"</Declaration>",
            signature(signed()).replace(
                b"</ds:Signature>", b"<ds:Object>" + in_root(b"x") + b"</ds:Object></ds:Signature>"
            )
            + b"</Declaration>",
        ),
    ),
    Attack(
        "wrapped: evil beside the original",
        "signature.digest",
        wrapped('<Declaration xmlns="urn:shekara:ccd:1">{content}{original}{signature}</Declaration>'),
    ),
    Attack(
        "wrapped: signature stays in the original",
        "signature.misplaced",
        lambda: in_root(b"<Amount>1.00</Amount>" + re.sub(rb"<\?xml.*?\?>", b"", signed()).strip()),
    ),
    Attack(
        "wrapped: original beside, same Id",
        "xml.identifier",
        wrapped('<Declaration xmlns="urn:shekara:ccd:1" Id="all">{content}{original}{signature}</Declaration>'),
    ),
    Attack(
        "wrapped: original beside, same id",
        "xml.identifier",
        wrapped('<Declaration xmlns="urn:shekara:ccd:1" id="all">{content}{original}{signature}</Declaration>'),
    ),
    Attack("wrapped: reference to what is no longer the root", "signature.profile", original_in_wrapper),
    Attack("wrapped: original in SignatureValue", "signature.profile", wrapped_into("ds:SignatureValue")),
    Attack("wrapped: original in KeyInfo", "signature.profile", wrapped_into("ds:KeyInfo")),
    Attack("wrapped: original in SignedInfo", "signature.profile", wrapped_into("ds:SignedInfo")),
    Attack("wrapped: original in the properties", "signature.profile", wrapped_into("xades:SignedProperties")),
    Attack("wrapped: original in Transform", "signature.profile", wrapped_into("ds:Transform")),
    Attack(
        "evil root around a comment",
        "signature.digest",
        wrapped('<Declaration xmlns="urn:shekara:ccd:1">{content}<!--{evil}-->{signature}</Declaration>'),
    ),
    Attack("content changed", "signature.digest", changed("100.00", "900.00")),
    Attack("attribute added", "signature.digest", changed("<Name>", '<Name language="kk">')),
    Attack("text after the signature", "signature.digest", changed("</ds:Signature>", "</ds:Signature>x")),
    Attack(
        "element after the signature",
        "signature.digest",
        changed("</ds:Signature>", "</ds:Signature><Amount>1</Amount>"),
    ),
    Attack("claimed time changed", "signature.digest", changed("2026-11-24T05", "2026-11-24T06")),
    Attack("claimed time ill-formed", "signature.time", changed("2026-11-24T05:00:00Z", "yesterday")),
    Attack("claimed time without zone", "signature.time", changed("2026-11-24T05:00:00Z", "2026-11-24T05:00:00")),
    Attack("claimed time impossible", "signature.time", changed("2026-11-24T05:00:00Z", "2026-02-30T05:00:00Z")),
    Attack(
        "claimed time before all time", "signature.time", changed("2026-11-24T05:00:00Z", "0001-01-01T00:00:00+14:00")
    ),
    Attack(
        "format of nothing", "signature.profile", rewritten('ObjectReference="#[^"]*"', 'ObjectReference="#nothing"')
    ),
    Attack("format without reference", "signature.profile", rewritten(' ObjectReference="#[^"]*"', "")),
    Attack(
        "format of the root, which is no reference",
        "signature.profile",
        rewritten('ObjectReference="#[^"]*"', 'ObjectReference="#all"'),
    ),
    Attack("properties of another signature", "signature.profile", rewritten('Target="#[^"]*"', 'Target="#all"')),
    Attack("properties moved", "signature.profile", moved_properties),
    Attack(
        "properties not signed",
        "signature.profile",
        resigned(lambda text: re.sub("<ds:Reference Type.*?</ds:Reference>", "", text)),
    ),
    Attack(
        "only properties signed",
        "signature.profile",
        resigned(lambda text: re.sub("<ds:Reference Id.*?</ds:Reference>", "", text)),
    ),
    Attack(
        "document signed twice",
        "signature.profile",
        resigned(lambda text: text.replace("</ds:SignedInfo>", second_reference(text) + "</ds:SignedInfo>")),
    ),
    Attack(
        "properties of an unknown type",
        "signature.profile",
        resigned(lambda text: text.replace("01903#SignedProperties", "01903#Evil")),
    ),
    Attack("properties without type", "signature.profile", resigned(lambda text: re.sub(' Type="[^"]*"', "", text))),
    Attack(
        "document of a type",
        "signature.profile",
        resigned(lambda text: text.replace('URI=""', f'URI="" Type="{DS}Object"')),
    ),
    Attack("reference without URI", "signature.profile", resigned(lambda text: text.replace(' URI=""', ""))),
    Attack(
        "reference to a file",
        "signature.profile",
        resigned(lambda text: text.replace('URI=""', 'URI="file:///etc/passwd"')),
    ),
    Attack(
        "reference to the network",
        "signature.profile",
        resigned(lambda text: text.replace('URI=""', 'URI="http://127.0.0.1/x"')),
    ),
    Attack(
        "reference by xpointer",
        "signature.profile",
        resigned(lambda text: text.replace('URI=""', 'URI="#xpointer(/)"')),
    ),
    Attack(
        "reference by xpointer to an Id",
        "signature.profile",
        resigned(lambda text: text.replace('URI=""', "URI=\"#xpointer(id('all'))\"")),
    ),
    Attack("reference to nothing", "signature.profile", resigned(lambda text: text.replace('URI=""', 'URI="#"'))),
    Attack(
        "SHA-1 digest",
        "signature.algorithm",
        resigned(lambda text: text.replace("http://www.w3.org/2001/04/xmlenc#sha256", f"{DS}sha1")),
    ),
    Attack(
        "MD5 digest",
        "signature.algorithm",
        resigned(
            lambda text: text.replace(
                "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#md5"
            )
        ),
    ),
    *(
        Attack(
            f"signature by {name}",
            "signature.algorithm",
            resigned(lambda text, uri=uri: re.sub('http://[^"]*rsa-sha256', uri, text)),
        )
        for name, uri in {
            "RSA-SHA-1": f"{DS}rsa-sha1",
            "RSA-MD5": "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
            "HMAC-SHA-256": "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
            "HMAC-SHA-1": f"{DS}hmac-sha1",
            "DSA": f"{DS}dsa-sha1",
            "ECDSA-SHA-1": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
            "nothing": "",
        }.items()
    ),
    Attack(
        "HMAC cut to nothing",
        "signature.profile",
        rewritten("(<ds:SignatureMethod [^>]*>)", r"\1<ds:HMACOutputLength>0</ds:HMACOutputLength>"),
    ),
    *(
        Attack(
            f"transform by {name}",
            "signature.algorithm",
            resigned(lambda text, uri=uri: text.replace(f"{DS}enveloped-signature", uri)),
        )
        for name, uri in {
            "XSLT": "http://www.w3.org/TR/1999/REC-xslt-19991116",
            "XPath": "http://www.w3.org/TR/1999/REC-xpath-19991116",
            "XPath filter": "http://www.w3.org/2002/06/xmldsig-filter2",
            "base64": f"{DS}base64",
            "unknown": "urn:evil",
            "inclusive canonical form": INCLUSIVE,
        }.items()
    ),
    Attack(
        "XSLT inside a transform", "signature.profile", rewritten("(<ds:Transform [^>]*>)", r"\1<ds:XPath>/</ds:XPath>")
    ),
    Attack(
        "enveloped twice",
        "signature.profile",
        resigned(
            lambda text: text.replace(EXCLUSIVE, f"{DS}enveloped-signature").replace(
                f"{DS}enveloped-signature", EXCLUSIVE, 1
            )
        ),
    ),
    Attack(
        "not enveloped",
        "signature.profile",
        resigned(lambda text: text.replace(f'<ds:Transform Algorithm="{DS}enveloped-signature"></ds:Transform>', "")),
    ),
    Attack(
        "enveloped last",
        "signature.profile",
        resigned(
            lambda text: re.sub(
                "(<ds:Transform [^>]*></ds:Transform>)(<ds:Transform [^>]*></ds:Transform>)", r"\2\1", text, count=1
            )
        ),
    ),
    Attack(
        "no canonical form named",
        "signature.profile",
        resigned(lambda text: re.sub(f'<ds:Transform Algorithm="{EXCLUSIVE}"></ds:Transform>', "", text, count=1)),
    ),
    Attack(
        "no transforms",
        "signature.profile",
        resigned(lambda text: re.sub("<ds:Transforms>.*?</ds:Transforms>", "", text, count=1)),
    ),
    Attack("SignedInfo inclusive", "signature.algorithm", resigned(lambda text: text.replace(EXCLUSIVE, INCLUSIVE, 1))),
    Attack("no key", "signature.profile", rewritten("<ds:KeyInfo>.*</ds:KeyInfo>", "")),
    Attack("empty KeyInfo", "signature.profile", rewritten("<ds:KeyInfo>.*</ds:KeyInfo>", "<ds:KeyInfo></ds:KeyInfo>")),
    Attack("no certificate", "signature.profile", rewritten("<ds:X509Certificate>.*</ds:X509Certificate>", "")),
    Attack("key by name", "signature.profile", rewritten("<ds:KeyInfo>", "<ds:KeyInfo><ds:KeyName>root</ds:KeyName>")),
    Attack("key by value", "signature.profile", rewritten("<ds:KeyInfo>", "<ds:KeyInfo><ds:KeyValue></ds:KeyValue>")),
    Attack(
        "key from elsewhere",
        "signature.profile",
        rewritten("<ds:KeyInfo>", '<ds:KeyInfo><ds:RetrievalMethod URI="http://127.0.0.1/"/>'),
    ),
    Attack("two strangers' certificates", "signature.profile", two_strangers),
    Attack(
        "two certificates from NCALayer",
        "xml.limit",
        rewritten("(<ds:X509Certificate>.*</ds:X509Certificate>)", r"\1\1", signed_by_ncalayer),
    ),
    Attack(
        "another's certificate",
        "signature.certificate",
        lambda: rewritten("(?<=<ds:X509Certificate>)[^<]*", pki.key_of("berik").certificate_texts[0])().replace(
            b"rsa-sha256", b"ecdsa-sha256"
        ),
    ),
    Attack(
        "another's certificate, named in the properties",
        "signature.digest",
        lambda: with_certificate(pki.key_of("berik").certificate)().replace(b"rsa-sha256", b"ecdsa-sha256"),
    ),
    Attack(
        "another's certificate from NCALayer",
        "signature.value",
        lambda: rewritten(
            "(?<=<ds:X509Certificate>)[^<]*", pki.key_of("yerkin").certificate_texts[0], signed_by_ncalayer
        )(),
    ),
    Attack(
        "key of another kind",
        "signature.key",
        lambda: rewritten(
            "(?<=<ds:X509Certificate>)[^<]*", pki.key_of("anna").certificate_texts[0], signed_by_ncalayer
        )(),
    ),
    Attack(
        "RSA-1024", "signature.key", lambda: with_certificate(certificate_of(rsa.generate_private_key(65537, 1024)))()
    ),
    Attack(
        "P-521", "signature.key", lambda: with_certificate(certificate_of(ec.generate_private_key(ec.SECP521R1())))()
    ),
    Attack(
        "secp256k1",
        "signature.key",
        lambda: with_certificate(certificate_of(ec.generate_private_key(ec.SECP256K1())))(),
    ),
    Attack(
        "Brainpool",
        "signature.key",
        lambda: with_certificate(certificate_of(ec.generate_private_key(ec.BrainpoolP256R1())))(),
    ),
    Attack(
        "Ed25519", "signature.key", lambda: with_certificate(certificate_of(ed25519.Ed25519PrivateKey.generate()))()
    ),
    Attack("DSA key", "signature.key", lambda: with_certificate(certificate_of(dsa.generate_private_key(2048)))()),
    Attack("certificate of nonsense", "certificate.unreadable", rewritten("(?<=<ds:X509Certificate>)[^<]*", "AAAA")),
    Attack("certificate with stray bits", "certificate.unreadable", with_stray_bits),
    Attack("ECDSA value with more after it", "signature.value", with_longer_value),
    Attack("certificate is no base64", "signature.base64", rewritten("(?<=<ds:X509Certificate>)[^<]*", "not base64!")),
    Attack("certificate beyond ASCII", "signature.base64", rewritten("(?<=<ds:X509Certificate>)[^<]*", "ЖЖЖЖ")),
    Attack("base64 with stray bits", "signature.base64", rewritten("(?<=<ds:SignatureValue>)[^<]*", "QUJDRB==")),
    Attack("empty signature value", "signature.value", forged_value(b"")),
    Attack("zero signature value", "signature.value", forged_value(bytes(256))),
    Attack("RSA value too long", "signature.value", forged_value(bytes(4096))),
    Attack("ECDSA value of zeros", "signature.value", forged_value(bytes(64), signed_by_ncalayer)),
    Attack("ECDSA value of ones", "signature.value", forged_value(b"\xff" * 64, signed_by_ncalayer)),
    Attack("ECDSA value too short", "signature.value", forged_value(bytes(63), signed_by_ncalayer)),
    Attack(
        "ECDSA value in DER", "signature.value", forged_value(bytes.fromhex("3006020101020101"), signed_by_ncalayer)
    ),
    *(
        Attack(f"comment inside {name}", "signature.profile", rewritten(f"(<{name}[^>]*>)", r"\1<!-- x -->"))
        for name in (
            "ds:Signature ",
            "ds:SignedInfo",
            "ds:DigestValue",
            "ds:SignatureValue",
            "ds:X509Certificate",
            "xades:SigningTime",
        )
    ),
    Attack(
        "unknown element of ds",
        "signature.profile",
        changed("</ds:X509Data>", "</ds:X509Data><ds:MgmtData></ds:MgmtData>"),
    ),
    Attack("foreign element", "signature.profile", changed("<ds:KeyInfo>", "<ds:KeyInfo><Name/>")),
    Attack(
        "unsigned properties",
        "signature.profile",
        changed(
            "</xades:SignedProperties>",
            "</xades:SignedProperties><xades:UnsignedProperties></xades:UnsignedProperties>",
        ),
    ),
    Attack("text between elements", "signature.profile", changed("<ds:X509Data>", "<ds:X509Data>x")),
    Attack("text after an element", "signature.profile", changed("</ds:X509Data>", "</ds:X509Data>x")),
    Attack(
        "carriage return between elements",
        "signature.profile",
        changed("</xades:SignedProperties>", "</xades:SignedProperties>&#13;"),
    ),
    Attack("text in an empty element", "signature.profile", changed("</ds:DigestMethod>", "x</ds:DigestMethod>")),
    Attack("Id that is no name", "signature.profile", changed("<ds:KeyInfo>", '<ds:KeyInfo Id="#1">')),
    Attack("empty Id", "signature.profile", changed("<ds:KeyInfo>", '<ds:KeyInfo Id="">')),
    Attack("second object", "signature.profile", changed("</ds:Object>", "</ds:Object><ds:Object></ds:Object>")),
    Attack("unknown attribute", "signature.profile", changed("<ds:KeyInfo>", '<ds:KeyInfo evil="1">')),
    Attack("language of the signature", "signature.profile", changed("<ds:Signature ", '<ds:Signature xml:lang="kk" ')),
    Attack(
        "parts out of order",
        "signature.profile",
        rewritten("(<ds:SignatureValue.*</ds:SignatureValue>)(<ds:KeyInfo>.*</ds:KeyInfo>)", r"\2\1"),
    ),
    Attack(
        "NCALayer below a language",
        "signature.profile",
        changed("<Declaration ", '<Declaration xml:lang="kk" ', source=signed_by_ncalayer),
    ),
    Attack(
        "NCALayer with a comment",
        "signature.comments",
        changed("100.00", "1<!-- 9 -->00.00", source=signed_by_ncalayer),
    ),
    Attack(
        "NCALayer with a comment before the signature",
        "signature.comments",
        changed("<ds:Signature ", "<!-- --><ds:Signature ", source=signed_by_ncalayer),
    ),
    Attack("NCALayer, a namespace undone beside a comment", "signature.digest", namespace_undone),
    Attack("NCALayer without prefixes", "signature.profile", lambda: without_prefix(signed_by_ncalayer())),
    Attack("NCALayer content changed", "signature.digest", changed("100.00", "900.00", source=signed_by_ncalayer)),
    Attack(
        "NCALayer with exclusive form",
        "signature.algorithm",
        changed(f"{INCLUSIVE}#WithComments", EXCLUSIVE, source=signed_by_ncalayer),
    ),
    Attack("NCALayer by reference", "signature.profile", changed('URI=""', 'URI="#all"', source=signed_by_ncalayer)),
    Attack(
        "relative namespace",
        "xml.malformed",
        lambda: signed_by_ncalayer().replace(b"<Declaration ", b'<Declaration xmlns:r="relative" ', 1),
    ),
]

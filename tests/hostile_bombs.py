"""Hostile sizes: documents made to cost the reader far more than the writer."""

from forgery import (
    Attack,
    in_root,
    rewritten,
    signed_by_ncalayer,
)


def many_namespaces(count: int) -> bytes:
    declarations = " ".join(f'xmlns:n{n}="urn:shekara:ccd:1"' for n in range(count))
    return f"<r {declarations}>".encode()


def inclusive_bomb(namespaces: int = 200, elements: int = 1_000) -> bytes:
    data = signed_by_ncalayer()
    declarations = " ".join(f'xmlns:n{n}="urn:shekara:ccd:1"' for n in range(namespaces)).encode()
    data = data.replace(b"<Declaration ", b"<Declaration " + declarations + b" ", 1)
    return data.replace(b"</Amount>", b"</Amount>" + b"<n1:a/>" * elements, 1)


BOMBS = [
    Attack("more than 8 MB", "xml.limit", lambda: in_root(b"x" * 8_000_000)),
    Attack("65 deep", "xml.limit", lambda: b"<a>" * 65 + b"</a>" * 65),
    Attack("250 deep", "xml.limit", lambda: b"<a>" * 250 + b"</a>" * 250),
    Attack("100,000 deep", "xml.limit", lambda: b"<a>" * 100_000 + b"</a>" * 100_000),
    Attack("1,000,000 deep and never closed", "xml.limit", lambda: b"<a>" * 1_000_000),
    Attack("200,001 elements", "xml.limit", lambda: in_root(b"<a/>" * 200_000)),
    Attack("1,900,000 elements", "xml.limit", lambda: in_root(b"<a/>" * 1_900_000)),
    Attack("200,001 different elements", "xml.limit", lambda: in_root(b"".join(b"<a%d/>" % n for n in range(200_000)))),
    Attack("65 attributes", "xml.limit", lambda: b"<r %b/>" % b" ".join(b'a%d=""' % n for n in range(65))),
    Attack(
        "200,000 attributes on one element",
        "xml.limit",
        lambda: b"<r %b/>" % b" ".join(b'a%d=""' % n for n in range(200_000)),
    ),
    Attack(
        "700,000 attributes on one element",
        "xml.limit",
        lambda: b"<r %b/>" % b" ".join(b'a%d=""' % n for n in range(700_000)),
    ),
    Attack("100,001 attributes, spread", "xml.limit", lambda: in_root(b'<a b="" c="" d=""/>' * 33_334)),
    Attack(
        "2,000,000 attributes, spread",
        "xml.limit",
        lambda: in_root(b'<a b="" c="" d="" e="" f="" g="" h=""/>' * 190_000),
    ),
    Attack("10,000 namespaces on the root", "xml.limit", lambda: many_namespaces(10_000) + b"</r>"),
    Attack(
        "namespaces nested",
        "xml.limit",
        lambda: b"".join(b'<a xmlns:n%d="urn:shekara:ccd:1">' % n for n in range(300)) + b"</a>" * 300,
    ),
    Attack(
        "many names looked up among many namespaces",
        "xml.limit",
        lambda: many_namespaces(250) + b"<n7:a/>" * 150_000 + b"</r>",
    ),
    Attack("namespaces under inclusive canonical form", "xml.limit", lambda: inclusive_bomb()),
    Attack("64 namespaces and 20,000 elements, inclusive", "xml.limit", lambda: inclusive_bomb(62, 20_000)),
    Attack("text of 7.9 MB without end", "xml.malformed", lambda: b"<r>" + b"x" * 7_900_000),
    Attack("declarations that never end", "signature.missing", lambda: in_root(b"xmlns" * 250 + b"x" * 7_900_000)),
    Attack("values that never end", "signature.missing", lambda: in_root(b'xmlns="' * 250 + b"x" * 7_900_000)),
    Attack("7.9 MB of ampersands", "xml.limit", lambda: b"<r>" + b"&" * 7_900_000),
    Attack("7.9 MB of opening angles", "xml.limit", lambda: b"<" * 7_900_000),
    Attack("7.9 MB of comment starts", "xml.limit", lambda: b"<!--" * 1_975_000),
    Attack(
        "99,991 identifiers, the last twice",
        "xml.identifier",
        lambda: in_root(b"".join(b'<a Id="i%d"/>' % n for n in range(99_990)) + b'<b Id="i99989"/>'),
    ),
    Attack(
        "huge base64 as signature value",
        "signature.value",
        rewritten("(?<=<ds:SignatureValue>)[^<]*", "QUJD" * 1_500_000),
    ),
    Attack("huge base64 as digest", "signature.digest", rewritten("(?<=<ds:DigestValue>)[^<]*", "QUJD" * 1_500_000)),
    Attack("huge base64 as certificate", "xml.limit", rewritten("(?<=<ds:X509Certificate>)[^<]*", "QUJD" * 1_500_000)),
    Attack("6 certificates", "xml.limit", rewritten("(<ds:X509Certificate>.*</ds:X509Certificate>)", r"\1\1\1")),
    Attack(
        "1,000 certificates",
        "signature.profile",
        rewritten("(<ds:X509Certificate>[^<]*</ds:X509Certificate>)", r"\1" * 1_000),
    ),
    Attack("10,000 references", "xml.identifier", rewritten("(<ds:Reference .*?</ds:Reference>)", r"\1" * 10_000)),
    Attack(
        "10,000 transforms", "signature.profile", rewritten("(<ds:Transform [^>]*></ds:Transform>)", r"\1" * 10_000)
    ),
]

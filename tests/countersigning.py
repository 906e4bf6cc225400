"""Documents with several signatures, honest and hostile: Anna signs first, Berik after her."""

import re
from collections.abc import Callable
from functools import cache

import pki
from forgery import PLAIN, Attack, in_root

from signing.signer import sign, sign_like_ncalayer

Signing = Callable[[bytes, str, bool], bytes]
SIGNATURE = re.compile(rb"<ds:Signature [^>]*>.*?</ds:Signature>", re.DOTALL)
EVIL = b"<Amount>1.00</Amount>"


def by_xades(data: bytes, person: str, again: bool) -> bytes:
    return sign(data, pki.key_of(person), pki.NOW, again)


def by_ncalayer(data: bytes, person: str, again: bool) -> bytes:
    return sign_like_ncalayer(data, pki.key_of(person), again)


SIGN: dict[str, Signing] = {"xades-b": by_xades, "kz-xmldsig": by_ncalayer}
PAIRS = [(first, second) for first in SIGN for second in SIGN]


@cache
def signed_twice(first: str, second: str, plain: bytes = PLAIN) -> bytes:
    """Return the document signed by Anna and then by Berik, each by a profile."""
    return SIGN[second](SIGN[first](plain, "anna", False), "berik", True)


def signed_times(count: int) -> bytes:
    data = PLAIN
    for _ in range(count):
        data = sign(data, pki.key_of("berik"), pki.NOW, again=True)
    return data


def signatures(data: bytes) -> list[bytes]:
    return SIGNATURE.findall(data)


def side_by_side(first: str, second: str) -> bytes:
    """Two honest signatures over the same plain document, put one after the other: neither covers the other."""
    one = SIGN[first](PLAIN, "anna", False)
    (other,) = signatures(SIGN[second](PLAIN, "berik", False))
    return one.replace(b"</Declaration>", other + b"</Declaration>")


def attacks_on(one: str, other: str) -> list[Attack]:
    """Return what can be tried on a document signed twice, by these profiles."""

    def rebuilt(template: str) -> Callable[[], bytes]:
        """Put {1} and {2}, the two signatures in the order in which they stand, elsewhere in the document."""

        def make() -> bytes:
            data = signed_twice(one, other)
            first, second = signatures(data)
            bare = data.replace(first, b"").replace(second, b"")
            parts = {b"{1}": first, b"{2}": second, b"{evil}": EVIL, b"{bare}": in_root(b"x")}
            text = template.encode()
            for mark, part in parts.items():
                text = text.replace(mark, part)
            return bare.replace(b"</Declaration>", text + b"</Declaration>")

        return make

    def changed(number: int, old: bytes, new: bytes) -> Callable[[], bytes]:
        """Change one of the two signatures."""

        def make() -> bytes:
            data = signed_twice(one, other)
            own = signatures(data)[number]
            assert old in own
            return data.replace(own, own.replace(old, new, 1))

        return make

    def with_value_of_the_other() -> bytes:
        data = signed_twice(one, other)
        values = re.findall(rb"<ds:SignatureValue>[^<]*</ds:SignatureValue>", data)
        return data.replace(values[0], values[1])

    def nested(outer: int, inner: int) -> Callable[[], bytes]:
        def make() -> bytes:
            data = signed_twice(one, other)
            both = signatures(data)
            bare = data.replace(both[0], b"").replace(both[1], b"")
            whole = both[outer].replace(b"</ds:KeyInfo>", both[inner] + b"</ds:KeyInfo>", 1)
            return bare.replace(b"</Declaration>", whole + b"</Declaration>")

        return make

    # Signatures of XAdES have Ids, derived from what they sign: such doublets are found at the gate.
    doublet = {"xades-b": "xml.identifier", "kz-xmldsig": "signature.digest"}
    return [
        Attack("swapped", "signature.digest", rebuilt("{2}{1}")),
        Attack("first removed", "signature.digest", rebuilt("{2}")),
        Attack("the same twice", doublet[one], rebuilt("{1}{1}")),
        Attack("the second twice", doublet[other], rebuilt("{1}{2}{2}")),
        Attack(
            "second does not cover the first",
            doublet["xades-b" if (one, other) == ("xades-b", "xades-b") else "kz-xmldsig"],
            lambda: side_by_side(one, other),
        ),
        Attack("content between", "signature.digest", rebuilt("{1}{evil}{2}")),
        Attack("content after both", "signature.digest", rebuilt("{1}{2}{evil}")),
        Attack("content before both", "signature.digest", rebuilt("{evil}{1}{2}")),
        Attack("text between", "signature.digest", rebuilt("{1}x{2}")),
        Attack("second inside the first", "signature.misplaced", nested(0, 1)),
        Attack("first inside the second", "signature.misplaced", nested(1, 0)),
        Attack("first moved deeper", "signature.misplaced", rebuilt("<Name>{1}</Name>{2}")),
        Attack("second moved deeper", "signature.misplaced", rebuilt("{1}<Name>{2}</Name>")),
        Attack("both in another root", "signature.misplaced", rebuilt("<Name>{1}{2}</Name>{bare}")),
        Attack("values exchanged", "signature.digest", with_value_of_the_other),
        Attack(
            "first changed in a part it does not sign",
            "signature.digest",
            changed(0, b"<ds:X509Data>", b"<ds:X509Data> "),
        ),
        Attack("first weakened", "signature.algorithm", changed(0, b"2001/04/xmlenc#sha256", b"2000/09/xmldsig#sha1")),
        Attack("second weakened", "signature.algorithm", changed(1, b"2001/04/xmlenc#sha256", b"2000/09/xmldsig#sha1")),
        Attack("second without a value", "signature.value", lambda: without_value(signed_twice(one, other))),
    ]


def without_value(data: bytes) -> bytes:
    """Empty the value of the last signature: its digests still fit."""
    start = data.rindex(b"<ds:SignatureValue>") + len(b"<ds:SignatureValue>")
    return data[:start] + data[data.index(b"</ds:SignatureValue>", start) :]


def forged_first() -> bytes:
    """Berik honestly signs over a first signature that is not Anna's: only hers is forged."""
    data = sign(PLAIN, pki.key_of("anna"), pki.NOW)
    forged = re.sub(rb"(?<=<ds:SignatureValue>)[^<]{4}", b"AAAA", data)
    return sign(forged, pki.key_of("berik"), pki.NOW, again=True)


def changed_before_second() -> bytes:
    """Berik honestly signs a document that was changed after Anna had signed it."""
    data = sign(PLAIN, pki.key_of("anna"), pki.NOW).replace(b"100.00", b"900.00")
    return sign(data, pki.key_of("berik"), pki.NOW, again=True)


def covers_only_the_first() -> bytes:
    """The second refers to the first signature by its Id instead of to the whole document."""
    data = signed_twice("xades-b", "xades-b")
    first, second = signatures(data)
    (identifier,) = re.findall(rb'^<ds:Signature [^>]*Id="([^"]*)"', first)
    return data.replace(second, second.replace(b'URI=""', b'URI="#' + identifier + b'"'))


def equal_identifiers() -> bytes:
    """The second signature, and all that refers to it, takes the Id of the first."""
    data = signed_twice("xades-b", "xades-b")
    first, second = signatures(data)
    one, other = (re.findall(rb'^<ds:Signature [^>]*Id="([^"]*)"', each)[0] for each in (first, second))
    return data.replace(other, one)


HOSTILE = [
    *(
        Attack(f"{one}, then {other}: {attack.name}", attack.code, attack.make)
        for one, other in PAIRS
        for attack in attacks_on(one, other)
    ),
    Attack("first forged before the second was made", "signature.value", forged_first),
    Attack("document changed before the second was made", "signature.digest", changed_before_second),
    Attack("second covers only the first", "signature.profile", covers_only_the_first),
    Attack("equal identifiers", "xml.identifier", equal_identifiers),
    Attack("five signatures", "xml.limit", lambda: signed_times(5)),
    Attack("none", "signature.missing", lambda: PLAIN),
]

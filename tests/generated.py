"""Two hundred generated documents, the same ones each time, with the keys that sign them; and ways to change them."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pki

from signing.authority import P256, P384, RSA_2048, RSA_3072
from signing.signer import SigningKey, sign, sign_like_ncalayer
from signing.xmlgate import DECLARATION, NOTICE

COUNT = 200
KINDS = (RSA_2048, RSA_3072, "RSA-4096", P256, P384)
REFERENCES = {"xades-b": 2, "kz-xmldsig": 1}
TEXTS = (
    "Тауар",
    "𠀀😀𝒳",
    "a&#13;\nb",
    "\r\n",
    " \t ",
    "&lt;&amp;&gt;&quot;",
    "12.50",
    "Әлем ԱՎՏՈ",
    "<![CDATA[</r> & <b> ]]>",
)
VALUES = ("", "1", "Ақша", "😀", "&#9;&#10;&#13;", "a\r\nb", "&quot;&apos;", "&lt;tag>", "  ")
SCOPES = ("", f' xmlns="{NOTICE}"', ' xmlns=""', f' xmlns:a="{DECLARATION}"', f' xmlns:a="{NOTICE}" xmlns:b="{NOTICE}"')
ROOTS = (
    "",
    f' xmlns="{DECLARATION}"',
    f' xmlns:a="{DECLARATION}" xmlns:b="{NOTICE}"',
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
)
DECLARATIONS = ("", '<?xml version="1.0" encoding="UTF-8"?>\n', "<?xml version='1.0' standalone='yes'?>")


@dataclass(frozen=True)
class Generated:
    """A document before it was signed, and after; `references` is how many the signature has."""

    number: int
    profile: str
    kind: str
    plain: bytes
    signed: bytes

    @property
    def key(self) -> SigningKey:
        return key_of(self.kind)

    @property
    def references(self) -> int:
        return REFERENCES[self.profile]


@cache
def key_of(kind: str) -> SigningKey:
    return pki.authority().person("Variety Demo", "850412450128", kind=kind)


@cache
def documents() -> tuple[Generated, ...]:
    return tuple(_document(number) for number in range(COUNT))


def _document(number: int) -> Generated:
    profile = ("xades-b", "kz-xmldsig")[number % 2]
    kind = KINDS[number // 2 % len(KINDS)]
    plain = Writer(random.Random(number), profile).document().encode()
    signed = sign(plain, key_of(kind), pki.NOW) if profile == "xades-b" else sign_like_ncalayer(plain, key_of(kind))
    return Generated(number, profile, kind, plain, signed)


class Writer:
    """Writes XML with everything in it that canonical form treats in a way of its own, but names are ASCII: signxml
    cannot read others.

    For kz-xmldsig there are no comments in the root and no language on it: these are refused.
    """

    def __init__(self, chance: random.Random, profile: str) -> None:
        self._chance = chance
        self._xades = profile == "xades-b"

    def document(self) -> str:
        around = self._chance.choice(("", "<!-- around -->\n"))
        attributes = self._chance.choice(ROOTS)
        if self._xades:
            attributes += self._chance.choice(("", ' xml:lang="kk"', ' Id="all"'))
        after = self._chance.choice(("", "\n", "\r\n<!-- </root> -->"))
        return f"{self._chance.choice(DECLARATIONS)}{around}<root{attributes}>{self._content(3)}</root >{after}"

    def _content(self, depth: int) -> str:
        pieces = [self._piece(depth) for _ in range(self._chance.randint(1, 5))]
        return "".join(pieces)

    def _piece(self, depth: int) -> str:
        choice = self._chance.random()
        if choice < 0.35:
            return self._chance.choice(TEXTS)
        if choice < 0.5 and self._xades:
            return "<!-- <b> & -->"
        return self._element(depth) if depth else self._chance.choice(TEXTS)

    def _element(self, depth: int) -> str:
        scope = self._chance.choice(SCOPES)
        prefixes = re.findall(r"xmlns:(\w)", scope)
        name = self._chance.choice(["Item", "c", *(f"{prefix}:d" for prefix in prefixes)])
        attributes = [f'{prefix}:z="{self._chance.choice(VALUES)}"' for prefix in prefixes[:1]]
        attributes += [f"{each}='{self._chance.choice(VALUES)}'" for each in self._chance.sample("qrs", 2)]
        attributes += self._chance.choice(([], [], ['xml:lang="ru"'], ['xml:space="preserve"']))
        self._chance.shuffle(attributes)
        start = f"{name}{scope} {' '.join(attributes)}"
        return self._chance.choice((f"<{start}/>", f"<{start}>{self._content(depth - 1)}</{name}>"))


Change = Callable[[bytes, random.Random], bytes]
PIECES = (b"<b/>", b"<!-- -->", b"x", b" ", b"\n", b"&#32;", b"&#13;", b"<![CDATA[]]>", b"=")


def _flip(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + data[place + chance.choice((1, 1, 2, 40)) :]


def _double(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    return data[: place + chance.choice((1, 10, 200))] + data[place:]


def _swap(data: bytes, chance: random.Random) -> bytes:
    place, width = chance.randrange(len(data)), chance.choice((1, 5, 30))
    return (
        data[:place] + data[place + width : place + 2 * width] + data[place : place + width] + data[place + 2 * width :]
    )


def _insert(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    return data[:place] + chance.choice(PIECES) + data[place:]


def _insert_between_tags(data: bytes, chance: random.Random) -> bytes:
    place = chance.choice([match.end() for match in re.finditer(rb">", data)])
    return data[:place] + chance.choice(PIECES) + data[place:]


def _write_otherwise(data: bytes, chance: random.Random) -> bytes:
    """Put one spelling for another where often nothing that is signed changes."""
    old, new = chance.choice(
        (
            (b"'", b'"'),
            (b"/>", b" />"),
            (b"</root >", b"</root>"),
            (b"\r\n", b"\n"),
            (b"&#13;", b"&#xD;"),
            (b"<c ", b"<c\n"),
        )
    )
    return data.replace(old, new)


def _break_lines(data: bytes, chance: random.Random) -> bytes:
    """Break a line of base64 somewhere, as another program would."""
    name = chance.choice((b"X509Certificate", b"SignatureValue", b"DigestValue"))
    start = data.index(b"<ds:" + name) + len(name) + 5
    place = start + chance.randrange(30)
    return data[:place] + chance.choice((b"\n", b"&#13;\n", b" ")) + data[place:]


CHANGES: tuple[Change, ...] = (
    _flip,
    _cut,
    _double,
    _swap,
    _insert,
    _insert_between_tags,
    _write_otherwise,
    _break_lines,
)

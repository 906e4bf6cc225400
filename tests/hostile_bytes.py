"""Hostile bytes: encodings, entities, names and identifiers that the gate must refuse."""

import re

from forgery import (
    PLAIN,
    Attack,
    in_root,
    signed,
)


def billion_laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE r [<!ENTITY l0 "lol">{entities}]><r>&l9;</r>'.encode()


BYTES = [
    Attack("nothing at all", "xml.malformed", lambda: b""),
    Attack("only white space", "xml.malformed", lambda: b"  \n "),
    Attack("no XML", "xml.malformed", lambda: b"PK\x03\x04" + b"zip" * 100),
    Attack("UTF-8 byte order mark", "xml.encoding", lambda: b"\xef\xbb\xbf" + PLAIN),
    Attack("UTF-16 with a mark", "xml.encoding", lambda: PLAIN.decode().replace("UTF-8", "UTF-16").encode("utf-16")),
    Attack(
        "UTF-16 with a DOCTYPE", "xml.encoding", lambda: '<!DOCTYPE r [<!ENTITY e "x">]><r>&e;</r>'.encode("utf-16")
    ),
    Attack("UTF-16 without a mark", "xml.encoding", lambda: "<!DOCTYPE r []><r/>".encode("utf-16-le")),
    Attack("UTF-32", "xml.encoding", lambda: "<r/>".encode("utf-32")),
    Attack("UTF-7", "xml.encoding", lambda: b'<?xml version="1.0" encoding="UTF-7"?>+ADw-r/+AD4-'),
    Attack("Latin-1", "xml.encoding", lambda: '<?xml version="1.0" encoding="ISO-8859-1"?><r>é</r>'.encode("latin-1")),
    Attack(
        "windows-1251", "xml.encoding", lambda: '<?xml version="1.0" encoding="windows-1251"?><r>Ж</r>'.encode("cp1251")
    ),
    Attack("EBCDIC", "xml.malformed", lambda: '<?xml version="1.0"?><r/>'.encode("cp500")),
    Attack("Latin-1 called UTF-8", "xml.malformed", lambda: "<r>é</r>".encode("latin-1")),
    Attack("overlong UTF-8", "xml.malformed", lambda: b"<r>\xc0\xbc</r>"),
    Attack("surrogates in UTF-8", "xml.malformed", lambda: b"<r>\xed\xa0\x80</r>"),
    Attack("XML 1.1", "xml.version", lambda: b'<?xml version="1.1"?><r/>'),
    Attack("NUL", "xml.encoding", lambda: b"<r>a\0b</r>"),
    Attack("NUL as reference", "xml.malformed", lambda: b"<r>&#0;</r>"),
    Attack("control character", "xml.malformed", lambda: b"<r>\x01</r>"),
    Attack("broken XML declaration", "xml.malformed", lambda: b"<?xml version='1.0' evil='1'?><r/>"),
    Attack("billion laughs", "xml.doctype", lambda: billion_laughs()),
    Attack(
        "quadratic blow-up",
        "xml.doctype",
        lambda: b'<!DOCTYPE r [<!ENTITY a "%b">]><r>%b</r>' % (b"A" * 50_000, b"&a;" * 50_000),
    ),
    Attack(
        "external entity", "xml.doctype", lambda: b'<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]><r>&e;</r>'
    ),
    Attack(
        "parameter entity", "xml.doctype", lambda: b'<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]><r/>'
    ),
    Attack("external DTD", "xml.doctype", lambda: b'<!DOCTYPE r SYSTEM "http://127.0.0.1/x.dtd"><r/>'),
    Attack("DTD with attribute defaults", "xml.doctype", lambda: b'<!DOCTYPE r [<!ATTLIST r Id CDATA "x">]><r/>'),
    Attack("DOCTYPE in small letters", "xml.malformed", lambda: b"<!doctype r><r/>"),
    Attack("undefined entity", "xml.malformed", lambda: b"<r>&nbsp;</r>"),
    Attack("trailing garbage", "xml.malformed", lambda: signed() + b"garbage"),
    Attack("second root", "xml.malformed", lambda: signed() + b"<evil/>"),
    Attack("cut tail", "xml.malformed", lambda: signed()[:-20]),
    Attack("attribute twice", "xml.malformed", lambda: b'<r a="1" a="2"/>'),
    Attack("undeclared prefix", "xml.malformed", lambda: b"<e:r/>"),
    Attack("processing instruction inside", "xml.instruction", lambda: in_root(b"<?php evil() ?>")),
    Attack(
        "processing instruction before",
        "xml.instruction",
        lambda: b"<?xml-stylesheet href='http://127.0.0.1/x.xsl'?><r/>",
    ),
    Attack("processing instruction after", "xml.instruction", lambda: b"<r/><?evil?>"),
    Attack("unknown namespace", "xml.namespace", lambda: b'<r xmlns="urn:evil"/>'),
    Attack("unknown namespace of an attribute", "xml.namespace", lambda: b'<r xmlns:e="urn:evil" e:a="1"/>'),
    Attack(
        "unknown namespace in disguise",
        "xml.namespace",
        lambda: b'<r xmlns="urn:shekara:ccd:1"><a xmlns="urn:shekara:ccd&#58;2"/></r>',
    ),
    Attack("namespace in the other quotes", "xml.namespace", lambda: b'<r xmlns="urn:shekara:ccd:1\'evil"/>'),
    Attack("XSLT", "xml.namespace", lambda: b'<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform"/>'),
    Attack(
        "XInclude",
        "xml.namespace",
        lambda: in_root(b'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'),
    ),
    Attack(
        "schemaLocation",
        "xml.namespace",
        lambda: b'<r xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="a b"/>',
    ),
    Attack("element of the xml namespace", "xml.namespace", lambda: b'<r xml:lang="kk"><xml:lang/></r>'),
    Attack("Id twice", "xml.identifier", lambda: in_root(b'<a Id="x"/><b Id="x"/>')),
    Attack("Id and ID alike", "xml.identifier", lambda: in_root(b'<a Id="x"/><b ID="x"/>')),
    Attack("Id and xml:id alike", "xml.identifier", lambda: in_root(b'<a id="x"/><b xml:id="x"/>')),
    Attack("Id and xml:id of one element", "xml.identifier", lambda: in_root(b'<a Id="x" xml:id="x"/>')),
    Attack(
        "Id of the signature taken",
        "xml.identifier",
        lambda: signed().replace(
            b'Id="all"', re.search(rb'(?<=<ds:Signature )[^>]*( Id="[^"]*")', signed())[1].strip()
        ),
    ),  # type: ignore[index]
]

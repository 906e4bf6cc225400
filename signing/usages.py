"""What a certificate of the Kazakh profile says about its holder.

Source: rules of the National Certification Authority: extended key usages under 1.2.398.3.3.4.1, the number of a person
in the subject's serialNumber (IIN...), that of an organisation in OU (BIN...).
"""

import re
from collections.abc import Mapping

from cryptography import x509
from cryptography.x509.oid import NameOID

from signing.errors import SignerNotAuthorised

PERSON = "person"
ORGANISATION = "organisation"
HEAD = "head"
RIGHT_TO_SIGN = "right_to_sign"
EMPLOYEE = "employee"

OIDS: Mapping[str, x509.ObjectIdentifier] = {
    PERSON: x509.ObjectIdentifier("1.2.398.3.3.4.1.1"),
    ORGANISATION: x509.ObjectIdentifier("1.2.398.3.3.4.1.2"),
    HEAD: x509.ObjectIdentifier("1.2.398.3.3.4.1.2.1"),
    RIGHT_TO_SIGN: x509.ObjectIdentifier("1.2.398.3.3.4.1.2.2"),
    EMPLOYEE: x509.ObjectIdentifier("1.2.398.3.3.4.1.2.5"),
}
_NAMES = {oid: name for name, oid in OIDS.items()}

_IIN = re.compile(r"IIN(\d{12})", re.ASCII)
_BIN = re.compile(r"BIN(\d{12})", re.ASCII)


def read_usages(certificate: x509.Certificate) -> frozenset[str]:
    """Return the names of the Kazakh usages the certificate states."""
    try:
        stated = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(_NAMES[oid] for oid in stated if oid in _NAMES)


def may_sign_documents(certificate: x509.Certificate) -> bool:
    """Tell whether key usage and basic constraints make it a certificate for signing documents."""
    extensions = certificate.extensions
    try:
        key_usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    try:
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
    except x509.ExtensionNotFound:
        pass
    return key_usage.digital_signature and key_usage.content_commitment


def read_iin(certificate: x509.Certificate) -> str | None:
    """Return the person's IIN from serialNumber, or None when there is none. Raises SignerNotAuthorised."""
    return _number(certificate, NameOID.SERIAL_NUMBER, "IIN", _IIN)


def read_bin(certificate: x509.Certificate) -> str | None:
    """Return the organisation's BIN from OU, or None when there is none. Raises SignerNotAuthorised."""
    return _number(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME, "BIN", _BIN)


def read_name(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    """Return one part of a name, or an empty string."""
    values = name.get_attributes_for_oid(oid)
    return str(values[0].value) if values else ""


def _number(
    certificate: x509.Certificate, oid: x509.ObjectIdentifier, prefix: str, form: re.Pattern[str]
) -> str | None:
    """Return the twelve digits after the prefix. Two numbers, or one of another form, are refused."""
    stated = [
        value
        for attribute in certificate.subject.get_attributes_for_oid(oid)
        if (value := str(attribute.value)).startswith(prefix)
    ]
    if not stated:
        return None
    match = form.fullmatch(stated[0])
    if match is None or len(stated) > 1:
        raise SignerNotAuthorised("certificate.subject", {"part": prefix})
    return match[1]

"""What a certificate of the Kazakh profile says about its holder.

Source: rules of the National Certification Authority: extended key usages under 1.2.398.3.3.4.1, the number of a person
in the subject's serialNumber (IIN...), that of an organisation in OU (BIN...).
"""

import re
from collections.abc import Mapping

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

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

# Certificate policies. Source: registry of object identifiers of the National Certification Authority [?].
POLICIES = "1.2.398.3.3.2"
SIGNING_BY_ORGANISATIONS = f"{POLICIES}.1"
AUTHENTICATION_OF_ORGANISATIONS = f"{POLICIES}.2"
SIGNING_BY_PERSONS = f"{POLICIES}.3"
AUTHENTICATION_OF_PERSONS = f"{POLICIES}.4"

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


def read_policies(certificate: x509.Certificate) -> frozenset[str]:
    """Return the object identifiers of the policies under which the certificate was issued."""
    try:
        stated = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(policy.policy_identifier.dotted_string for policy in stated)


def may_sign_documents(certificate: x509.Certificate) -> bool:
    """Tell whether key usage and basic constraints make it a certificate for signing documents."""
    usage = _key_usage(certificate)
    return usage is not None and usage.digital_signature and usage.content_commitment and not is_authority(certificate)


def may_stamp(certificate: x509.Certificate) -> bool:
    """Tell whether it is a certificate for time-stamps and nothing else. Source: RFC 3161, section 2.3."""
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return False
    usage = _key_usage(certificate)
    return (
        purposes.critical
        and list(purposes.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
        and (usage is None or usage.digital_signature or usage.content_commitment)
    )


def _key_usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def is_authority(certificate: x509.Certificate) -> bool:
    """Tell whether the basic constraints make it an authority's."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


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

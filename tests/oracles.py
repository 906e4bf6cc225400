"""Two independent verifiers of XML signatures, which tests ask for a second and a third opinion."""

import xmlsec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.verifier import SignatureConfiguration, XMLVerifier
from signxml.xades import XAdESVerifier

from signing.signer import SigningKey

_DS = "http://www.w3.org/2000/09/xmldsig#"


def signxml_accepts(data: bytes, key: SigningKey, xades: bool = True, references: int = 2) -> bytes:
    """Return what signxml says was signed; it raises when it refuses."""
    pem = key.certificate.public_bytes(Encoding.PEM).decode()
    configuration = SignatureConfiguration(expect_references=references)
    if xades:
        verified = XAdESVerifier().verify(
            data, x509_cert=pem, expect_config=configuration, expect_references=references
        )
    else:
        verified = XMLVerifier().verify(data, x509_cert=pem, expect_config=configuration)
    first = verified[0] if isinstance(verified, list) else verified
    return bytes(first.signed_data)


def xmlsec_accepts(data: bytes, key: SigningKey) -> None:
    """Let xmlsec verify the signature with this certificate's key; it raises when it refuses."""
    root = etree.fromstring(data)
    xmlsec.tree.add_ids(root, ["Id"])
    signature = root.find(f"{{{_DS}}}Signature")
    assert signature is not None
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(
        key.certificate.public_bytes(Encoding.PEM), xmlsec.constants.KeyDataFormatCertPem, None
    )
    context.verify(signature)

// The ds:Signature element over a document: XAdES-B-B, enveloped, exclusive canonical form. It is what signing/signer.py
// writes, letter for letter: the signed parts are in canonical form at once and need no second look.
import { base64, utf8 } from "./bytes.js";

const DS = "http://www.w3.org/2000/09/xmldsig#";
const XADES = "http://uri.etsi.org/01903/v1.3.2#";
const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED = `${DS}enveloped-signature`;
const SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256";
const SCHEMES = "http://www.w3.org/2001/04/xmldsig-more#";
const SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties";

/** Return the signature over a document's canonical form. `identity` is of identity.js, `now` a Date. */
export async function signatureOver(canonical, identity, now) {
  const digest = await sha256(utf8(canonical));
  const id = `signature-${[...digest.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  const properties = signedProperties(id, base64(await sha256(identity.certificates[0].der)), now);
  const signedInfo =
    `<ds:SignedInfo xmlns:ds="${DS}">` +
    element("CanonicalizationMethod", EXCLUSIVE) +
    element("SignatureMethod", SCHEMES + identity.scheme.name) +
    `<ds:Reference Id="${id}-document" URI="">` +
    transforms(ENVELOPED, EXCLUSIVE) +
    `${digested(base64(digest))}</ds:Reference>` +
    `<ds:Reference Type="${SIGNED_PROPERTIES}" URI="#${id}-properties">` +
    transforms(EXCLUSIVE) +
    `${digested(base64(await sha256(utf8(properties))))}</ds:Reference></ds:SignedInfo>`;
  const value = await crypto.subtle.sign(identity.scheme.signing, identity.key, utf8(signedInfo));
  const certificates = identity.certificates.map(({ der }) => `<ds:X509Certificate>${base64(der)}</ds:X509Certificate>`);
  return (
    `<ds:Signature xmlns:ds="${DS}" Id="${id}">${signedInfo}` +
    `<ds:SignatureValue>${base64(new Uint8Array(value))}</ds:SignatureValue>` +
    `<ds:KeyInfo><ds:X509Data>${certificates.join("")}</ds:X509Data></ds:KeyInfo>` +
    `<ds:Object><xades:QualifyingProperties xmlns:xades="${XADES}" Target="#${id}">${properties}` +
    "</xades:QualifyingProperties></ds:Object></ds:Signature>"
  );
}

function signedProperties(id, certificateDigest, now) {
  return (
    `<xades:SignedProperties xmlns:xades="${XADES}" Id="${id}-properties">` +
    `<xades:SignedSignatureProperties><xades:SigningTime>${now.toISOString().slice(0, 19)}Z</xades:SigningTime>` +
    "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>" +
    `<ds:DigestMethod xmlns:ds="${DS}" Algorithm="${SHA256}"></ds:DigestMethod>` +
    `<ds:DigestValue xmlns:ds="${DS}">${certificateDigest}</ds:DigestValue>` +
    "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties>" +
    `<xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference="#${id}-document">` +
    "<xades:MimeType>text/xml</xades:MimeType></xades:DataObjectFormat></xades:SignedDataObjectProperties>" +
    "</xades:SignedProperties>"
  );
}

const element = (name, algorithm) => `<ds:${name} Algorithm="${algorithm}"></ds:${name}>`;

const transforms = (...algorithms) =>
  `<ds:Transforms>${algorithms.map((each) => element("Transform", each)).join("")}</ds:Transforms>`;

const digested = (value) => `${element("DigestMethod", SHA256)}<ds:DigestValue>${value}</ds:DigestValue>`;

const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

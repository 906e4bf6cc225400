// What signing needs to know of a certificate.
import { equal } from "./bytes.js";
import { oid, read, text, time } from "./der.js";

const SERIAL_NUMBER = "2.5.4.5";
const KEY_USAGE = "2.5.29.15";
const BASIC_CONSTRAINTS = "2.5.29.19";
const SIGNATURE_AND_COMMITMENT = 0xc0; // the first two bits of key usage: digitalSignature, contentCommitment

/** Read a certificate in DER. `forSigning` tells the same as `may_sign_documents` of signing/usages.py. */
export function readCertificate(der) {
  const parts = [...read(der).children[0].children];
  if (parts[0].tag === 0xa0) {
    parts.shift(); // the version, where it is written
  }
  const [, , issuer, validity, subject, key] = parts;
  const extensions = extensionsOf(parts);
  const usage = extensions.get(KEY_USAGE);
  const constraints = extensions.get(BASIC_CONSTRAINTS);
  const authority = constraints?.children.some((each) => each.tag === 0x01 && each.content[0]) ?? false;
  return {
    der,
    issuer: issuer.raw,
    subject: subject.raw,
    key: key.raw,
    iin: iinOf(subject),
    since: time(validity.children[0]),
    until: time(validity.children[1]),
    forSigning: !authority && ((usage?.content[1] ?? 0) & SIGNATURE_AND_COMMITMENT) === SIGNATURE_AND_COMMITMENT,
    selfSigned: equal(issuer.raw, subject.raw),
  };
}

function extensionsOf(parts) {
  const wrapped = parts.find((part) => part.tag === 0xa3);
  const listed = wrapped ? wrapped.children[0].children : [];
  return new Map(listed.map(({ children }) => [oid(children[0]), read(children.at(-1).content)]));
}

function iinOf(subject) {
  for (const { children } of subject.children) {
    const [type, value] = children[0].children;
    const digits = oid(type) === SERIAL_NUMBER && /^IIN(\d{12})$/.exec(text(value));
    if (digits) {
      return digits[1];
    }
  }
  return "";
}

/** Return the certificates above this one, nearest first, without the self-signed root. */
export function pathUpwards(certificate, others) {
  const path = [];
  const left = others.filter((each) => !each.selfSigned);
  for (let lower = certificate; ; lower = path.at(-1)) {
    const at = left.findIndex((each) => equal(each.subject, lower.issuer));
    if (at < 0) {
      return path;
    }
    path.push(...left.splice(at, 1));
  }
}

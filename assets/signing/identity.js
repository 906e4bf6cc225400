// Which key of a file to sign with: one with a certificate for signing, valid now, and of the right person.
import { pathUpwards } from "./certificate.js";
import { Failure } from "./failure.js";

const ABOVE_MOST = 4; // signing/limits.py takes five certificates

/** Return {key, scheme, certificates}, the signer's certificate first. Throws the Failure that comes nearest. */
export async function chooseIdentity({ keys, certificates, troubles }, iin, now) {
  if (!keys.length) {
    throw troubles[0] ?? new Failure("no_key");
  }
  const failures = [];
  for (const { key, scheme } of keys) {
    const certificate = await certificateOf(key, scheme, certificates);
    const failure = certificate ? unfit(certificate, iin, now) : new Failure("no_certificate");
    if (!failure) {
      const above = pathUpwards(certificate, certificates).slice(0, ABOVE_MOST);
      return { key, scheme, certificates: [certificate, ...above] };
    }
    failures.push(failure);
  }
  throw failures.find((each) => each.code !== "no_certificate" && each.code !== "not_for_signing") ?? failures[0];
}

/** Return the certificate whose public key verifies what this private key signs. */
async function certificateOf(key, scheme, certificates) {
  const probe = crypto.getRandomValues(new Uint8Array(32));
  const signature = await crypto.subtle.sign(scheme.signing, key, probe);
  for (const certificate of certificates) {
    try {
      const open = await crypto.subtle.importKey("spki", certificate.key, scheme.imported, false, ["verify"]);
      if (await crypto.subtle.verify(scheme.signing, open, signature, probe)) {
        return certificate;
      }
    } catch {
      // a key of another algorithm
    }
  }
  return null;
}

function unfit(certificate, iin, now) {
  if (!certificate.forSigning) {
    return new Failure("not_for_signing");
  }
  if (now > certificate.until) {
    return new Failure("expired", { date: certificate.until });
  }
  if (now < certificate.since) {
    return new Failure("not_yet_valid", { date: certificate.since });
  }
  return iin && certificate.iin !== iin ? new Failure("other_person", { iin: certificate.iin }) : null;
}

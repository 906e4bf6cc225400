// Opening a key file (PKCS#12). Source: RFC 7292. A key leaves this module only as one that nobody can read out.
import { readCertificate } from "./certificate.js";
import { checkMac, decrypt } from "./ciphers.js";
import { octets, oid, read } from "./der.js";
import { Failure } from "./failure.js";
import { isGost } from "./gost.js";

const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
const BAGS = "1.2.840.113549.1.12.10.1.";
const [KEY, SHROUDED_KEY, CERTIFICATE, NESTED] = ["1", "2", "3", "6"].map((kind) => BAGS + kind);
const RSA = "1.2.840.113549.1.1.1";
const EC = "1.2.840.10045.2.1";
const CURVES = { "1.2.840.10045.3.1.7": "P-256", "1.3.132.0.34": "P-384" };
const RSA_BITS_LEAST = 2048;

/** Return the signing keys and all certificates of a key file. Throws Failure. */
export async function openKeyFile(bytes, password) {
  const { content, mac } = envelope(bytes);
  if (mac) {
    await checkMac(mac, content, password);
  }
  const found = { keys: [], certificates: [], troubles: [] };
  for (const part of read(content).children) {
    await collect(await opened(part, password), password, found);
  }
  return found;
}

function envelope(bytes) {
  try {
    const [version, safe, mac] = read(bytes).children;
    if (version.tag === 0x02 && version.content.at(-1) === 3 && oid(safe.children[0]) === DATA) {
      return { content: octets(safe.children[1].children[0]), mac };
    }
  } catch {
    // told below
  }
  throw new Failure("not_a_key_file");
}

/** Return the bags of one part of the file. */
async function opened(part, password) {
  const [type, wrapped] = part.children;
  if (oid(type) === DATA) {
    return read(octets(wrapped.children[0])).children;
  }
  if (oid(type) !== ENCRYPTED_DATA) {
    throw new Failure("algorithm");
  }
  const [, algorithm, encrypted] = wrapped.children[0].children[1].children;
  return read(await decrypt(algorithm, octets(encrypted), password)).children;
}

async function collect(bags, password, found) {
  for (const bag of bags) {
    const [type, wrapped] = bag.children;
    const value = wrapped.children[0];
    switch (oid(type)) {
      case NESTED:
        await collect(value.children, password, found);
        break;
      case CERTIFICATE:
        found.certificates.push(readCertificate(octets(value.children[1].children[0])));
        break;
      case KEY:
        await addKey(Uint8Array.from(value.raw), found);
        break;
      case SHROUDED_KEY:
        await addKey(await decrypt(value.children[0], octets(value.children[1]), password), found);
    }
  }
}

/** Import a private key, and wipe the bytes it was read from. One that cannot be used here is a trouble. */
async function addKey(pkcs8, found) {
  try {
    const scheme = schemeOf(read(pkcs8).children[1]);
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, scheme.imported, false, ["sign"]);
    if (key.algorithm.modulusLength < RSA_BITS_LEAST) {
      throw new Failure("algorithm");
    }
    found.keys.push({ key, scheme });
  } catch (error) {
    found.troubles.push(error instanceof Failure ? error : new Failure("algorithm"));
  } finally {
    pkcs8.fill(0);
  }
}

/** Return how a key of this algorithm is imported and signs, and what signing/algorithms.py calls that. */
function schemeOf(algorithm) {
  const [type, parameters] = algorithm.children;
  const name = oid(type);
  if (name === RSA) {
    const imported = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    return { name: "rsa-sha256", imported, signing: imported };
  }
  const curve = name === EC && parameters?.tag === 0x06 && CURVES[oid(parameters)];
  if (!curve) {
    throw new Failure(isGost(name) ? "gost" : "algorithm");
  }
  const hash = curve === "P-256" ? "SHA-256" : "SHA-384";
  return {
    name: curve === "P-256" ? "ecdsa-sha256" : "ecdsa-sha384",
    imported: { name: "ECDSA", namedCurve: curve },
    signing: { name: "ECDSA", hash },
  };
}

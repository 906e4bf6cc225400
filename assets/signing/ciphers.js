// Opening what a password closes in a key file. Ciphers and old derivations come from node-forge, because WebCrypto has
// neither 3DES nor RC2; PBKDF2, whose rounds are many, is WebCrypto's.
import forge from "node-forge/lib/forge.js";
import "node-forge/lib/aes.js";
import "node-forge/lib/des.js";
import "node-forge/lib/rc2.js";
import "node-forge/lib/sha1.js";
import "node-forge/lib/sha256.js";
import "node-forge/lib/sha512.js";
import "node-forge/lib/hmac.js";
import "node-forge/lib/pbe.js";
import { binary, equal, fromBinary, utf8 } from "./bytes.js";
import { integer, octets, oid } from "./der.js";
import { Failure } from "./failure.js";
import { isGost } from "./gost.js";

const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";
const PBMAC1 = "1.2.840.113549.1.5.14";
const DIGESTS = {
  "1.3.14.3.2.26": "SHA-1",
  "2.16.840.1.101.3.4.2.1": "SHA-256",
  "2.16.840.1.101.3.4.2.2": "SHA-384",
  "2.16.840.1.101.3.4.2.3": "SHA-512",
};
const MACS = {
  "1.2.840.113549.2.7": "SHA-1",
  "1.2.840.113549.2.9": "SHA-256",
  "1.2.840.113549.2.10": "SHA-384",
  "1.2.840.113549.2.11": "SHA-512",
};
const FORGE_DIGESTS = {
  "SHA-1": forge.md.sha1,
  "SHA-256": forge.md.sha256,
  "SHA-384": forge.md.sha384,
  "SHA-512": forge.md.sha512,
};
const CIPHERS = {
  "2.16.840.1.101.3.4.1.2": { name: "AES-CBC", bytes: 16 },
  "2.16.840.1.101.3.4.1.22": { name: "AES-CBC", bytes: 24 },
  "2.16.840.1.101.3.4.1.42": { name: "AES-CBC", bytes: 32 },
  "1.2.840.113549.3.7": { name: "3DES-CBC", bytes: 24 },
};
const OLD_CIPHERS = {
  "1.2.840.113549.1.12.1.3": { name: "3DES-CBC", bytes: 24 },
  "1.2.840.113549.1.12.1.4": { name: "3DES-CBC", bytes: 16 },
  "1.2.840.113549.1.12.1.5": { name: "RC2", bytes: 16 },
  "1.2.840.113549.1.12.1.6": { name: "RC2", bytes: 5 },
};
const [FOR_KEY, FOR_VECTOR, FOR_MAC] = [1, 2, 3]; // RFC 7292, appendix B.3
const ROUNDS_MOST = 10_000_000;

/** Return what was encrypted. Throws Failure: "password" also when the padding shows that it must be wrong. */
export async function decrypt(algorithm, encrypted, password) {
  const name = oid(algorithm.children[0]);
  if (name === PBES2) {
    const [derivation, encryption] = algorithm.children[1].children;
    const cipher = known(CIPHERS, oid(encryption.children[0]));
    const key = await derive(derivation, password, cipher.bytes);
    return decipher(cipher, key, octets(encryption.children[1]), encrypted);
  }
  const cipher = known(OLD_CIPHERS, name);
  const [salt, rounds] = algorithm.children[1].children;
  const old = (purpose, bytes) => deriveOld(password, octets(salt), purpose, rounded(rounds), bytes, "SHA-1");
  const key = old(FOR_KEY, cipher.bytes);
  return decipher(cipher, cipher.name === "3DES-CBC" && key.length === 16 ? threeOfTwo(key) : key, old(FOR_VECTOR, 8), encrypted);
}

/** Throw Failure unless the password gives the code that the file carries over its content. */
export async function checkMac(mac, content, password) {
  const [info, salt, rounds] = mac.children;
  const algorithm = info.children[0];
  const expected = octets(info.children[1]);
  const name = oid(algorithm.children[0]);
  let found;
  if (name === PBMAC1) {
    const [derivation, scheme] = algorithm.children[1].children;
    const hash = known(MACS, oid(scheme.children[0]));
    found = hmac(hash, await derive(derivation, password, expected.length), content);
  } else {
    const hash = known(DIGESTS, name);
    const times = rounds ? rounded(rounds) : 1;
    found = hmac(hash, deriveOld(password, octets(salt), FOR_MAC, times, expected.length, hash), content);
  }
  if (!equal(found, expected)) {
    throw new Failure("password");
  }
}

async function derive(derivation, password, bytes) {
  if (oid(derivation.children[0]) !== PBKDF2) {
    throw unknown(oid(derivation.children[0]));
  }
  const [salt, rounds, ...rest] = derivation.children[1].children;
  const named = rest.find((each) => each.tag === 0x30);
  const hash = named ? known(MACS, oid(named.children[0])) : "SHA-1";
  const secret = await crypto.subtle.importKey("raw", utf8(password), "PBKDF2", false, ["deriveBits"]);
  const wanted = { name: "PBKDF2", hash, salt: octets(salt), iterations: rounded(rounds) };
  return new Uint8Array(await crypto.subtle.deriveBits(wanted, secret, bytes * 8));
}

function deriveOld(password, salt, purpose, rounds, bytes, hash) {
  const buffer = forge.util.createBuffer(binary(salt));
  return fromBinary(forge.pbe.generatePkcs12Key(password, buffer, purpose, rounds, bytes, FORGE_DIGESTS[hash].create()).getBytes());
}

function decipher(cipher, key, vector, encrypted) {
  const secret = binary(key);
  const decipher =
    cipher.name === "RC2"
      ? forge.rc2.createDecryptionCipher(secret, cipher.bytes * 8)
      : forge.cipher.createDecipher(cipher.name, secret);
  if (cipher.name === "RC2") {
    decipher.start(binary(vector));
  } else {
    decipher.start({ iv: binary(vector) });
  }
  decipher.update(forge.util.createBuffer(binary(encrypted)));
  if (!decipher.finish()) {
    throw new Failure("password");
  }
  return fromBinary(decipher.output.getBytes());
}

function hmac(hash, key, content) {
  const made = forge.hmac.create();
  made.start(FORGE_DIGESTS[hash].create(), binary(key));
  made.update(binary(content));
  return fromBinary(made.digest().getBytes());
}

const threeOfTwo = (key) => Uint8Array.of(...key, ...key.subarray(0, 8));

function rounded(node) {
  const rounds = integer(node);
  if (rounds < 1 || rounds > ROUNDS_MOST) {
    throw new Failure("algorithm");
  }
  return rounds;
}

function known(table, name) {
  if (!(name in table)) {
    throw unknown(name);
  }
  return table[name];
}

const unknown = (name) => new Failure(isGost(name) ? "gost" : "algorithm");

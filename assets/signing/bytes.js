// Bytes, and the other ways in which libraries write them.
const encoder = new TextEncoder();

export const utf8 = (text) => encoder.encode(text);

/** Return bytes as a string of one character for each, as node-forge wants them. */
export function binary(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

export const fromBinary = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

export const base64 = (bytes) => btoa(binary(bytes));

export function equal(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// Reading ASN.1: DER, and the looser BER in which Java writes key files (indefinite lengths, strings in pieces).
import { joined } from "./bytes.js";

const DEEPEST = 40;

/** Return the element at the beginning of these bytes: {tag, raw, content, children, end}. Throws RangeError. */
export function read(bytes, at = 0, depth = 0) {
  const tag = byteAt(bytes, at);
  if ((tag & 0x1f) === 0x1f || depth > DEEPEST) {
    throw new RangeError("not the ASN.1 of key files");
  }
  const length = readLength(bytes, at + 1);
  const constructed = Boolean(tag & 0x20);
  const children = [];
  let end = length.indefinite ? bytes.length : length.start + length.value;
  if (end > bytes.length || (length.indefinite && !constructed)) {
    throw new RangeError("the file ends too early");
  }
  let next = length.start;
  while (constructed && (length.indefinite ? byteAt(bytes, next) || byteAt(bytes, next + 1) : next < end)) {
    const child = read(length.indefinite ? bytes : bytes.subarray(0, end), next, depth + 1);
    children.push(child);
    next = child.end;
  }
  const content = bytes.subarray(length.start, length.indefinite ? next : end);
  end = length.indefinite ? next + 2 : end;
  return { tag, content, children, raw: bytes.subarray(at, end), end };
}

function byteAt(bytes, at) {
  if (at >= bytes.length) {
    throw new RangeError("the file ends too early");
  }
  return bytes[at];
}

function readLength(bytes, at) {
  const first = byteAt(bytes, at);
  if (first === 0x80) {
    return { indefinite: true, start: at + 1 };
  }
  if (first < 0x80) {
    return { value: first, start: at + 1 };
  }
  const count = first & 0x7f;
  if (count > 4) {
    throw new RangeError("a length of more than four bytes");
  }
  let value = 0;
  for (let place = 1; place <= count; place++) {
    value = value * 256 + byteAt(bytes, at + place);
  }
  return { value, start: at + 1 + count };
}

/** Return the bytes of an OCTET STRING, also of one in pieces. */
export function octets(node) {
  return node.tag & 0x20 ? joined(node.children.map(octets)) : node.content;
}

/** Return the dotted text of an OBJECT IDENTIFIER. */
export function oid(node) {
  const parts = [];
  let value = 0;
  for (const byte of node.content) {
    value = value * 128 + (byte & 0x7f);
    if (!(byte & 0x80)) {
      parts.push(value);
      value = 0;
    }
  }
  const first = Math.min(Math.floor(parts[0] / 40), 2);
  return [first, parts[0] - 40 * first, ...parts.slice(1)].join(".");
}

/** Return a small INTEGER. */
export function integer(node) {
  return node.content.reduce((value, byte) => value * 256 + byte, 0);
}

const STRINGS = { 0x0c: "utf-8", 0x13: "utf-8", 0x16: "utf-8", 0x14: "latin1", 0x1e: "utf-16be" };

/** Return the text of a string of any of the usual kinds. */
export function text(node) {
  return new TextDecoder(STRINGS[node.tag] ?? "latin1").decode(node.content);
}

/** Return the moment of a UTCTime or GeneralizedTime in Z. */
export function time(node) {
  const digits = text(node);
  const year = node.tag === 0x17 ? (Number(digits.slice(0, 2)) < 50 ? "20" : "19") : "";
  const [, y, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(year + digits) ?? [];
  return new Date(Date.UTC(y, month - 1, day, hour, minute, second));
}

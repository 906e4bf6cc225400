// The document to sign: its exact text, its canonical form, and the place for the signature.
import { canonical } from "./canonical.js";
import { Failure } from "./failure.js";

const DS = "http://www.w3.org/2000/09/xmldsig#";
// DOMParser is a sink of Trusted Types even for XML, which runs nothing.
const policy = globalThis.trustedTypes?.createPolicy("shekara-xml", { createHTML: (text) => text });

/** Fetch the unsigned document. What is signed later are these bytes, never another writing of them. */
export async function fetchDocument(address) {
  let answer;
  try {
    answer = await fetch(address, { cache: "no-store", credentials: "same-origin" });
  } catch {
    throw new Failure("document");
  }
  if (!answer.ok || answer.redirected) {
    throw new Failure("document");
  }
  return readDocument(await answer.arrayBuffer());
}

/** Return {text, canonical, place}: `place` is where the closing tag of the root begins. */
export function readDocument(bytes) {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  const tree = new DOMParser().parseFromString(policy ? policy.createHTML(text) : text, "application/xml");
  if (
    tree.doctype ||
    tree.getElementsByTagName("parsererror").length ||
    tree.getElementsByTagNameNS(DS, "Signature").length
  ) {
    throw new Failure("document");
  }
  return { text, canonical: canonical(tree.documentElement), place: closingTag(text, tree) };
}

/** Only white space and comments can follow the closing tag, and how many comments the tree tells. */
function closingTag(text, tree) {
  let end = text.trimEnd().length;
  for (let node = tree.documentElement.nextSibling; node; node = node.nextSibling) {
    end = text.slice(0, text.lastIndexOf("<!--", end)).trimEnd().length;
  }
  if (text.endsWith("/>", end)) {
    throw new Failure("document");
  }
  return text.lastIndexOf("</", end);
}

/** Return the bytes of the original text with the signature as the last child of the root. */
export function splice({ text, place }, signature) {
  return new TextEncoder().encode(text.slice(0, place) + signature + text.slice(place));
}

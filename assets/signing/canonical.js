// Exclusive canonical form, without comments. Source: https://www.w3.org/TR/xml-exc-c14n/
// The tests compare it with lxml's on random documents.
const XMLNS = "http://www.w3.org/2000/xmlns/";
const XML = "http://www.w3.org/XML/1998/namespace";
const IN_TEXT = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;" };
const IN_ATTRIBUTE = { "&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;" };

/** Return the canonical form of an element as a string; its UTF-8 bytes are what is digested. */
export function canonical(element) {
  const out = [];
  write(element, new Map([["", ""]]), out);
  return out.join("");
}

function write(element, inherited, out) {
  const attributes = [...element.attributes].filter((each) => each.namespaceURI !== XMLNS);
  const declared = newlyUsed(element, attributes, inherited);
  const rendered = declared.length ? new Map([...inherited, ...declared]) : inherited;
  out.push("<", element.tagName);
  for (const [prefix, namespace] of declared) {
    out.push(prefix ? ` xmlns:${prefix}="` : ' xmlns="', inAttribute(namespace), '"');
  }
  attributes.sort(byNamespaceAndName);
  for (const attribute of attributes) {
    out.push(" ", attribute.name, '="', inAttribute(attribute.value), '"');
  }
  out.push(">");
  for (let child = element.firstChild; child; child = child.nextSibling) {
    writeChild(child, rendered, out);
  }
  out.push("</", element.tagName, ">");
}

function writeChild(node, rendered, out) {
  switch (node.nodeType) {
    case Node.ELEMENT_NODE:
      write(node, rendered, out);
      break;
    case Node.TEXT_NODE:
    case Node.CDATA_SECTION_NODE:
      out.push(node.data.replace(/[&<>\r]/g, (letter) => IN_TEXT[letter]));
      break;
    case Node.PROCESSING_INSTRUCTION_NODE:
      out.push("<?", node.target, node.data ? ` ${node.data}` : "", "?>");
  }
}

/** Return the [prefix, namespace] pairs that the element's own names use and nobody above has rendered, in order. */
function newlyUsed(element, attributes, inherited) {
  const used = new Map([[element.prefix ?? "", element.namespaceURI ?? ""]]);
  for (const attribute of attributes) {
    if (attribute.prefix) {
      used.set(attribute.prefix, attribute.namespaceURI);
    }
  }
  return [...used]
    .filter(([prefix, namespace]) => namespace !== XML && inherited.get(prefix) !== namespace)
    .sort(([one], [other]) => compare(one, other));
}

function byNamespaceAndName(one, other) {
  return compare(one.namespaceURI ?? "", other.namespaceURI ?? "") || compare(one.localName, other.localName);
}

/** Order by Unicode code points; JavaScript's own order is by UTF-16 units. */
function compare(one, other) {
  const [ones, others] = [[...one], [...other]];
  for (let at = 0; at < Math.min(ones.length, others.length); at++) {
    const difference = ones[at].codePointAt(0) - others[at].codePointAt(0);
    if (difference) {
      return difference;
    }
  }
  return ones.length - others.length;
}

function inAttribute(value) {
  return value.replace(/[&<"\t\n\r]/g, (letter) => IN_ATTRIBUTE[letter]);
}

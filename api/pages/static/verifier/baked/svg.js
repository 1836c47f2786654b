// The credential in an SVG: one pass over its text, without a parser of the browser, so that nothing is built or loaded.
//
// FORMAT.md, section 1, has the rule; registry/credential/baking/xmlscan.py is the same, expression by expression.

import { Flaw, utf8 } from "../bytes.js";
import { notToken } from "./content.js";

const OPEN_BADGES = "https://purl.imsglobal.org/ob/v3p0";
const SVG = "http://www.w3.org/2000/svg";
const XML = "http://www.w3.org/XML/1998/namespace";
const XMLNS = "http://www.w3.org/2000/xmlns/";
const MAX_DEPTH = 256;
const MAX_ELEMENTS = 50000;
const MAX_ATTRIBUTES = 4 * MAX_ELEMENTS;
const MAX_FOUND = 16;
const MAX_DECLARATION = 1024;
const MAX_DOCUMENT = 1024 * 1024;

const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const DECLARED = /^<\?xml(?![A-Za-z0-9._:-])/;
const DECLARATION =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(["'])1\.0\1(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(["'])(?:[Uu][Tt][Ff]-8|[Uu][Ss]-[Aa][Ss][Cc][Ii][Ii])\2)?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(["'])(?:yes|no)\3)?[ \t\r\n]*\?>/;
const OPEN = /<(?:([A-Za-z_][A-Za-z0-9._-]*):)?([A-Za-z_][A-Za-z0-9._-]*)/y;
const ATTRIBUTE =
  /[ \t\r\n]+(?:([A-Za-z_][A-Za-z0-9._-]*):)?([A-Za-z_][A-Za-z0-9._-]*)[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/y;
const CLOSE = /[ \t\r\n]*(\/?)>/y;
const END = /<\/((?:[A-Za-z_][A-Za-z0-9._-]*:)?[A-Za-z_][A-Za-z0-9._-]*)[ \t\r\n]*>/y;
const TARGET = /<\?(?![Xx][Mm][Ll](?:[ \t\r\n]|\?>))[A-Za-z_][A-Za-z0-9._-]*(?=[ \t\r\n]|\?>)/y;
const REFERENCE = /&(?:(lt|gt|amp|quot|apos);|#([0-9]{1,7});|#x([0-9A-Fa-f]{1,6});)?/g;
const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const URI = /^[!-~]*$/;

const flaw = (code) => new Flaw(`baking.${code}`);
const lineEnds = (text) => text.replaceAll("\r\n", "\n").replaceAll("\r", "\n");

// With loops: an expression for the end would try again from every space, which takes quadratic time.
function strip(text) {
  let [start, end] = [0, text.length];
  while (start < end && " \t\r\n".includes(text[start])) start++;
  while (start < end && " \t\r\n".includes(text[end - 1])) end--;
  return text.slice(start, end);
}

function match(pattern, text, place) {
  pattern.lastIndex = place;
  return pattern.exec(text);
}

// The bytes of the one credential, or a Flaw baking.*
export function read(bytes) {
  const { found } = new Scan(bytes);
  if (!found.length) throw flaw("no-credential");
  if (found.length > 1) throw flaw("several");
  const [{ verify, text }] = found;
  const token = strip(verify);
  if (token && strip(text)) throw flaw("ambiguous");
  return notToken(utf8(token || text));
}

function expanded(text) {
  return text.replace(REFERENCE, (_, name, decimal, hexadecimal) => {
    if (name) return ENTITIES[name];
    const number = decimal ? parseInt(decimal, 10) : hexadecimal ? parseInt(hexadecimal, 16) : 0;
    const none = number > 0x10ffff || (number >= 0xd800 && number <= 0xdfff) || number === 0xfffe || number === 0xffff;
    if (none || (number < 0x20 && ![0x9, 0xa, 0xd].includes(number))) throw flaw("not-xml");
    return String.fromCodePoint(number);
  });
}

function startTag(text, start) {
  const opened = match(OPEN, text, start);
  if (!opened) throw flaw("not-xml");
  const attributes = new Map();
  let at = start + opened[0].length;
  for (let found; (found = match(ATTRIBUTE, text, at)); at += found[0].length) {
    const [, prefix = "", name, double, single] = found;
    const key = `${prefix}:${name}`;
    if (attributes.has(key)) throw flaw("not-xml");
    attributes.set(key, { prefix, name, value: expanded(lineEnds(double ?? single).replace(/[\n\t]/g, " ")) });
  }
  const closed = match(CLOSE, text, at);
  if (!closed) throw flaw("not-xml");
  const [whole, prefix = "", name] = opened;
  return { qualified: whole.slice(1), prefix, name, attributes, isEmpty: closed[1] !== "", end: at + closed[0].length };
}

class Scan {
  constructor(bytes) {
    this.found = [];
    this.open = null; // the credential whose text is being read
    this.elements = 0;
    this.rooted = false;
    this.names = new Map([["", ""], ["xml", XML]]);
    this.stack = []; // of every open element: its name, and what its own prefixes meant outside it
    this.walk(this.begin(bytes));
    if (!this.rooted || this.stack.length) throw flaw("not-xml");
  }

  begin(bytes) {
    let equals = 0;
    for (const byte of bytes) if (byte === 0x3d) equals++;
    if (equals > MAX_ATTRIBUTES) throw flaw("too-complex");
    const head = new TextDecoder("latin1").decode(bytes.subarray(0, MAX_DECLARATION)).replace(/^\u00ef\u00bb\u00bf/, "");
    const declaration = DECLARED.test(head) ? DECLARATION.exec(head) : [""];
    if (!declaration) throw flaw("encoding");
    try {
      this.text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      throw flaw("not-xml");
    }
    if (FORBIDDEN.test(this.text)) throw flaw("not-xml");
    if (this.text.includes("<!DOCTYPE")) throw flaw("doctype"); // also inside a comment: no picture needs the word
    return declaration[0].length;
  }

  walk(at) {
    const { text } = this;
    while (at < text.length) {
      const mark = text.indexOf("<", at);
      this.characters(text.slice(at, mark < 0 ? text.length : mark));
      if (mark < 0) return;
      if (text.startsWith("</", mark)) at = this.endTag(mark);
      else if (text.startsWith("<!--", mark)) {
        at = this.until("--", mark + 4, true) + 1;
        if (text[at - 1] !== ">") throw flaw("not-xml");
      } else if (text.startsWith("<![CDATA[", mark)) {
        at = this.until("]]>", mark + 9, false);
        if (!this.stack.length) throw flaw("not-xml");
        this.keep(lineEnds(text.slice(mark + 9, at - 3)));
      } else if (text.startsWith("<?", mark)) {
        const target = match(TARGET, text, mark);
        if (!target) throw flaw("not-xml");
        at = this.until("?>", mark + target[0].length, true);
      } else at = this.startTag(mark);
    }
  }

  until(mark, at, apart) {
    const found = this.text.indexOf(mark, at);
    if (found < 0) throw flaw("not-xml");
    if (apart && this.open) throw flaw("not-text");
    return found + mark.length;
  }

  characters(text) {
    if (!this.stack.length) {
      if (!/^[ \t\r\n]*$/.test(text)) throw flaw("not-xml");
      return;
    }
    if (text.includes("]]>")) throw flaw("not-xml");
    if (this.open || text.includes("&")) this.keep(expanded(lineEnds(text)));
  }

  keep(text) {
    this.open?.parts.push(text);
  }

  startTag(start) {
    const tag = startTag(this.text, start);
    const outside = this.declare(tag);
    const uri = this.uri(tag.prefix);
    const seen = new Set();
    for (const { prefix, name } of tag.attributes.values()) {
      if (!prefix || prefix === "xmlns") continue;
      const key = `${this.uri(prefix)} ${name}`; // neither has a space
      if (seen.has(key)) throw flaw("not-xml");
      seen.add(key);
    }
    if (this.rooted && !this.stack.length) throw flaw("not-xml");
    this.stack.push({ qualified: tag.qualified, outside });
    this.elements++;
    this.element(tag, uri);
    if (tag.isEmpty) this.leave();
    return tag.end;
  }

  declare({ attributes }) {
    const outside = new Map();
    for (const { prefix: of, name, value: uri } of attributes.values()) {
      if (of !== "xmlns" && (of || name !== "xmlns")) continue;
      const prefix = of ? name : "";
      const reserved = [XML, XMLNS].includes(uri) || ["xml", "xmlns"].includes(prefix);
      if (reserved || !URI.test(uri) || (prefix && !uri)) throw flaw("not-xml");
      outside.set(prefix, this.names.get(prefix));
      this.names.set(prefix, uri);
    }
    return outside;
  }

  uri(prefix) {
    const uri = this.names.get(prefix);
    if (uri === undefined) throw flaw("not-xml");
    return uri;
  }

  element({ name, attributes }, uri) {
    if (this.stack.length > MAX_DEPTH || this.elements > MAX_ELEMENTS) throw flaw("too-complex");
    if (!this.rooted && (uri !== SVG || name !== "svg")) throw flaw("not-svg");
    this.rooted = true;
    if (this.open) throw flaw("not-text");
    if (uri !== OPEN_BADGES || name !== "credential") return;
    if (this.stack.length !== 2) throw flaw("misplaced");
    if (this.found.length === MAX_FOUND) throw flaw("several");
    this.open = { verify: attributes.get(":verify")?.value ?? "", parts: [], text: "" };
    this.found.push(this.open);
  }

  endTag(start) {
    const tag = match(END, this.text, start);
    if (!tag || tag[1] !== this.stack.at(-1)?.qualified) throw flaw("not-xml");
    this.leave();
    return start + tag[0].length;
  }

  leave() {
    for (const [prefix, uri] of this.stack.pop().outside) {
      if (uri === undefined) this.names.delete(prefix);
      else this.names.set(prefix, uri);
    }
    if (!this.open) return;
    this.open.text = this.open.parts.join("");
    if (utf8(this.open.text).length > MAX_DOCUMENT) throw flaw("credential-too-large");
    this.open = null; // it holds no elements, so it is the one that ended
  }
}

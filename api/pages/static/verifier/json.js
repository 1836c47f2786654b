// (1) One reading of every file, and one canonical form (RFC 8785) of every value. FORMAT.md section 1.
//
// JSON.parse keeps the last of two equal keys and rounds numbers, so a file could mean two things to two readers.

import { Flaw, sha256, utf8 } from "./bytes.js";

export const MAX_DEPTH = 32;
export const MAX_BYTES = 1024 * 1024;
const PARSER_DEPTH = 500; // what the parser, which recurses, is given at most: decided before anything is parsed
const MAX_DIGITS = 15; // of a decimal: such numbers survive double precision
const MIN_MAGNITUDE = 1e-6;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const CONSTANT = /NaN|-?Infinity/y;

export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

export function parse(bytes, maxBytes = MAX_BYTES, maxDepth = MAX_DEPTH) {
  if (bytes.length > maxBytes) throw new Flaw("format.too-large", { bytes: bytes.length, most: maxBytes });
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) throw new Flaw("format.encoding");
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Flaw("format.encoding");
  }
  if (deeperThan(text, PARSER_DEPTH)) throw new Flaw("format.too-deep");
  return new Parser(text, maxDepth).parse();
}

// Whether arrays and objects nest deeper before the text ends, be it JSON or not; brackets in strings do not count.
function deeperThan(text, limit) {
  let [depth, quoted] = [0, false];
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '"') quoted = !quoted;
    else if (quoted) at += letter === "\\" ? 1 : 0;
    else if (letter === "[" || letter === "{") {
      if (++depth > limit) return true;
    } else if (letter === "]" || letter === "}") depth--;
  }
  return false;
}

class Parser {
  constructor(text, maxDepth) {
    this.text = text;
    this.maxDepth = maxDepth;
    this.at = 0;
    this.first = null; // what is wrong although it is JSON: the first such place decides, once all of it was read
  }

  parse() {
    const value = this.value(0);
    this.space();
    if (this.at < this.text.length) this.fail();
    if (this.first) throw new Flaw(this.first.code, this.place(this.first.at));
    return value;
  }

  value(depth) {
    this.space();
    const start = this.at;
    const letter = this.text[start];
    if (letter === "{" || letter === "[") {
      if (depth >= this.maxDepth) this.flaw("format.too-deep", start);
      return letter === "{" ? this.object(depth + 1, start) : this.array(depth + 1);
    }
    if (letter === '"') return this.string();
    for (const [word, value] of [["true", true], ["false", false], ["null", null]]) {
      if (this.text.startsWith(word, start)) {
        this.at += word.length;
        return value;
      }
    }
    return this.number(start);
  }

  object(depth, start) {
    const members = Object.create(null); // so that __proto__ is a key like any other
    let twice = false;
    this.items("}", () => {
      this.space();
      if (this.text[this.at] !== '"') this.fail();
      const key = this.string();
      this.space();
      if (this.text[this.at++] !== ":") this.fail(this.at - 1);
      twice ||= key in members;
      members[key] = this.value(depth);
    });
    if (twice) this.flaw("format.duplicate-key", start);
    return members;
  }

  array(depth) {
    const items = [];
    this.items("]", () => items.push(this.value(depth)));
    return items;
  }

  items(end, read) {
    this.at++;
    this.space();
    if (this.text[this.at] === end) {
      this.at++;
      return;
    }
    for (;;) {
      read();
      this.space();
      const letter = this.text[this.at++];
      if (letter === end) return;
      if (letter !== ",") this.fail(this.at - 1);
    }
  }

  string() {
    const start = this.at;
    let unit;
    while ((unit = this.text.charCodeAt(++this.at)) !== 0x22) {
      if (!(unit >= 0x20)) this.fail(); // a control character, or the end of the text
      if (unit === 0x5c) this.at++;
    }
    let value;
    try {
      value = JSON.parse(this.text.slice(start, ++this.at));
    } catch {
      this.fail(start);
    }
    if (!value.isWellFormed()) this.flaw("format.surrogate", start);
    return value;
  }

  number(start) {
    CONSTANT.lastIndex = NUMBER.lastIndex = start;
    const constant = CONSTANT.exec(this.text);
    if (constant) {
      this.at += constant[0].length;
      return this.flaw("format.not-a-number", start);
    }
    const found = NUMBER.exec(this.text);
    if (!found) this.fail();
    this.at += found[0].length;
    const [literal, fraction, exponent] = found;
    const exact = fraction || exponent ? isExactDecimal(literal) : isExactInteger(literal);
    return exact ? Number(literal) : this.flaw("format.number", start);
  }

  space() {
    while (" \t\n\r".includes(this.text[this.at] || "x")) this.at++;
  }

  flaw(code, at) {
    // At one place the later finding is the outer one: of an object that is too deep and has a key twice, the latter.
    if (!this.first || at <= this.first.at) this.first = { code, at };
    return null;
  }

  fail(at = this.at) {
    throw new Flaw("format.not-json", this.place(at));
  }

  place(at) {
    const lines = this.text.slice(0, at).split("\n");
    return { line: lines.length, column: lines.at(-1).length + 1 };
  }
}

const isExactInteger = (literal) => literal !== "-0" && literal.length <= 17 && Number.isSafeInteger(Number(literal));

function isExactDecimal(literal) {
  const digits = literal.toLowerCase().split("e")[0].replace(".", "").replace(/^-+/, "").replace(/^0+/, "");
  const size = Math.abs(Number(literal));
  let significant = digits.length; // a loop: /0+$/ tries again from every zero, which takes quadratic time
  while (digits[significant - 1] === "0") significant--;
  if (significant > MAX_DIGITS || size > Number.MAX_SAFE_INTEGER) return false;
  return digits ? size >= MIN_MAGNITUDE : !literal.startsWith("-");
}

export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const member = (key) => `${JSON.stringify(key)}:${canonical(value[key])}`;
  return `{${Object.keys(value).sort().map(member).join(",")}}`;
}

export const digest = (value) => sha256(utf8(canonical(value)));

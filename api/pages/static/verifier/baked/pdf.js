// The credential attached to a PDF, found by a scan of the bytes: exactly one embedded file stream, or a Flaw baking.*
// FORMAT.md, section 1, has the rule; registry/credential/baking/pdf.py is the same.

import { Flaw, readStream } from "../bytes.js";
import { isToken } from "./content.js";

const MAX_DICTIONARY = 1024;
const MAX_DOCUMENT = 1024 * 1024;
const JSON_TYPES = ["/application#2Fjson", "/application#2Fld#2Bjson", "/application#2Fvc", "/application#2Fvc#2Bld#2Bjson"];
const ENTRY =
  /[\0\t\n\f\r ]*\/(Type|Subtype|Length|Filter|Params)(?:[\0\t\n\f\r ]*(\/[A-Za-z0-9#.+-]+)|[\0\t\n\f\r ]+([0-9]{1,9})(?![0-9])|[\0\t\n\f\r ]*(<<(?:\((?:[^()\\]|\\[\s\S])*\)|<[0-9A-Fa-f]*>|[^()<>])*>>))/y;

// One character for each byte; what those from 0x80 on become has no meaning here.
const latin1 = (bytes) => new TextDecoder("latin1").decode(bytes);

function match(pattern, text, place) {
  pattern.lastIndex = place;
  return pattern.exec(text);
}

export async function read(bytes) {
  const text = latin1(bytes);
  if (/\/Encrypt(?![A-Za-z0-9])/.test(text)) throw new Flaw("baking.pdf-encrypted");
  const places = [...text.matchAll(/\/EmbeddedFile(?![A-Za-z0-9])/g)].map((found) => found.index);
  if (!places.length) throw new Flaw("baking.no-credential");
  if (places.length > 1) throw new Flaw("baking.several");
  const { entries, start } = dictionary(text, places[0]);
  if (!JSON_TYPES.includes(entries.get("Subtype"))) throw new Flaw("baking.pdf-type");
  const length = entries.get("Length") ?? "";
  const end = /^[0-9]+$/.test(length) ? start + Number(length) : -1;
  if (end < start || !match(/(?:\r\n|\n|\r)?endstream(?![A-Za-z0-9])/y, text, end)) throw new Flaw("baking.pdf-length");
  const filter = entries.get("Filter");
  if (filter !== undefined && filter !== "/FlateDecode") throw new Flaw("baking.pdf-filter");
  const found = filter ? await inflated(bytes.subarray(start, end)) : bytes.slice(start, end);
  if (isToken(found)) throw new Flaw("baking.not-a-credential");
  return found;
}

function dictionary(text, place) {
  const first = Math.max(0, place - MAX_DICTIONARY);
  const near = text.slice(first, place + MAX_DICTIONARY);
  const start = near.slice(0, place - first).lastIndexOf(" obj");
  const opened = start > 0 && /[0-9]/.test(near[start - 1]) ? match(/ obj[\0\t\n\f\r ]*<</y, near, start) : null;
  const entries = new Map();
  let at = opened ? start + opened[0].length : 0;
  for (let entry; opened && (entry = match(ENTRY, near, at)); at += entry[0].length) {
    if (entries.has(entry[1])) break;
    entries.set(entry[1], entry[2] ?? entry[3] ?? entry[4]);
  }
  const closed = opened && match(/[\0\t\n\f\r ]*>>[\0\t\n\f\r ]*stream\r?\n/y, near, at);
  if (!closed || entries.get("Type") !== "/EmbeddedFile") throw new Flaw("baking.pdf-object");
  return { entries, start: first + at + closed[0].length };
}

async function inflated(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  try {
    return await readStream(stream, MAX_DOCUMENT);
  } catch (error) {
    throw new Flaw(error.message === "too long" ? "baking.credential-too-large" : "baking.pdf-damaged");
  }
}

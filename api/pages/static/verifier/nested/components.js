// Components: the credentials that one names by their digests, held against given files, and those that a record holds whole.
// Their lines never change the verdict. FORMAT.md, "Components"; registry/verify/components.py is the same.

import { credentialIn } from "../baked.js";
import { Flaw, hex, utf8 } from "../bytes.js";
import { readDocument } from "../document.js";
import { canonical, isObject } from "../json.js";
import { shown } from "../texts.js";
import { pointer, verdictLine } from "./lines.js";

const MAX_CHECKED = 32; // as many as a rule can ask for: each may ask a node and a status source
const MAX_LINES = 50;
const RECORD = "ClrCredential";
const SRI = /^sha256-([A-Za-z0-9+/]{43}=)$/;
const MULTIBASE = /^u([A-Za-z0-9+/_-]{43}=?|[A-Za-z0-9+/_-]{46}={0,2})$/;
const MULTIHASH = "1220"; // SHA-256, 32 bytes

const listed = (value) => (Array.isArray(value) ? value : [value]);

// A line for each: id, outcome, code, sha256, file, title, verdict, pointer, detail, and the `report` on it where it was checked.
// `outer` is the report on the document, `files` are [{ name, bytes }].
export async function checkComponents(outer, files, check) {
  const { document } = outer;
  const given = [];
  for (const { name, bytes } of files) given.push(await read(name, bytes));
  const entries = named(document, given.map(({ id }) => id));
  const times = counted(entries.map(({ id }) => id));
  const inRecord = held(document);
  const compared = entries.map((entry) => compare(entry, times, given, document.id));
  const lines = [];
  let [checked, leftOut] = [0, 0];
  for (const { line, file } of [...compared, ...contents(inRecord, document.id)]) {
    if (lines.length === MAX_LINES || (file && checked === MAX_CHECKED)) leftOut++;
    else if (!file) lines.push(line);
    else {
      checked++;
      lines.push(verified(line, file, await check(file.bytes ?? utf8(canonical(file.value))), outer));
    }
  }
  if (leftOut) lines.push({ ...blank, outcome: "not_run", code: "component.too-many", detail: { left_out: leftOut, most: MAX_CHECKED } });
  return [...lines, ...others(given, times)];
}

// The entries that name components in a document, and the credentials that it holds.
export const inside = (document) => [...named(document, []), ...held(document)];

const blank = { id: "", outcome: "fail", code: "component.form", sha256: "", file: "", title: "", verdict: null, pointer: "", detail: {} };

async function read(name, bytes) {
  try {
    const { document, dJcs } = await readDocument(await credentialIn(bytes));
    return { name, bytes, id: document.id, sha256: hex(dJcs) };
  } catch (flaw) {
    if (!(flaw instanceof Flaw)) throw flaw;
    return { name, bytes, id: null };
  }
}

// By their media type, or because one was given.
const named = ({ relatedResource = [] }, ids) =>
  listed(relatedResource).filter(
    (entry) => isObject(entry) && typeof entry.id === "string" && (entry.mediaType === "application/vc" || ids.includes(entry.id)),
  );

const held = ({ type, credentialSubject: { verifiableCredential = [] } }) => (type.includes(RECORD) ? listed(verifiableCredential) : []);

function counted(ids) {
  const times = new Map();
  for (const id of ids) times.set(id, (times.get(id) ?? 0) + 1);
  return times;
}

// The line for an entry, and the file that is what it commits to, if there is one.
function compare(entry, times, given, ownId) {
  const line = { ...blank, id: shown(entry.id) };
  if (entry.id === ownId) return { line: { ...line, code: "component.circular" } };
  const sha256 = times.get(entry.id) > 1 ? null : sha256Of(entry);
  if (sha256 === null) return { line };
  line.sha256 = sha256;
  const files = given.filter(({ id }) => id === entry.id);
  const file = files.find((each) => each.sha256 === sha256);
  if (file) return { line, file };
  if (!files.length) return { line: { ...line, outcome: "not_run", code: "component.not-given" } };
  return { line: { ...line, code: "component.digest", file: files[0].name } };
}

// The SHA-256 that an entry gives, in hexadecimal; null if there is none, or its two forms are not of the same bytes.
function sha256Of(entry) {
  const forms = { digestSRI: SRI, digestMultibase: MULTIBASE };
  const found = Object.entries(forms).filter(([name]) => name in entry).map(([name, form]) => decoded(form, entry[name]));
  return found.length && found.every((one) => one === found[0]) ? found[0] : null;
}

function decoded(form, value) {
  const packed = typeof value === "string" && form.exec(value)?.[1].replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  if (!packed) return null;
  const text = hex(Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0)));
  if (text.length === 64) return text;
  return text.startsWith(MULTIHASH) ? text.slice(4) : null;
}

// The line for each credential that a record holds, and the credential if it is worth a check.
function contents(values, ownId) {
  const idOf = (value) => (isObject(value) && typeof value.id === "string" ? value.id : "");
  const times = counted(values.map(idOf));
  return values.map((value, index) => {
    const id = idOf(value);
    const line = { ...blank, id: shown(id), pointer: pointer(["credentialSubject", "verifiableCredential", index]) };
    if (id && id === ownId) return { line: { ...line, code: "component.circular" } };
    return !id || times.get(id) > 1 ? { line } : { line, file: { name: "", value } };
  });
}

function verified(line, file, report, outer) {
  const { document } = report;
  const achievement = document?.credentialSubject.achievement;
  const title = document ? shown(isObject(achievement) ? achievement.name : "") || shown(document.name) : "";
  const sha256 = line.pointer ? (report.checks[0].detail.d_jcs ?? "") : line.sha256;
  return { ...line, ...verdictLine("component", report, outer), file: file.name, title, sha256 };
}

// Files that are no components, or none that can be read, or copies of what the credential holds.
function others(given, times) {
  const rest = given.filter(({ id }) => !times.has(id));
  const lines = rest.slice(0, MAX_LINES).map(({ name, id }) => {
    const code = id === null ? "component.unreadable" : "component.not-named";
    return { ...blank, id: shown(id), outcome: "not_run", code, file: name };
  });
  if (rest.length > MAX_LINES) {
    lines.push({ ...blank, outcome: "not_run", code: "component.not-named", detail: { left_out: rest.length - MAX_LINES } });
  }
  return lines;
}

// Endorsements: each is checked as a credential of its own, and its line never changes the verdict. FORMAT.md, "Endorsements";
// registry/verify/endorsements.py is the same, but for one thing: in JavaScript names that are numbers come first in an object.

import { utf8 } from "../bytes.js";
import { canonical, isObject } from "../json.js";
import { shown } from "../texts.js";
import { pointer, verdictLine } from "./lines.js";

const TYPE = "EndorsementCredential";
const MAX_LEVELS = 3; // an agency endorses a programme, its council the agency, a ministry the council
const MAX_CHECKED = 8; // each may ask a node and a status source, and anybody can make a file
const MAX_LINES = 50;

// A line for each, those nearest to the surface first: pointer, outcome, code, endorser, comment, verdict, detail, and the
// `report` on it where it was checked. `outer` is the report on the document.
export async function checkEndorsements(outer, check) {
  const waiting = [...inside(outer.document)].map((found) => ({ ...found, level: 1 }));
  const lines = [];
  let [checked, leftOut] = [0, 0];
  for (const found of waiting) {
    let line = refused(found);
    if (!line && checked === MAX_CHECKED) {
      leftOut++;
      continue;
    }
    if (!line) {
      checked++;
      line = said(found, verdictLine("endorsement", await check(utf8(canonical(found.value))), outer));
      const inner = line.outcome === "pass" ? [...within(found)] : [];
      if (found.level < MAX_LEVELS) waiting.push(...inner); // the loop comes to them
      else if (inner.length) line.detail.deeper = true;
    }
    if (lines.length < MAX_LINES) lines.push(line);
    else leftOut++;
  }
  if (leftOut) lines.push(bare("", "not_run", "too-many", { left_out: leftOut, most: MAX_CHECKED }));
  return lines;
}

// The endorsements in a document: value, path, id of the owner that each sits in, and the ids and issuers around it. Not those
// inside of them, nor in credentials that it holds.
export const inside = (document) => walk({ value: document, path: [], ids: [document.id], speakers: [issuerOf(document)] });

const within = ({ value, path, ids, speakers, level }) =>
  walk({ value, path, ids: [...ids, value.id], speakers: [...speakers, issuerOf(value)], level: level + 1 });

function* walk(around) {
  const { value, path } = around;
  const named = isObject(value);
  const deeper = [];
  for (const [name, member] of named || Array.isArray(value) ? Object.entries(value) : []) {
    const found = { ...around, value: member, path: [...path, name] };
    if (named && name === "endorsement" && Array.isArray(member)) {
      for (const [index, item] of member.entries()) yield { ...found, value: item, path: [...found.path, index], owner: value.id };
    } else if (named && name === "endorsement") yield { ...found, owner: value.id };
    else if (named && name === "endorsementJwt") yield { ...found, value: null, isJwt: true };
    else if (!named || name !== "verifiableCredential") deeper.push(found);
  }
  for (const each of deeper) yield* walk(each);
}

// The line for what is not worth a check: it says nothing about this object, or nobody else says it.
function refused(found) {
  const { value, path, owner, ids, speakers, isJwt } = found;
  if (isJwt) return bare(pointer(path), "not_run", "jwt");
  const { type, credentialSubject: subject } = isObject(value) ? value : {};
  if (!Array.isArray(type) || !type.includes(TYPE) || !isObject(subject)) return bare(pointer(path), "fail", "form");
  const line = (outcome, code) => said(found, { outcome, code: `endorsement.${code}`, verdict: null, detail: {} });
  if (typeof owner !== "string" || subject.id !== owner) return line("fail", "other-subject");
  if (ids.map(text).includes(text(value.id))) return line("fail", "circular");
  return speakers.includes(issuerOf(value)) ? line("not_run", "own") : null;
}

const bare = (place, outcome, code, detail = {}) => ({
  pointer: place,
  outcome,
  code: `endorsement.${code}`,
  endorser: { id: "", name: "" },
  comment: "",
  verdict: null,
  detail,
});

const said = ({ value, path }, line) => ({
  pointer: pointer(path),
  ...line,
  endorser: { id: shown(issuerOf(value)), name: isObject(value.issuer) ? shown(value.issuer.name) : "" },
  comment: shown(value.credentialSubject.endorsementComment),
});

const text = (value) => (typeof value === "string" ? value : "");

const issuerOf = ({ issuer }) => text(isObject(issuer) ? issuer.id : issuer);

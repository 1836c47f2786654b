// A report in a reader's language: what the page shows, as plain texts. The server's api/pages/view.py says the same.

import { components, endorsements } from "./inside.js";
import { parseTime } from "./verifier/document.js";

export const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu; // controls, direction marks, what has no shape
const LANGUAGE = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/; // BCP 47, as far as pages need it
const OWN = ["row.learner", "row.issuer", "row.awarded", "row.valid-until", "row.language"]; // not in the credential's language
const DAY = 86400; // seconds
const MAX_LINE = 120;
const MAX_TEXT = 4000;
const MAX_ITEMS = 50;

// The first code points of a text; a pair of surrogates is one, and is not cut.
const first = (text, most) => [...text.slice(0, 2 * most)].slice(0, most).join("");

const line = (value, most) => {
  const kept = typeof value === "string" ? first(value, 4 * most).replace(HIDDEN, " ").split(/\s+/u).join(" ").trim() : "";
  return [...kept].length <= most ? kept : `${[...kept].slice(0, most - 1).join("")}…`;
};

// A text from a file as it may stand in a sentence: one line, bounded, without controls or direction marks.
export const shown = (value) => line(value, MAX_LINE);

// The same for a text that may be long: its lines stay lines.
export const longText = (value) =>
  typeof value === "string" ? first(value, MAX_TEXT).split("\n").map((part) => line(part, MAX_TEXT)).join("\n").trim() : "";

const matches = (pattern, value) => typeof value === "string" && pattern.test(value); // an object would throw
const object = (value) => (value !== null && typeof value === "object" && !Array.isArray(value) ? value : {});
const everyItem = (value) => (Array.isArray(value) ? value : [value ?? {}]).map(object);
const items = (value) => everyItem(value).slice(0, MAX_ITEMS);

// A time as people read it everywhere.
const time = (value) =>
  typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value) ? `${value.slice(0, 10)} ${value.slice(11, 16)} UTC` : value;

export class Catalogue {
  constructor(messages) {
    this.messages = messages;
  }

  // The first of these messages that there is, with its places filled in.
  text(ids, params = {}) {
    const id = [ids].flat().find((name) => Object.hasOwn(this.messages, name));
    if (id === undefined) return "";
    const fill = (_, name) => (name === "cause" ? params.cause : shown(String(time(params[name]) ?? "?")));
    return this.messages[id].replace(/\{([a-z_]+)\}/g, fill);
  }
}

function summary(document, found, catalogue) {
  const { issuer, credentialSubject: subject, awardedDate, validFrom } = document;
  const name = shown(object(issuer).name);
  const id = shown(found.issuerId);
  const identity = everyItem(subject.identifier).find((item) => item.identityType === "name" && item.hashed === false);
  return {
    issuer: name ? `${name} (${id})` : id,
    learner: shown(identity ? identity.identityHash : subject.name) || catalogue.text("ui.nobody"),
    title: shown(object(subject.achievement).name) || shown(document.name),
    awarded: (parseTime(awardedDate) === null ? validFrom : awardedDate).slice(0, 10),
    valid_from: validFrom,
    valid_until: document.validUntil,
  };
}

function rowsOf(document, common, catalogue, alignments) {
  const subject = document.credentialSubject;
  const achievement = object(subject.achievement);
  const aligned = items(achievement.alignment);
  const language = matches(LANGUAGE, achievement.inLanguage) ? achievement.inLanguage : "";
  const rows = [
    ["row.title", [common.title]],
    ["row.learner", [common.learner]],
    ["row.issuer", [common.issuer]],
    ["row.awarded", [common.awarded]],
    ["row.valid-until", [document.validUntil ? time(document.validUntil) : ""]],
    ["row.description", [longText(achievement.description)]],
    ...Object.entries(alignments).map(([row, types]) => [row, aligned.filter((item) => types.includes(item.targetType)).map(alignment)]),
    ["row.criteria", [longText(object(achievement.criteria).narrative)]],
    ["row.result", items(subject.result).map((item) => shown(item.value))],
    ["row.language", [shown(achievement.inLanguage)]],
  ];
  return rows
    .map(([row, texts]) => ({ row, label: catalogue.text(row), texts: texts.filter(Boolean), lang: OWN.includes(row) ? "" : language }))
    .filter(({ texts }) => texts.length);
}

// Credentials in the credential: who says it, and that nobody checks it here.
function unchecked(document, catalogue) {
  const rows = { "row.endorsements": endorsements(document), "row.components": components(document) };
  return Object.entries(rows).filter(([, values]) => values.length).map(([row, values]) => {
    const texts = values.slice(0, MAX_ITEMS).map((value) => claim(object(value), catalogue));
    if (values.length > MAX_ITEMS) texts.push(`… +${values.length - MAX_ITEMS}`);
    return { row, label: catalogue.text(row), texts, lang: "" };
  });
}

function claim({ id, name, issuer }, catalogue) {
  const by = object(issuer);
  const [called, known] = [shown(by.name), shown(Object.keys(by).length ? by.id : issuer)];
  const who = called ? `${called} (${known || "?"})` : known;
  return `${[shown(name) || shown(id), who].filter(Boolean).join(", ") || "?"}: ${catalogue.text("ui.unchecked")}`;
}

const alignment = (item) => [shown(item.targetName), longText(item.targetDescription)].filter(Boolean).join("\n");

// A detail has the bare id of the issuer; sentences name the issuer with it.
const bare = ({ issuer: _, ...detail }) => detail;

// One line of the seven: what came out, what that means, what to do next.
function explained(check, common, names, catalogue) {
  const { code, outcome, detail } = check;
  const params = { ...common, ...bare(detail) };
  const kind = code.split(".")[0];
  const plain = code.slice(code.indexOf(".") + 1);
  if (detail.needs) {
    const number = names.indexOf(detail.needs) + 1;
    const name = catalogue.text(`check.${detail.needs}`);
    return { sentence: catalogue.text(`needs.${outcome}`, { number, name }), next: outcome === "unknown" ? catalogue.text("next.unknown") : "" };
  }
  const variants = [];
  if (code === "status.ok" && detail.stale && !detail.registry_closed) variants.push("status.ok.stale");
  if (code === "validity.ok" && !detail.valid_until) variants.push("validity.ok.endless");
  const sentence = catalogue.text([...variants, code, plain, `${kind}.*`], params);
  if (outcome === "pass") return { sentence, next: "" };
  const next = [`next.${code}`, `next.${plain}`, check.id === "format" ? "next.format" : `next.${outcome}`];
  return { sentence, next: catalogue.text(next) };
}

// Of which block a bundle speaks and how old that is, where it was looked at.
function asOf({ bundle, checks }, catalogue) {
  if (!bundle || !("seen_block" in checks.find((check) => check.id === "anchor").detail)) return "";
  const days = Math.floor(bundle.age_seconds / DAY);
  const id = days < 0 ? "bundle.future" : ["bundle.today", "bundle.one-day", "bundle.days"][Math.min(days, 2)];
  return catalogue.text("bundle.as-of", { ...bundle, age: catalogue.text(id, { days }) });
}

// `report`: verdict, checks in reading order, document (null for a file that cannot be read), issuerId; of a bundle, its block.
export function view(report, catalogue, alignments) {
  const { verdict, checks, document } = report;
  const names = checks.map((check) => check.id);
  const common = { network: report.network, ...report.bundle, ...(document ? summary(document, report, catalogue) : {}) };
  const rows = checks.map((check) => ({
    id: check.id,
    outcome: check.outcome,
    word: catalogue.text(`outcome.${check.outcome}`),
    ...explained(check, common, names, catalogue),
  }));
  const waits = (check) => check.detail.needs !== undefined;
  const decisive = checks.findIndex((check) => check.outcome === (verdict === "unconfirmed" ? "unknown" : "fail") && !waits(check));
  const cause = rows[decisive]?.sentence ?? "";
  const reason = checks.find((check) => `sentence.${verdict}.${check.code}` in catalogue.messages);
  const ids = [reason && `sentence.${verdict}.${reason.code}`, `sentence.${verdict}`].filter(Boolean);
  const status = checks.find((check) => check.id === "status")?.detail;
  return {
    verdict,
    title: catalogue.text(`verdict.${verdict}`),
    sentence: `${catalogue.text(ids, { ...common, ...bare(status ?? {}), cause })} ${asOf(report, catalogue)}`.trim(),
    checks: rows,
    rows: document ? [...rowsOf(document, common, catalogue, alignments), ...unchecked(document, catalogue)] : [],
  };
}

// A report in a reader's language: what the page shows, as plain texts. The server's api/pages/view.py says the same.

import { parseTime } from "./verifier/document.js";
import { first, shown } from "./verifier/texts.js";

const LANGUAGE = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/; // BCP 47, as far as pages need it
const OWN = ["row.learner", "row.issuer", "row.awarded", "row.valid-until", "row.language"]; // not in the credential's language
const MARKS = /\*\*([^*\n]+)\*\*|^#{1,6} +/gm;
const DAY = 86400; // seconds
const MAX_TEXT = 4000;
const MAX_ITEMS = 50;

// A text from a file that may be long: its lines stay lines.
const longText = (value) =>
  typeof value === "string" ? first(value, MAX_TEXT).split("\n").map((part) => shown(part, MAX_TEXT)).join("\n").trim() : "";

// The same of a text that may be Markdown (Open Badges 3.0, Criteria), without its marks for bold and headings.
const narrative = (value) => longText(value).replace(MARKS, "$1");

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
    ["row.criteria", [narrative(object(achievement.criteria).narrative)]],
    ["row.result", items(subject.result).map((item) => shown(item.value))],
    ["row.language", [shown(achievement.inLanguage)]],
  ];
  return rows
    .map(([row, texts]) => ({ row, label: catalogue.text(row), texts: texts.filter(Boolean), lang: OWN.includes(row) ? "" : language }))
    .filter(({ texts }) => texts.length);
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

// The seven lines, and the verdict's sentence.
export function explain(report, catalogue) {
  const { verdict, checks, document } = report;
  const names = checks.map((check) => check.id);
  const common = { network: report.network, ...report.bundle, ...(document ? summary(document, report, catalogue) : {}) };
  const lines = checks.map((check) => ({
    id: check.id,
    outcome: check.outcome,
    word: catalogue.text(`outcome.${check.outcome}`),
    ...explained(check, common, names, catalogue),
  }));
  const decisive = checks.findIndex((check) => check.outcome === (verdict === "unconfirmed" ? "unknown" : "fail") && !waits(check));
  const cause = lines[decisive]?.sentence ?? "";
  const reason = checks.find((check) => `sentence.${verdict}.${check.code}` in catalogue.messages);
  const ids = [reason && `sentence.${verdict}.${reason.code}`, `sentence.${verdict}`].filter(Boolean);
  const status = checks.find((check) => check.id === "status")?.detail;
  return { lines, sentence: catalogue.text(ids, { ...common, ...bare(status ?? {}), cause }) };
}

// Whether it was not made only because another check did not pass.
export const waits = (check) => check.detail.needs !== undefined;

// `report`: verdict, checks in reading order, document (null for a file that cannot be read), issuerId; of a bundle, its block.
export function view(report, catalogue, alignments) {
  const { verdict, document } = report;
  const { lines, sentence } = explain(report, catalogue);
  return {
    verdict,
    title: catalogue.text(`verdict.${verdict}`),
    sentence: `${sentence} ${asOf(report, catalogue)}`.trim(),
    checks: lines,
    rows: document ? rowsOf(document, summary(document, report, catalogue), catalogue, alignments) : [],
  };
}

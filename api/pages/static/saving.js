// What a reader takes away: a report as JSON, many as a table for a spreadsheet.

import { hex } from "./verifier/bytes.js";
import { HIDDEN } from "./verifier/texts.js";

const FORMULA = /^(?=[=+\-@\t\r\n＝＋－＠])/; // what spreadsheets compute; also in full width, which some take for the same
const COLUMNS = ["file", "verdict", "title", "sentence"];

// RFC 4180, with a mark for spreadsheets that it is UTF-8; what they would take for a formula gets an apostrophe before it.
export function csv(rows) {
  const cell = (text) => `"${text.replace(FORMULA, "'").replaceAll('"', '""')}"`;
  const lines = rows.map((row) => COLUMNS.map((name) => row[name]));
  return `\ufeff${[COLUMNS, ...lines].map((line) => `${line.map(cell).join(",")}\r\n`).join("")}`;
}

// JSON in which nothing is hidden: direction marks and whatever else has no shape stand in their escaped form.
export const reportText = (report) => JSON.stringify(report, plain, 2).replace(HIDDEN, (found) => (found === "\n" ? found : escaped(found)));

const plain = (_, value) => (typeof value === "bigint" ? String(value) : value instanceof Uint8Array ? hex(value) : value);

// One escape for each UTF-16 unit.
const escaped = (found) => found.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");

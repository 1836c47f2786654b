// The verification page: takes files, has them checked, and fills the page's own templates. Texts only ever become text nodes.

import { checker } from "./checking.js";
import { carried } from "./fragment.js";
import { csv, reportText } from "./saving.js";
import { Catalogue, view } from "./view.js";
import { isBundle } from "./verifier/bundle.js";
import { unhex } from "./verifier/bytes.js";
import { shown } from "./verifier/texts.js";

const MAX_FILE = 25 * 1024 * 1024; // more than any bundle, which is the largest; larger is not read at all
const MAX_FILES = 500;
const GOOD = ["valid", "valid_test"];
const BESIDE = ["endorsements", "components"];

const data = JSON.parse(document.getElementById("page-data").textContent);
const catalogue = new Catalogue(data.messages);
const [form, area, input, paste, output, progress] = ["verify-form", "drop", "file", "text", "output", "progress"].map((id) =>
  document.getElementById(id),
);

const [block, blockHash] = ["block", "block-hash"].map((id) => document.getElementById(id));

const copyOf = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
const slot = (within, name) => within.querySelector(`[data-slot="${name}"]`);

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  return Object.assign(made, attributes);
}

const bytesOf = async (file) => new Uint8Array(file.size > MAX_FILE ? MAX_FILE : await file.arrayBuffer());

function whoChecked(asked) {
  if (asked === null) return catalogue.text("ui.by-server");
  return catalogue.text("ui.by-browser", { hosts: [...asked].join(", ") || catalogue.text("ui.nobody-asked") });
}

let byReader = false; // whether the reader chose the file: what comes with the page or its address moves no focus
let latest = []; // the files to check again once a block was named
let runs = 0; // the newest one alone may show something: files may be dropped while others are being checked

async function run(files) {
  if (!form.reportValidity()) return;
  const mine = ++runs;
  latest = files;
  const tell = (text) => {
    if (mine === runs) progress.textContent = text;
  };
  output.replaceChildren();
  try {
    const present = files.length === 1 ? await checkOne(files[0], tell) : await checkMany(files, tell);
    if (mine === runs) present();
  } catch (error) {
    console.error(error);
    tell(catalogue.text("ui.failed"));
  }
}

// 32 bytes, or null where none was typed; the field itself says what it takes.
const namedBlock = () => (blockHash.value.trim() ? unhex(blockHash.value.trim().toLowerCase().replace(/^0x/, "")) : null);

// The file's bytes; with a bundle the field for its block appears.
async function opened(file) {
  const bytes = await bytesOf(file);
  if (isBundle(bytes)) block.hidden = false;
  return bytes;
}

// What the page shows of a report.
const seenIn = (report) => ({ ...view(report, catalogue, data.rows), ...report.beside?.(report, catalogue) });

// Each of the two gives a function that shows the result.
async function checkOne(file, tell) {
  tell(catalogue.text("ui.checking"));
  const checking = await checker(data.trust, namedBlock());
  const report = await checking.check(await opened(file));
  return () => {
    show(seenIn(report), report, whoChecked(checking.asked));
    tell("");
  };
}

async function checkMany(files, tell) {
  const total = files.length;
  if (total > MAX_FILES) return () => tell(catalogue.text("ui.too-many", { total, most: MAX_FILES }));
  const checking = await checker(data.trust, namedBlock());
  const rows = [];
  for (const file of files) {
    tell(catalogue.text("ui.checking-many", { done: rows.length, total }));
    rows.push(await checkRow(file, checking.check));
  }
  const withId = new Map(rows.map(({ id }, place) => [id, files[place]]));
  for (const [place, { missing }] of rows.entries()) {
    const parts = missing.map((id) => withId.get(id)).filter(Boolean);
    if (parts.length && checking.asked) rows[place] = await checkRow(files[place], checking.check, parts);
  }
  const good = rows.filter(({ verdict }) => GOOD.includes(verdict)).length;
  return () => {
    showMany(rows, whoChecked(checking.asked));
    tell(catalogue.text("ui.done-many", { total, good, rest: total - good }));
  };
}

const part = async (file) => ({ name: shown(file.name), bytes: await bytesOf(file) });

// Ids of components whose files were not given; they may be among the others. Whole, where the lines have them cut.
function missingIn({ components, document }) {
  const cut = new Set((components ?? []).filter(({ code }) => code === "component.not-given").map(({ id }) => id));
  return [document?.relatedResource ?? []].flat().map((entry) => entry?.id).filter((id) => id && cut.has(shown(id)));
}

async function checkRow(file, check, parts = []) {
  const name = shown(file.name);
  try {
    const report = await check(await opened(file), await Promise.all(parts.map(part)));
    return { ...seenIn(report), file: name, id: report.document?.id, missing: missingIn(report) };
  } catch (error) {
    console.error(error); // one that cannot be read does not end the others
    return { verdict: "unconfirmed", title: catalogue.text("verdict.unconfirmed"), sentence: catalogue.text("ui.failed"), file: name, missing: [] };
  }
}

function show(seen, report, by) {
  const result = copyOf("result");
  result.dataset.verdict = seen.verdict;
  slot(result, "title").textContent = seen.title;
  slot(result, "sentence").textContent = seen.sentence;
  slot(result, "by").textContent = by;
  for (const check of seen.checks) {
    const row = result.querySelector(`[data-check="${check.id}"]`);
    row.dataset.outcome = check.outcome;
    slot(row, "outcome").textContent = check.word;
    slot(row, "check-sentence").textContent = check.sentence;
    slot(row, "next").textContent = check.next;
  }
  for (const kind of BESIDE) {
    const lines = seen[kind] ?? [];
    slot(result, kind).hidden = !lines.length;
    slot(result, `${kind}-lines`).replaceChildren(...lines.map(besideRow));
  }
  slot(result, "credential").hidden = !seen.rows.length;
  const described = ({ row, label, texts, lang }) => [element("dt", label), ...texts.map((text) => value(row, text, lang))];
  slot(result, "rows").replaceChildren(...seen.rows.flatMap(described));
  const kept = { format: "credanchor-page-report/1", checked_at: new Date().toISOString(), ...report, sentence: seen.sentence, by };
  const whole = reportText(kept);
  slot(result, "details").textContent = whole;
  slot(result, "download").addEventListener("click", () => download("verification.json", "application/json", whole));
  slot(result, "print").addEventListener("click", () => window.print());
  slot(result, "another").addEventListener("click", again);
  output.replaceChildren(result);
  if (byReader) slot(result, "title").focus();
}

function besideRow({ name, outcome, word, sentence }) {
  const row = document.createElement("tr");
  row.dataset.outcome = outcome;
  const said = element("td", word);
  said.dataset.slot = "outcome";
  row.append(element("th", name, { scope: "row" }), said, element("td", sentence));
  return row;
}

function value(row, text, lang) {
  const made = element("dd", text, lang ? { lang } : {});
  made.dataset.row = row;
  return made;
}

const besideTexts = (row) => BESIDE.flatMap((kind) => row[kind] ?? []).map(({ name, sentence }) => `${name}: ${sentence}`);

function showMany(rows, by) {
  const result = copyOf("results");
  slot(result, "by").textContent = by;
  const lines = rows.map((row) => {
    const line = document.createElement("tr");
    line.dataset.verdict = row.verdict;
    const why = element("td", row.sentence);
    const beside = besideTexts(row).map((text) => element("li", text));
    if (beside.length) why.append(element("ul", ""));
    why.lastElementChild?.append(...beside);
    line.append(element("th", row.file, { scope: "row" }), element("td", row.title), why);
    return line;
  });
  slot(result, "lines").replaceChildren(...lines);
  const taken = rows.map((row) => ({ ...row, sentence: [row.sentence, ...besideTexts(row)].join("\n") }));
  slot(result, "csv").addEventListener("click", () => download("verification.csv", "text/csv", csv(taken)));
  slot(result, "another").addEventListener("click", again);
  output.replaceChildren(result);
  slot(result, "title").focus();
}

function download(name, type, text) {
  const link = element("a", "", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function again() {
  output.replaceChildren();
  progress.textContent = "";
  form.reset();
  latest = [];
  block.hidden = true;
  input.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  byReader = true;
  const pasted = paste.value.trim() ? [new File([paste.value], "")] : [];
  const chosenNow = input.files.length ? [...input.files] : pasted;
  const files = chosenNow.length ? chosenNow : latest;
  if (files.length) run(files);
  else progress.textContent = catalogue.text("ui.nothing");
});

function chosen(files) {
  byReader = true;
  if (files.length) run([...files]);
}

input.addEventListener("change", () => chosen(input.files));

for (const name of ["dragenter", "dragover"]) {
  area.addEventListener(name, (event) => {
    event.preventDefault();
    area.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("over"));
area.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) input.value = ""; // what was dropped is newer than what was chosen
  chosen(event.dataTransfer.files);
});

// A link may carry the file in its fragment, which no server is sent. The links to other languages keep it.
async function readFragment() {
  for (const link of document.querySelectorAll("header a[hreflang]")) link.hash = location.hash;
  try {
    const file = await carried(location.hash);
    if (file) run([file]);
  } catch (error) {
    console.warn(error);
    progress.textContent = catalogue.text("ui.fragment-broken");
  }
}

addEventListener("hashchange", readFragment);
readFragment();
if (data.given) run([new Blob([data.given])]); // a shared file stands in the page

block.hidden = true; // until there is a bundle
input.multiple = true; // only here: without scripts the server takes one file
form.dataset.ready = "yes"; // for those who wait for this script

// The verification page: takes a file, checks it here, and fills the page's own template. Texts only ever become text nodes.

import { Catalogue, view } from "./view.js";
import { hex, verifySignature } from "./verifier/bytes.js";
import { CHECK_IDS } from "./verifier/outcome.js";
import { httpStatus, reader } from "./verifier/sources.js";
import { verify } from "./verifier/verify.js";

const MAX_FILE = 9 * 1024 * 1024; // more than any picture with a credential in it; larger is not read at all

const data = JSON.parse(document.getElementById("page-data").textContent);
const catalogue = new Catalogue(data.messages);
const form = document.getElementById("verify-form");
const area = document.getElementById("drop");
const input = document.getElementById("file");
const paste = document.getElementById("text");
const output = document.getElementById("output");
const progress = document.getElementById("progress");

const now = () => BigInt(Date.now()) * 1000n;
const hostOf = (url) => new URL(url, location.href).host;

async function here(bytes) {
  const asked = new Set();
  const chain = (registry) => {
    registry.rpc.forEach((url) => asked.add(hostOf(url)));
    return reader(registry);
  };
  const origins = data.trust.registry.flatMap((registry) => registry.status);
  const lists = httpStatus(origins);
  const status = {
    fetch: (...question) => {
      origins.forEach((url) => asked.add(hostOf(url)));
      return lists.fetch(...question);
    },
  };
  const made = await verify(bytes, { trust: data.trust, chain, status, now: now() });
  const { verdict, checks, document: credential, found, registry } = made;
  const report = { verdict, checks, document: credential, issuerId: found?.issuerId, network: registry?.name };
  return { report, by: catalogue.text("ui.by-browser", { hosts: [...asked].join(", ") || catalogue.text("ui.nobody-asked") }) };
}

// Only where this browser cannot: no Ed25519, or no node that it may ask. The page then says who checked.
async function atServer(bytes) {
  const answer = await fetch("verify/report", { method: "POST", body: bytes, headers: { "content-type": "application/octet-stream" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return { report: await answer.json(), by: catalogue.text("ui.by-server") };
}

async function canCheckHere() {
  if (!data.trust.registry.every((registry) => registry.rpc.length) || !globalThis.crypto?.subtle) return false;
  const base = new Uint8Array([0xed, 1, 0x58, ...Array(31).fill(0x66)]); // the curve's base point
  return verifySignature(base, new Uint8Array(64), new Uint8Array()).then(() => true, () => false);
}

const checkedHere = canCheckHere();

async function run(bytes) {
  output.replaceChildren();
  progress.textContent = catalogue.text("ui.checking");
  try {
    const { report, by } = (await checkedHere) ? await here(bytes) : await atServer(bytes);
    show(view(report, catalogue, data.rows), report, by);
    progress.textContent = "";
  } catch (error) {
    console.error(error);
    progress.textContent = catalogue.text("ui.failed");
  }
}

function show(seen, report, by) {
  const result = document.getElementById("result").content.firstElementChild.cloneNode(true);
  const slot = (name, within = result) => within.querySelector(`[data-slot="${name}"]`);
  result.dataset.verdict = seen.verdict;
  slot("title").textContent = seen.title;
  slot("sentence").textContent = seen.sentence;
  slot("by").textContent = by;
  for (const check of seen.checks) {
    const row = result.querySelector(`[data-check="${check.id}"]`);
    row.dataset.outcome = check.outcome;
    slot("outcome", row).textContent = check.word;
    slot("check-sentence", row).textContent = check.sentence;
    slot("next", row).textContent = check.next;
  }
  slot("credential").hidden = !seen.rows.length;
  slot("rows").replaceChildren(...seen.rows.flatMap(({ row, label, texts, lang }) => {
    const term = document.createElement("dt");
    term.textContent = label;
    const values = texts.map((text) => {
      const value = document.createElement("dd");
      value.dataset.row = row;
      if (lang) value.lang = lang;
      value.textContent = text;
      return value;
    });
    return [term, ...values];
  }));
  const whole = JSON.stringify({ format: "credanchor-page-report/1", checked_at: new Date().toISOString(), ...report, sentence: seen.sentence, by }, plain, 2);
  slot("details").textContent = whole;
  slot("download").addEventListener("click", () => download(whole));
  slot("print").addEventListener("click", () => window.print());
  slot("another").addEventListener("click", again);
  output.replaceChildren(result);
  slot("title").focus();
}

const plain = (_, value) => (typeof value === "bigint" ? String(value) : value instanceof Uint8Array ? hex(value) : value);

function download(text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = "verification.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function again() {
  output.replaceChildren();
  form.reset();
  input.focus();
}

async function take(file) {
  if (file.size > MAX_FILE) return run(new Uint8Array(MAX_FILE)); // too large, whatever is in it
  return run(new Uint8Array(await file.arrayBuffer()));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const [file] = input.files;
  if (file) take(file);
  else if (paste.value.trim()) run(new TextEncoder().encode(paste.value));
  else progress.textContent = catalogue.text("ui.nothing");
});

input.addEventListener("change", () => input.files.length && take(input.files[0]));

for (const name of ["dragenter", "dragover"]) {
  area.addEventListener(name, (event) => {
    event.preventDefault();
    area.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("over"));
area.addEventListener("drop", (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer.files;
  if (file) take(file);
});

form.dataset.ready = CHECK_IDS.length; // for those who wait for this script

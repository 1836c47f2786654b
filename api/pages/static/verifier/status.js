// (6) Revoked, suspended, neither, or not known. FORMAT.md section 6.
//
// `fail` is said only where a signed and anchored list says so; whatever is missing or wrong is `unknown`.

import { Flaw, base64url, equal, hex, multikey, readStream, sha256, unhex, utf8, verifySignature } from "./bytes.js";
import { isUrl, parseTime } from "./document.js";
import * as entries from "./entries.js";
import { digest, isObject, MAX_DEPTH, parse } from "./json.js";
import { rootFromPath } from "./merkle.js";
import { check, Unreachable, WrongChain } from "./outcome.js";
import { keyValidAt, rfc3339, seen, usable } from "./onchain.js";

const MAX_EVIDENCE = 4 * 1024 * 1024;
const MAX_LISTS = 8;
const MAX_PATH = 53;
const MIN_BITS = 131072;
const MAX_LIST_BYTES = 1024 * 1024;

// Where a credential's bits are; null for one that names no list. Throws Flaw status.entry for another kind of status.
export function statusEntry(document) {
  if (!Object.hasOwn(document, "credentialStatus")) return null;
  const entry = document.credentialStatus;
  const { type, statusPurpose, statusSize = 1, statusListCredential: list, statusListIndex: index } = isObject(entry) ? entry : {};
  const known = type === "BitstringStatusListEntry" && statusPurpose === "revocation" && statusSize === 1;
  if (!known || !isUrl(list) || !list.endsWith("-revocation")) throw new Flaw("status.entry");
  if (typeof index !== "string" || !/^(0|[1-9][0-9]{0,15})$/.test(index)) throw new Flaw("status.entry");
  const lists = { revocation: list, suspension: list.replace(/revocation$/, "suspension") };
  return { index: Number(index), lists };
}

// Strict reading of the evidence: exactly these members, each of its type. Throws Flaw.
export function readEvidence(bytes) {
  const value = members(parse(bytes, MAX_EVIDENCE, MAX_DEPTH + 3), "anchor format lists lists_size status_root");
  if (value.format !== "credanchor-status/1") throw malformed();
  const anchor = members(value.anchor, "number path size");
  if (!Array.isArray(value.lists) || value.lists.length > MAX_LISTS) throw malformed();
  return {
    number: integer(anchor.number),
    size: integer(anchor.size),
    path: hashes(anchor.path),
    root: binary(value.status_root, 32),
    listsSize: integer(value.lists_size),
    lists: value.lists.map((item) => {
      const list = members(item, "credential id index key path signature version");
      if (typeof list.id !== "string" || typeof list.key !== "string" || !isObject(list.credential)) throw malformed();
      return {
        id: list.id,
        version: integer(list.version),
        index: integer(list.index),
        path: hashes(list.path),
        credential: list.credential,
        key: multikey(list.key),
        signature: binary(list.signature, 64),
      };
    }),
  };
}

const malformed = () => new Flaw("status.evidence");

function members(value, names) {
  if (!isObject(value) || Object.keys(value).sort().join(" ") !== names) throw malformed();
  return value;
}

function integer(value) {
  if (!Number.isSafeInteger(value) || value < 0) throw malformed();
  return value;
}

function binary(value, length) {
  if (typeof value !== "string" || value.length !== 2 * length || !/^[0-9a-f]*$/.test(value)) throw malformed();
  return unhex(value);
}

function hashes(values) {
  if (!Array.isArray(values) || values.length > MAX_PATH) throw malformed();
  return values.map((value) => binary(value, 32));
}

// `context`: found, registry, facts, evidence (or what was thrown instead), answerFor(multikey), now.
export async function checkStatus(context) {
  const { found, registry, facts, evidence, now } = context;
  let entry;
  try {
    entry = statusEntry(found.document);
  } catch {
    return check("status", "unknown", "entry");
  }
  if (entry === null) return check("status", "pass", "cannot-be-revoked");
  const detail = { ...seen(facts, registry), list: entry.lists.revocation, index: entry.index };
  if (evidence instanceof Unreachable) return check("status", "unknown", "unreachable", { ...detail, endpoint: evidence.endpoint });
  if (evidence instanceof Flaw) return check("status", "unknown", "evidence", detail);
  const flawed = (flaw) => {
    if (!(flaw instanceof Flaw)) throw flaw;
    return check("status", "unknown", flaw.code.replace(/^.*\./, ""), detail);
  };
  try {
    await checkAnchor(context);
  } catch (flaw) {
    return flawed(flaw);
  }
  Object.assign(detail, { anchor: facts.latest_number, as_of: rfc3339(facts.latest_time) });
  let first = null;
  for (const [purpose, list] of Object.entries(entry.lists)) {
    try {
      const proved = await provedList(context, list, purpose);
      const isSet = await bit(proved, entry.index);
      detail[`${purpose}_version`] = proved.version;
      if (isSet) return check("status", "fail", purpose === "revocation" ? "revoked" : "suspended", detail);
    } catch (flaw) {
      first ??= flawed(flaw);
    }
  }
  if (first) return first;
  const age = now - BigInt(facts.latest_time) * 1000000n;
  detail.stale = age > BigInt(registry.heartbeat_seconds) * 1000000n;
  return check("status", "pass", "ok", detail);
}

const flaw = (code) => new Flaw(`status.${code}`);

async function pathRoot(leaf, index, size, path) {
  try {
    return await rootFromPath(leaf, index, size, path);
  } catch (error) {
    throw error instanceof Flaw ? flaw("path") : error;
  }
}

// The evidence is what the newest anchor commits to: its status entry is leaf 0 under the newest root.
async function checkAnchor({ found, facts, evidence, proof }) {
  if (facts.latest_number === 0 || evidence.number !== facts.latest_number) throw flaw("other-anchor");
  const leaf = await sha256(entries.statusEntry(proof.registry, evidence.number, evidence.root));
  const root = await pathRoot(leaf, 0, evidence.size, evidence.path);
  if (hex(root) !== facts.latest_root) throw flaw("root");
}

// The list is in the status tree, signed by a valid key of the same issuer, and says what it must be.
async function provedList(context, list, purpose) {
  const { evidence, proof } = context;
  const named = evidence.lists.filter((item) => item.id === list);
  if (named.length !== 1) throw flaw("list-missing");
  const [proved] = named;
  const entry = await entries.listEntry(proof.registry, list, proved.version, await digest(proved.credential));
  const root = await pathRoot(await sha256(entry), proved.index, evidence.listsSize, proved.path);
  if (!equal(root, evidence.root)) throw flaw("list-path");
  await checkKey(context, proved);
  if (!(await verifySignature(proved.key, proved.signature, entry))) throw flaw("list-signature");
  checkContent(context, proved, purpose);
  return proved;
}

async function checkKey({ found, registry, facts, answerFor }, proved) {
  const answer = await answerFor(proved.key);
  const refused = usable("status", answer, registry);
  if (refused) throw new Flaw(refused.code);
  const sameIssuer = answer.facts.key_issuer === hex(await sha256(utf8(found.issuerId)));
  if (!sameIssuer || !keyValidAt(answer.facts, facts.latest_time)) throw flaw("list-key");
}

function checkContent({ found, now }, proved, purpose) {
  const { id, type, issuer, credentialSubject: subject, validFrom, validUntil } = proved.credential;
  if (id !== proved.id || !Array.isArray(type) || !type.includes("BitstringStatusListCredential")) throw flaw("list-type");
  if ((isObject(issuer) ? issuer.id : issuer) !== found.issuerId) throw flaw("list-issuer");
  if (!isObject(subject) || subject.type !== "BitstringStatusList") throw flaw("list-type");
  if (subject.statusPurpose !== purpose) throw flaw("list-purpose");
  const [from, until] = [parseTime(validFrom), parseTime(validUntil)];
  const ended = Object.hasOwn(proved.credential, "validUntil") && (until === null || now >= until);
  if (from === null || from > now || ended) throw flaw("list-validity");
}

async function bit(proved, index) {
  const bits = await unpack(proved.credential.credentialSubject.encodedList);
  if (bits.length * 8 < MIN_BITS) throw flaw("list-length");
  if (index >= bits.length * 8) throw flaw("range");
  return Boolean((bits[Math.floor(index / 8)] >> (7 - (index % 8))) & 1);
}

// One gzip member in unpadded base64url behind a `u`, and no more of it than a list may have.
async function unpack(text) {
  if (typeof text !== "string" || !text.startsWith("u") || text.length > (MAX_LIST_BYTES * 4) / 3 + 1024) throw flaw("list-bits");
  try {
    const packed = new Blob([base64url(text.slice(1))]);
    return await readStream(packed.stream().pipeThrough(new DecompressionStream("gzip")), MAX_LIST_BYTES);
  } catch {
    throw flaw("list-bits");
  }
}

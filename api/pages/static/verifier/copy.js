// Status evidence out of a static copy of the public export; anchor/exported.py is its twin. Loaded only where one is asked.
//
// The copy is not trusted: what contradicts itself is refused here, so that another origin is asked; the rest is for check 6.

import { equal, hex, multikey, sha256, unhex, utf8 } from "./bytes.js";
import * as entries from "./entries.js";
import { digest, isObject, parse } from "./json.js";
import { shown } from "./texts.js";

const MAX_BYTES = 4 * 1024 * 1024; // of a file; an anchor's own takes 70 for each batch
const MAX_URL_CHARS = 2048;
const PURPOSES = ["revocation", "suspension"];
const LINE = "batches entries lists number root status_root";
const LIST = "digest id key signature version";

// The evidence for the pair of `list` under that anchor, as its bytes. Throws whatever where the copy does not give it.
export async function evidence(read, list, number) {
  const open = async (path) => parse(await read(path), MAX_BYTES);
  const about = await open("registry.json");
  need(isObject(about) && about.format === "credanchor-export/1");
  const registry = bytes(about.registry_id, 32);
  const line = exactly(await open(`anchors/${String(number).padStart(8, "0")}.json`), LINE);
  const batches = line.entries.map((entry) => bytes(entry, 32));
  need(line.number === number && Array.isArray(line.batches) && line.batches.length === batches.length);
  const status = entries.statusEntry(registry, number, bytes(line.status_root, 32));
  const anchor = await climb([await sha256(status), ...batches], 0);
  need(equal(anchor.root, bytes(line.root, 32)));
  const hashes = await Promise.all(
    line.lists.map(async (item) => {
      exactly(item, LIST);
      need(item.id === shown(item.id, MAX_URL_CHARS) && Number.isSafeInteger(item.version) && item.version >= 0);
      multikey(item.key);
      bytes(item.signature, 64);
      return sha256(await entries.listEntry(registry, item.id, item.version, bytes(item.digest, 32)));
    }),
  );
  const purpose = PURPOSES.find((name) => list.endsWith(`-${name}`));
  need(purpose);
  const lists = [];
  for (const name of PURPOSES) {
    const index = line.lists.findLastIndex(({ id }) => id === list.slice(0, -purpose.length) + name);
    need(index >= 0);
    const { id, version, key, signature, digest: named } = line.lists[index];
    const credential = await open(`lists/${named}.json`);
    need(isObject(credential) && hex(await digest(credential)) === named);
    const { path } = await climb(hashes, index);
    lists.push({ id, version, index, path: path.map(hex), credential, key, signature });
  }
  const told = { number, size: batches.length + 1, path: anchor.path.map(hex) };
  const made = { format: "credanchor-status/1", anchor: told, status_root: line.status_root, lists_size: hashes.length, lists };
  return utf8(JSON.stringify(made));
}

function need(holds) {
  if (!holds) throw new Error("the copy does not give it");
}

function exactly(value, names) {
  need(isObject(value) && Object.keys(value).sort().join(" ") === names);
  return value;
}

function bytes(text, length) {
  need(typeof text === "string" && text.length === 2 * length && /^[0-9a-f]*$/.test(text));
  return unhex(text);
}

// The root of a tree, and the siblings on the way to it from one place. RFC 9162, section 2.1.1.
async function climb(level, place) {
  const path = [];
  for (; level.length > 1; place >>= 1) {
    const sibling = level[place ^ 1];
    if (sibling) path.push(sibling);
    const above = [];
    for (let at = 0; at < level.length; at += 2) above.push(at + 1 < level.length ? await sha256(level[at], level[at + 1]) : level[at]);
    level = above;
  }
  return { root: level[0], path };
}

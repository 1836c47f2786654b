// The proof value: CBOR in base58 (FORMAT.md section 8), and what must follow from its fields (section 4).

import { Flaw, base58, concat, equal, isMultikey, sha256 } from "./bytes.js";
import * as entries from "./entries.js";
import { directions, rootFromPath } from "./merkle.js";

const MAX_CHARS = 11264;
const MAX_BYTES = 8192;
const MAX_DEPTH = 8;
const MAX_STEPS = 108;
const ORDER = [3, 0, 1, 2, 100];
const LEAF_PREFIX = 104;
const BATCH_PREFIX = 96;

// The one value that the bytes hold: integers, byte strings, texts and arrays in their shortest encoding (RFC 8949, 4.2.1).
export function decodeCbor(bytes, maxDepth = MAX_DEPTH) {
  let at = 0;
  const fail = () => {
    throw new Flaw("format.cbor", { byte: at });
  };
  const argument = (info) => {
    if (info < 24) return info;
    const length = { 24: 1, 25: 2, 26: 4, 27: 8 }[info];
    if (!length || at + length > bytes.length) fail();
    let number = 0n;
    for (const byte of bytes.subarray(at, (at += length))) number = number * 256n + BigInt(byte);
    if (number < (length === 1 ? 24n : 1n << BigInt(4 * length))) fail();
    return number <= Number.MAX_SAFE_INTEGER ? Number(number) : number;
  };
  const item = (depth) => {
    if (at >= bytes.length) fail();
    const major = bytes[at] >> 5;
    const info = bytes[at++] & 31;
    if (major > 4) fail();
    const number = argument(info);
    if (major === 0) return number;
    if (major === 1) return -1n - BigInt(number);
    if (number > bytes.length - at) fail();
    if (major === 2) return bytes.slice(at, (at += number));
    if (major === 3) {
      try {
        return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(at, (at += number)));
      } catch {
        fail();
      }
    }
    if (depth === 0) fail();
    return Array.from({ length: number }, () => item(depth - 1));
  };
  const value = item(maxDepth);
  if (at !== bytes.length) fail();
  return value;
}

const malformed = () => new Flaw("format.proof-value");

function list(value, length) {
  if (!Array.isArray(value) || value.length !== length) throw malformed();
  return value;
}

function binary(value, length) {
  if (!(value instanceof Uint8Array) || (length !== undefined && value.length !== length)) throw malformed();
  return value;
}

function integer(value, least) {
  if (typeof value !== "number" || value < least) throw malformed(); // beyond 2^53-1 it would be a BigInt
  return value;
}

const unwrap = (value, length) => binary(decodeCbor(binary(value), 0), length);

// What stands in the proof value, before anything of it is believed.
export function readProof(text) {
  if (!text.startsWith("z")) throw malformed();
  const bytes = base58(text.slice(1), MAX_CHARS);
  if (bytes.length > MAX_BYTES) throw malformed();
  const pairs = list(decodeCbor(bytes), ORDER.length).map((pair) => list(pair, 2));
  if (pairs.some(([key], place) => key !== ORDER[place])) throw malformed();
  const [path, root, target, anchors, ours] = pairs.map(([, value]) => value);
  const [chain, network, transaction] = list(list(anchors, 1)[0], 3).map((pair) => list(pair, 2));
  if (chain[0] !== 0 || chain[1] !== 1 || network[0] !== 1 || transaction[0] !== 2) throw malformed();
  const chainOfTransaction = integer(network[1], 1);
  const txHash = unwrap(transaction[1], 32);
  const fields = list(decodeCbor(binary(ours)), 13);
  if (fields[0] !== 1 || !isMultikey(binary(fields[6], 34))) throw malformed();
  const read = {
    path: readPath(path),
    merkleRoot: unwrap(root, 32),
    dRdf: unwrap(target, 32),
    txHash,
    chainId: integer(fields[1], 1),
    contract: binary(fields[2], 20),
    batch: integer(fields[3], 1),
    index: integer(fields[4], 0),
    size: integer(fields[5], 1),
    key: fields[6],
    signature: binary(fields[7], 64),
    batchLength: integer(fields[8], 0),
    anchorNumber: integer(fields[9], 1),
    anchorIndex: integer(fields[10], 0),
    anchorSize: integer(fields[11], 1),
    anchorLength: integer(fields[12], 0),
  };
  if (chainOfTransaction !== read.chainId) throw malformed();
  read.dJcs = read.path[0].bytes.slice(-32);
  return read;
}

function readPath(value) {
  if (!Array.isArray(value) || value.length < 2 || value.length > MAX_STEPS) throw malformed();
  const path = value.map((step) => {
    const [side, wrapped] = list(step, 2);
    if (side !== 0 && side !== 1) throw malformed();
    return { side: side ? "right" : "left", bytes: unwrap(wrapped) };
  });
  if (path[0].side !== "left" || path[0].bytes.length !== LEAF_PREFIX) throw malformed();
  return path;
}

// Recompute everything from the proof's own fields; the plain path must then say the same.
export async function confirmProof(read) {
  if (read.anchorIndex === 0) throw new Flaw("inclusion.anchor-index");
  const batchSides = directions(read.index, read.size);
  const anchorSides = directions(read.anchorIndex, read.anchorSize);
  const stated = read.batchLength === batchSides.length && read.anchorLength === anchorSides.length;
  if (!stated || read.path.length !== batchSides.length + anchorSides.length + 2) throw new Flaw("inclusion.path-length");
  const bytes = read.path.map((step) => step.bytes);
  const registry = await entries.registryId(read.chainId, read.contract);
  const keyId = await sha256(read.key);
  const prefix = entries.leafPrefix(registry, read.batch, read.index, read.size, read.dJcs);
  const leaf = await sha256(prefix, read.dRdf);
  const batchRoot = await rootFromPath(leaf, read.index, read.size, bytes.slice(1, 1 + batchSides.length));
  const batchEntry = entries.batchEntry(registry, read.batch, read.size, keyId, batchRoot);
  const upper = bytes.slice(2 + batchSides.length);
  const anchorRoot = await rootFromPath(await sha256(batchEntry), read.anchorIndex, read.anchorSize, upper);
  if (!equal(read.merkleRoot, anchorRoot)) throw new Flaw("inclusion.root");
  const sides = ["left", ...batchSides, "left", ...anchorSides];
  const long = concat(prefix, batchEntry.slice(0, BATCH_PREFIX));
  const same = read.path.every((step, place) => step.side === sides[place]);
  if (!same || !equal(concat(bytes[0], bytes[1 + batchSides.length]), long)) throw new Flaw("inclusion.plain-path");
  return { registry, keyId, leaf, batchRoot, batchEntry, anchorRoot };
}

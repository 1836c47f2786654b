// Where the contract keeps what `lookup(root, keyId)` reads, and that function over storage words, which are BigInts.
// Solidity's layout: a mapping's entry is at keccak(key || slot), an array's items from keccak(slot) on, and the members of a
// struct fill a word from its low end. anchor/bundle/slots.py is the same; tests there hold it against the contract.

import { concat, hex, unhex } from "../bytes.js";
import { keccak } from "./keccak.js";

const [TIP, PEAKS, LATEST_ROOT, ANCHORS, ISSUERS, KEYS] = [0n, 1n, 2n, 3n, 4n, 5n];
const LEVELS = 64n; // bits of the log's size

export const wordText = (word) => BigInt.asUintN(256, word).toString(16).padStart(64, "0");
export const wordBytes = (word) => unhex(wordText(word));

const entry = (slot, key) => BigInt(`0x${hex(keccak(concat(key, wordBytes(slot))))}`);
const part = (word, shift, bits) => BigInt.asUintN(bits, word >> BigInt(shift));
const number = (...of) => Number(part(...of));

// The members of the facts that the contract answers with; `read(slot)` gives a word and may throw.
export function lookup(read, root, keyId) {
  const tip = read(TIP);
  const latestRoot = read(LATEST_ROOT);
  const record = read(entry(ANCHORS, root));
  const latest = read(entry(ANCHORS, wordBytes(latestRoot)));
  const key = entry(KEYS, keyId);
  const issuerId = read(key);
  const window = read(key + 1n);
  const size = part(tip, 0, 64);
  for (let level = 0n; level < LEVELS; level++) if ((size >> level) & 1n) read(entry(PEAKS, wordBytes(level))); // they are asked for too
  const issuer = entry(ISSUERS, wordBytes(issuerId));
  const isKnown = part(record, 0, 64) !== 0n;
  return {
    closed: part(tip, 240, 8) !== 0n,
    anchor_number: number(record, 0, 64),
    anchor_time: number(record, 128, 48),
    anchor_block: number(record, 176, 64),
    key_issuer: wordText(issuerId),
    key_added_at: number(window, 0, 48),
    key_revoked_at: number(window, 48, 48),
    key_compromised_at: number(window, 96, 48),
    issuer_added_at: number(read(issuer), 0, 48),
    issuer_suspended: suspended(read, issuer + 1n, isKnown ? part(record, 128, 48) : null),
    latest_number: number(latest, 0, 64),
    latest_root: wordText(latestRoot),
    latest_time: number(latest, 128, 48),
  };
}

// Whether a suspension was in force at `time`; null: whether the last one still is. As the contract searches.
function suspended(read, windows, time) {
  const length = read(windows);
  const first = BigInt(`0x${hex(keccak(wordBytes(windows)))}`);
  const until = (place) => part(read(first + place), 48, 48);
  if (time === null) return length !== 0n && until(length - 1n) === 0n;
  let [low, high] = [0n, length];
  while (low < high) {
    const middle = (low + high) / 2n;
    if (part(read(first + middle), 0, 48) <= time) low = middle + 1n;
    else high = middle;
  }
  if (low === 0n) return false;
  const end = until(low - 1n);
  return end === 0n || time < end;
}

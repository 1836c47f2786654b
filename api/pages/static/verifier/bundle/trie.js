// Ethereum's Merkle-Patricia trie, of which only some nodes are there. Keys are hashed, so all paths have 64 nibbles.
// Throws Unproved: `proof` where a node is malformed or not of this trie. anchor/bundle/trie.py is the same.

import { equal, hex } from "../bytes.js";
import { Unproved } from "../outcome.js";
import { keccak } from "./keccak.js";
import { BadRlp, decode, encodedLength, isBytes } from "./rlp.js";

const EMPTY_ROOT = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"; // of a trie without keys
const NOTHING = new Uint8Array();
const BRANCH = 17;
const PAIR = 2;

export const badProof = () => new Unproved("proof");

export class Trie {
  // `root` has 32 bytes; every node must be reached from it, for nothing else travels in a bundle.
  constructor(root, nodes) {
    this.root = hex(root);
    this.nodes = new Map(nodes.map((node) => [hex(keccak(node)), node]));
    const reached = new Set();
    for (const waiting = [this.root]; waiting.length; ) {
      const hash = waiting.pop();
      if (!this.nodes.has(hash) || reached.has(hash)) continue;
      reached.add(hash);
      waiting.push(...children(nodeOf(this.nodes.get(hash))));
    }
    if (reached.size !== this.nodes.size) throw badProof();
  }

  // The value under a key; empty is proved absence. Throws Unproved: not-in-bundle where a node is missing.
  get(key) {
    return this.at(keccak(key));
  }

  // The same at a place of 32 bytes: a hashed key.
  at(place) {
    if (this.root === EMPTY_ROOT) return NOTHING;
    let node = this.load(this.root);
    let path = nibbles(place);
    for (;;) {
      let child;
      if (node.length === BRANCH) {
        if (!path.length) throw badProof();
        child = node[path[0]];
        path = path.slice(1);
      } else {
        const { own, leaf } = ownPath(node[0]);
        if (leaf) return equal(own, path) ? value(node[1]) : NOTHING;
        if (!equal(path.slice(0, own.length), own)) return NOTHING;
        child = node[1];
        path = path.slice(own.length);
      }
      if (isNothing(child)) return NOTHING;
      node = isBytes(child) ? this.load(hashOf(child)) : child;
    }
  }

  load(hash) {
    if (!this.nodes.has(hash)) throw new Unproved("not-in-bundle");
    return nodeOf(this.nodes.get(hash));
  }
}

const isNothing = (item) => isBytes(item) && !item.length;

// A branch, extension or leaf, with nodes inside it that are shorter than a hash.
function nodeOf(encoded) {
  try {
    return checked(decode(encoded));
  } catch (error) {
    throw error instanceof BadRlp ? badProof() : error;
  }
}

function checked(node) {
  if (isBytes(node) || ![BRANCH, PAIR].includes(node.length)) throw badProof();
  let below;
  if (node.length === BRANCH) {
    below = node.slice(0, -1);
    if (!isNothing(node.at(-1)) || below.filter((child) => !isNothing(child)).length < 2) throw badProof();
  } else {
    const { own, leaf } = ownPath(node[0]);
    if (leaf) {
      value(node[1]);
      return node;
    }
    if (!own.length || isNothing(node[1])) throw badProof();
    below = node.slice(1);
  }
  for (const child of below) {
    if (!isBytes(child)) {
      if (encodedLength(child) >= 32) throw badProof();
      checked(child);
    } else if (child.length) hashOf(child);
  }
  return node;
}

// Hashes of the nodes below, those below inner nodes included.
function children(node) {
  if (node.length === PAIR && ownPath(node[0]).leaf) return [];
  const below = node.length === BRANCH ? node.slice(0, -1) : node.slice(1);
  return below.flatMap((child) => (!isBytes(child) ? children(child) : child.length ? [hashOf(child)] : []));
}

// Nibbles in a leaf or extension, and whether it is a leaf.
function ownPath(item) {
  if (!isBytes(item) || !item.length || item[0] >> 4 > 3) throw badProof();
  const kind = item[0] >> 4;
  const all = nibbles(item);
  if (!(kind & 1) && all[1]) throw badProof();
  return { own: all.slice(kind & 1 ? 1 : 2), leaf: kind >= 2 };
}

const nibbles = (bytes) => Array.from(bytes).flatMap((byte) => [byte >> 4, byte & 15]);

function hashOf(child) {
  if (!isBytes(child) || child.length !== 32) throw badProof();
  return hex(child);
}

function value(item) {
  if (!isBytes(item) || !item.length) throw badProof();
  return item;
}

// The contract's answers out of proofs under a block hash: a chain view that asks nobody. FORMAT.md section 12;
// anchor/bundle/proved.py and header.py are the same.

import { equal, hex, sha256, unhex } from "../bytes.js";
import { Unproved } from "../outcome.js";
import { keccak } from "./keccak.js";
import { BadRlp, decode, isBytes, numberBytes } from "./rlp.js";
import { lookup, wordBytes } from "./slots.js";
import { badProof, Trie } from "./trie.js";

const [FIRST_FIELDS, MAX_FIELDS] = [15, 32]; // of a header: the first blocks' fields, and room for later forks
const [STATE_ROOT, NUMBER, TIME] = [3, 8, 11];
const MAX_TIME = 253402300799; // the last second of the year 9999

// What a verifier needs of a block's header; its hash covers the rest. Throws Unproved: header.
export function readHeader(encoded) {
  return orUnproved("header", () => {
    const fields = decode(encoded);
    if (isBytes(fields) || fields.length < FIRST_FIELDS || fields.length > MAX_FIELDS) throw new BadRlp();
    const [number, time] = [NUMBER, TIME].map((place) => Number(integer(fields[place], 8)));
    const stateRoot = fields[STATE_ROOT];
    if (!isBytes(stateRoot) || stateRoot.length !== 32 || time > MAX_TIME) throw new BadRlp();
    return { hash: keccak(encoded), stateRoot, number, time };
  });
}

// `blockHash` (32 bytes, or null) comes from the verifier, who says with it that this is a final block of the profile's chain.
export class ProvedChain {
  constructor(bundle, registry, blockHash) {
    Object.assign(this, { bundle, registry, blockHash });
  }

  // As reader() of sources.js. Throws Unproved: block-not-named, other-block, other-registry, header, proof, not-in-bundle.
  async lookup(root, keyId) {
    const { bundle } = this;
    this.opened ??= this.open();
    const { header, storage } = this.opened;
    const facts = {
      chain_id: bundle.chainId,
      contract: bundle.contract,
      code_sha256: hex(await sha256(bundle.code)),
      block_number: header.number,
      block_hash: hex(header.hash),
      block_time: header.time,
      finalized: true, // whoever names the block's hash says so
      ...lookup((slot) => word(storage, slot), unhex(root), unhex(keyId)),
    };
    return { facts, pending: false };
  }

  // Header and storage, each following from the one before.
  open() {
    const { bundle, registry, blockHash } = this;
    if (bundle.chainId !== registry.chain_id || bundle.contract !== registry.contract.toLowerCase()) throw new Unproved("other-registry");
    const header = readHeader(bundle.header);
    if (blockHash === null) throw new Unproved("block-not-named");
    if (!equal(header.hash, blockHash)) throw new Unproved("other-block");
    const { storageRoot, codeHash } = accountOf(new Trie(header.stateRoot, bundle.account), unhex(bundle.contract.slice(2)));
    if (!equal(keccak(bundle.code), codeHash)) throw badProof();
    return { header, storage: new Trie(storageRoot, bundle.storage) };
  }
}

function accountOf(accounts, address) {
  const found = accounts.get(address);
  const fields = orUnproved("proof", () => (found.length ? decode(found) : found));
  if (isBytes(fields) || fields.length !== 4) throw badProof();
  const [, , storageRoot, codeHash] = fields;
  if (![storageRoot, codeHash].every((hash) => isBytes(hash) && hash.length === 32)) throw badProof();
  return { storageRoot, codeHash };
}

// The word at a storage slot, 0 where it is proved that there is none.
function word(storage, slot) {
  const value = storage.get(wordBytes(slot));
  if (!value.length) return 0n;
  const found = orUnproved("proof", () => integer(decode(value), 32));
  if (found === 0n) throw badProof(); // no trie holds it
  return found;
}

const integer = (item, most) => BigInt(`0x0${hex(numberBytes(item, most))}`);

function orUnproved(code, read) {
  try {
    return read();
  } catch (error) {
    throw error instanceof BadRlp ? new Unproved(code) : error;
  }
}

// Check a bundle without asking anybody: the same seven checks as ever, with proofs instead of a node. FORMAT.md section 12;
// anchor/bundle/offline.py is the same.

import { equal, Flaw, hex } from "../bytes.js";
import { Unproved, unmade } from "../outcome.js";
import { rfc3339 } from "../onchain.js";
import { readEvidence } from "../status.js";
import { verify } from "../verify.js";
import { readBundle } from "./file.js";
import { ProvedChain, readHeader } from "./proved.js";

// The report of verify() on the credential in a bundle, with `bundle`: the block that it speaks of, and how old that is.
//   blockHash   32 bytes of a final block's hash, from the verifier and never from the bundle; null is `unknown`
export async function verifyBundle(bytes, { trust, blockHash, now, components }) {
  let bundle;
  try {
    bundle = readBundle(bytes);
  } catch (flaw) {
    if (!(flaw instanceof Flaw)) throw flaw;
    return { ...unmade("bundle", { code: flaw.code }), bundle: null }; // says nothing about the credential in it
  }
  const views = new Map();
  const chain = (registry) => {
    if (!views.has(registry)) views.set(registry, new ProvedChain(bundle, registry, blockHash));
    return views.get(registry);
  };
  const report = await verify(bundle.credential, { trust, chain, status: bundledStatus(bundle), now, components });
  return { ...report, bundle: describe(bundle, blockHash, now) };
}

// The piece of evidence that speaks of a list, or the only one. Check 6 says whether it is current.
const bundledStatus = ({ status }) => ({
  async fetch(list) {
    const found = status.length === 1 ? status[0] : status.find((piece) => speaksOf(piece, list));
    if (!found) throw new Unproved("not-in-bundle");
    return found;
  },
});

function speaksOf(piece, list) {
  try {
    return readEvidence(piece).lists.some(({ id }) => id === list);
  } catch (flaw) {
    if (flaw instanceof Flaw) return false;
    throw flaw;
  }
}

function describe({ header: encoded }, blockHash, now) {
  try {
    const { hash, number, time } = readHeader(encoded);
    const age = Number(now / 1000000n) - time;
    const confirmed = blockHash !== null && equal(hash, blockHash);
    return { block_number: number, block_hash: `0x${hex(hash)}`, block_time: rfc3339(time), age_seconds: age, confirmed };
  } catch (error) {
    if (!(error instanceof Unproved)) throw error;
    return { block_number: null, block_hash: null, block_time: null, confirmed: false };
  }
}

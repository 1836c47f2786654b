// Who checks: this browser, against the node and the lists that the page trusts; or the server, where a browser cannot.

import { bundles, isBundle } from "./verifier/bundle.js";
import { hex } from "./verifier/bytes.js";
import { hostOf, httpStatus, reader } from "./verifier/sources.js";
import { verify } from "./verifier/verify.js";

const now = () => BigInt(Date.now()) * 1000n;

const hasNodes = (trust) => trust.registry.every((registry) => registry.rpc.length);

async function canSign() {
  if (!globalThis.crypto?.subtle) return false;
  const base = new Uint8Array([0x58, ...Array(31).fill(0x66)]); // the curve's base point: who refuses it, however, knows no Ed25519
  return crypto.subtle.importKey("raw", base, "Ed25519", false, ["verify"]).then(() => true, () => false);
}

// The same question gets the same answer for as long as the memory lives: a batch of files asks once.
function remembering(ask) {
  const answers = new Map();
  return (...question) => {
    const key = JSON.stringify(question);
    if (!answers.has(key)) answers.set(key, ask(...question));
    return answers.get(key);
  };
}

// A checker for the files of one go: `check(bytes)` gives a report for view.js, `asked` the hosts that were asked, or null if
// the server checked. `blockHash`: 32 bytes that the verifier has from elsewhere, for bundles, which need no node.
export async function checker(trust, blockHash = null) {
  const canHere = await canSign();
  const asked = new Set();
  const origins = trust.registry.flatMap((registry) => registry.status);
  const lists = httpStatus(origins);
  const status = {
    fetch: remembering((...question) => {
      origins.forEach((url) => asked.add(hostOf(url)));
      return lists.fetch(...question);
    }),
  };
  const readers = new Map(trust.registry.map((registry) => [registry, remembering(reader(registry).lookup)]));
  const chain = (registry) => {
    registry.rpc.forEach((url) => asked.add(hostOf(url)));
    return { lookup: readers.get(registry) };
  };
  const check = async (bytes) => {
    const inBundle = isBundle(bytes);
    if (!canHere || !(inBundle || hasNodes(trust))) {
      made.asked = null;
      return atServer(bytes, blockHash);
    }
    const given = { trust, chain, status, blockHash, now: now() };
    const seen = await (inBundle ? (await bundles()).verifyBundle(bytes, given) : verify(bytes, given));
    const { verdict, checks, document, found, registry, bundle } = seen;
    return { verdict, checks, document, issuerId: found?.issuerId, network: registry?.name, bundle };
  };
  const made = { check, asked };
  return made;
}

async function atServer(bytes, blockHash) {
  const headers = { "content-type": "application/octet-stream" };
  const answer = await fetch(`/verify/report${blockHash ? `?block_hash=${hex(blockHash)}` : ""}`, { method: "POST", body: bytes, headers });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

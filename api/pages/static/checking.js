// Who checks: this browser, against the node and the lists that the page trusts; or the server, where a browser cannot.

import { isBundle, verifyBundle } from "./verifier/bundle.js";
import { canVerify, hex } from "./verifier/bytes.js";
import { later, orUnmade } from "./verifier/outcome.js";
import { hostOf, httpStatus, reader } from "./verifier/sources.js";
import { holds, verify } from "./verifier/verify.js";

const now = () => BigInt(Date.now()) * 1000n;

const hasNodes = (trust) => trust.registry.every((registry) => registry.rpc.length);

// The same question gets the same answer for as long as the memory lives: a batch of files asks once.
function remembering(ask) {
  const answers = new Map();
  return (...question) => {
    const key = JSON.stringify(question);
    if (!answers.has(key)) answers.set(key, ask(...question));
    return answers.get(key);
  };
}

// A checker for the files of one go: `check(bytes, components)` gives a report for view.js, with the `beside` of beside.js where
// something lies in the credential; `asked` is the hosts that were asked, or null if the server checked. `components`: files that
// may be some. `blockHash`: 32 bytes that the verifier has from elsewhere, for bundles, which need no node.
export async function checker(trust, blockHash = null) {
  const canHere = await canVerify();
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
  const checked = (bytes, components) => {
    const inBundle = isBundle(bytes);
    if (!canHere || !(inBundle || hasNodes(trust))) {
      made.asked = null;
      return atServer(bytes, blockHash);
    }
    return (inBundle ? verifyBundle : verify)(bytes, { trust, chain, status, blockHash, now: now(), components });
  };
  const check = (bytes, components) => orUnmade(checked(bytes, components).then(worded));
  const made = { check, asked };
  return made;
}

const worded = async (report) => (holds(report.document) ? { ...report, ...(await later(import("./beside.js"))) } : report);

async function atServer(bytes, blockHash) {
  const headers = { "content-type": "application/octet-stream" };
  const answer = await fetch(`/verify/report${blockHash ? `?block_hash=${hex(blockHash)}` : ""}`, { method: "POST", body: bytes, headers });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

// (5) and (3): what the contract's answer says about the anchor and the key. FORMAT.md sections 3 and 5.

import { hex, multikeyText, sha256, utf8 } from "./bytes.js";
import { check, Unproved, Unreachable, WrongChain } from "./outcome.js";

const MAX_TIME = 253402300799; // the last second of the year 9999
const ZERO = "0".repeat(64);

export const rfc3339 = (seconds) => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;

export const seen = (facts, registry) => ({
  network: registry.name,
  seen_block: facts.block_number,
  seen_block_hash: facts.block_hash,
  seen_time: rfc3339(facts.block_time),
  registry_closed: facts.closed,
});

// Why an answer cannot be used, as a check; null if it comes from the trusted contract, at a final block.
export function usable(id, answer, registry) {
  const unknown = (code, detail = {}) => check(id, "unknown", code, detail);
  if (answer instanceof Unproved) return unknown(answer.code);
  if (answer instanceof Unreachable) return unknown("unreachable", { endpoint: answer.endpoint });
  if (answer instanceof WrongChain) return unknown("other-chain", { found: answer.found });
  const { facts } = answer;
  if (facts.chain_id !== registry.chain_id || facts.contract !== registry.contract.toLowerCase()) return unknown("other-chain");
  if (facts.code_sha256 !== registry.code_sha256.toLowerCase()) return unknown("other-code", { code: facts.code_sha256 });
  const times = ["block_time", "latest_time", "anchor_time", "key_added_at", "key_revoked_at", "key_compromised_at", "issuer_added_at"];
  if (times.some((name) => facts[name] > MAX_TIME)) return unknown("unusable");
  return facts.finalized ? null : unknown("not-final-view");
}

// (5) The contract that the verifier trusts recorded the root, under the number and at the time the file names.
export function checkAnchor(found, proof, registry, answer) {
  const { chainId, contract, anchorNumber } = found.proof;
  const where = { chain_id: chainId, contract: `0x${hex(contract)}`, root: hex(proof.anchorRoot), network: registry?.name };
  if (!registry) return check("anchor", "fail", "unknown-registry", where);
  const refused = usable("anchor", answer, registry);
  if (refused) return refused;
  const { facts, pending } = answer;
  const detail = { ...where, ...seen(facts, registry) };
  if (facts.anchor_number === 0) return pending ? check("anchor", "not_run", "not-final", detail) : check("anchor", "fail", "unknown-root", detail);
  Object.assign(detail, { number: facts.anchor_number, time: rfc3339(facts.anchor_time), block: facts.anchor_block });
  Object.assign(detail, { file_number: anchorNumber, file_time: found.created });
  if (facts.anchor_number !== anchorNumber) return check("anchor", "fail", "number", detail);
  if (found.created !== detail.time) return check("anchor", "fail", "time", detail);
  return check("anchor", "pass", "ok", detail);
}

export function keyValidAt(facts, time) {
  const before = (end) => !end || time < end;
  return facts.key_added_at > 0 && facts.key_added_at <= time && before(facts.key_revoked_at) && before(facts.key_compromised_at);
}

// (3) When the batch was anchored, the contract held this key for the issuer that the file names.
export async function checkIssuer(found, facts) {
  const time = facts.anchor_time;
  const date = (seconds) => (seconds ? rfc3339(seconds) : null);
  const detail = {
    issuer: found.issuerId,
    key: multikeyText(found.proof.key),
    added: date(facts.key_added_at),
    revoked: date(facts.key_revoked_at),
    compromised: date(facts.key_compromised_at),
    anchored: date(time),
  };
  const fail = (code) => check("issuer", "fail", code, detail);
  if (facts.key_issuer === ZERO) return fail("key-not-registered");
  if (facts.key_issuer !== hex(await sha256(utf8(found.issuerId)))) return fail("key-of-another");
  if (!keyValidAt(facts, time)) return fail("key-not-valid-then");
  if (!facts.issuer_added_at || time < facts.issuer_added_at) return fail("not-registered-then");
  if (facts.issuer_suspended) return fail("suspended-then");
  return check("issuer", "pass", "ok", detail);
}

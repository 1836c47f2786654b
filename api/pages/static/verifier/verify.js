// Verify one credential: gather evidence, make the seven checks, decide. FORMAT.md is the rule; registry/verify is the same
// in Python, and both are held to tests/vectors. The embedded eddsa-rdfc-2022 proof, a line of its own, is not checked here.
//
//   verify(bytes, { trust, chain, status, now })
//     trust   {registry: [...]}, the members of a trust profile; never taken from the file
//     chain   (registry) => { lookup(rootHex, keyIdHex) -> {facts, pending} }    may throw Unreachable, WrongChain
//     status  { fetch(listUrl, anchorNumber) -> bytes }                           may throw Unreachable
//     now     microseconds since 1970, a BigInt
//     components  [{ name, bytes }], files that may be components of it
//
// The report: verdict, checks in reading order, document, issuerId, network, test_network; and endorsements and components,
// lines about what lies in the document, null where it was not looked into. Where this browser cannot check, format is
// `unknown`: not-supported (no WebCrypto with Ed25519), not-loaded (a module that is fetched later did not come).

import { credentialIn } from "./baked.js";
import { canVerify, Flaw, equal, hex, multikeyText, sha256, verifySignature } from "./bytes.js";
import { readDocument } from "./document.js";
import { after, authentic, check, CHECK_IDS, later, orUnmade, report, unmade, Unreachable, WrongChain } from "./outcome.js";
import { checkAnchor, checkIssuer } from "./onchain.js";
import { confirmProof } from "./proof.js";
import { checkStatus, readEvidence, statusEntry } from "./status.js";

export const verify = (bytes, given) => orUnmade(whole(bytes, given));

const HOLDS = /"(?:endorsement(?:Jwt)?|relatedResource|verifiableCredential)":/; // names alone: in a text a \ is before the quote

// Whether there may be endorsements or components in a document.
export const holds = (document) => HOLDS.test(JSON.stringify(document));

async function whole(bytes, given) {
  if (!(await canVerify())) return unmade("not-supported");
  const made = await alone(bytes, given);
  if (!authentic(made)) return { ...made, endorsements: null, components: null };
  const files = given.components ?? [];
  if (!files.length && !holds(made.document)) return { ...made, endorsements: [], components: [] };
  const { lookInside } = await later(import("./nested/inside.js"));
  return { ...made, ...(await lookInside(made, files, (file) => alone(file, given))) };
}

// The same without a look into the file for more.
async function alone(bytes, { trust, chain, status, now }) {
  const done = {};
  let found = null;
  try {
    found = await readDocument(await credentialIn(bytes));
    done.format = check("format", "pass", "ok", { bytes: bytes.length, d_jcs: hex(found.dJcs) });
  } catch (flaw) {
    if (!(flaw instanceof Flaw)) throw flaw;
    const outcome = flaw.code === "baking.jws" ? "unknown" : "fail"; // a token may be good: nothing is said against it
    done.format = { ...check("format", outcome, "", { bytes: bytes.length, ...flaw.detail }), code: flaw.code };
    for (const id of CHECK_IDS.slice(1)) done[id] = after(id, done.format);
    return { ...report(done, true), document: null };
  }
  const registry = found.proof && trusted(trust, found.proof);
  const proof = found.proof && (await confirmProof(found.proof).catch(flawOnly));
  done.signature = await checkSignature(found, proof);
  done.inclusion = checkInclusion(found, proof);
  done.validity = checkValidity(found, now);
  if (proof === null) for (const id of ["anchor", "issuer", "status"]) done[id] = check(id, "not_run", "no-anchor-proof");
  else await checkOnChain({ done, found, proof, registry, chain, status, now });
  const { document, issuerId } = found;
  return { ...report(done, registry?.test ?? true), document, issuerId, network: registry?.name };
}

const flawOnly = (error) => {
  if (error instanceof Flaw) return error;
  throw error;
};

const sourceOnly = (error) => {
  if (error instanceof Unreachable || error instanceof WrongChain) return error;
  throw error;
};

const trusted = (trust, { chainId, contract }) =>
  trust.registry.find((entry) => entry.chain_id === chainId && entry.contract.toLowerCase() === `0x${hex(contract)}`);

// (2) The contents are those in the leaf, and the key in the proof signed the batch above it.
async function checkSignature(found, proof) {
  if (proof === null) return check("signature", "not_run", "no-anchor-proof");
  const { dJcs, key, signature, batch } = found.proof;
  const detail = { key: multikeyText(key), batch };
  if (!equal(found.dJcs, dJcs)) return check("signature", "fail", "mismatch", { ...detail, expected: hex(dJcs), found: hex(found.dJcs) });
  if (proof instanceof Flaw) return check("signature", "not_run", "needs-inclusion", { needs: "inclusion" });
  const right = await verifySignature(key, signature, proof.batchEntry);
  return right ? check("signature", "pass", "ok", detail) : check("signature", "fail", "wrong", detail);
}

// (4) The leaf of this file lies in its batch, and the batch in its anchor, each at the place it names.
function checkInclusion(found, proof) {
  if (proof === null) return check("inclusion", "not_run", "no-anchor-proof");
  if (proof instanceof Flaw) return { ...check("inclusion", "fail", "", proof.detail), code: proof.code };
  if (!equal(found.dJcs, found.proof.dJcs)) return check("inclusion", "not_run", "needs-signature", { needs: "signature" });
  const { batch, index, size } = found.proof;
  const roots = { leaf: hex(proof.leaf), batch_root: hex(proof.batchRoot), anchor_root: hex(proof.anchorRoot) };
  return check("inclusion", "pass", "ok", { batch, index, size, place: index + 1, ...roots });
}

// (7) The moment of checking lies in the credential's own period: validFrom <= now < validUntil.
function checkValidity({ document, validFrom, validUntil }, now) {
  const detail = { valid_from: document.validFrom, valid_until: document.validUntil ?? null };
  if (now < validFrom) return check("validity", "fail", "not-yet", detail);
  if (validUntil !== null && now >= validUntil) return check("validity", "fail", "expired", detail);
  return check("validity", "pass", "ok", detail);
}

// (5) anchor, (3) issuer, (6) status. Nothing is asked that could not change the result.
async function checkOnChain({ done, found, proof, registry, chain, status, now }) {
  let view;
  let answer;
  if (done.inclusion.outcome !== "pass") done.anchor = after("anchor", done.inclusion);
  else {
    if (registry) {
      view = chain(registry);
      answer = await view.lookup(hex(proof.anchorRoot), hex(proof.keyId)).catch(sourceOnly);
    }
    done.anchor = checkAnchor(found, proof, registry, answer);
  }
  const needed = [done.signature, done.anchor].find((made) => made.outcome !== "pass");
  done.issuer = needed ? after("issuer", needed) : await checkIssuer(found, answer.facts);
  if (done.issuer.outcome !== "pass") {
    done.status = after("status", done.issuer);
    return;
  }
  const { facts } = answer;
  const answers = new Map([[hex(proof.keyId), answer]]);
  const answerFor = async (key) => {
    const keyId = hex(await sha256(key));
    if (!answers.has(keyId)) answers.set(keyId, await view.lookup(facts.latest_root, keyId).catch(sourceOnly));
    return answers.get(keyId);
  };
  const evidence = await gather(found.document, facts, status);
  done.status = await checkStatus({ found, proof, registry, facts, evidence, answerFor, now });
}

async function gather(document, facts, status) {
  try {
    const entry = statusEntry(document);
    return entry && readEvidence(await status.fetch(entry.lists.revocation, facts.latest_number));
  } catch (error) {
    if (error instanceof Flaw || error instanceof Unreachable) return error;
    throw error;
  }
}

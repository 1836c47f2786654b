// Where evidence comes from: the contract at a final block, by JSON-RPC; status lists, from the trust profile's origins.

import { hex, readStream, sha256, unhex } from "./bytes.js";
import { isObject, parse } from "./json.js";
import { later, Unreachable, WrongChain } from "./outcome.js";

const TIMEOUT_MS = 10000;
const MAX_RPC_BYTES = 1024 * 1024;
const MAX_EVIDENCE_BYTES = 4 * 1024 * 1024;
const LOOKUP = "0x4540d45b"; // lookup(bytes32,bytes32)
const WORDS = 17;

// The body of an answer with status 200, at most so long. No cookies, no redirects, no referrer.
async function get(url, most, options = {}) {
  try {
    const answer = await fetch(url, {
      ...options,
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (answer.status === 200) return await readStream(answer.body, most);
  } catch {
    throw new Unreachable(hostOf(url));
  }
  throw Object.assign(new Unreachable(hostOf(url)), { declined: true });
}

// The host of an address that we were told to trust, for people.
export function hostOf(url) {
  try {
    return new URL(url, globalThis.location?.href).host;
  } catch {
    return String(url); // it cannot be asked either
  }
}

// Asks each allowed origin in turn. The file being checked never decides which host is asked. One that answers and keeps no
// evidence may be a static copy of the registry's export, whose files make it.
export const httpStatus = (origins) => ({
  async fetch(list, anchor) {
    // Not taken apart as a URL: readers differ in that, and some refuse what the form of section 1 allows.
    const name = encodeURIComponent(list.split("/").pop()).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
    let problem = new Unreachable("status");
    for (const origin of origins) {
      try {
        return await get(`${origin}/v1/status-lists/${name}/evidence?anchor=${anchor}`, MAX_EVIDENCE_BYTES);
      } catch (error) {
        problem = error;
      }
      if (!problem.declined) continue;
      const { evidence } = await later(import("./copy.js"));
      try {
        // A plain file server says nothing of how long an answer holds, and a browser's guess outlives a newer copy.
        const read = (path) => get(`${origin}/${path}`, MAX_EVIDENCE_BYTES, { cache: "no-store" });
        return await evidence(read, list, anchor);
      } catch {
        // no copy, an older one or one that contradicts itself: the next origin is asked
      }
    }
    throw problem;
  },
});

// One contract, through the first endpoint of the trust profile that answers.
export function reader(registry) {
  return {
    async lookup(root, keyId) {
      let problem = new Unreachable("chain");
      for (const url of registry.rpc) {
        try {
          return await lookup(new Node(url), registry, root, keyId);
        } catch (error) {
          if (!(error instanceof Unreachable)) throw error;
          problem = error;
        }
      }
      throw problem;
    },
  };
}

class Node {
  constructor(url) {
    this.url = url;
  }

  get unusable() {
    return new Unreachable(hostOf(this.url));
  }

  // Results in the order of the calls; an Error object where the node refused one.
  async ask(...calls) {
    const requests = calls.map(([method, params], place) => ({ jsonrpc: "2.0", id: place + 1, method, params }));
    const answers = await this.post(requests);
    if (isObject(answers)) {
      // A node that takes no batches is asked one by one.
      const results = [];
      for (const request of requests) results.push(this.result(await this.post({ ...request, id: 1 }), 1));
      return results;
    }
    if (!Array.isArray(answers) || answers.length !== calls.length) throw this.unusable;
    const byId = new Map(answers.map((answer) => [isObject(answer) ? answer.id : null, answer]));
    return requests.map(({ id }) => this.result(byId.get(id), id));
  }

  // The answer, read as strictly as a credential: one that two readers could read differently is none.
  async post(request) {
    const headers = { "content-type": "application/json" };
    const bytes = await get(this.url, MAX_RPC_BYTES, { method: "POST", headers, body: JSON.stringify(request) });
    try {
      return parse(bytes, MAX_RPC_BYTES);
    } catch {
      throw this.unusable;
    }
  }

  result(answer, id) {
    if (!isObject(answer)) throw this.unusable;
    const error = answer.error ?? null;
    if (isObject(error)) return new Error("refused");
    if (error !== null || answer.id !== id || !("result" in answer)) throw this.unusable;
    return answer.result;
  }

  quantity(text) {
    if (typeof text !== "string" || !/^0x[0-9A-Fa-f]{1,64}$/.test(text)) throw this.unusable;
    return Number(text);
  }

  data(text, length) {
    if (typeof text !== "string" || text.length % 2 || !/^0x[0-9A-Fa-f]*$/.test(text)) throw this.unusable;
    const bytes = unhex(text.slice(2));
    if (length !== undefined && bytes.length !== length) throw this.unusable;
    return bytes;
  }
}

async function lookup(node, registry, root, keyId) {
  const block = (tag) => ["eth_getBlockByNumber", [tag, false]];
  const [chain, final, latest] = await node.ask(["eth_chainId", []], block("finalized"), block("latest"));
  if ([chain, final, latest].some((result) => result instanceof Error)) throw node.unusable;
  if (node.quantity(chain) !== registry.chain_id) throw new WrongChain(registry.chain_id, Number(chain));
  if (!final?.hash || !latest?.hash) throw node.unusable;
  const question = LOOKUP + root + keyId;
  const expected = registry.code_sha256.toLowerCase();
  const state = async (header) => {
    const at = { blockHash: `0x${hex(node.data(header.hash, 32))}`, requireCanonical: true };
    const [code, words] = await node.ask(["eth_getCode", [registry.contract, at]], ["eth_call", [{ to: registry.contract, data: question }, at]]);
    const codeSha256 = hex(await sha256(node.data(code)));
    // Another contract's answer to our question means nothing.
    return { codeSha256, words: codeSha256 === expected ? split(node.data(words, 32 * WORDS)) : Array(WORDS).fill("0".repeat(64)) };
  };
  const there = await state(final);
  const anchored = ({ words }) => /[^0]/.test(words[4]);
  const newest = anchored(there) ? there : await state(latest);
  // Only a contract that was deployed after the finalized block is not another one: there it knows nothing yet.
  const young = there.codeSha256 === EMPTY && newest.codeSha256 === expected;
  const pending = !anchored(there) && anchored(newest) && (young || there.codeSha256 === expected);
  return { facts: facts(node, registry, final, young ? newest.codeSha256 : there.codeSha256, there.words), pending };
}

const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"; // SHA-256 of no code

const split = (bytes) => Array.from({ length: WORDS }, (_, word) => hex(bytes.subarray(32 * word, 32 * word + 32)));

function facts(node, registry, final, codeSha256, words) {
  const number = (word) => Number(`0x${words[word]}`);
  return {
    chain_id: registry.chain_id,
    contract: registry.contract.toLowerCase(),
    code_sha256: codeSha256,
    block_number: node.quantity(final.number),
    block_hash: hex(node.data(final.hash, 32)),
    block_time: node.quantity(final.timestamp),
    finalized: true,
    closed: number(3) > 0,
    anchor_number: number(4),
    anchor_time: number(6),
    anchor_block: number(7),
    key_issuer: words[8],
    key_added_at: number(9),
    key_revoked_at: number(10),
    key_compromised_at: number(11),
    issuer_added_at: number(12),
    issuer_suspended: number(13) > 0,
    latest_number: number(14),
    latest_root: words[15],
    latest_time: number(16),
  };
}

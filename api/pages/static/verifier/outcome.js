// What a check says, and the one function that turns seven of them into a verdict. FORMAT.md, "The verdict".

export const CHECK_IDS = ["format", "signature", "issuer", "inclusion", "anchor", "status", "validity"];
const AUTHENTIC = CHECK_IDS.slice(0, 5);
const PENDING = ["anchor.no-anchor-proof", "anchor.not-final"];

// A source did not answer, or not usably. Says nothing about the credential: the outcome is `unknown`.
export class Unreachable extends Error {
  constructor(endpoint) {
    super(endpoint);
    this.endpoint = endpoint;
  }
}

// What was handed over proves no answer; `code` says why.
export class Unproved extends Unreachable {
  constructor(code) {
    super("bundle");
    this.code = code;
  }
}

// A node serves another chain than the trust profile names; its answers are not used.
export class WrongChain extends Error {
  constructor(expected, found) {
    super(`chain ${found} instead of ${expected}`);
    this.found = found;
  }
}

// A module that is fetched when it is first needed did not come: after a deployment an older page's files are gone.
export class NotLoaded extends Error {}

export const later = (module) =>
  module.catch((error) => {
    throw new NotLoaded(error.message);
  });

export const check = (id, outcome, code, detail = {}) => ({
  id,
  number: CHECK_IDS.indexOf(id) + 1,
  outcome,
  code: `${id}.${code}`,
  detail,
});

// The result of a check whose input did not pass: unknown where that is unknown, otherwise not run.
export const after = (id, needed) =>
  check(id, needed.outcome === "unknown" ? "unknown" : "not_run", `needs-${needed.id}`, { needs: needed.id });

// The report where checking could not begin, which says nothing about the file.
export function unmade(code, detail) {
  const done = { format: check("format", "unknown", code, detail) };
  for (const id of CHECK_IDS.slice(1)) done[id] = after(id, done.format);
  return { ...report(done, true), document: null, endorsements: null, components: null };
}

export const orUnmade = (report) =>
  report.catch((error) => {
    if (!(error instanceof NotLoaded)) throw error;
    return unmade("not-loaded");
  });

export const report = (done, test) => ({ verdict: verdict(done, test), checks: CHECK_IDS.map((id) => done[id]), test_network: test });

// Whether the issuer is known to have issued it. Only then is it looked into.
export const authentic = ({ checks }) => checks.every(({ id, outcome }) => outcome === "pass" || !AUTHENTIC.includes(id));

// The first rule that applies. `checks` by id; what is missing counts as unknown. `test` can only turn valid into valid_test.
export function verdict(checks, test) {
  const outcome = (id) => (["pass", "fail", "not_run"].includes(checks[id]?.outcome) ? checks[id].outcome : "unknown");
  if (AUTHENTIC.some((id) => outcome(id) === "fail")) return "invalid";
  if (outcome("status") === "fail") return checks.status.code === "status.suspended" ? "suspended" : "revoked";
  if (CHECK_IDS.some((id) => outcome(id) === "unknown")) return "unconfirmed";
  if (outcome("format") === "pass" && outcome("anchor") === "not_run" && PENDING.includes(checks.anchor.code)) return "pending";
  if (CHECK_IDS.some((id) => id !== "validity" && outcome(id) !== "pass")) return "unconfirmed";
  if (outcome("validity") === "fail") return checks.validity.code === "validity.not-yet" ? "pending" : "expired";
  if (outcome("validity") !== "pass") return "unconfirmed";
  return test ? "valid_test" : "valid";
}

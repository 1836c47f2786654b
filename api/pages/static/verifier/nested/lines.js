// What lines about endorsements and about components have in common.

// A JSON Pointer (RFC 6901).
export const pointer = (path) => path.map((name) => `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

// What became of a check: nothing passes without the standing that the outer credential has.
export function verdictLine(kind, report, { test_network }) {
  const { verdict } = report;
  const [outcome, code] =
    verdict === "valid" || (verdict === "valid_test" && test_network)
      ? ["pass", "ok"]
      : ["unconfirmed", "pending"].includes(verdict)
        ? ["unknown", verdict]
        : ["fail", verdict === "valid_test" ? "test-network" : verdict];
  return { outcome, code: `${kind}.${code}`, verdict, detail: {}, report };
}

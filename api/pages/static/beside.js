// Lines beside the verdict, which none of them changes: endorsements and components. The server's api/pages/beside.py says the
// same. Fetched only for a file that holds some.

import { shown } from "./verifier/texts.js";
import * as components from "./verifier/nested/components.js";
import * as endorsements from "./verifier/nested/endorsements.js";
import { explain, waits } from "./view.js";

// What verify() says of what lies in a document; where it did not look, one line that counts them.
export function beside(report, catalogue) {
  const lines = (found, named) => found?.map((each) => line(each, catalogue)) ?? unlooked([...named(report.document)].length, catalogue);
  return {
    endorsements: lines(report.endorsements, endorsements.inside),
    components: lines(report.components, components.inside),
  };
}

const unlooked = (count, catalogue) =>
  count ? [said(catalogue.text("ui.inside", { count }), "not_run", catalogue.text("ui.not-looked"), catalogue)] : [];

function line(found, catalogue) {
  const { code, outcome, endorser, comment, detail, report } = found;
  const kind = code.split(".")[0];
  const name = endorser ? (endorser.name ? `${endorser.name} (${endorser.id})` : endorser.id) : found.title || found.id || shown(found.file);
  const more = "left_out" in detail ? catalogue.text("ui.more", detail) : "";
  const ids = [...(endorser && !comment ? [`${code}.bare`] : []), code, `${kind}.${outcome}`];
  const sentence = catalogue.text(ids, { ...detail, comment, cause: report ? cause(found, report, catalogue) : "" });
  const deeper = detail.deeper ? ` ${catalogue.text("endorsement.deeper")}` : "";
  return said(more || name || shown(found.pointer), outcome, sentence + deeper, catalogue);
}

// Why it counts or not: what is said of the whole, or of the check that decided.
function cause({ outcome }, report, catalogue) {
  const { lines, sentence } = explain(report, catalogue);
  const decided = report.checks.findIndex((check) => check.outcome !== "pass" && !waits(check));
  return outcome === "pass" ? sentence : (lines[decided]?.sentence ?? "");
}

const said = (name, outcome, sentence, catalogue) => ({ name, outcome, word: catalogue.text(`outcome.${outcome}`), sentence });

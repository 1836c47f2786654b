// The credential in a picture or a PDF: exactly one, or a Flaw baking.*. Nothing in it is rendered or loaded, and what reads
// it is fetched only when there is one.

import { Flaw } from "./bytes.js";
import { later } from "./outcome.js";

const MAX_FILE = 8 * 1024 * 1024;
const BEGINNING = 67; // bytes: a mark of UTF-8, and 64 among which an SVG begins
const KINDS = [
  [/^\u2030PNG/, () => import("./baked/png.js")], // what the decoder makes of 0x89
  [/^%PDF-/, () => import("./baked/pdf.js")],
  [/^(?:\xef\xbb\xbf)?[ \t\r\n]{0,63}</, () => import("./baked/svg.js")],
];

// What there is to verify in a file: the JSON in it if it is a picture or a PDF, else the file itself.
export async function credentialIn(bytes) {
  const beginning = new TextDecoder("latin1").decode(bytes.subarray(0, BEGINNING));
  const kind = KINDS.find(([mark]) => mark.test(beginning));
  if (!kind) return bytes;
  if (bytes.length > MAX_FILE) throw new Flaw("baking.too-large");
  const { read } = await later(kind[1]());
  return read(bytes);
}

// A portable bundle: how to know one, and the door to what checks it, which is fetched only then. FORMAT.md section 12.

import { later, orUnmade } from "./outcome.js";

const BEGIN = /^[ \t\n\r\f\v]*\{[ \t\n\r\f\v]*"format"[ \t\n\r\f\v]*:[ \t\n\r\f\v]*"credanchor-bundle\//;
const BEGINNING = 256; // bytes among which a bundle names its format

export const isBundle = (bytes) => BEGIN.test(new TextDecoder("latin1").decode(bytes.subarray(0, BEGINNING)));

export const verifyBundle = (bytes, given) =>
  orUnmade(later(import("./bundle/offline.js")).then((offline) => offline.verifyBundle(bytes, given)));

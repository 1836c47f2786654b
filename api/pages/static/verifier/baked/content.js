// What may be taken out of a picture or a PDF; registry/credential/baking/content.py is the same.

import { Flaw } from "../bytes.js";

const MAX_DOCUMENT = 1024 * 1024;
const TOKEN = /^ey[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/; // RFC 7515, section 7.1

// A picture may hold a JWS, which is not read here.
export function notToken(bytes) {
  if (isToken(bytes)) throw new Flaw("baking.jws");
  return bytes;
}

// Whether it is a JWS; else it is UTF-8 that begins like an object, without the controls that JSON forbids. Or a Flaw.
export function isToken(bytes) {
  if (bytes.length > MAX_DOCUMENT) throw new Flaw("baking.credential-too-large");
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {} // and so begins with nothing
  if (TOKEN.test(text)) return true;
  if (!/^[ \t\r\n]*\{/.test(text) || /[\0-\x08\x0b\x0c\x0e-\x1f]/.test(text)) throw new Flaw("baking.not-a-credential");
  return false;
}

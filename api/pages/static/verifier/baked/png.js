// The credential in a PNG (Open Badges 3.0): exactly one chunk of its name, or a Flaw baking.*

import { Flaw } from "../bytes.js";
import { notToken } from "./content.js";

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const KEYWORD = "openbadgecredential";
const TEXTS = ["tEXt", "zTXt", "iTXt"];
const MAX_CHUNKS = 16384;

const latin1 = (bytes) => new TextDecoder("latin1").decode(bytes);

export function read(bytes) {
  if (!PNG.every((byte, place) => bytes[place] === byte)) throw new Flaw("baking.not-png");
  const chunks = [...chunksOf(bytes)];
  const kinds = chunks.map((chunk) => chunk.kind);
  if (kinds.at(-1) !== "IEND") throw new Flaw("baking.truncated");
  const headers = kinds.filter((kind) => kind === "IHDR").length;
  if (kinds[0] !== "IHDR" || headers > 1 || chunks[0].body.length !== 13 || !kinds.includes("IDAT")) throw new Flaw("baking.not-png");
  const about = ({ kind, body }) => TEXTS.includes(kind) && latin1(body.subarray(0, 80)).split("\0")[0] === KEYWORD;
  const found = chunks.filter(about);
  if (!found.length) throw new Flaw("baking.no-credential");
  if (found.length > 1) throw new Flaw("baking.several");
  const [{ kind, body }] = found;
  if (kind !== "iTXt") throw new Flaw("baking.chunk-type");
  const rest = body.subarray(KEYWORD.length + 1);
  if (rest[0] === 1) throw new Flaw("baking.compressed");
  const language = rest.indexOf(0, 2);
  const translated = language < 0 ? -1 : rest.indexOf(0, language + 1);
  if (rest[0] !== 0 || rest[1] !== 0 || translated < 0) throw new Flaw("baking.chunk-body");
  return notToken(rest.slice(translated + 1));
}

function* chunksOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let kind = "";
  for (let place = PNG.length, count = 0; place < bytes.length; count++) {
    if (kind === "IEND") throw new Flaw("baking.after-end");
    if (count === MAX_CHUNKS) throw new Flaw("baking.too-many-chunks");
    if (place + 12 > bytes.length) throw new Flaw("baking.truncated");
    const length = view.getUint32(place);
    const end = place + 12 + length;
    if (length > 0x7fffffff) throw new Flaw("baking.chunk-length");
    if (end > bytes.length) throw new Flaw("baking.truncated");
    kind = latin1(bytes.subarray(place + 4, place + 8));
    if (!/^[A-Za-z]{4}$/.test(kind)) throw new Flaw("baking.not-png");
    if (crc32(bytes.subarray(place + 4, end - 4)) !== view.getUint32(end - 4)) throw new Flaw("baking.checksum");
    yield { kind, body: bytes.subarray(place + 8, end - 4) };
    place = end;
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
  return byte >>> 0;
});

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

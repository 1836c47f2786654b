// Bytes, their text forms and SHA-256. Integers are unsigned, 8 bytes, big-endian, as in FORMAT.md.

// What is wrong with something that was read: a code of FORMAT.md, and what a message about it may say.
export class Flaw extends Error {
  constructor(code, detail = {}) {
    super(code);
    this.code = code;
    this.detail = detail;
  }
}

const encoder = new TextEncoder();
export const utf8 = (text) => encoder.encode(text);

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const unhex = (text) => Uint8Array.from({ length: text.length / 2 }, (_, at) => parseInt(text.slice(2 * at, 2 * at + 2), 16));

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

// All of a stream, which may be at most so long. With a reader: Safari cannot iterate over streams before version 26.
export async function readStream(stream, most) {
  const reader = stream.getReader();
  const parts = [];
  for (let length = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return concat(...parts);
    length += value.length;
    if (length > most) {
      reader.cancel().catch(() => {});
      throw new Error("too long");
    }
    parts.push(value);
  }
}

export function u64(number) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number));
  return bytes;
}

export const equal = (one, other) => one.length === other.length && one.every((byte, place) => byte === other[place]);

export const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const STEP = 9; // nine digits fit a number exactly, so most of the arithmetic is not on big integers

export function base58(text, maxLength) {
  if (text.length > maxLength) throw new Flaw("format.base58");
  const zeros = text.match(/^1*/)[0].length;
  let number = 0n;
  for (let start = 0; start < text.length; start += STEP) {
    const digits = text.slice(start, start + STEP);
    let value = 0;
    for (const digit of digits) {
      const place = ALPHABET.indexOf(digit);
      if (place < 0) throw new Flaw("format.base58");
      value = value * 58 + place;
    }
    number = number * 58n ** BigInt(digits.length) + BigInt(value);
  }
  const digits = number ? number.toString(16) : "";
  return concat(new Uint8Array(zeros), unhex(digits.length % 2 ? `0${digits}` : digits));
}

// The text of a multikey, whose first byte is not zero.
export function multikeyText(key) {
  let text = "";
  for (let number = BigInt(`0x${hex(key)}`); number; number /= 58n) text = ALPHABET[Number(number % 58n)] + text;
  return `z${text}`;
}

// Unpadded base64url, in the one spelling that its bytes have.
export function base64url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new Flaw("format.base64url");
  let packed;
  try {
    packed = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    throw new Flaw("format.base64url");
  }
  const again = btoa(packed).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  if (again !== text) throw new Flaw("format.base64url");
  return Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
}

const MULTIKEY_CHARS = 48;

// The 34 bytes of an Ed25519 multikey text: 0xed01 and the key.
export function multikey(text) {
  if (!text.startsWith("z") || text.length > MULTIKEY_CHARS) throw new Flaw("format.multikey");
  const key = base58(text.slice(1), MULTIKEY_CHARS);
  if (!isMultikey(key)) throw new Flaw("format.multikey");
  return key;
}

export const isMultikey = (key) => key.length === 34 && key[0] === 0xed && key[1] === 1;

const P = 2n ** 255n - 19n;
const ORDER_8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd83d3d706a17c7n; // y of the points of order 8, or P - y

// Whether these encode one of the eight points of small order, or are not the one encoding of their point.
function provesNothing(point) {
  const y = BigInt(`0x${hex(point.slice().reverse())}`) % 2n ** 255n;
  return y < 2n || y >= P - 1n || y === ORDER_8 || y === P - ORDER_8;
}

const imports = async (key) => crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);

// Whether this browser knows Ed25519. Who refuses the curve's base point, with whatever error, knows none.
export const canVerify = () => imports(new Uint8Array([0x58, ...Array(31).fill(0x66)])).then(() => true, () => false);

// Whether the key made the signature: pure Ed25519 (RFC 8032). Of small-order points each browser thinks differently.
export async function verifySignature(key, signature, message) {
  if (provesNothing(key.slice(2)) || provesNothing(signature.slice(0, 32))) return false;
  const imported = await imports(key.slice(2)).catch(() => null); // no point on the curve: canVerify() was asked before
  return imported !== null && crypto.subtle.verify("Ed25519", imported, signature, message);
}

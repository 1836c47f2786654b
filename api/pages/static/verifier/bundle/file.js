// The file `credanchor-bundle/1`, read strictly: a Flaw format.* or evidence.* for anything else. FORMAT.md section 12;
// anchor/bundle/file.py is the same. Nothing of it is believed: proved.js looks.

import { isBundle } from "../bundle.js";
import { Flaw, unhex, utf8 } from "../bytes.js";
import { canonical, isObject, MAX_DEPTH, parse } from "../json.js";

const FORMAT = "credanchor-bundle/1";
const NAMES = "account chain_id code contract credential format header status storage";
const MIB = 1024 * 1024;
const MAX_BUNDLE = 24 * MIB;
const MAX_CREDENTIAL = 8 * MIB;
const MAX_EVIDENCE = 4 * MIB;
const MAX_CODE = 24576;
const MAX_HEADER = 2048;
const MAX_NODE = 1024;
const MAX_ACCOUNT_NODES = 64;
const MAX_STORAGE_NODES = 2048;
const MAX_STATUS = 16;

const flaw = (code) => new Flaw(`evidence.${code}`);

// { chainId, contract (0x…), header, code, account, storage, status, credential }: bytes, and lists of them.
export function readBundle(bytes) {
  if (!isBundle(bytes)) throw flaw("format");
  const found = parse(bytes, MAX_BUNDLE, MAX_DEPTH + 5);
  if (!isObject(found)) throw flaw("type");
  if (Object.keys(found).sort().join(" ") !== NAMES) throw flaw("members");
  if (text(found.format) !== FORMAT) throw flaw("format");
  if (!Number.isSafeInteger(found.chain_id) || found.chain_id < 0) throw flaw("type");
  if (typeof found.contract !== "string" || !/^0x[0-9a-f]{40}$/.test(found.contract)) throw flaw("hex");
  return {
    chainId: found.chain_id,
    contract: found.contract,
    header: fromHex(text(found.header), MAX_HEADER),
    code: fromBase64(text(found.code), MAX_CODE),
    account: ascending(each(found.account, MAX_ACCOUNT_NODES, trieNode)),
    storage: ascending(each(found.storage, MAX_STORAGE_NODES, trieNode)),
    status: ascending(each(found.status, MAX_STATUS, evidence)),
    credential: fromBase64(text(found.credential), MAX_CREDENTIAL),
  };
}

function text(value) {
  if (typeof value !== "string") throw flaw("type");
  return value;
}

function each(values, most, read) {
  if (!Array.isArray(values) || values.length > most) throw flaw("type");
  return values.map(read);
}

function fromHex(value, most) {
  if (typeof value !== "string" || value.length % 2 || !/^[0-9a-f]+$/.test(value)) throw flaw("hex");
  if (value.length > 2 * most) throw flaw("too-large");
  return unhex(value);
}

const trieNode = (value) => fromHex(value, MAX_NODE);

// Whether it is status evidence at all is for check 6 to say.
function evidence(value) {
  if (!isObject(value)) throw flaw("type");
  const bytes = utf8(canonical(value));
  if (bytes.length > MAX_EVIDENCE) throw flaw("too-large");
  return bytes;
}

// With padding, in the one way there is to write these bytes.
function fromBase64(value, most) {
  if (value.length > Math.floor((most + 2) / 3) * 4) throw flaw("too-large");
  let packed = "";
  try {
    packed = atob(value);
  } catch {
    // nothing was read
  }
  if (!packed || btoa(packed) !== value) throw flaw("base64");
  const bytes = new Uint8Array(packed.length);
  for (let place = 0; place < packed.length; place++) bytes[place] = packed.charCodeAt(place);
  return bytes;
}

function ascending(values) {
  for (let place = 1; place < values.length; place++) if (!isBefore(values[place - 1], values[place])) throw flaw("order");
  return values;
}

function isBefore(one, other) {
  const differs = one.findIndex((byte, place) => byte !== other[place]);
  return differs < 0 ? one.length < other.length : one[differs] < other[differs];
}

// (1) What every credential must have before anything in it can be checked. FORMAT.md section 1.

import { Flaw } from "./bytes.js";
import { digest, isObject, parse } from "./json.js";
import { readProof } from "./proof.js";

const URL_FORM = /^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f<>"{}|\\^`]+$/;
const MAX_URL = 2048;
const TIME =
  /^(?!0000)(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?(?:Z|([+-])(0\d|1[0-4]):([0-5]\d))$/;
const PROOF_MEMBERS = ["created", "cryptosuite", "proofPurpose", "proofValue", "type", "verificationMethod"];

export const isUrl = (value) => typeof value === "string" && [...value].length <= MAX_URL && URL_FORM.test(value);

// Microseconds since 1970 as a BigInt, or null for what is no XSD dateTimeStamp.
export function parseTime(text) {
  const found = typeof text === "string" ? TIME.exec(text) : null;
  if (!found) return null;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null; // the 30th of February
  const offset = found[8] ? Number(`${found[8]}1`) * (Number(found[9]) * 60 + Number(found[10])) : 0;
  const micros = Number((found[7] ?? "").slice(0, 6).padEnd(6, "0"));
  return BigInt(date.getTime() - offset * 60000) * 1000n + BigInt(micros);
}

export async function readDocument(bytes) {
  const credential = parse(bytes);
  if (!isObject(credential)) throw new Flaw("format.not-a-credential");
  for (const name of ["@context", "id", "type", "issuer", "validFrom", "credentialSubject"]) {
    if (!(name in credential)) throw new Flaw("format.member", { pointer: `/${name}` });
  }
  const { "@context": contexts, type, issuer } = credential;
  if (!Array.isArray(contexts) || contexts[0] !== "https://www.w3.org/ns/credentials/v2") throw new Flaw("format.context");
  if (!Array.isArray(type) || !type.includes("VerifiableCredential")) throw new Flaw("format.type");
  const issuerId = url(isObject(issuer) ? issuer.id : issuer, "/issuer");
  url(credential.id, "/id");
  if (!isObject(credential.credentialSubject)) throw new Flaw("format.member", { pointer: "/credentialSubject" });
  const validFrom = time(credential.validFrom, "/validFrom");
  const validUntil = "validUntil" in credential ? time(credential.validUntil, "/validUntil") : null;
  if (validUntil !== null && validUntil < validFrom) throw new Flaw("format.date", { pointer: "/validUntil" });
  const { document, member } = detach(credential);
  if (!(document.proof ?? []).every(isObject)) throw new Flaw("format.proof");
  const proof = member ? readAnchorProof(member) : null;
  return { document, dJcs: await digest(document), issuerId, validFrom, validUntil, proof, created: member?.created ?? "" };
}

function url(value, pointer) {
  if (!isUrl(value)) throw new Flaw("format.identifier", { pointer });
  return value;
}

function time(value, pointer) {
  const found = parseTime(value);
  if (found === null) throw new Flaw("format.date", { pointer });
  return found;
}

const isAnchorProof = (proof) => isObject(proof) && proof.cryptosuite === "merkle-proof-2019";

// The document that was hashed, and the anchor proof: the last member of an array, and the only one of its kind.
function detach(credential) {
  const { proof: found, ...document } = credential;
  if (!("proof" in credential)) return { document, member: null };
  if (isObject(found) && !isAnchorProof(found)) return { document: { ...document, proof: [found] }, member: null };
  if (!Array.isArray(found) || !found.length) throw new Flaw("format.proof");
  const places = [...found.keys()].filter((place) => isAnchorProof(found[place]));
  if (!places.length) return { document: { ...document, proof: found }, member: null };
  if (places.length > 1 || places[0] !== found.length - 1) throw new Flaw("format.proof");
  const rest = found.slice(0, -1);
  return { document: rest.length ? { ...document, proof: rest } : document, member: found.at(-1) };
}

function readAnchorProof(member) {
  const wrong = () => new Flaw("format.proof-member");
  if (Object.keys(member).sort().join() !== PROOF_MEMBERS.join()) throw wrong();
  if (member.type !== "DataIntegrityProof" || member.proofPurpose !== "assertionMethod") throw wrong();
  if (parseTime(member.created) === null || !/^[^.]{19}Z$/.test(member.created)) throw wrong();
  if (!isUrl(member.verificationMethod) || !member.verificationMethod.includes("#")) throw wrong();
  if (typeof member.proofValue !== "string") throw wrong();
  return readProof(member.proofValue);
}

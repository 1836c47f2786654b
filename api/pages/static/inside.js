// Where credentials lie in a credential: registry/verify/endorsements.py and components.py look at the same places.

import { isObject } from "./verifier/json.js";

const listed = (value) => (Array.isArray(value) ? value : [value]);

// Not those inside of them, nor in credentials that it holds. A JWT is null.
export function endorsements(value) {
  const named = isObject(value);
  let own = [];
  const deeper = [];
  for (const [name, member] of named || Array.isArray(value) ? Object.entries(value) : []) {
    if (named && name === "endorsement") own = own.concat(listed(member));
    else if (named && name === "endorsementJwt") own.push(null);
    else if (!named || name !== "verifiableCredential") deeper.push(member);
  }
  return own.concat(deeper.flatMap(endorsements));
}

// Those it names by what they hash to, then those it holds.
export function components({ type, relatedResource, credentialSubject }) {
  const isNamed = (entry) => isObject(entry) && typeof entry.id === "string" && entry.mediaType === "application/vc";
  const { verifiableCredential: held = [] } = type.includes("ClrCredential") ? credentialSubject : {};
  return listed(relatedResource).filter(isNamed).concat(listed(held));
}

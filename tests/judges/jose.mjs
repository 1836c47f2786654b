// Judge: jose, with the DID document as its only source of keys: is the token by a key that may assert there now?
import {find, judge} from './offline.mjs';
import {decodeProtectedHeader, importJWK, jwtVerify} from 'jose';

await judge(async ({token}) => {
  const {kid} = decodeProtectedHeader(token);
  const document = find(kid.split('#')[0]);
  const method = document.verificationMethod.find(({id}) => id === kid);
  if(!document.assertionMethod.includes(kid) || method.type !== 'JsonWebKey') {
    return {accepted: false, steps: [], error: 'the DID document names no such key that may assert'};
  }
  const key = await importJWK(method.publicKeyJwk); // which says for what algorithm it is
  const {payload, protectedHeader} = await jwtVerify(token, key, {typ: 'vc+jwt', issuer: document.id});
  return {accepted: true, steps: ['key', protectedHeader.alg, payload.jti], error: ''};
});

// Judge: @digitalbazaar/vc with eddsa-rdfc-2022 and the Bitstring status list, as its README wires them.
import {describe, find, judge} from './offline.mjs';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {verifyCredential} from '@digitalbazaar/vc';

const suite = new DataIntegrityProof({cryptosuite});

async function documentLoader(url) {
  let document = find(url);
  if(!document) {
    throw new Error(`${url} is not in the case`);
  }
  if(url.startsWith('did:') && url.includes('#')) {
    const method = document.verificationMethod.find(({id}) => id === url);
    document = {'@context': 'https://w3id.org/security/multikey/v1', ...method};
  }
  return {contextUrl: null, documentUrl: url, document};
}

await judge(async credential => {
  const result = await verifyCredential({credential, suite, documentLoader, checkStatus});
  const proofs = (result.results ?? []).filter(one => one.verified);
  const statuses = result.statusResult?.results ?? [];
  const set = statuses.filter(one => one.status).map(one => one.credentialStatus.statusPurpose);
  return {
    // The library calls a status verified when it could be read; whether the bit is set is for the caller to see.
    accepted: result.verified && set.length === 0,
    steps: [
      ...proofs.map(one => `proof ${one.proof.cryptosuite}`),
      ...proofs.filter(one => one.purposeResult?.valid).map(one => `purpose ${one.proof.proofPurpose}`),
      ...statuses.filter(one => one.verified).map(one => `status ${one.credentialStatus.statusPurpose}`)
    ],
    error: [describe(result.error), describe(result.statusResult?.error), ...set.map(one => `${one} bit is set`)]
      .filter(Boolean).join('; ')
  };
});

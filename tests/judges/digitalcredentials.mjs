// Judge: @digitalcredentials/verifier-core, which is what VerifierPlus and the Learner Credential Wallet show.
import {judge} from './offline.mjs';
import {verifyCredential} from '@digitalcredentials/verifier-core';

const knownDIDRegistries = [{name: 'Known issuers', type: 'dcc-legacy', url: 'https://issuers.example/list.json'}];

await judge(async credential => {
  const {errors, log = [], additionalInformation = []} = await verifyCredential({credential, knownDIDRegistries});
  // A text instead of results says that the schema could not be had: the step did not run.
  const schemas = additionalInformation.flatMap(({results}) => Array.isArray(results) ? results : []);
  const failed = [
    ...log.filter(one => !one.valid).map(one => `${one.id}: ${one.error?.message ?? 'no'}`),
    ...schemas.filter(one => !one.result?.valid).map(one => `schema_check: ${JSON.stringify(one.result)}`),
    // It has no verdict of its own, only messages; a fatal one has no log.
    ...(errors ?? []).map(one => `${one.name}: ${one.message}`)
  ];
  return {
    accepted: log.length > 0 && failed.length === 0,
    steps: [
      ...log.filter(one => one.valid).map(one => one.id),
      ...schemas.filter(one => one.result?.valid).map(() => 'schema_check')
    ],
    error: failed.join('; ')
  };
});

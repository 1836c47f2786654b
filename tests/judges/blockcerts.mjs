// Judge: @blockcerts/cert-verifier-js, which knows the anchor proof. Asks the node of the case for the transaction.
import {judge, node} from './offline.mjs';
import {Certificate} from '@blockcerts/cert-verifier-js/dist/verifier-node/index.js';

// Everybody can read what the contract was called with: anchor(uint64 number, bytes32 root).
const ANCHOR = /^0x[0-9a-f]{8}[0-9a-f]{64}([0-9a-f]{64})$/;

async function rpc(method, ...params) {
  const body = JSON.stringify({jsonrpc: '2.0', id: 1, method, params});
  const response = await fetch(node, {method: 'POST', body, headers: {'content-type': 'application/json'}});
  return (await response.json()).result;
}

async function parsingFunction({transactionId}) {
  const transaction = await rpc('eth_getTransactionByHash', `0x${transactionId}`);
  const block = await rpc('eth_getBlockByNumber', transaction.blockNumber, false);
  return {
    remoteHash: ANCHOR.exec(transaction.input)[1],
    issuingAddress: transaction.from,
    time: new Date(parseInt(block.timestamp, 16) * 1000),
    revokedAddresses: []
  };
}

const options = {
  didResolverUrl: 'https://resolver.example/1.0/identifiers',
  explorerAPIs: [{serviceURL: node, priority: 0, apiType: 'rpc', chainType: 'evm', parsingFunction}]
};

await judge(async credential => {
  const certificate = new Certificate(credential, options);
  await certificate.init();
  const steps = [];
  const failed = [];
  const {status, message} = await certificate.verify(({code, status, errorMessage}) => {
    if(status === 'success') {
      steps.push(code);
    } else if(status === 'failure') {
      failed.push(`${code}: ${errorMessage}`);
    }
  });
  return {accepted: status === 'success', steps, error: failed.join('; ') || (status === 'success' ? '' : String(message))};
});

// What a judge may see: the case it is given on standard input, and nothing of the network.
//
//   {"documents": {url: document}, "files": {name: credential}, "node": "http://127.0.0.1:port" or absent}
//
// Imported before every library, because some keep `fetch` when they are loaded. Answers go to standard output as
// {name: {"accepted": bool, "steps": [...], "error": text}}; what the libraries print goes to standard error.
import {readFileSync} from 'node:fs';
import {Socket} from 'node:net';

const {documents, files, node} = JSON.parse(readFileSync(0, 'utf8'));
export {node};

/** URLs that the file in hand made the judge load, in order. */
export const loaded = [];

console.log = console.info = console.error;

const connect = Socket.prototype.connect;
Socket.prototype.connect = function(...options) {
  const {port, host} = [options[0]].flat()[0];
  if(!node || `http://${host}:${port}` !== node) {
    throw new Error(`a judge tried to reach ${host}:${port}`);
  }
  return connect.apply(this, options);
};

const realFetch = globalThis.fetch;
globalThis.fetch = async (target, options) => {
  const url = new URL(target.url ?? target).href;
  if(node && url === `${node}/`) {
    return realFetch(target, options);
  }
  const found = find(url);
  return new Response(JSON.stringify(found ?? {error: 'not found'}), {
    status: found ? 200 : 404, headers: {'content-type': 'application/json'}
  });
};

/** The document at a URL, did:web (DID Core) included; undefined where the case has none. */
export function find(url) {
  loaded.push(url);
  return documents[url.startsWith('did:web:') ? address(url) : url];
}

/** Where a did:web is published. */
function address(did) {
  const [host, ...path] = did.split('#')[0].split(':').slice(2);
  return `https://${decodeURIComponent(host)}/${path.length ? path.join('/') : '.well-known'}/did.json`;
}

/** Judge every file with `check`, which resolves to {accepted, steps, error}. */
export async function judge(check) {
  const verdicts = {};
  for(const [name, credential] of Object.entries(files)) {
    loaded.length = 0;
    try {
      verdicts[name] = await check(credential);
    } catch(error) {
      verdicts[name] = {accepted: false, steps: [], error: describe(error)};
    }
    verdicts[name].loaded = [...new Set(loaded)];
  }
  process.stdout.write(JSON.stringify(verdicts));
}

/** An error with those it is made of, in one line. */
export function describe(error) {
  return error ? [error.message, ...(error.errors ?? []).map(describe), describe(error.cause)].filter(Boolean).join('; ') : '';
}

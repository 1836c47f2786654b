// Compiles the registry and writes its artifact, the same bytes every time. `--check` only compares.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const solc = createRequire(import.meta.url)('solc');
const artifactFile = path.join(here, 'CredentialRegistry.json');
const settings = {
  evmVersion: 'prague', // the newest rules the embedded chain knows
  optimizer: { enabled: true, runs: 10000 },
  metadata: { bytecodeHash: 'none', appendCBOR: false }, // no paths or hashes of sources in the bytecode
};
const read = (name) => readFileSync(path.join(here, name.startsWith('@') ? `node_modules/${name}` : name), 'utf8');
const sources = Object.fromEntries(
  ['src/AppendOnlyLog.sol', 'src/CredentialRegistry.sol'].map((name) => [name, { content: read(name) }]),
);
const outputSelection = { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode', 'storageLayout'] } };
const output = JSON.parse(
  solc.compile(JSON.stringify({ language: 'Solidity', sources, settings: { ...settings, outputSelection } }), {
    import: (name) => ({ contents: read(name) }),
  }),
);
const problems = (output.errors ?? []).map((error) => error.formattedMessage);
if (problems.length) {
  console.error(problems.join('\n'));
  process.exit(1); // warnings too: there are none, and none may creep in
}

const contract = output.contracts['src/CredentialRegistry.sol'].CredentialRegistry;
const runtime = contract.evm.deployedBytecode;
if (Object.keys(runtime.immutableReferences).length) throw new Error('immutables would make the code hash vary');
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const artifact = {
  contractName: 'CredentialRegistry',
  compiler: { name: 'solc', version: solc.version(), settings },
  sources: Object.fromEntries(Object.entries(sources).map(([name, { content }]) => [name, sha256(content)])),
  codeSha256: sha256(Buffer.from(runtime.object, 'hex')),
  storage: Object.fromEntries(contract.storageLayout.storage.map(({ label, slot }) => [label, Number(slot)])),
  abi: contract.abi,
  bytecode: `0x${contract.evm.bytecode.object}`,
  runtime: `0x${runtime.object}`,
};
const text = `${JSON.stringify(artifact, null, 1)}\n`;
if (process.argv.includes('--check')) {
  if (readFileSync(artifactFile, 'utf8') !== text) {
    console.error('CredentialRegistry.json is not what these sources compile to: run node build.mjs');
    process.exit(1);
  }
  console.log('CredentialRegistry.json is what these sources compile to');
} else {
  writeFileSync(artifactFile, text);
  console.log(`wrote CredentialRegistry.json: ${runtime.object.length / 2} bytes of code, SHA-256 ${artifact.codeSha256}`);
}

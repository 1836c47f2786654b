// Compiles the registry and writes its artifact, the same bytes every time. `--check` compares and writes nothing.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
const outputSelection = { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode', 'storageLayout'] } };

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const read = (name) => readFileSync(path.join(here, name.startsWith('@') ? `node_modules/${name}` : name), 'utf8');
const ours = readdirSync(path.join(here, 'src')).filter((name) => name.endsWith('.sol')).sort();
const sources = Object.fromEntries(ours.map((name) => [`src/${name}`, { content: read(`src/${name}`) }]));
const hashes = new Map(Object.entries(sources).map(([name, { content }]) => [name, sha256(content)]));
const input = { language: 'Solidity', sources, settings: { ...settings, outputSelection } };
const output = JSON.parse(
  solc.compile(JSON.stringify(input), {
    import(name) {
      const contents = read(name);
      hashes.set(name, sha256(contents)); // the library's sources are part of what was compiled
      return { contents };
    },
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
const library = JSON.parse(read('node_modules/@openzeppelin/contracts/package.json'));
const artifact = {
  contractName: 'CredentialRegistry',
  compiler: { name: 'solc', version: solc.version(), settings },
  library: `${library.name} ${library.version}`,
  sources: Object.fromEntries([...hashes].sort(([a], [b]) => (a < b ? -1 : 1))),
  codeSha256: sha256(Buffer.from(runtime.object, 'hex')),
  storage: Object.fromEntries(contract.storageLayout.storage.map(({ label, slot }) => [label, Number(slot)])),
  abi: contract.abi,
  bytecode: `0x${contract.evm.bytecode.object}`,
  runtime: `0x${runtime.object}`,
};
const text = `${JSON.stringify(artifact, null, 1)}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(artifactFile, text);
  console.log(`wrote CredentialRegistry.json: ${runtime.object.length / 2} bytes of code, SHA-256 ${artifact.codeSha256}`);
} else if (readFileSync(artifactFile, 'utf8') === text) {
  console.log('CredentialRegistry.json is what these sources compile to');
} else {
  console.error('CredentialRegistry.json is not what these sources compile to: run node build.mjs');
  process.exit(1);
}

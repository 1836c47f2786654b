#!/usr/bin/env node
// The compiler as forge wants to call it: solc from npm is JavaScript, and its own command line refuses forge's flags.
// Answers `--version`; otherwise compiles the standard JSON on stdin (forge puts the sources in, paths are not read).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const solc = createRequire(import.meta.url)('solc');
if (process.argv.includes('--version')) console.log(`solc, the Solidity compiler\nVersion: ${solc.version()}`);
else process.stdout.write(solc.compile(readFileSync(0, 'utf8')));

#!/usr/bin/env node
// The executable: the command line, with the streams of this process.

import { setFlagsFromString } from 'node:v8';
import { keepCompiled } from './compile-cache.js';
import { endOnFailedWrite } from './failed-write.js';

// V8 compiles busy WebAssembly functions a second time, and those of the disassembler are busy while it is loaded: a
// quarter of a short run. A hundred times the usual budget leaves that to long runs. V8 reports flags that it lacks, so
// only the versions that are known to have it get it.
if (Number.parseInt(process.versions.node) <= 24) setFlagsFromString('--wasm-tiering-budget=180000000');

keepCompiled();
endOnFailedWrite();
const args = process.argv.slice(2);
const start = async (): Promise<void> => {
  if (args.length === 1 && args[0] === '--version') {
    const { versionText } = await import('./version.js'); // and nothing else
    process.stdout.write(`${versionText()}\n`);
    return;
  }
  const { main } = await import('./program.js');
  process.exitCode = await main(args, process);
};
// A file of the program itself that cannot be read.
const fail = (error: unknown): void => {
  process.stderr.write(`oopslab: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
};
start().catch(fail); // the bundle is CommonJS, which has no await outside functions

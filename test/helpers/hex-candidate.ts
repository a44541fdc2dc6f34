// A candidate of a test's own bytes, as a snippet in a library folder.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CandidateCode } from '../../src/check/watch/arena.js';

const RELEASE = '3.0.101-84-default';
const START = 0xffffffffa0421030n; // of cifs_build_path_to_root

/** `call` of an address, `at` bytes after the candidate's start. */
export const callTo = (target: bigint, at: number): number[] => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, Number(target - (START + BigInt(at + 5))), true);
  return [0xe8, ...bytes];
};

// mov $32,%edi; mov $0xd0,%esi; sub $8,%rsp; call __kmalloc; add $8,%rsp
const PREPARE = [0xbf, 0x20, 0, 0, 0, 0xbe, 0xd0, 0, 0, 0, 0x48, 0x83, 0xec, 0x08];
/** Allocates 32 bytes; their address is in RAX. */
export const ALLOCATE: readonly number[] = [
  ...PREPARE,
  ...callTo(0xffffffff81157310n, PREPARE.length),
  0x48, 0x83, 0xc4, 0x08,
]; // prettier-ignore

/** Write a version of cifs_build_path_to_root into a library folder. */
export const hexCandidate = (folder: string, name: string, code: readonly number[]): CandidateCode => {
  const into = join(folder, 'snippets', RELEASE);
  mkdirSync(into, { recursive: true });
  const bytes = Uint8Array.from(code);
  const file = `cifs_build_path_to_root.${name}`;
  writeFileSync(
    join(into, `${file}.hex`),
    `${Buffer.from(bytes).toString('hex').replaceAll(/(..)/gu, '$1 ')}\n`,
  );
  writeFileSync(
    join(into, `${file}.json`),
    JSON.stringify({
      function: 'cifs_build_path_to_root', variant: name, release: RELEASE,
      start: `0x${START.toString(16)}`, size: `0x${bytes.length.toString(16)}`, addressSource: 'test', source: 'test',
      bytes: `${file}.hex`, sha256: createHash('sha256').update(bytes).digest('hex'), module: 'cifs',
      prototype: { returns: 'char *', arguments: [] },
      ranges: [{ from: '0x0', to: `0x${bytes.length.toString(16)}`, kind: 'reconstructed', source: 'test', how: 'by hand' }],
      lines: [{ offset: '0x0', file: 'fix.c', line: 23 }], variables: [], frame: [{ offset: '0x0', cfa: '0x8' }], calls: [],
    }),
  ); // prettier-ignore
  return { name, variants: { cifs_build_path_to_root: name } };
};

// A library folder with one function of the test's own bytes, and a scenario that calls it on slab objects.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recording } from '../../src/recording/recording.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';

const RELEASE = '3.0.101-84-default';
/** Where the function lies. */
export const START = 0xffffffff81f00000n;

// high and low are neighbours: a fresh slab hands out descending addresses. `low` asks for 20 of its 32 bytes.
const SCENARIO = `format: oopslab scenario 1
name: guest
title: a test
release: ${RELEASE}
world:
  gs: 0xffff88043fd00000
  caches: { size-32: { frames: [0x20000] }, size-64: { frames: [0x20001] }, size-1024: { frames: [0x20002] } }
  memory: [{ name: stack, at: 0xffff880211336000, size: 8192, source: test }]
steps:
  prepare:
    do:
      - kzalloc: { as: high, struct: shm_file_data, set: { id: 7 } }
      - kzalloc: { as: low, size: 20 }
      - kzalloc: { as: lowest, size: 32 }
      - free: lowest
      - kmalloc: { as: big, size: 1000 }
      - STEP
  call:
    call: { function: guest, arguments: ['&low', '&high', '&big'], rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000 }
expect: {}
`;

/** Write function and scenario, both named `guest`, into a library folder. */
export const writeGuest = (
  library: string,
  code: readonly number[],
  scenario: string,
  manifestChange: object = {},
): void => {
  const folder = join(library, 'snippets', RELEASE);
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(library, 'scenarios'), { recursive: true });
  const bytes = Uint8Array.from(code);
  writeFileSync(
    join(folder, 'guest.hex'),
    `${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}\n`,
  );
  const manifest = {
    function: 'guest', release: RELEASE, start: `0x${START.toString(16)}`, size: `0x${bytes.length.toString(16)}`,
    addressSource: 'test', source: 'test', bytes: 'guest.hex',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    prototype: { returns: 'void', arguments: [] },
    ranges: [{ from: '0x0', to: `0x${bytes.length.toString(16)}`, kind: 'reconstructed', source: 'test', how: 'by hand' }],
    lines: [], variables: [], frame: [{ offset: '0x0', cfa: '0x8' }], calls: [],
    ...manifestChange,
  }; // prettier-ignore
  writeFileSync(join(folder, 'guest.json'), JSON.stringify(manifest));
  writeFileSync(join(library, 'scenarios', 'guest.yaml'), scenario);
};

/** A temporary folder for `use`, removed afterwards. */
export const inTemporaryFolder = <T>(use: (folder: string) => T): T => {
  const folder = mkdtempSync(join(tmpdir(), 'oopslab-guest-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/**
 * @param budget a line of the scenario, `budget: 7`
 * @param manifestChange fields of the manifest in place of those here
 * @param code with %rdi the address of `low`, %rsi of `high`, %rdx of `big`
 */
export const runGuest = (
  code: readonly number[],
  prepare = 'set: { high.id: 7 }',
  budget = '',
  manifestChange: object = {},
): Recording =>
  inTemporaryFolder((library) => {
    const scenario = SCENARIO.replace('STEP', prepare).replace('world:', `${budget}world:`);
    writeGuest(library, code, scenario, manifestChange);
    return replay(loadScenario('guest', [library]), { libraries: [library] });
  });

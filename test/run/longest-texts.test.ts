// The longest texts that a scenario and a manifest may have: what is recorded of them is read again.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MAX_NAME, MAX_PROSE } from '../../src/base/form.js';
import { decodeRecording, encodeRecording } from '../../src/recording/file.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { inTemporaryFolder, writeGuest } from '../helpers/guest-library.js';

const nameOf = (length: number): string => 'n'.repeat(length);
const prose = 'p '.repeat(MAX_PROSE / 2 - 1);

// YAML takes keys of up to 1024 characters that stand for themselves.
const key = nameOf(1000);

const scenario = (name: string): string => `format: oopslab scenario 1
name: guest
title: ${name}
claim: ${prose}
release: 3.0.101-84-default
parameters: { bytes: { type: contents, max: 4095, default: "${String.raw`\\x07`.repeat(4095)}" } }
world:
  caches: { size-32: { frames: [0x20000] } }
  memory: [{ name: ${name}, at: 0xffff880211336000, size: 8192, source: ${prose} }]
  objects: { o${key}: { at: 0xffff880211336000, size: 8, source: ${prose} } }
steps:
  ${key}: { says: ${prose}, do: [{ kzalloc: { as: x${key}, struct: shm_file_data } }, { set: { x${key}.id: 7 } }, { free: x${key} }] }
  call: { call: { function: guest, arguments: ['0'], rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000 } }
given: { modules: [${name}], comm: ${name} }
expect: { outcome: { kind: returned, value: 7 }, objects: { y${key}: 0x1 } }
`;

const record = (length: number) =>
  inTemporaryFolder((library) => {
    writeGuest(library, [0xc3], scenario(nameOf(length)));
    return replay(loadScenario(join(library, 'scenarios', 'guest.yaml'), [library]), {
      libraries: [library],
    });
  });

it('what is recorded of the longest texts is read again', () => {
  const recording = record(MAX_NAME);
  expect(recording.header.unexpected.length).toBeGreaterThan(0);
  expect(recording.header.events.length).toBeGreaterThan(0);
  expect(decodeRecording(encodeRecording(recording), 'x.rec').header).toEqual(recording.header);
});

it('a longer one is refused where the scenario has it', () => {
  expect(() => record(MAX_NAME + 1)).toThrow(`should have at most ${MAX_NAME} characters`);
});

// The published crash: what the emulated machine does by itself.
import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { formatOops, oopsWords } from '../../src/oops/collect.js';
import { countProvenance } from '../../src/oops/words.js';
import { hashRecording } from '../../src/recording/file.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { reportOf } from '../../src/recording/trap.js';

describe('shm-close-bug', () => {
  const recording = replay(loadScenario('shm-close-bug'));

  it('ends as the talk says, in everything that the scenario expects', () => {
    expect(recording.header.unexpected).toEqual([]);
    expect(recording.header.outcome).toMatchObject({ kind: 'bug', at: 'shm_close+0x3e', line: 205 });
  });

  it('is the same to the byte when it runs again', () => {
    expect(hashRecording(replay(loadScenario('shm-close-bug')))).toBe(hashRecording(recording));
  });

  it('meets no finding in the heap', () => {
    expect(recording.header.events.filter(({ kind }) => kind === 'finding')).toEqual([]);
  });
});

// How the sources of computed words begin.
const KINDS = [
  ['code byte', 'code bytes'],
  ['register', 'registers'],
  ['stack word', 'stack words'],
] as const;

describe('the oops of shm-close-bug', () => {
  const recording = replay(loadScenario('shm-close-bug'));
  const report = reportOf(recording, { provenance: true })!;
  const golden = readFileSync(new URL('../golden/oops.txt', import.meta.url), 'utf8');

  it('is that of the talk, each of its 245 words and every blank', () => {
    expect(formatOops(report)).toBe(golden);
    expect(oopsWords(report).map(({ text }) => text)).toEqual(golden.trim().split(/\s+/u));
    expect(oopsWords(report)).toHaveLength(245);
  });

  it('is computed in 112 words, of which docs/provenance.md says where they come from', () => {
    const computed = oopsWords(report).filter(({ provenance }) => provenance === 'computed');
    const written = new Set<string>(); // words that guest code stored
    for (let index = 0; index < recording.accessCount; index += 1) {
      const { kind, host, faulted, address } = recording.access(index);
      if (kind === 'write' && !host && !faulted) written.add(address.toString(16));
    }
    const counts: Record<string, number> = {};
    for (const { source } of computed) {
      const at = source.slice(-16);
      const isReturn = source.startsWith('call trace');
      const kind = isReturn
        ? `return addresses ${written.has(at) ? 'of executed calls' : 'preset'}`
        : (KINDS.find(([start]) => source.startsWith(start))?.[1] ??
          (/\bat the trap|^the trap/u.test(source) ? 'delivery of the trap' : 'structures'));
      if (kind === 'stack words') expect(written, source).toContain(at);
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    expect(counts).toEqual({
      'code bytes': 64, 'return addresses preset': 16, structures: 3, registers: 9, 'stack words': 6,
      'return addresses of executed calls': 2, 'delivery of the trap': 12,
    }); // prettier-ignore
    const page = readFileSync(new URL('../../docs/provenance.md', import.meta.url), 'utf8').replaceAll(
      /\s+/gu,
      ' ',
    );
    for (const said of [
      'Of the 112, 64 are the bytes of the `Code:` line',
      '16 are return addresses that the scenario put on the stack',
      '3 are read from structures',
      'Executed code made 17: 9 registers, 6 stack words, and 2 words for the return into `remove_vma`',
      'The delivery of the trap made 12.',
    ])
      expect(page).toContain(said);
  });

  it('counts what was computed, carried and given', () => {
    expect(countProvenance(oopsWords(report))).toEqual({ computed: 112, carried: 13, given: 120 });
  });
});

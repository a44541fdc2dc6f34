// The published crash: what the emulated machine does by itself.
import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { formatOops, oopsWords } from '../src/oops.js';
import { countProvenance } from '../src/oops-words.js';
import { hashRecording } from '../src/recording-file.js';
import { replay } from '../src/replay.js';
import { loadScenario } from '../src/scenario.js';
import { reportOf } from '../src/trap-report.js';

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

describe('the oops of shm-close-bug', () => {
  const report = reportOf(replay(loadScenario('shm-close-bug')), { provenance: true })!;
  const golden = readFileSync(new URL('golden/oops.txt', import.meta.url), 'utf8');

  it('is that of the talk, each of its 245 words and every blank', () => {
    expect(formatOops(report)).toBe(golden);
    expect(oopsWords(report).map(({ text }) => text)).toEqual(golden.trim().split(/\s+/u));
    expect(oopsWords(report)).toHaveLength(245);
  });

  it('counts what was computed, carried and given', () => {
    expect(countProvenance(oopsWords(report))).toEqual({ computed: 112, carried: 13, given: 120 });
  });
});

// The published crash: what the emulated machine does by itself.
import { describe, expect, it } from 'vitest';
import { hashRecording } from '../src/recording-file.js';
import { replay } from '../src/replay.js';
import { loadScenario } from '../src/scenario.js';

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

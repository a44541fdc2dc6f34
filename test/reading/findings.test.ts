// Findings of small runs: uses after free, double and invalid frees, each with its object, its frees and its place.
import { describe, expect, it } from 'vitest';
import { Case } from '../../src/reading/case.js';
import { tellStory } from '../../src/reading/story.js';
import type { Recording } from '../../src/recording/recording.js';
import { runGuest } from '../helpers/guest-library.js';

const RET = 0xc3;

const short = (recording: Recording): string[] =>
  new Case(recording).findings.map(
    ({ kind, at, access, object, offset, times, now }) =>
      `${kind} ${at} ${access ?? '-'} ${object?.name ?? '-'}+${offset ?? '-'} x${times}${now === null ? '' : ` in ${now.name}`}`,
  );

describe('a finding', () => {
  it('is an overrun into the neighbour, once for each instruction', () => {
    // movb $1,32(%rdi); movb $2,33(%rdi)
    const recording = runGuest([0xc6, 0x47, 0x20, 0x01, 0xc6, 0x47, 0x21, 0x02, RET]);
    expect(short(recording)).toEqual([
      'out-of-bounds guest+0x0 write low+32 x1 in high',
      'out-of-bounds guest+0x4 write low+33 x1 in high',
    ]);
    expect(new Case(recording).findings[0]!.says).toMatch(
      /^guest\+0x0 writes 1 byte out of bounds: 12 bytes past the end of low \(20 bytes at 0x\w+, size-32\), in high \(32 bytes at 0x\w+, size-32\)\.$/u,
    );
  });

  it('of a double free names the allocation and both frees', () => {
    const recording = runGuest([RET], 'free: lowest');
    const [found, ...more] = new Case(recording).findings;
    expect(more).toEqual([]);
    expect(found).toMatchObject({ kind: 'double-free', at: null, step: 'prepare', access: null, offset: 0 });
    expect(found!.object).toMatchObject({
      name: 'lowest',
      allocated: { at: null, step: 'prepare' },
      freed: { at: null, step: 'prepare' },
    });
    expect(found!.says).toMatch(
      /^the sandbox frees lowest \(.*\) again: it was allocated by the sandbox in step "prepare" and freed by the sandbox in step "prepare"\.$/u,
    );
    expect(tellStory(recording, 'sha256:0').join(' ').replaceAll(/\s+/gu, ' ')).toContain(
      '! the sandbox frees lowest',
    );
  });
});

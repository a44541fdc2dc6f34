// What the story says, and that it says nothing that the recording does not show.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Recording } from '../../src/recording/recording.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { tellStory } from '../../src/reading/story.js';
import { runGuest } from '../helpers/guest-library.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-story-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tell = (recording: Recording): string =>
  tellStory(recording, 'sha256:0').join(' ').replaceAll(/\s+/gu, ' ');
const story = (name: string, set: Record<string, string> = {}): string =>
  tell(replay(loadScenario(name), { set: new Map(Object.entries(set)) }));
const extending = (name: string, text: string): string => {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, `format: oopslab scenario 1\nname: ${name}\nextends: shm-close-bug\n${text}`);
  return tell(replay(loadScenario(path)));
};

const RET = 0xc3;
const OVERRUN = [0xc6, 0x47, 0x20, 0x01]; // movb $1,32(%rdi)
const READ = [0x8b, 0x06]; // mov (%rsi),%eax
const OVERWRITE = [0xc7, 0x06, 5, 0, 0, 0]; // movl $5,(%rsi)

describe('the story', () => {
  it('tells what the sandbox did in each step', () => {
    const text = story('shm-close-bug', { previous: 'zero' });
    expect(text).toContain('- sets tcon.treeName, cifs_sb.mnt_cifs_flags ');
    expect(text).toContain('- adds 1 to segment.shm_nattch ');
    expect(text).toContain('- fills the next slot of size-32, 0xffff8803f382cc40, with zeros ');
    expect(story('shm-close-bug', { previous: '2f'.repeat(32) })).toContain(
      `0xffff8803f382cc40, with ${'2f'.repeat(32)}, repeated to its end `,
    );
    expect(story('shm-close-bug')).not.toContain('fills');
  });

  it('names the variants that run, before the steps', () => {
    const text = story('shm-close-control');
    const at = text.indexOf(
      'with cifs_build_path_to_root.terminate-first in place of cifs_build_path_to_root',
    );
    expect(at).toBeGreaterThan(0);
    expect(at).toBeLessThan(text.indexOf('1. attach A'));
    expect(story('shm-close-bug')).not.toContain('in place of');
  });

  it("calls the claim a claim, and the hash the recording's", () => {
    const text = story('shm-close-bug');
    expect(text).toContain("The scenario's claim: cifs_build_path_to_root() converts");
    expect(text).toMatch(/instructions recorded; the recording's hash is sha256:0$/u);
  });

  it('says nothing of what a void function returns', () => {
    expect(tell(runGuest([RET]))).toContain('1 instruction in guest Outcome');
    expect(story('shm-close-bug')).toContain('up_write; returns 0x0');
  });

  it.each([
    ['shm-close-bug', { id: '5' }],
    ['shm-close-bug', { prepath: '' }],
    ['shm-close-bug', { tree: 'x'.repeat(60) }],
    ['shm-close-control', { id: '5' }],
    ['lookup-segment-removed', {}],
  ])('%s with %o claims in no step what is not so', (name, set) => {
    const steps = story(name, set).replace(/^.*? 1\. attach A/u, '');
    expect(steps).not.toMatch(/attaches segment 13008943|exactly that slot|looks right|noticed/u);
    expect(steps).toContain('stops the kernel with a BUG if there is none');
  });
});

describe('how it surfaced', () => {
  it('is the read of what the write had left', () => {
    expect(tell(runGuest([...OVERRUN, ...READ, RET]))).toMatch(
      /How it surfaced guest\+0x4 \(step "call", 1 emulated instruction after the write\) reads high: shm_file_data\.id and finds 1 \(0x1\)\./u,
    );
  });

  it('is not a read of what the guest wrote in between', () => {
    const text = tell(runGuest([...OVERRUN, ...OVERWRITE, ...READ, RET]));
    expect(text).toContain('shm_file_data.id goes from 7 (0x7) to 1 (0x1)');
    expect(text).not.toContain('How it surfaced');
  });

  it('is the last of two overruns when the first was written over', () => {
    const again = [0x90, 0xc6, 0x47, 0x20, 0x02]; // nop; movb $2,32(%rdi)
    expect(tell(runGuest([...OVERRUN, ...again, ...READ, RET]))).toMatch(
      /guest\+0x9 \(step "call", 1 emulated instruction after the write\) reads high: shm_file_data\.id and finds 2/u,
    );
  });

  it('is not a read of what the sandbox wrote in between', () => {
    const repaired = 'steps: { free path: { do: [{ free: path }, { set: { sfd.id: 13008943 } }] } }\n';
    const text = extending('repaired', repaired);
    expect(text).toContain('sets sfd.id');
    expect(text).toContain('shm_file_data.id goes from 13008943');
    expect(text).not.toContain('How it surfaced');
  });

  it('names the error that a BUG() met', () => {
    expect(story('shm-close-bug')).toContain('At the trap, shm_close+0x3e, RAX is -22: -EINVAL.');
    expect(story('lookup-segment-deleted')).toContain('RAX is -22: -EINVAL.');
    expect(story('shm-close-control')).not.toContain('RAX is');
    expect(story('slabinfo-bug')).not.toContain('RAX is');
  });
});

describe('out-of-bounds writes', () => {
  it('by one instruction to bytes that follow each other are one paragraph', () => {
    // lea 32(%rdi),%rax; mov $4,%ecx; 1: movb $0x41,(%rax); inc %rax; dec %ecx; jnz 1b
    const loop = [0x48, 0x8d, 0x47, 0x20, 0xb9, 4, 0, 0, 0, 0xc6, 0x00, 0x41, 0x48, 0xff, 0xc0, 0xff, 0xc9, 0x75, 0xf6, RET]; // prettier-ignore
    const recording = runGuest(loop);
    const low = BigInt(recording.findObject('low')!.address);
    const text = tell(recording);
    expect(text.match(/ writes /gu)).toHaveLength(1);
    expect(text).toContain(
      `! guest+0x9 writes 4 bytes out of bounds from 0x${(low + 32n).toString(16)} to 0x${(low + 35n).toString(16)}, ` +
        `12 bytes past the end of the 20 bytes requested at 0x${low.toString(16)}: 07 00 00 00 becomes 41 41 41 41 (AAAA). ` +
        '! It hits high, a live object of size-32: its shm_file_data.id goes from 7 (0x7) to 1094795585 (0x41414141).',
    );
  });

  it('that do not follow each other are listed one by one', () => {
    const apart = [0xc6, 0x47, 0x22, 0x01]; // movb $1,34(%rdi)
    expect(tell(runGuest([...OVERRUN, ...apart, RET])).match(/ writes 1 byte /gu)).toHaveLength(2);
  });

  it('name slack as such, and a free victim by the name that it had', () => {
    expect(tell(runGuest([0xc6, 0x47, 0x14, 0x01, RET]))).toContain(
      'It hits slack: the unrequested rest of the same slab object of size-32.',
    );
    expect(tell(runGuest([0xc6, 0x47, 0xff, 0x01, RET]))).toContain(
      'It hits the freed victim lowest, an object of size-32.',
    );
  });
});

// The pictures of lessons: what they show is what the recording holds.
import { describe, expect, it } from 'vitest';
import { CaseBook } from '../../src/lesson/case-book.js';
import { readCommand } from '../../src/lesson/show.js';
import { REGISTER_INDEX } from '../../src/x86/registers.js';

const book = new CaseBook();
const reference = { scenario: 'shm-close-bug', set: {}, view: 'run' } as const;
const draw = (text: string): string => readCommand(`picture ${text}`, reference).run(book).join('\n');
const which = book.open(reference);

describe('a picture', () => {
  it('of the stack has the words from RSP up, and names return addresses', () => {
    const state = which.at('shm_close+0x0');
    const rsp = which.recording.registersAt(state)[REGISTER_INDEX.rsp]!;
    const text = draw('stack 3 at shm_close+0x0');
    for (const offset of [0n, 8n, 16n])
      expect(text).toContain(
        `| 0x${which
          .stateAt(state)
          .readU64(rsp + offset)
          .toString(16)} |`,
      );
    expect(text).toMatch(/rsp -> +\| 0xffffffff81127fa4 \| {2}at 0xffff880211337da0 {2}remove_vma\+0x24/u);
    expect(text.match(/\| 0x/gu)).toHaveLength(3);
  });

  it('of an instruction has its operands before and after', () => {
    const text = draw('instruction at shm_close+0x3');
    expect(text).toContain('push %rbx');
    expect(text).toMatch(/rsp {2}0xffff880211337d90 {2}> {2}0xffff880211337d88/u);
    expect(text).toMatch(/\[0xffff880211337d88\] {2}0x0 +> {2}0xffff88016d2319e0/u);
    expect(text).toMatch(/rbx {2}(0x\w+) {5}\1/u); // read, not written: no mark
  });

  it('of a slab has the slots beside an object, and what is free at that time', () => {
    expect(draw('slab sfd at cifs_build_path_to_root+0x0')).toContain('sfd_b (free) | sfd ');
    expect(draw('slab sfd at convert_delimiter+0x0')).toMatch(/\| path +\| sfd +\| free/u);
    expect(draw('slab sfd')).toContain('| path (free) | sfd ');
  });

  it('of a struct has fields with their offsets', () => {
    expect(draw('fields vma vm_next, vm_file')).toMatch(
      /0x18 \| vm_next \| 0xffff880158fea140 \| {2}vma_next[^]*0x98 \| vm_file \| 0xffff8800148fcb80 \| {2}file/u,
    );
  });

  it.each([
    ['circle', 'picture is followed by registers, instruction, stack, fields, slab'],
    ['stack many', 'stack takes a number of words'],
    ['registers rqx', '"rqx" is not a register'],
    ['slab vma_nobody', '"vma_nobody" is not an object of the scenario in a slab'],
    ['fields vma', 'fields takes an object of the scenario'],
    ['fields vma vm_nothing', 'has no number or pointer "vm_nothing"'],
    ['stack at shm_destroy', 'was not reached'],
  ])('%s is refused', (text, message) => expect(() => draw(text)).toThrow(message));
});

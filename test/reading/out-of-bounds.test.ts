// Out-of-bounds accesses: judged by the allocation that a pointer was derived from, not by where it points.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { locateOutOfBounds, outOfBounds } from '../../src/reading/out-of-bounds.js';
import type { Recording } from '../../src/recording/recording.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { runGuest } from '../helpers/guest-library.js';

const RET = 0xc3;
const addressOf = (recording: Recording, name: string): bigint => BigInt(recording.findObject(name)!.address);

/** Entries in short: access, offset from `low`, size, beyond, what was hit. */
const entries = (recording: Recording): string[] =>
  outOfBounds(recording).map(({ access, address, size, beyond, victim }) =>
    [
      access,
      BigInt(address) - addressOf(recording, 'low'),
      size,
      beyond,
      victim.kind,
      victim.object,
      victim.field,
    ]
      .map((part) => String(part ?? '-'))
      .join(' '),
  );
const bug = (set: Record<string, string> = {}) =>
  replay(loadScenario('shm-close-bug'), { set: new Map(Object.entries(set)) });

describe('the published bug', () => {
  const victim = { kind: 'object', object: 'sfd', cache: 'size-32', field: 'shm_file_data.id' };

  it('reads four bytes of the neighbour and writes one, and nothing else in the whole run', () => {
    const read = (offset: number, value: string) => ({
      access: 'read', by: 'convert_delimiter+0x23', address: `0xffff8803f382cc6${offset}`, size: 1, old: value, new: value,
      allocation: '0xffff8803f382cc40', requested: 32, beyond: offset, victim,
    }); // prettier-ignore
    expect(outOfBounds(bug())).toEqual([
      read(0, '0x2f'),
      { ...read(0, '0x2f'), access: 'write', by: 'convert_delimiter+0x1c', new: '0x5c' },
      read(1, '0x80'),
      read(2, '0xc6'),
      read(3, '0x0'),
    ]);
  });

  it('with a shorter path reads the slack first', () => {
    const found = outOfBounds(bug({ prepath: '/team' })); // 11 + 5 bytes and a NUL: 17 were asked for
    expect(found.map(({ access, beyond, victim: hit }) => [access, beyond, hit.kind])).toEqual([
      ...Array.from({ length: 15 }, (_, index) => ['read', index, 'slack']),
      ['read', 15, 'object'], ['write', 15, 'object'], ['read', 16, 'object'], ['read', 17, 'object'], ['read', 18, 'object'],
    ]); // prettier-ignore
  });

  it('leaves to s_show() the struct slabs of a cache, which no scenario named', () => {
    const world = { tree: 'a', dfs: 'no', prepath: '/', position: 'first', previous: '41', neighbour: '2f' };
    const recording = replay(loadScenario('mount-arena'), { set: new Map(Object.entries(world)) });
    expect(recording.header.steps.at(-1)).toMatchObject({ call: 's_show' });
    const by = outOfBounds(recording).map((access) => access.by.split('+')[0]);
    expect(new Set(by)).toEqual(new Set(['convert_delimiter']));
  });

  it('in a zeroed slot stays inside its allocation', () => {
    expect(outOfBounds(bug({ previous: 'zero' }))).toEqual([]);
    expect(outOfBounds(bug({ prepath: '/t', previous: 'zero' }))).toEqual([]);
  });
});

it('more accesses out of bounds than are kept are refused', () => {
  const recording = replay(loadScenario('shm-close-bug'));
  const { length } = locateOutOfBounds(recording);
  expect(length).toBeGreaterThan(1);
  expect(locateOutOfBounds(recording, length)).toHaveLength(length);
  expect(() => locateOutOfBounds(recording, length - 1)).toThrow(InputError);
  expect(() => locateOutOfBounds(recording, length - 1)).toThrow(
    `more than ${length - 1} accesses lie outside of allocations`,
  );
});

describe('an access is out of bounds', () => {
  it.each<[string, number[], string[]]>([
    ['past the end, in the rest of the object', [0xc6, 0x47, 0x14, 0x01, RET], ['write 20 1 0 slack low -']], // movb $1,20(%rdi)
    ['in the live neighbour', [0xc6, 0x47, 0x20, 0x01, RET], ['write 32 1 12 object high shm_file_data.id']],
    ['before the start, in a free neighbour', [0x8a, 0x47, 0xff, RET], ['read -1 1 -1 free - -']], // mov -1(%rdi),%al
    ['across the end', [0x48, 0x8b, 0x47, 0x10, RET], ['read 16 8 0 slack low -']], // mov 16(%rdi),%rax
    ['through lea', [0x48, 0x8d, 0x47, 0x14, 0xc6, 0x00, 0x01, RET], ['write 20 1 0 slack low -']],
    ['through add and inc', [0x48, 0x83, 0xc7, 0x1f, 0x48, 0xff, 0xc7, 0x8a, 0x07, RET], ['read 32 1 12 object high shm_file_data.id']],
    ['through push and pop', [0x57, 0x5b, 0x8a, 0x43, 0x20, RET], ['read 32 1 12 object high shm_file_data.id']],
    ['through a spilled word', [0x48, 0x89, 0x7c, 0x24, 0xf0, 0x48, 0x8b, 0x4c, 0x24, 0xf0, 0x8a, 0x41, 0x20, RET], ['read 32 1 12 object high shm_file_data.id']],
    ['through xchg', [0x48, 0x87, 0xf9, 0x8a, 0x41, 0x20, RET], ['read 32 1 12 object high shm_file_data.id']], // xchg %rdi,%rcx
    ['through cmov', [0x31, 0xc0, 0x48, 0x0f, 0x44, 0xc7, 0x8a, 0x40, 0x20, RET], ['read 32 1 12 object high shm_file_data.id']],
    ['through an index register', [0xb8, 0x20, 0, 0, 0, 0x8a, 0x04, 0x07, RET], ['read 32 1 12 object high shm_file_data.id']],
    ['with the pointer as index', [0xb8, 0x20, 0, 0, 0, 0x8a, 0x04, 0x38, RET], ['read 32 1 12 object high shm_file_data.id']],
    ['in a copy that runs over', [0x48, 0x83, 0xc7, 0x12, 0xb9, 3, 0, 0, 0, 0xf3, 0xa4, RET], ['write 20 1 0 slack low -']], // add $18,%rdi; rep movsb
    ['in the management of the slab', [0x48, 0x81, 0xe7, 0, 0xf0, 0xff, 0xff, 0x8b, 0x47, 0x20, RET], ['read - 4 - management - -']], // and $-4096,%rdi: no pointer any more
    ['with a wild pointer into a free object', [0x48, 0xb8, 0, 0x03, 0, 0x20, 0, 0x88, 0xff, 0xff, 0x8a, 0x00, RET], ['read - 1 - free - -']],
  ])('%s', (_, code, expected) => {
    const recording = runGuest(code);
    const found = entries(recording).map((entry, index) =>
      // a wild pointer's offset from `low` says nothing
      expected[index]?.split(' ')[1] === '-' ? entry.replace(/^(\w+) \S+/u, '$1 -') : entry,
    );
    expect(found).toEqual(expected);
  }); // prettier-ignore

  it('after the free of its object', () => {
    const recording = runGuest([0x8a, 0x07, RET], 'free: low');
    expect(entries(recording)).toEqual(['read 0 1 -20 free - -']);
  });

  it('in an off-slab struct slab', () => {
    // mov (%rdi),%rax: whatever %rdx points to, the struct slab of its page is an object of size-64
    const recording = runGuest([0x48, 0xb8, 0xc0, 0x1f, 0, 0x20, 0, 0x88, 0xff, 0xff, 0x8b, 0x00, RET]);
    expect(outOfBounds(recording).every(({ victim }) => ['management', 'free'].includes(victim.kind))).toBe(
      true,
    );
    expect(outOfBounds(recording)).toHaveLength(1);
  });
});

describe('a write past an object', () => {
  it('that hits the struct slab above it names the cache and the field', () => {
    // `under` lies just below the struct slab of `big`: mov 8(%rsi),%rax; movb $1,0x48(%rax)
    const prepare = "kmalloc: { as: under, size: 64 }\n      - set: { high.ns: '&under' }";
    const [found, ...more] = outOfBounds(
      runGuest([0x48, 0x8b, 0x46, 0x08, 0xc6, 0x40, 0x48, 0x01, RET], prepare),
    );
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      access: 'write',
      requested: 64,
      beyond: 8,
      victim: { kind: 'management', object: null, cache: 'size-64', field: 'slab.list.prev' },
    });
  });
});

describe('an access is in bounds', () => {
  it.each<[string, number[]]>([
    ['up to the last byte', [0x8a, 0x47, 0x13, 0x48, 0x8b, 0x47, 0x08, RET]],
    ['through a pointer past the end that is not followed', [0x48, 0x8d, 0x47, 0x14, 0x48, 0x39, 0xf8, RET]],
    ['through a pointer to the neighbour itself', [0x8b, 0x06, 0xc6, 0x46, 0x1f, 0x01, RET]],
    ['after the difference of two pointers was added to one', [0x48, 0x89, 0xf0, 0x48, 0x29, 0xf8, 0x48, 0x01, 0xf8, 0x8a, 0x00, RET]], // rax = rsi - rdi + rdi
    ['on the stack', [0x50, 0x8b, 0x04, 0x24, 0x58, RET]],
  ])('%s', (_, code) => {
    expect(entries(runGuest(code))).toEqual([]);
  }); // prettier-ignore

  it('exactly when a plain model says so', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -120, max: 120 }),
        fc.constantFrom<[number, number[]]>(
          [1, [0x8a, 0x47]],
          [4, [0x8b, 0x47]],
          [8, [0x48, 0x8b, 0x47]],
          [1, [0x88, 0x47]],
          [8, [0x48, 0x89, 0x47]],
        ),
        (offset, [size, opcode]) => {
          const recording = runGuest([...opcode, offset & 0xff, RET]);
          const found = outOfBounds(recording);
          const inside = offset >= 0 && offset + size <= 20;
          expect(found).toHaveLength(inside ? 0 : 1);
          if (inside) return;
          const first = offset < 0 || offset >= 20 ? offset : 20;
          expect(found[0]).toMatchObject({
          size, requested: 20, beyond: first < 0 ? first : first - 20,
          address: `0x${(addressOf(recording, 'low') + BigInt(offset)).toString(16)}`,
        }); // prettier-ignore
          const slot = Math.floor(first / 32);
          const kind = slot === 0 ? 'slack' : slot === 1 ? 'object' : 'free';
          expect(found[0]!.victim.kind).toBe(kind);
        },
      ),
      { numRuns: 60 },
    );
  });
});

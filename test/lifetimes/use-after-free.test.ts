// Uses after free by what a pointer was made for, with the slot free and with a new owner in it, and what is none.
import { describe, expect, it } from 'vitest';
import { Case } from '../../src/reading/case.js';
import { type Code, callGuest, lifetimeRun, shortFindings } from '../helpers/lifetime-runs.js';

const KMALLOC = { call: '__kmalloc' } as const;
const KFREE = { call: 'kfree' } as const;
const RET = [0xc3];

// %rbx: what is freed; %rbp: what is allocated after that, in the same slot.
const alloc = (size: number): Code => [
  [0xbf, size, 0, 0, 0], // mov $size,%edi
  [0xbe, 0xd0, 0, 0, 0], // mov $GFP_KERNEL,%esi
  KMALLOC,
];
const NEW = (size = 32): Code => [...alloc(size), [0x48, 0x89, 0xc3]]; // %rbx
const FREE: Code = [[0x48, 0x89, 0xdf], KFREE]; // mov %rbx,%rdi
const REUSE = (size = 32): Code => [...alloc(size), [0x48, 0x89, 0xc5]]; // %rbp
const FILL: Code = [
  [0x48, 0xc7, 0x45, 0x00, 0, 0, 0, 0],
  [0x48, 0xc7, 0x45, 0x08, 0, 0, 0, 0],
]; // movq $0,(%rbp), 8(%rbp)

const kinds = (code: Code, more: Partial<Parameters<typeof lifetimeRun>[0]> = {}): string[] =>
  shortFindings(lifetimeRun({ code: [...code, RET], ...more })).map((one) =>
    one.replace(/ guest\+0x[0-9a-f]+/u, ''),
  );

describe.each([
  ['free', [] as Code, ''],
  ['reused by the same size', [...REUSE(), ...FILL], ' in size-32'],
  ['reused by another type of its cache', [...REUSE(20), ...FILL], ' in size-32'],
])('with the slot %s', (_, between, owner) => {
  it.each<[string, Code, string[]]>([
    ['read through the register', [[0x8b, 0x03]], [`use-after-free read size-32+0 x1${owner}`]], // mov (%rbx),%eax
    ['write through the register', [[0xc6, 0x43, 0x08, 0x01]], [`use-after-free write size-32+8 x1${owner}`]],
    ['through a pointer made by lea', [[0x48, 0x8d, 0x43, 0x10], [0x8b, 0x40, 0xf8]], [`use-after-free read size-32+8 x1${owner}`]],
    ['through container_of()', [[0x48, 0x8d, 0x43, 0x10], [0x48, 0x83, 0xe8, 0x08], [0x8b, 0x00]], [`use-after-free read size-32+8 x1${owner}`]],
    ['through an index', [[0xb8, 4, 0, 0, 0], [0x8b, 0x0c, 0x18]], [`use-after-free read size-32+4 x1${owner}`]], // mov (%rax,%rbx),%ecx
    ['through a masked pointer', [[0x48, 0x8d, 0x43, 0x03], [0x48, 0x83, 0xe0, 0xf8], [0x8b, 0x00]], [`use-after-free read size-32+0 x1${owner}`]],
    ['read and write of one instruction', [[0xff, 0x03]], [`use-after-free read size-32+0 x1${owner}`, `use-after-free write size-32+0 x1${owner}`]], // incl (%rbx)
  ])('%s', (_name, use, expected) => {
    expect(kinds([...NEW(), ...FREE, ...between, ...use])).toEqual(expected);
  }); // prettier-ignore

  it.each<[string, Code, Code]>([
    ['on the stack', [[0x53]], [[0x58], [0x8b, 0x00]]], // push %rbx … pop %rax; mov (%rax),%eax
    [
      'in another object',
      [[0x49, 0x89, 0x1c, 0x24]],
      [
        [0x49, 0x8b, 0x04, 0x24],
        [0x8b, 0x00],
      ],
    ], // mov %rbx,(%r12) … mov (%r12),%rax
    [
      'in memory at an odd address',
      [[0x49, 0x89, 0x5c, 0x24, 0x03]],
      [
        [0x49, 0x8b, 0x44, 0x24, 0x03],
        [0x8b, 0x00],
      ],
    ],
  ])('through a pointer kept %s', (_name, keep, use) => {
    const other: Code = [...alloc(64), [0x49, 0x89, 0xc4]]; // %r12
    const found = kinds([...other, ...NEW(), ...keep, ...FREE, ...between, ...use]);
    expect(found).toEqual([`use-after-free read size-32+0 x1${owner}`]);
  });

  it('through a pointer that was copied byte for byte', () => {
    const copy: Code = [
      ...alloc(64), [0x49, 0x89, 0xc4], ...NEW(), [0x49, 0x89, 0x1c, 0x24], // mov %rbx,(%r12)
      [0x4c, 0x89, 0xe6], [0x49, 0x8d, 0x7c, 0x24, 0x10], [0xb9, 8, 0, 0, 0], [0xf3, 0xa4], // rep movsb to 16(%r12)
      ...FREE, ...between, [0x49, 0x8b, 0x44, 0x24, 0x10], [0x8b, 0x00],
    ]; // prettier-ignore
    expect(kinds(copy)).toEqual([`use-after-free read size-32+0 x1${owner}`]);
  });

  it('and nothing where stale pointers are compared, copied and subtracted', () => {
    const harmless: Code = [
      [0x48, 0x39, 0xeb], [0x48, 0x89, 0xd8], [0x48, 0x8d, 0x50, 0x08], [0x53], [0x59], [0x48, 0x29, 0xc2], [0x48, 0x85, 0xdb],
    ]; // prettier-ignore
    expect(kinds([...NEW(), ...FREE, ...between, ...harmless])).toEqual([]);
  });
});

describe('list_del() of the neighbour of an entry that was freed in its list', () => {
  const OTHER: Code = [...alloc(64), [0x49, 0x89, 0xc4]]; // %r12: its prev is %rbx
  const LINK: Code = [
    [0x49, 0x89, 0x5c, 0x24, 0x08],
    [0x49, 0xc7, 0x04, 0x24, 0, 0, 0, 0],
  ]; // mov %rbx,8(%r12); movq $0,(%r12)
  const UNLINK: Code = [
    [0x49, 0x8b, 0x04, 0x24],
    [0x49, 0x8b, 0x4c, 0x24, 0x08],
    [0x48, 0x89, 0x01],
  ]; // mov %rax,(%rcx)

  it.each([
    ['writes into free memory', [] as Code, ''],
    ['writes into the new owner of its slot', [...REUSE(), ...FILL], ' in size-32'],
  ])('%s', (_name, between, owner) => {
    const code = [...OTHER, ...NEW(), ...LINK, ...FREE, ...between, ...UNLINK];
    expect(kinds(code)).toEqual([`use-after-free write size-32+0 x1${owner}`]);
    // A third object, just below the slot, runs over into it: that is its own, and another kind.
    if (between.length === 0) return;
    const overrun: Code = [...alloc(32), [0xc6, 0x40, 0x20, 0x01]]; // movb $1,32(%rax)
    expect(kinds([...code, ...overrun])).toEqual([
      'use-after-free write size-32+0 x1 in size-32',
      'out-of-bounds write size-32+32 x1 in size-32',
    ]);
  });

  it('and nothing where the entry was unlinked first', () => {
    const unlinkFirst: Code = [[0x49, 0xc7, 0x44, 0x24, 0x08, 0, 0, 0, 0]]; // movq $0,8(%r12)
    const guarded: Code = [
      [0x49, 0x8b, 0x4c, 0x24, 0x08],
      [0x48, 0x85, 0xc9],
      [0x74, 0x00],
    ];
    expect(kinds([...OTHER, ...NEW(), ...LINK, ...unlinkFirst, ...FREE, ...guarded])).toEqual([]);
  });
});

describe('a new owner', () => {
  it('uses its object, also at the same address', () => {
    const use: Code = [
      [0x8b, 0x45, 0x00],
      [0xc6, 0x45, 0x1f, 0x01],
    ];
    expect(kinds([...NEW(), ...FREE, ...REUSE(), ...FILL, ...use])).toEqual([]);
  });

  it('is hit by its neighbour: that is an overrun, not a use after free', () => {
    // rbx and rbp are neighbours: a fresh slab hands out descending addresses
    const code: Code = [...NEW(), ...REUSE(), [0x48, 0x89, 0xef], [0xc6, 0x47, 0x20, 0x01]];
    expect(kinds(code)).toEqual(['out-of-bounds write size-32+32 x1 in size-32']);
  });

  it('of a slot that arithmetic reaches from another object is used by its own pointer', () => {
    // skb->data += skb->head(new) - head(old), after the old one was freed
    const code: Code = [
      ...NEW(), ...alloc(32), [0x49, 0x89, 0xc4], ...FREE, // r12: the other object, rbx is freed
      [0x4c, 0x89, 0xe0], [0x48, 0x29, 0xd8], [0x48, 0x8d, 0x4b, 0x04], [0x48, 0x01, 0xc1], // r12 - rbx + (rbx + 4)
      [0xc6, 0x01, 0x07],
    ]; // prettier-ignore
    expect(kinds(code)).toEqual([]);
  });
});

describe('pointers of the sandbox', () => {
  const USE: Code = [[0x8b, 0x07], RET]; // mov (%rdi),%eax

  it('to an object that is gone is stale, whoever has its slot', () => {
    const free = ['kzalloc: { as: old, size: 32 }', 'free: old'];
    expect(kinds(USE, { before: free, arguments: "'&old'" })).toEqual(['use-after-free read old+0 x1']);
    const reuse = [...free, 'kzalloc: { as: young, size: 30 }'];
    expect(kinds(USE, { before: reuse, arguments: "'&old'" })).toEqual([
      'use-after-free read old+0 x1 in young',
    ]);
    expect(kinds(USE, { before: reuse, arguments: "'&young'" })).toEqual([]);
  });

  it('are stale in memory too: stored before the free, after it, and before the first step', () => {
    const load: Code = [[0x48, 0x8b, 0x47, 0x08], [0x8b, 0x00], RET]; // mov 8(%rdi),%rax; mov (%rax),%eax
    const holder = 'kzalloc: { as: holder, struct: list_head }';
    const old = 'kzalloc: { as: old, size: 64 }';
    const young = 'kzalloc: { as: young, size: 60 }';
    const store = "set: { holder.prev: '&old' }";
    const found = ['use-after-free read old+0 x1 in young'];
    const run = (...before: string[]) => kinds(load, { before, arguments: "'&holder'" });
    expect(run(holder, old, store, 'free: old', young)).toEqual(found);
    expect(run(holder, old, 'free: old', young, store)).toEqual(found);
    const world = [
      'objects:',
      '  old: { size: 64, at: 0xffff880020001140, source: test }',
      "  holder: { struct: list_head, at: 0xffff880211340000, source: test, set: { prev: '&old' } }",
    ];
    expect(kinds(load, { world, before: ['free: old', young], arguments: "'&holder'" })).toEqual(found);
    expect(kinds(load, { world, before: [young], arguments: "'&holder'" })).toEqual([]);
  });
});

describe('frees', () => {
  it('of what is free name both frees and the allocation', () => {
    const recording = lifetimeRun({ code: [...NEW(), ...FREE, ...FREE, RET] });
    const [found, ...more] = new Case(recording).findings;
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      kind: 'double-free',
      at: 'guest+0x1d',
      object: { allocated: { at: 'guest+0xa' }, freed: { at: 'guest+0x15' } },
    });
    expect(found!.says).toMatch(
      /^guest\+0x1d frees an object without a name .* again: it was allocated at guest\+0xa/u,
    );
  });

  it('through a stale pointer free the new owner, which frees again', () => {
    expect(kinds([...NEW(), ...FREE, ...REUSE(), ...FREE, [0x48, 0x89, 0xef], KFREE])).toEqual([
      'double-free - size-32+0 x1 in size-32',
      'double-free - size-32+0 x1',
    ]);
  });

  it('of what is no object are invalid', () => {
    const at = (...load: number[]): Code => [...NEW(), load, KFREE];
    expect(kinds(at(0x48, 0x8d, 0x7b, 0x08))).toEqual(['invalid-free - size-32+8 x1']); // lea 8(%rbx),%rdi
    expect(kinds(at(0x48, 0x89, 0xe7))).toEqual(['invalid-free - - x1']); // mov %rsp,%rdi
    expect(kinds(at(0x48, 0xc7, 0xc7, 0xf4, 0xff, 0xff, 0xff))).toEqual(['invalid-free - - x1']); // ERR_PTR(-ENOMEM)
    expect(kinds(at(0x31, 0xff))).toEqual([]); // kfree(NULL)
  });

  it('by the sandbox name what they meant', () => {
    const before = [
      'kzalloc: { as: old, size: 32 }',
      'free: old',
      'kzalloc: { as: young, size: 32 }',
      'free: old',
    ];
    expect(shortFindings(lifetimeRun({ code: [RET], before }))).toEqual([
      'double-free null - old+0 x1 in young',
    ]);
  });
});

it('calls of one run know nothing of each other but memory', () => {
  const steps = [
    '  make: { do: [{ kzalloc: { as: old, size: 32 } }] }',
    callGuest('first', "'&old'"),
    '  swap: { do: [{ free: old }, { kzalloc: { as: young, size: 32 } }] }',
    callGuest('second', "'&young'"),
  ];
  expect(kinds([[0x8b, 0x07], RET], { steps })).toEqual([]);
});

// Uses of bytes of the heap and of the stack that nobody wrote, and what is none: copies, masks, comparisons that other bits decide.
import { describe, expect, it } from 'vitest';
import { Case } from '../../src/reading/case.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { type Code, lifetimeRun, shortFindings } from '../helpers/lifetime-runs.js';

const KMALLOC = { call: '__kmalloc' } as const;
const RET = [0xc3];
const NEW = (flags = 0xd0): Code => [
  [0xbf, 32, 0, 0, 0],
  [0xbe, flags & 0xff, flags >> 8, 0, 0],
  KMALLOC,
  [0x48, 0x89, 0xc3],
];
const JZ = [0x74, 0x00]; // jz to the next instruction
const JB = [0x72, 0x00];

const found = (code: Code): string[] =>
  shortFindings(lifetimeRun({ code: [...code, RET] })).map((one) => one.replace(/ guest\+0x[0-9a-f]+/u, ''));

describe('a use of heap bytes that nobody wrote', () => {
  const first = 'uninitialised - size-32+0 x1';
  it.each<[string, Code, string]>([
    ['branch after cmp in memory', [[0x83, 0x3b, 0x05], JZ], first], // cmpl $5,(%rbx)
    ['branch after test', [[0x8b, 0x03], [0x85, 0xc0], JZ], first],
    ['branch after add', [[0x8b, 0x03], [0x83, 0xc0, 0x01], JZ], first],
    ['branch on one bit that a shift moves out', [[0x8b, 0x03], [0xd1, 0xe8], JB], first],
    ['branch after setcc', [[0x83, 0x3b, 0x05], [0x0f, 0x94, 0xc0], [0x84, 0xc0], JZ], first],
    ['branch on what cmov chose', [[0x31, 0xc0], [0xb9, 7, 0, 0, 0], [0x83, 0x3b, 0x05], [0x0f, 0x44, 0xc1], [0x85, 0xc0], JZ], first],
    ['branch on a partly written word', [[0xc6, 0x03, 0x00], [0x66, 0x83, 0x3b, 0x00], JZ], 'uninitialised - size-32+1 x1'],
    ['address', [[0x48, 0x0f, 0xb6, 0x43, 0x04], [0x8b, 0x0c, 0x03]], 'uninitialised - size-32+4 x1'], // movzbl 4(%rbx),%rax; mov (%rbx,%rax),%ecx
    ['argument of the allocator', [[0x48, 0x8b, 0x3b], { call: 'kfree' }], first],
    ['after a copy through stack and memory', [[0x8b, 0x43, 0x08], [0x50], [0x59], [0x89, 0x4b, 0x10], [0x83, 0x7b, 0x10, 0x01], JZ], 'uninitialised - size-32+16 x1'],
    ['in a comparison of strings', [[0x48, 0x89, 0xdf], [0x31, 0xc0], [0xb9, 1, 0, 0, 0], [0xf2, 0xae]], first], // repne scasb
  ])('%s', (_name, use, expected) => {
    expect(found([...NEW(), ...use])).toContain(expected);
    expect(found([...NEW(0x80d0), ...use]).filter((one) => one.startsWith('uninitialised'))).toEqual([]); // kzalloc
  }); // prettier-ignore

  it('is told once for each place, with how often', () => {
    // mov $3,%ecx; l: cmpl $5,(%rbx); je l2; l2: dec %ecx; jnz l
    const loop: Code = [[0xb9, 3, 0, 0, 0], [0x83, 0x3b, 0x05], JZ, [0xff, 0xc9], [0x75, 0xf7]];
    expect(found([...NEW(), ...loop])).toEqual(['uninitialised - size-32+0 x3']);
  });
});

describe('no use of them is', () => {
  it.each<[string, Code]>([
    ['a copy', [[0x48, 0x8b, 0x03], [0x48, 0x89, 0x43, 0x08], [0x50], [0x58]]],
    ['a copy by a string instruction', [[0x48, 0x89, 0xde], [0x48, 0x8d, 0x7b, 0x10], [0xb9, 16, 0, 0, 0], [0xf3, 0xa4]]],
    ['a sum', [[0x8b, 0x03], [0x01, 0x43, 0x04]]],
    ['a branch on a bit that a mask leaves', [[0xc6, 0x03, 0x01], [0x8b, 0x03], [0x83, 0xe0, 0x01], JZ]],
    ['a branch that a written bit decides', [[0xc6, 0x03, 0x01], [0x83, 0x3b, 0x00], JZ]], // the lowest byte is not 0
    ['a branch on the sign of a written byte', [[0xc6, 0x43, 0x03, 0x80], [0x83, 0x3b, 0x00], [0x7c, 0x00]]],
    ['a bit field that is set and looked at', [[0x80, 0x0b, 0x01], [0xf6, 0x03, 0x01], JZ]], // orb $1,(%rbx); testb $1,(%rbx)
    ['xor with itself', [[0x8b, 0x03], [0x31, 0xc0], [0x85, 0xc0], JZ]],
    ['sbb with itself', [[0x8b, 0x03], [0x39, 0xff], [0x19, 0xc0], [0x85, 0xc0], JZ]],
    ['a memset', [[0x48, 0x89, 0xdf], [0x31, 0xc0], [0xb9, 32, 0, 0, 0], [0xf3, 0xaa], [0x83, 0x7b, 0x1c, 0x00], JZ]],
  ])('%s', (_name, code) => {
    expect(found([...NEW(), ...code])).toEqual([]);
  }); // prettier-ignore
});

describe('bytes of the stack', () => {
  const SUB = [0x48, 0x83, 0xec, 0x10];
  const ADD = [0x48, 0x83, 0xc4, 0x10];

  it('are not written when room is made for them', () => {
    expect(found([SUB, [0x83, 0x3c, 0x24, 0x01], JZ, ADD])).toEqual(['uninitialised - - x1']);
    const [one] = new Case(lifetimeRun({ code: [SUB, [0x83, 0x3c, 0x24, 0x01], JZ, ADD, RET] })).findings;
    expect(one!.says).toMatch(
      /^guest\+0x8 branches on what nobody wrote on the stack at 0x\w+ since guest\+0x0 made room for it\.$/u,
    );
  });

  it('are not written any more when room is made again', () => {
    const write = [0xc7, 0x04, 0x24, 1, 0, 0, 0]; // movl $1,(%rsp)
    expect(found([SUB, write, [0x83, 0x3c, 0x24, 0x01], JZ, ADD])).toEqual([]);
    expect(found([SUB, write, ADD, SUB, [0x83, 0x3c, 0x24, 0x01], JZ, ADD])).toEqual([
      'uninitialised - - x1',
    ]);
  });

  it('are written by a push and a call', () => {
    expect(found([[0x50], [0x83, 0x3c, 0x24, 0x01], JZ, [0x58]])).toEqual([]);
  });
});

describe('the shipped runs', () => {
  it('convert_delimiter() branches on the byte of the path that is not there yet', () => {
    const uses = new Case(replay(loadScenario('shm-close-bug'))).findings.filter(
      ({ kind }) => kind === 'uninitialised',
    );
    expect(uses.map(({ at, object, offset }) => `${at} ${object!.name}+${offset}`)).toEqual([
      'convert_delimiter+0x28 path+31',
      'convert_delimiter+0x1a path+31',
    ]);
  });

  it.each(['shm-close-control', 'slabinfo-control', 'lookup-segment-deleted', 'lookup-segment-removed'])(
    '%s has no finding',
    (name) => {
      expect(new Case(replay(loadScenario(name))).findings).toEqual([]);
    },
  );
});

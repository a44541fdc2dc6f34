// An instruction that acts by a flag which the manual leaves undefined is told, whatever engine ran it; and nothing else is.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ENGINE_VARIABLE } from '../../src/machine/engine-names.js';
import { Case } from '../../src/reading/case.js';
import { runEvents } from '../../src/reading/events.js';
import { replayDocument } from '../../src/reading/replay-document.js';
import { tellStory } from '../../src/reading/story.js';
import { tellUndefinedFlag } from '../../src/reading/undefined-flags.js';
import { listScenarios } from '../../src/scenario/scenario.js';
import { flagRuleOf } from '../../src/x86/flag-effect.js';
import { recordCode, randomWith } from '../helpers/lineage-machine.js';
import { recordingOf } from '../helpers/step-recordings.js';
import { ENGINES_HERE } from '../helpers/unicorn.js';

const JUMP = { jo: 0x70, jb: 0x72, jae: 0x73, je: 0x74, jbe: 0x76, js: 0x78, jp: 0x7a, jl: 0x7c } as const;
const jump = (name: keyof typeof JUMP): number[] => [JUMP[name], 0]; // to the next instruction
const RETURN = 0xc3;
const XOR_EAX = [0x31, 0xc0];
const CMP = [0x83, 0xf8, 7]; // cmp $7,%eax
const SHL_3 = [0xc1, 0xe0, 3];
const SHL_1 = [0xd1, 0xe0];
const SHL_CL = [0xd3, 0xe0];
const IMUL = [0x0f, 0xaf, 0xc3]; // imul %ebx,%eax
const BSF = [0x0f, 0xbc, 0xc3]; // bsf %ebx,%eax
const BT = [0x0f, 0xba, 0xe3, 3]; // bt $3,%ebx
const ADC = [0x11, 0xd0]; // adc %edx,%eax
const cl = (count: number): number[] => [0xb1, count];
const ebx = (value: number): number[] => [0xbb, value, 0, 0, 0];

const recordingOfCode = (code: readonly number[]) => recordCode([...code, RETURN], randomWith(7));
const told = (code: readonly number[]): string[] =>
  new Case(recordingOfCode(code)).undefinedFlags.map(tellUndefinedFlag);

afterEach(() => vi.unstubAllEnvs());

describe.each(ENGINES_HERE)('recorded with $name', ({ name: engine }) => {
  const on = (code: readonly number[]): string[] => {
    vi.stubEnv(ENGINE_VARIABLE, engine);
    return told(code);
  };

  it.each([
    ['OF after a shift by three', [...SHL_3, ...jump('jo')], 'guest+0x3: jo goes by OF, which shl at guest+0x0 leaves undefined: another CPU may go on otherwise'],
    ['OF after a shift by %cl', [...cl(5), ...SHL_CL, ...jump('jl')], 'guest+0x4: jl goes by OF, which shl at guest+0x2 leaves undefined: another CPU may go on otherwise'],
    ['the carry after a shift of a byte by nine', [...cl(9), 0xd2, 0xe0, ...jump('jb')], 'guest+0x4: jb goes by CF, which shl at guest+0x2 leaves undefined: another CPU may go on otherwise'],
    ['ZF after a product', [...IMUL, ...jump('je')], 'guest+0x3: je goes by ZF, which imul at guest+0x0 leaves undefined: another CPU may go on otherwise'],
    ['the carry after a bit scan', [...ebx(8), ...BSF, ...jump('jb')], 'guest+0x8: jb goes by CF, which bsf at guest+0x5 leaves undefined: another CPU may go on otherwise'],
    ['SF after a bit test', [...BT, ...jump('js')], 'guest+0x4: js goes by SF, which bt at guest+0x0 leaves undefined: another CPU may go on otherwise'],
    ['a set byte', [...IMUL, 0x0f, 0x98, 0xc1], 'guest+0x3: sets goes by SF, which imul at guest+0x0 leaves undefined: another CPU may go on otherwise'],
    ['a move', [...IMUL, 0x0f, 0x44, 0xc1], 'guest+0x3: cmove goes by ZF, which imul at guest+0x0 leaves undefined: another CPU may go on otherwise'],
    ['a sum with the carry', [...ebx(8), ...BSF, ...ADC], 'guest+0x8: adc goes by CF, which bsf at guest+0x5 leaves undefined: another CPU may go on otherwise'],
    ['an undefined carry that was inverted', [...ebx(8), ...BSF, 0xf5, ...jump('jb')], 'guest+0x9: jb goes by CF, which bsf at guest+0x5 leaves undefined: another CPU may go on otherwise'],
    ['a place with how often', [...ebx(3), ...SHL_3, ...jump('jo'), 0xff, 0xcb, 0x75, 0xf7], 'guest+0x8: jo goes by OF, which shl at guest+0x5 leaves undefined (3 times): another CPU may go on otherwise'],
  ])('%s is told', (_name, code, line) => {
    expect(on(code)).toEqual([line]);
  }); // prettier-ignore

  it.each([
    ['OF after a shift by one', [...SHL_1, ...jump('jo')]],
    ['flags that a shift by 0 leaves as they were', [...CMP, ...cl(0), ...SHL_CL, ...jump('jo'), ...jump('jb')]],
    ['flags that a shift by 32 leaves as they were', [...CMP, ...cl(32), ...SHL_CL, ...jump('jo')]],
    ['the carry after a product', [...IMUL, ...jump('jb'), ...jump('jo')]],
    ['ZF after a bit scan', [...BSF, ...jump('je')]],
    ['ZF after a bit test, which leaves it', [...CMP, ...BT, ...jump('je')]],
    ['below or equal when it is equal anyway', [...ebx(0), ...BSF, ...jump('jbe')]],
    ['flags of a comparison after a product', [...IMUL, ...CMP, ...jump('je'), ...jump('jl')]],
    ['flags that are put away', [...IMUL, 0x9c, ...XOR_EAX, 0x9d]],
    ['a carry from a rotation', [...SHL_3, 0xc1, 0xd0, 2, ...jump('jb')]],
  ])('%s is not', (_name, code) => {
    expect(on(code)).toEqual([]);
  }); // prettier-ignore

  it('below or equal is told when the carry decides', () => {
    expect(on([...ebx(8), ...BSF, ...jump('jbe')])).toHaveLength(1);
  });
});

describe('story, events and document', () => {
  const recording = recordingOfCode([...IMUL, ...jump('je')]);

  it('have it', () => {
    expect(tellStory(recording, 'hash').join('\n')).toContain('! guest+0x3: je goes by ZF, which imul at guest+0x0 leaves undefined');
    expect(runEvents(new Case(recording))).toContainEqual(
      expect.objectContaining({ at: 2, kind: 'alarm', text: expect.stringContaining('je goes by ZF') as string }),
    );
    expect(replayDocument(recording).undefinedFlags).toEqual([
      { at: 'guest+0x3', does: 'je', flag: 'ZF', leftBy: 'guest+0x0', leaves: 'imul', times: 1 },
    ]);
  }); // prettier-ignore
});

it.each(listScenarios().map(({ name }) => name))('nothing is told of %s', (name) => {
  expect(new Case(recordingOf(name)).undefinedFlags).toEqual([]);
});

it.each([
  ['shl %cl,%eax', SHL_CL, 0n, 0, 0],
  ['shl %cl,%eax', SHL_CL, 1n, 0x8c5, 0x10],
  ['shl %cl,%eax', SHL_CL, 33n, 0x8c5, 0x10],
  ['shl %cl,%eax', SHL_CL, 4n, 0xc5, 0x810],
  ['shl %cl,%al', [0xd2, 0xe0], 8n, 0xc4, 0x811],
  ['sar %cl,%al', [0xd2, 0xf8], 8n, 0xc5, 0x810],
  ['rol %cl,%eax', [0xd3, 0xc0], 4n, 1, 0x800],
  ['rcr $1,%eax', [0xd1, 0xd8], 4n, 0x801, 0],
  ['shld %cl,%ax,%bx', [0x66, 0x0f, 0xa5, 0xc3], 17n, 0, 0x8d5],
  ['and %eax,%eax', [0x21, 0xc0], 0n, 0x8c5, 0x10],
  ['div %ebx', [0xf7, 0xf3], 0n, 0, 0x8d5],
  ['repe cmpsb', [0xf3, 0xa6], 0n, 0, 0],
  ['repe cmpsb', [0xf3, 0xa6], 1n, 0x8d5, 0],
  ['mov %eax,%ebx', [0x89, 0xc3], 1n, 0, 0],
])('%s sets and leaves what the manual says', (_text, code, rcx, sets, leavesUndefined) => {
  expect(flagRuleOf(Uint8Array.from(code), 0n)!.effect(rcx)).toMatchObject({ sets, leavesUndefined });
});

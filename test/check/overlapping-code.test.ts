// Code of which one instruction begins inside another: what finds out which blocks run does not change what they do.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Arena } from '../../src/check/watch/arena.js';
import { readParameters } from '../../src/scenario/parameters.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { hexCandidate } from '../helpers/hex-candidate.js';

const scenario = loadScenario('mount-arena');
const folder = mkdtempSync(join(tmpdir(), 'oopslab-overlap-'));
afterAll(() => rmSync(folder, { recursive: true }));

const OR_AND_RETURN = [0x83, 0x0c, 0x24, 0x00, 0x31, 0xc0, 0xc3]; // orl $0,(%rsp); xor %eax,%eax; ret
const TEST = [0x48, 0x85, 0xff]; // test %rdi,%rdi

const violationsOf = (name: string, code: readonly number[]) => {
  using arena = new Arena(scenario, hexCandidate(folder, name, code), { libraries: [folder] });
  const run = () => arena.run(readParameters(scenario)).map(({ property }) => property);
  const once = run();
  arena.begin(); // all blocks have not run
  expect(run()).toEqual(once);
  return once;
};

it('a lock prefix that a jump skips is run as it is, whether the jump is taken or not', () => {
  const plain = violationsOf('plain', [...TEST, ...OR_AND_RETURN]);
  expect(plain).not.toContain('ends');
  expect(violationsOf('not-taken', [...TEST, 0x74, 0x01, 0xf0, ...OR_AND_RETURN])).toEqual(plain);
  expect(violationsOf('taken', [...TEST, 0x75, 0x01, 0xf0, ...OR_AND_RETURN])).toEqual(plain);
});

it.each([
  ['in its middle', [0x83, 0x0c, 0x24, 0x00]], // orl $0,(%rsp)
  ['after a prefix', [0xf0, 0x83, 0x0c, 0x24, 0x00]], // the same with lock
] as const)('an instruction that only an indirect jump comes to keeps the byte %s', (_, or) => {
  const code = [
    [0x31, 0xc0], // xor %eax,%eax
    [0x75, 0x0e], // jne, never taken, to the second byte of `or`
    [0x48, 0x8d, 0x05, 0x03, 0, 0, 0], // lea 1f+1(%rip),%rax
    [0xff, 0xe0], // jmp *%rax
    [0xb8, 0x90, 0x90, 0x90], // 1: mov, which takes the first byte of `or` for its own
    or,
    [0x31, 0xc0, 0xc3],
  ].flat();
  const plain = violationsOf('plain', [...TEST, ...OR_AND_RETURN]);
  expect(violationsOf('jumped', code)).toEqual(plain);
});

// The words of every kind of claim. An example of each: one that is missing does not compile.
import { describe, expect, it } from 'vitest';
import type { Claim, CodePlace, Origin, Subject } from '../../src/decode/code/statement.js';
import { isShared, sayClaim, statementText } from '../../src/decode/show/claims.js';

const by: CodePlace = { at: 'f+0x4', text: 'mov %rdi,%rbx' };
const call: CodePlace = { at: 'f+0x9', text: 'call g' };
const origin: Origin = { kind: 'entry', register: 'rdi', at: 'f+0x0' };

const EXAMPLES: { readonly [K in Claim['kind']]: Extract<Claim, { readonly kind: K }> } = {
  written: { kind: 'written', by: [by], orBefore: false, calls: [call] },
  unwritten: { kind: 'unwritten', since: 'f+0x0' },
  holds: { kind: 'holds', origin },
  kept: { kind: 'kept', calls: [call] },
  'looks-like': { kind: 'looks-like', what: 'error code', detail: '-22 = -EINVAL' },
  'same-as': { kind: 'same-as', others: [{ kind: 'register', name: 'r8' }] },
  pushed: { kind: 'pushed', by, register: 'rbx', written: null, origin: { kind: 'unknown' } },
  stored: { kind: 'stored', by, origin },
  'return-address': { kind: 'return-address', to: 'remove_vma+0x24/0x80', after: call },
  accesses: {
    kind: 'accesses',
    access: 'read',
    operand: '(%rbx)',
    address: 8n,
    size: 8,
    verdict: 'near NULL',
  },
  'rip-from': {
    kind: 'rip-from',
    rip: 0xffffffffc0a33066n,
    from: 'operand',
    by,
    of: 'f',
    start: 0xffffffffc0a33060n,
  },
  'bad-operand': { kind: 'bad-operand', register: 'rbx', detail: 'it is NULL' },
  guarded: { kind: 'guarded', by, taken: false, compare: null },
  went: { kind: 'went', by, taken: true, compare: call },
  interrupted: { kind: 'interrupted' },
  asserts: { kind: 'asserts', what: 'BUG', detail: 'ipc/shm.c:205' },
  'trap-means': {
    kind: 'trap-means',
    topic: 'divide',
    says: 'It divides EDX:EAX by ECX, which is 0',
    facts: { divisor: 0n },
  },
  contradiction: {
    kind: 'contradiction',
    between: ['error code', 'instruction'],
    says: 'The error code says a write, and the instruction only reads',
    reasons: ['the registers are of another report', 'a line of another CPU came between'],
  },
  'starts-inside': { kind: 'starts-inside', by, shown: 'mov %edi,%ebx' },
  'cut-prefix': { kind: 'cut-prefix', register: 'rbp', shown: 'mov 0x8(%rbx),%ebp' },
  boundaries: { kind: 'boundaries', certainFrom: 16, chosenFrom: 0, readings: 7 },
  'lost-mark': {
    kind: 'lost-mark',
    at: 42,
    eaten: true,
    instructions: [{ byte: '48', text: 'mov 0x58(%rax),%rdx' }],
  },
  'no-way': { kind: 'no-way' },
  'code-agrees': { kind: 'code-agrees', same: 63, compared: 64, file: 'vmlinux' },
};

const RBX: Subject = { kind: 'register', name: 'rbx' };
const R8: Subject = { kind: 'register', name: 'r8' };

describe.each(Object.values(EXAMPLES))('a claim of the kind $kind', (claim) => {
  it('is a sentence without full stop', () => {
    const sentence = sayClaim(claim, [RBX]);
    expect(sentence).toMatch(/^[A-Z0-9].*[^.]$/u);
    expect(sentence).not.toMatch(/undefined|null|NaN|\[object|bigint/u);
  });

  it('names every place and every detail of the claim', () => {
    const details = Object.values(claim)
      .flat()
      .map((part: unknown) => (typeof part === 'object' && part !== null && 'at' in part ? part.at : part))
      .filter((part) => typeof part === 'string' && part.includes('+0x'));
    const sentence = sayClaim(claim, [RBX]);
    for (const detail of details) expect(sentence).toContain(detail);
  });
});

describe('a claim about several registers', () => {
  it.each(Object.values(EXAMPLES).filter(isShared))('is one sentence: $kind', (claim) => {
    expect(sayClaim(claim, [RBX, R8])).toBe(sayClaim(claim, [RBX]).replace('RBX', 'RBX, R08: each'));
  });

  it('is made of those about who wrote registers, and of what they look like', () => {
    const shared = Object.values(EXAMPLES).filter(isShared);
    expect(shared.map(({ kind }) => kind)).toEqual(['written', 'unwritten', 'looks-like']);
  });
});

it('a statement about a stack word begins with the word', () => {
  const about: Subject = { kind: 'stack', index: 3 };
  const statement = { about, sure: 'certain', claim: EXAMPLES.pushed, because: [] } as const;
  expect(statementText(statement)).toBe('Stack[3] is the rbx that f+0x4 (mov %rdi,%rbx) pushed');
});

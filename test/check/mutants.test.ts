// The mutants of `npm run bench:mutants`: what they change, which of them are the same as the original, and the comparison
// with the reviewed reasons. test/end-to-end/mutants.long.test.ts runs some.
import { describe, expect, it } from 'vitest';
import { equivalences } from '../../bench/mutants/equivalent.mjs';
import { changesOf, mutantsOf } from '../../bench/mutants/mutate.mjs';
import { classify, readReasons } from '../../bench/mutants/reasons.mjs';
import { loadCandidates } from '../../src/check/run/shipped.js';
import { loadRelease } from '../../src/release/snippet.js';
import { decode } from '../../src/x86/disasm.js';

const START = 0xffffffffa0421030n;
const release = loadRelease();
const nameOf = (address: bigint): string | undefined => {
  const found = release.symbols.findLocation(BigInt.asUintN(64, address));
  return found?.offset === 0 ? found.symbol.name : undefined;
};
const disassemble = (bytes: Uint8Array, start: bigint) => decode(bytes, start, undefined, 'gnu');

/** Mutants as their mistake, and the changed instructions. */
const shown = (hex: string): string[] => {
  const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  return mutantsOf(bytes, START, nameOf).map(({ id, bytes: mutated }) => {
    const changes = changesOf(bytes, mutated, START, disassemble);
    const words = (text = '') => text.replaceAll(/ +/gu, ' ').replace(/ 0x\w{16}$/u, ' …');
    return `${id}: ${changes.map(({ before, after }) => `${words(before)} => ${words(after)}`).join('; ')}`;
  });
};

describe('mutants of machine code', () => {
  it.each([
    // mov %rax,%rbx; ret
    ['48 89 c3 c3', ['+0x0 width 64->32: mov %rax,%rbx => rex mov %eax,%ebx', '+0x0 width 64->8: mov %rax,%rbx => mov %al,%bl', '+0x0 dropped: mov %rax,%rbx => nop', '+0x3 dropped: ret => nop']],
    // lea 0x7f(%rsi,%rax,4),%rdi; what the displacement wraps to stays in its byte
    ['48 8d 7c 86 7f', ['+0x0 displacement+1: lea 0x7f(%rsi,%rax,4),%rdi => lea -0x80(%rsi,%rax,4),%rdi', '+0x0 displacement-1: lea 0x7f(%rsi,%rax,4),%rdi => lea 0x7e(%rsi,%rax,4),%rdi', '+0x0 scale*2: lea 0x7f(%rsi,%rax,4),%rdi => lea 0x7f(%rsi,%rax,8),%rdi', '+0x0 width 64->32: lea 0x7f(%rsi,%rax,4),%rdi => rex lea 0x7f(%rsi,%rax,4),%edi', '+0x0 dropped: lea 0x7f(%rsi,%rax,4),%rdi => nop']],
    // cmp %ecx,%eax; jb; cmovae %ecx,%eax
    ['39 c8 72 00 0f 43 c1', ['+0x0 dropped: cmp %ecx,%eax => nop', '+0x0 cmp->test: cmp %ecx,%eax => test %ecx,%eax', '+0x0 width 32->8: cmp %ecx,%eax => cmp %cl,%al', '+0x2 b->ae: jb … => jae …', '+0x2 b->be: jb … => jbe …', '+0x2 b->l: jb … => jl …', '+0x2 always: jb … => jmp …', '+0x2 never: jb … => nop', '+0x4 ae->b: cmovae %ecx,%eax => cmovb %ecx,%eax', '+0x4 ae->a: cmovae %ecx,%eax => cmova %ecx,%eax', '+0x4 ae->ge: cmovae %ecx,%eax => cmovge %ecx,%eax', '+0x4 always: cmovae %ecx,%eax => mov %ecx,%eax', '+0x4 never: cmovae %ecx,%eax => nop']],
    // push %rbx; push %r12; movb $0xff,(%rdi); pop %r12; pop %rbx
    ['53 41 54 c6 07 ff 41 5c 5b', ['+0x0 save and restore dropped: push %rbx => nop; pop %rbx => nop', '+0x0 dropped: push %rbx => nop', '+0x1 save and restore dropped: push %r12 => nop; pop %r12 => nop', '+0x1 dropped: push %r12 => nop', '+0x3 immediate+1: movb $0xff,(%rdi) => movb $0x0,(%rdi)', '+0x3 immediate-1: movb $0xff,(%rdi) => movb $0xfe,(%rdi)', '+0x3 dropped: movb $0xff,(%rdi) => nop', '+0x6 restores exchanged: pop %r12 => pop %rbx;  => pop %r12; pop %rbx => ', '+0x6 dropped: pop %r12 => nop', '+0x8 dropped: pop %rbx => nop']],
  ])('of %s', (hex, expected) => expect(shown(hex)).toEqual(expected)); // prettier-ignore

  it('exchange the arguments of a call, and the flags of an allocation', () => {
    // mov $0x20,%edi; mov $0xd0,%esi; call __kmalloc
    const distance = Buffer.alloc(4);
    distance.writeInt32LE(Number(0xffffffff81157310n - (START + 15n)));
    const found = shown(`bf20000000 bed0000000 e8${distance.toString('hex')} 90 90`);
    expect(found.filter((one) => one.startsWith('+0xa'))).toEqual([
      '+0xa dropped: call … => nop',
      '+0xa rdi<->rsi: mov $0x20,%edi => mov $0x20,%esi; mov $0xd0,%esi => mov $0xd0,%edi',
    ]);
    expect(found.filter((one) => one.includes('flags')).map((one) => one.split('=> ')[1])).toEqual([
      'mov $0x0,%esi',
      'mov $0x20,%esi',
      'mov $0xd2,%esi',
      'mov $0x80d0,%esi',
    ]);
  });
});

const versions = loadCandidates()
  .filter(({ expected }) => expected === 'holds')
  .map(({ name, function: of, variants }) => ({ name, snippet: release.findSnippet(of, variants[of])! }));

describe.each(versions)('the mutants of $name', ({ name, snippet }) => {
  const { bytes, start } = snippet;
  const mutants = mutantsOf(bytes, start, nameOf);

  it('are as long as the original, and all different', () => {
    expect(mutants.length).toBeGreaterThan(200);
    const texts = new Set(mutants.map((mutant) => Buffer.from(mutant.bytes).toString('hex')));
    expect(texts.size).toBe(mutants.length);
    expect(texts).not.toContain(Buffer.from(bytes).toString('hex'));
    expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length);
    expect(mutants.every((mutant) => mutant.bytes.length === bytes.length)).toBe(true);
  });

  it('are the same every time', () => {
    expect(mutantsOf(bytes, start, nameOf)).toEqual(mutants);
  });

  it('have reviewed reasons only where a machine finds none', () => {
    const prototypeOf = (of: string) => release.symbols.findSymbol(of)?.prototype;
    const found = equivalences(bytes, start, nameOf, prototypeOf, snippet.manifest.prototype.returns);
    const same = mutants.filter((mutant) => found.reasonOf(mutant.bytes) !== undefined);
    found.close();
    expect(same.length).toBeGreaterThan(10);
    const reviewed = [...readReasons(new URL('../../bench/mutants/survivors.json', import.meta.url)).keys()]
      .filter((id) => id.startsWith(`${name}+`))
      .map((id) => id.slice(name.length));
    const ids = new Set(mutants.map(({ id }) => id));
    expect(reviewed.filter((id) => !ids.has(id))).toEqual([]);
    expect(reviewed.filter((id) => same.some((mutant) => mutant.id === id))).toEqual([]);
  });
});

describe('what a machine takes for the same', () => {
  const reasonOf = (hex: string, patch: string, at: number): string | undefined => {
    const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    const mutated = Uint8Array.from(bytes);
    mutated.set(Buffer.from(patch.replaceAll(' ', ''), 'hex'), at);
    const found = equivalences(bytes, START, nameOf, () => undefined, 'int');
    const reason = found.reasonOf(mutated);
    found.close();
    return reason;
  };

  it.each([
    ['xor %eax,%eax; mov %eax,%ecx; ret: ECX is not read', '31c0 89c1 c3', '9090', 2, /never read/u],
    ['xor %eax,%eax; cltq; ret: 0 has no sign', '31c0 4898 c3', '9090', 2, /so small/u],
    [
      'xor %ecx,%ecx; mov %ecx,%eax; movslq %eax,%rdx; mov %rdx,%rax',
      '31c9 89c8 4863d0 4889d0 c3',
      '40',
      4,
      /so small/u,
    ],
    ['test $0x40,%dil; je … : le is no other condition', '31c0 40f6c740 7402 89f0 c3', '7e', 6, /condition/u],
  ] as const)('%s', (_what, hex, patch, at, reason) => {
    expect(reasonOf(hex, patch, at)).toMatch(reason);
  });

  it.each([
    ['mov %edi,%eax; ret: EAX is the result', '89f8 c3', '9090', 0],
    ['movslq %edi,%rax; mov %rax,%rbx…: the sign may be set', '4863c7 4889c3 c3', '40', 0],
    ['test $0x80,%dil; je …: the sign may be set', '31c0 40f6c780 7402 89f0 c3', '7e', 6],
    ['mov %eax,(%rdi); ret: memory may be read by others', '8907 c3', '9090', 0],
    ['push %rbx; pop %rbx', '53 5b c3', '90', 0],
  ] as const)('but not %s', (_what, hex, patch, at) => {
    expect(reasonOf(hex, patch, at)).toBeUndefined();
  });
});

describe('the comparison with the reasons', () => {
  const one = (id: string, verdict: string, same?: string) => ({ id, verdict, same, reason: null });
  const reasons = new Map([
    ['a', { kind: 'equivalent', reason: 'x' }],
    ['b', { kind: 'missed', reason: 'y' }],
  ] as const);

  it('takes each survivor for what its reason says', () => {
    const results = [one('a', 'holds'), one('b', 'slow'), one('c', 'breaks'), one('d', 'holds', 'z')];
    const { killed, equivalent, missed, problems } = classify(results, reasons, results);
    expect([killed, equivalent, missed].map((list) => list.map(({ id }) => id))).toEqual([
      ['c'],
      ['a', 'd'],
      ['b'],
    ]);
    expect(problems).toEqual([]);
  });

  it.each([
    [
      'a survivor without a reason',
      [one('a', 'holds'), one('b', 'holds'), one('c', 'holds')],
      /^c survives without a reason$/u,
    ],
    [
      'a killed one with a reason',
      [one('a', 'breaks'), one('b', 'holds')],
      /^a is killed, and has a reason to survive$/u,
    ],
    [
      'a killed one that a machine takes for the same',
      [one('a', 'holds'), one('b', 'holds'), one('c', 'breaks', 'z')],
      /^c is killed, and was taken/u,
    ],
    ['a reason for no mutant', [one('a', 'holds')], /^b has a reason, and is no mutant$/u],
    ['an error', [one('a', 'error'), one('b', 'holds')], /^a was not tried/u],
  ])('complains about %s', (_what, results, problem) => {
    const { problems } = classify(results, reasons, results);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });
});

// A function that is left by a jump to a return thunk gives the stack back as a `ret` does.
import { describe, expect, it } from 'vitest';
import type { CodePiece } from '../../src/decode/code/code-piece.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { explainReport } from '../../src/decode/explain/explain.js';
import { statementText } from '../../src/decode/show/claims.js';
import { inventedReport, pageFaultHead } from '../helpers/invented-report.js';

const OUTER = 0xffff_ffff_8100_0000n;
const INNER = OUTER + 0x100n;

// callq inner; mov %rsp,%rcx; mov (%rax),%rax
const outer: CodePiece = {
  symbol: 'outer',
  address: OUTER,
  offset: 0,
  bytes: Uint8Array.of(0xe8, 0xfb, 0, 0, 0, 0x48, 0x89, 0xe1, 0x48, 0x8b, 0x00, 0xc3),
  whole: true,
};

/** inner: what it is left by. */
const inner = (bytes: readonly number[], exits: ReadonlyMap<number, 'return'>): CodePiece => ({
  symbol: 'inner',
  address: INNER,
  offset: 0,
  bytes: Uint8Array.from(bytes),
  whole: true,
  ways: { exits, targets: new Map(), instead: new Map(), handlers: new Map(), traced: new Set() },
});

const rsp = 0xffff_c900_0000_fe00n;
const text = inventedReport({
  head: pageFaultHead(0n),
  code: '48 8b 00',
  before: 'e8 fb 00 00 00 48 89 e1',
  registers: { rax: 0n, rsp, rcx: rsp },
  cr2: 0n,
  symbol: 'outer',
}).replace('+0x2a/0x90', '+0x8/0xc');

const saidOfRcx = (called: CodePiece): string[] => {
  const [report] = reportsOf(text);
  const known = { findPiece: (address: bigint | undefined) => (address === INNER ? called : undefined) };
  const full = { chain: [{ piece: outer, at: 8 }], known, compared: 0, same: 0, from: 'outer' };
  return explainReport(report!, full)
    .registers.filter(({ about }) => about.kind === 'register' && about.name === 'rcx')
    .map((one) => statementText(one));
};

describe('a called function that ends in a return thunk', () => {
  it.each([
    ['a return', inner([0xc3], new Map())],
    ['a jump to a return thunk', inner([0xe9, 0, 0x10, 0, 0], new Map([[0, 'return']]))],
  ])('leaves RSP as it was: %s', (_, called) => {
    expect(saidOfRcx(called)).toContain('RCX is the value of rsp at outer+0x0');
  });

  it('is not said to have left it elsewhere where a jump that may go on is one', () => {
    // je thunk; nop; jmp thunk
    const called = inner(
      [0x0f, 0x84, 0, 0x10, 0, 0, 0x90, 0xe9, 0, 0x10, 0, 0],
      new Map([
        [0, 'return'],
        [7, 'return'],
      ]),
    );
    expect(saidOfRcx(called).filter((one) => one.includes('-0x8'))).toEqual([]);
  });
});

// What explanations say of registers and stack words is held against executions of random functions: no certain
// statement is false; how much of the truth is found is counted.
import { describe, expect, it } from 'vitest';
import { explainReport } from '../../src/decode/explain/explain.js';
import type { FittedCode } from '../../src/decode/code/function-bytes.js';
import type { Statement, Sure } from '../../src/decode/code/statement.js';
import { statementText } from '../../src/decode/show/claims.js';
import { FULL, cases } from '../helpers/effort.js';
import { Oracle } from '../helpers/decode-truth.js';
import {
  CODE,
  type Generated,
  INNER_AT,
  type Truth,
  generateFunction,
  runToTrap,
} from '../helpers/decode-windows.js';

const WINDOWS = cases(300, 10_000);

const fullCode = ({ bytes, inner }: Generated, { registers }: Truth, withInner: boolean): FittedCode => {
  const piece = { symbol: 'guest', address: CODE, offset: 0, bytes, whole: true };
  const called = { symbol: 'inner', address: CODE + BigInt(INNER_AT), offset: 0, bytes: inner, whole: true };
  return {
    chain: [{ piece, at: registers.rip!.offset! }],
    known: { findPiece: (address) => (withInner && address === called.address ? called : undefined) },
    compared: 0,
    same: 0,
    from: 'guest',
  };
};

interface Counts {
  readonly statements: Record<Sure, { true: number; false: number; unchecked: number }>;
  /** Registers and words whose last writer is in the code that is seen, and those of which it was named, alone. */
  readonly found: Record<'registers' | 'words', { there: number; certain: number; any: number }>;
  readonly falseOnes: string[];
  boundaries: { certain: number; wrong: number; trueOnes: number; shown: number };
}

const emptyCounts = (): Counts => {
  const three = () => ({ true: 0, false: 0, unchecked: 0 });
  return {
    statements: { certain: three(), likely: three(), possible: three() },
    found: { registers: { there: 0, certain: 0, any: 0 }, words: { there: 0, certain: 0, any: 0 } },
    falseOnes: [],
    boundaries: { certain: 0, wrong: 0, trueOnes: 0, shown: 0 },
  };
};

const countFound = (counts: Counts, oracle: Oracle, statements: readonly Statement[]): void => {
  const isRight = ({ claim, sure }: Statement, wanted: Sure | undefined, at: number): boolean => {
    const by =
      claim.kind === 'written' && claim.by.length + claim.calls.length === 1 && !claim.orBefore
        ? (claim.by[0] ?? claim.calls[0])
        : undefined;
    const place = claim.kind === 'pushed' || claim.kind === 'stored' ? claim.by : by;
    if (place === undefined || (wanted !== undefined && sure !== wanted)) return false;
    const [name, offset] = place.at.split('+') as [string, string];
    return Number(offset) + (name === 'inner' ? INNER_AT : 0) === at;
  };
  const count = (kind: 'registers' | 'words', at: number, about: readonly Statement[]): void => {
    if (at < 0) return;
    const found = counts.found[kind];
    found.there += 1;
    if (about.some((one) => isRight(one, 'certain', at))) found.certain += 1;
    if (about.some((one) => isRight(one, undefined, at))) found.any += 1;
  };
  const names = [
    'rax',
    'rcx',
    'rdx',
    'rbx',
    'rsp',
    'rbp',
    'rsi',
    'rdi',
    'r8',
    'r9',
    'r10',
    'r11',
    'r12',
    'r13',
    'r14',
  ];
  for (const [register, name] of names.entries())
    if (name !== 'rsp')
      count(
        'registers',
        oracle.writerOf(register),
        statements.filter(({ about }) => about.kind === 'register' && about.name === name),
      );
  for (let index = 0; index < 12; index += 1)
    count(
      'words',
      oracle.storerOf(index),
      statements.filter(({ about }) => about.kind === 'stack' && about.index === index),
    );
};

type Mode = 'window' | 'function' | 'function and callee';

const check = (mode: Mode, generated: Generated, truth: Truth, seed: number, counts: Counts): void => {
  const full = mode === 'window' ? undefined : fullCode(generated, truth, mode === 'function and callee');
  const explained = explainReport(truth.report, full);
  const [first] = explained.instructions;
  const seenFrom = mode === 'window' ? Number(first!.at.split('+')[1]) : 0;
  const oracle = new Oracle(generated, truth, seenFrom, mode === 'function and callee');
  const statements = [...explained.trap, ...explained.way, ...explained.registers, ...explained.stack];
  for (const statement of statements) {
    const verdict = oracle.judge(statement);
    counts.statements[statement.sure][verdict] += 1;
    if (verdict === 'false' && statement.sure === 'certain' && counts.falseOnes.length < 5)
      counts.falseOnes.push(`seed ${seed}: ${statementText(statement)}`);
  }
  countFound(counts, oracle, statements);
  for (const { at, sure } of explained.instructions) {
    const isStart = generated.starts.has(Number(at.split('+')[1]));
    counts.boundaries.shown += 1;
    if (isStart) counts.boundaries.trueOnes += 1;
    if (sure !== 'certain') continue;
    counts.boundaries.certain += 1;
    if (!isStart) counts.boundaries.wrong += 1;
  }
};

const MODES = ['window', 'function', 'function and callee'] as const;

describe('explanations of random functions that trap', () => {
  it(`say nothing certain that is false, ${WINDOWS} times`, { timeout: 3_600_000 }, () => {
    const counts = { window: emptyCounts(), function: emptyCounts(), 'function and callee': emptyCounts() };
    for (let seed = 1, done = 0; done < WINDOWS; seed += 1) {
      const generated = generateFunction(seed);
      const truth = runToTrap(generated, seed);
      if (truth === undefined) continue;
      done += 1;
      for (const mode of MODES) check(mode, generated, truth, seed, counts[mode]);
    }
    for (const mode of MODES) {
      const { falseOnes, statements, found, boundaries } = counts[mode];
      if (FULL) process.stderr.write(`${mode}: ${JSON.stringify({ statements, found, boundaries })}\n`);
      expect(falseOnes).toEqual([]);
      expect(statements.certain.false).toBe(0);
      expect(boundaries.wrong).toBe(0);
      // It does say something: it names many of the writers that there are, and what is likely mostly is so.
      expect(found.registers.any).toBeGreaterThan(found.registers.there / 3);
      expect(statements.likely.false).toBeLessThanOrEqual(statements.likely.true / 10);
      if (mode !== 'window') expect(found.registers.certain).toBeGreaterThan(found.registers.there / 3);
    }
  });
});

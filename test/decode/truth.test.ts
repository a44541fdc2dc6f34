// What explanations say of registers and stack words is held against executions of random functions: no certain
// statement is false; how much of the truth is found is counted.
import { describe, expect, it } from 'vitest';
import { type Explanation, explainReport } from '../../src/decode/explain/explain.js';
import type { FittedCode } from '../../src/decode/code/fitted.js';
import type { Statement, Sure } from '../../src/decode/code/statement.js';
import { statementText } from '../../src/decode/show/claims.js';
import { FULL, QUICK, cases } from '../helpers/effort.js';
import { type TextLayout, linesOf, readLines, withoutParts } from '../helpers/decode-texts.js';
import { Oracle } from '../helpers/decode-truth.js';
import { randomWith } from '../helpers/lineage-machine.js';
import {
  CODE,
  type Generated,
  INNER_AT,
  type RunOptions,
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
  /** How often what is likely was wrong, by kind of claim. */
  readonly wrongKinds: Map<string, number>;
  boundaries: { certain: number; wrong: number; trueOnes: number; shown: number };
}

const emptyCounts = (): Counts => {
  const three = () => ({ true: 0, false: 0, unchecked: 0 });
  return {
    statements: { certain: three(), likely: three(), possible: three() },
    found: { registers: { there: 0, certain: 0, any: 0 }, words: { there: 0, certain: 0, any: 0 } },
    falseOnes: [],
    wrongKinds: new Map(),
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

const judge = (counts: Counts, oracle: Oracle, explained: Explanation, seed: number): Statement[] => {
  const { trap, way, registers, stack, code } = explained;
  const statements = [...code, ...trap, ...way, ...registers, ...stack];
  for (const statement of statements) {
    const verdict = oracle.judge(statement);
    counts.statements[statement.sure][verdict] += 1;
    if (verdict === 'false' && statement.sure === 'likely')
      counts.wrongKinds.set(statement.claim.kind, (counts.wrongKinds.get(statement.claim.kind) ?? 0) + 1);
    if (verdict === 'false' && statement.sure === 'certain' && counts.falseOnes.length < 5)
      counts.falseOnes.push(`seed ${seed}: ${statementText(statement)}`);
  }
  countFound(counts, oracle, statements);
  return statements;
};

const countBoundaries = (counts: Counts, { instructions }: Explanation, { starts }: Generated): void => {
  for (const { at, sure } of instructions) {
    const [name, offset] = at.split('+') as [string, string];
    if (name !== 'guest') continue;
    const isStart = starts.has(Number(offset));
    counts.boundaries.shown += 1;
    if (isStart) counts.boundaries.trueOnes += 1;
    if (sure !== 'certain') continue;
    counts.boundaries.certain += 1;
    if (!isStart) counts.boundaries.wrong += 1;
  }
};

const offsetOf = (at: string | undefined): number => Number(at?.split('+')[1] ?? 0);

const check = (mode: Mode, generated: Generated, truth: Truth, seed: number, counts: Counts): void => {
  const full = mode === 'window' ? undefined : fullCode(generated, truth, mode === 'function and callee');
  const explained = explainReport(truth.report, full);
  const seenFrom = mode === 'window' ? offsetOf(explained.instructions[0]?.at) : 0;
  judge(counts, new Oracle(generated, truth, seenFrom, mode === 'function and callee'), explained, seed);
  countBoundaries(counts, explained, generated);
};

/** A report that was read from lines, explained from them alone and with the function's bytes. */
const checkText = (
  lines: readonly string[],
  generated: Generated,
  truth: Truth,
  seed: number,
  counts: Counts,
): void => {
  const report = readLines(lines);
  if (report === undefined) return;
  // What the reader made of it is what is judged.
  const read = { ...truth, report };
  const named = report.registers[0]?.rip?.symbol === 'guest';
  const place = report.registers[0]?.rip?.address;
  const explained = explainReport(report);
  const seenFrom = named ? offsetOf(explained.instructions[0]?.at) : 0;
  if (named || explained.instructions.length === 0) {
    judge(counts, new Oracle(generated, read, seenFrom, false), explained, seed);
    countBoundaries(counts, explained, generated);
  }
  if (!named) return;
  // As the file of a kernel would be read: without the address, from its own.
  const { bytes } = generated;
  const origin = place === undefined ? { origin: 'guest' } : {};
  const piece = {
    symbol: 'guest',
    address: place === undefined ? 0n : truth.base,
    ...origin,
    offset: 0,
    bytes,
    whole: true,
  };
  const at = truth.registers.rip!.offset!;
  const known = { findPiece: () => undefined };
  const full = { chain: [{ piece, at }], known, compared: 0, same: 0, from: 'guest' };
  judge(counts, new Oracle(generated, read, 0, false), explainReport(report, full), seed);
};

const MODES = ['window', 'function', 'function and callee'] as const;

// A tenth of what is likely may be wrong; the kinds of claims that are, if more is.
const likelyFalse = ({ statements, wrongKinds }: Counts): string[] =>
  statements.likely.false * 10 <= statements.likely.true
    ? []
    : [...wrongKinds].map(([kind, count]) => `${kind}: ${count}`);

/** What is told of a run in each way that a text can be. */
const TEXTS = {
  'without the address of RIP': (run: Run) => run({}, 'new'),
  'of a moved kernel': (run: Run, random) => run({ base: moved(random) }, 'old'),
  'of a moved kernel, without the address': (run: Run, random) => run({ base: moved(random) }, 'new'),
  'with addresses of 57 bits': (run: Run, random) => run({ wide: true }, random() % 2 === 0 ? 'old' : 'new'),
  'of an interrupted context': (run: Run, random) =>
    run({ stopAfter: 1 + (random() % 40) }, random() % 2 === 0 ? 'old' : 'new'),
} as const satisfies Record<string, (run: Run, random: () => number) => void>;

type Run = (options: RunOptions, layout: TextLayout) => void;

const KINDS = Object.keys(TEXTS).length;

const moved = (random: () => number): bigint => CODE + BigInt(1 + (random() % 0xff)) * 0x200000n;

describe('explanations of random functions that trap', () => {
  it(
    `say nothing certain that is false, whatever the text has, ${WINDOWS} times`,
    { timeout: 3_600_000 },
    () => {
      const counts = Object.fromEntries(
        Object.keys(TEXTS).flatMap((name) =>
          [name, `${name}, with parts missing`].map((one) => [one, emptyCounts()]),
        ),
      );
      for (let seed = 1, done = 0; done < WINDOWS; seed += 1) {
        const generated = generateFunction(seed);
        const random = randomWith(seed ^ 0x7e87);
        // One kind of text for each function: a run takes longer than all else.
        const [name, text] = Object.entries(TEXTS)[done % KINDS]!;
        let ran = false;
        const run: Run = (options, layout) => {
          const truth = runToTrap(generated, seed, options);
          if (truth === undefined) return;
          ran = true;
          const lines = linesOf(truth, layout);
          checkText(lines, generated, truth, seed, counts[name]!);
          checkText(
            withoutParts(lines, random),
            generated,
            truth,
            seed,
            counts[`${name}, with parts missing`]!,
          );
        };
        text(run, random);
        if (ran) done += 1;
      }
      for (const [name, { falseOnes, statements, found, boundaries }] of Object.entries(counts)) {
        if (FULL) process.stderr.write(`${name}: ${JSON.stringify({ statements, found, boundaries })}\n`);
        expect([name, ...falseOnes]).toEqual([name]);
        expect([name, statements.certain.false, boundaries.wrong]).toEqual([name, 0, 0]);
        // With parts missing too, it says something.
        expect(statements.certain.true).toBeGreaterThan(WINDOWS / KINDS);
        expect(statements.likely.false).toBeLessThanOrEqual(statements.likely.true / 10);
      }
    },
  );

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
      const share = QUICK ? 4 : 3; // a twentieth of the cases says less exactly how many
      expect(found.registers.any).toBeGreaterThan(found.registers.there / share);
      expect(likelyFalse(counts[mode])).toEqual([]);
      if (mode !== 'window') expect(found.registers.certain).toBeGreaterThan(found.registers.there / share);
    }
  });
});

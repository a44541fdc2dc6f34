// Whatever a text is, the reader ends and throws nothing: reports that are cut, shuffled, mixed and damaged, random bytes,
// lines made to be slow. And how the text is cut into chunks makes no difference. OOPSLAB_FULL=1 runs 100,000 texts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainReport } from '../../src/decode/explain/explain.js';
import { judge } from '../../src/decode/judge/judgement.js';
import { readReports, reportsOf } from '../../src/decode/read/read-reports.js';
import { decodeDocument } from '../../src/decode/show/report-document.js';
import { markdownOf } from '../../src/decode/show/block-markdown.js';
import { verdictOf } from '../../src/decode/show/verdict.js';
import { textOf } from '../../src/decode/show/block-text.js';
import { reportBlocks } from '../../src/decode/show/report-blocks.js';
import { MAX_LINE } from '../../src/decode/carry/text-lines.js';
import { FULL, cases } from '../helpers/effort.js';
import { exampleFacts } from '../helpers/report-example.js';
import { CARRIERS, LAYOUTS } from '../helpers/report-layouts.js';

const RUNS = cases(2500, 100_000);
const MINUTES = 60_000;

const texts = LAYOUTS.flatMap((layout) =>
  Object.values(CARRIERS).map((carrier) => carrier(layout.format(exampleFacts(layout), layout.release))),
);
const text = fc.constantFrom(...texts);
const linesOf = (one: string): string[] => one.split('\n');

const cut = fc.tuple(text, fc.nat(), fc.nat()).map(([one, from, to]) => {
  const [low, high] = [from % one.length, to % one.length].toSorted((a, b) => a - b) as [number, number];
  return one.slice(low, high);
});
const shuffled = text
  .chain((one) => {
    const lines = linesOf(one);
    return fc.shuffledSubarray(lines, { minLength: 0, maxLength: lines.length });
  })
  .map((lines) => lines.join('\n'));
const mixed = fc.tuple(text, text, fc.infiniteStream(fc.boolean())).map(([one, other, order]) => {
  const queues = [linesOf(one), linesOf(other)] as const;
  const mixedLines: string[] = [];
  for (const second of order) {
    const line = (second ? queues[1] : queues[0]).shift() ?? queues[0].shift() ?? queues[1].shift();
    if (line === undefined) break;
    mixedLines.push(line);
  }
  return mixedLines.join('\n');
});
const damaged = fc
  .tuple(
    text,
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat(),
        fc.oneof(
          fc.string({ maxLength: 4 }),
          fc.constantFrom('\n', ' ', '<', '[<', '>', ']', '\r\n', 'RIP: ', 'Code: ', '0x', '\u00a0'),
        ),
      ),
      { minLength: 1, maxLength: 40 },
    ),
  )
  .map(([one, edits]) =>
    edits.reduce(
      (now, [at, length, put]) =>
        `${now.slice(0, at % now.length)}${put}${now.slice((at % now.length) + (length % 9))}`,
      `${one}\n`,
    ),
  );
const noise = fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const repeated = fc.tuple(text, fc.nat(), fc.integer({ min: 2, max: 60 })).map(([one, at, times]) => {
  const lines = linesOf(one);
  const line = lines[at % lines.length]!;
  return [
    ...lines.slice(0, at % lines.length),
    ...Array.from({ length: times }, () => line),
    ...lines.slice(at % lines.length),
  ].join('\n');
});
const hostile = fc.oneof(
  cut,
  shuffled,
  mixed,
  damaged,
  damaged,
  noise,
  repeated,
  fc.string({ unit: 'binary', maxLength: 400 }),
);

/** Everything that is made of a text. */
const wholeOf = (one: string): object => {
  const reports = reportsOf(one);
  const shown = reports.map((report) => {
    const explanation = explainReport(report);
    const judgement = judge(report, explanation);
    return { report, explanation, judgement, number: 1, verdict: verdictOf(report, explanation, judgement) };
  });
  for (const each of shown) {
    const { report } = each;
    for (const full of [false, true]) {
      textOf(reportBlocks(each, full));
      markdownOf(reportBlocks(each, full));
    }
    expect(report.firstLine).toBeGreaterThan(0);
    expect(report.lastLine).toBeGreaterThanOrEqual(report.firstLine);
    expect(report.lastLine).toBeLessThanOrEqual(linesOf(one).length);
    for (const { bytes, marked } of report.codeLines) expect(marked ?? 0).toBeLessThanOrEqual(bytes.length);
  }
  return decodeDocument(null, shown) as object;
};

describe('reading any text', () => {
  it(
    `throws nothing and ends, for ${RUNS} texts`,
    () => {
      const heap: number[] = [];
      let runs = 0;
      fc.assert(
        fc.property(hostile, (one) => {
          JSON.stringify(wholeOf(one));
          runs += 1;
          if (runs % 10_000 === 0) heap.push(process.memoryUsage().heapUsed);
        }),
        { numRuns: RUNS, seed: 7, endOnFailure: true },
      );
      // Flat: the second half of the texts needs no more than the first, whatever garbage lies around.
      if (FULL) expect(Math.min(...heap.slice(5))).toBeLessThan(Math.min(...heap.slice(0, 5)) + (64 << 20));
      if (FULL)
        console.log(
          `${runs} texts, heap in MiB: ${heap.map((bytes) => Math.round(bytes / (1 << 20))).join(' ')}`,
        );
    },
    30 * MINUTES,
  );

  it(
    'does not depend on the chunks, in characters or bytes',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(mixed, damaged, text),
          fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }),
          fc.boolean(),
          async (one, sizes, bytes) => {
            const whole: string | Buffer = bytes ? Buffer.from(one) : one;
            const chunks: (string | Buffer)[] = [];
            for (let from = 0, at = 0; from < whole.length; at += 1) {
              const size = sizes[at % sizes.length]!;
              chunks.push(
                typeof whole === 'string'
                  ? whole.slice(from, from + size)
                  : whole.subarray(from, from + size),
              );
              from += size;
            }
            const found = [];
            for await (const report of readReports(chunks)) found.push(report);
            expect(found.toSorted((a, b) => a.firstLine - b.firstLine)).toEqual(
              reportsOf(bytes ? Buffer.from(one).toString() : one),
            );
          },
        ),
        { numRuns: cases(200, 5000), seed: 7 },
      );
    },
    10 * MINUTES,
  );

  it.each([
    'a',
    ' ',
    '\t',
    '[<',
    '>',
    '> ',
    '-',
    '0',
    '00 ',
    '<00> ',
    'ffff880037f91000 ',
    '[   12.345678] ',
    '<4>',
    'a+0x1/0x2 ',
    '? ',
    '<IRQ> ',
    '{',
    '(',
    'RAX: ',
    'Modules linked in: ',
    'BUG: ',
    'WARNING: ',
    'at ',
    'Call Trace:',
    'Nov 19 12:34:38 ',
    'kernel: ',
    '&lt;',
    '\u001b[',
    'A.',
    '::',
    '[last unloaded: ',
  ])(
    'a line of nothing but %j is no trouble, of any length, also within a report',
    (piece) => {
      for (const length of [100, MAX_LINE - 1, MAX_LINE, 200_000]) {
        const line = piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
        for (const start of [
          '',
          'Code: ',
          'RIP: 0010:',
          'RIP: 0010:[<',
          'Modules linked in:',
          'BUG: KASAN: ',
          'WARNING: ',
          'CPU: 0 PID: 1 Comm: ',
          'Stack: ',
          ' [<ffffffff8112b3db>] ',
          'Call Trace:',
          'general protection fault, ',
          'INFO: task ',
          '[   12.345678] ',
          'kernel BUG at ',
        ]) {
          const lines = linesOf(texts[0]!);
          wholeOf([...lines.slice(0, 5), `${start}${line}`, line, ...lines.slice(5)].join('\n'));
          wholeOf(`${start}${line}`);
        }
      }
    },
    2 * MINUTES,
  );

  it('says when a line was cut because it was too long', () => {
    const [report] = reportsOf(
      `${texts[0]!}Call Trace:\n${' __fput+0x12a/0x1df'.repeat(2000)}\nCode: ${'00 '.repeat(20_000)}\n`,
    );
    expect(report?.findings.join(' ')).toMatch(/was longer than the limit and was cut/u);
  });

  it('finds nothing where there is nothing', () => {
    for (const one of [
      '',
      '\n',
      'hello\n',
      'WARNING: this program is old\n',
      'a.out[123]: segfault at 0 ip 0000000000400546 sp 00007ffd error 4\n',
      'traps: a.out[123] general protection fault ip:400546 sp:7ffd error:0 in a.out[400000+1000]\n',
    ]) {
      expect(reportsOf(one), one).toEqual([]);
    }
  });
});

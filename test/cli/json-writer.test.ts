// JSON documents are written piece by piece, with the bytes of the whole at once, and wait for who reads them.
import { Readable, Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleJson } from '../../src/base/visible-text.js';
import { JsonWriter } from '../../src/cli/json-writer.js';
import { main } from '../../src/cli/program.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { decodeDocument } from '../../src/decode/show/report-document.js';
import { explainReport } from '../../src/decode/explain/explain.js';
import { judge } from '../../src/decode/judge/judgement.js';
import { verdictOf } from '../../src/decode/show/verdict.js';
import { cases } from '../helpers/effort.js';
import { oopslab } from '../helpers/oopslab.js';

const written = async (document: Readonly<Record<string, unknown>>): Promise<string> => {
  const parts: string[] = [];
  const writer = new JsonWriter(async (text) => void parts.push(text));
  for (const [name, value] of Object.entries(document)) await writer.field(name, value);
  await writer.end();
  return parts.join('');
};

describe('a JSON document that is written piece by piece', () => {
  it('has the bytes of the whole', async () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.array(fc.jsonValue()),
      fc.constant(undefined),
      fc.string({ unit: 'binary' }),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), value), async (document) => {
        expect(await written(document)).toBe(`${visibleJson(document, 2)}\n`);
      }),
      { numRuns: cases(300) },
    );
  });
});

const LINES = 60;
const report = (number: number): string =>
  [
    `BUG: unable to handle page fault for address: ffffc90000a7${number.toString(16).padStart(4, '0')}`,
    '#PF: supervisor write access in kernel mode',
    `Oops: 0002 [#${number + 1}] PREEMPT SMP`,
    `CPU: ${number % 4} PID: ${700 + number} Comm: frobd Tainted: G      D W 6.1.9-frob #3`,
    `RIP: 0010:frob_parse+0x90/0x200`,
    'RAX: 0000000000000000 RBX: ffff888104440a10 RCX: 0000000000000000',
    'Call Trace:',
    ' <TASK>',
    ...Array.from({ length: LINES }, (_, line) => ` frob_${number % 7}_${line}+0x40/0x80`),
    ' </TASK>',
    `---[ end trace 00000000000000${(number % 256).toString(16).padStart(2, '0')} ]---`,
    '',
  ].join('\n');
const log = (count: number): string => Array.from({ length: count }, (_, number) => report(number)).join('');

/** The command line with a reader of stdout that takes its time. */
const slowly = async (args: readonly string[], stdin: string) => {
  let [most, largest, size] = [0, 0, 0];
  const parts: string[] = [];
  const stdout = new Writable({
    highWaterMark: 1 << 16,
    write(chunk: Buffer, _encoding, done) {
      largest = Math.max(largest, chunk.length);
      size += chunk.length;
      parts.push(chunk.toString());
      setImmediate(done);
    },
  });
  const write = stdout.write.bind(stdout);
  stdout.write = ((text: string) => {
    const more = write(text);
    most = Math.max(most, stdout.writableLength);
    return more;
  }) as typeof stdout.write;
  const stderr = new Writable({ write: (_chunk, _encoding, done) => done() });
  const status = await main(args, { stdin: Readable.from([Buffer.from(stdin)]), stdout, stderr });
  await new Promise((resolve) => stdout.end(resolve));
  return { status, most, largest, size, text: parts.join('') };
};

describe('decode --json', () => {
  it('prints the document of all reports, each once it is complete', async () => {
    const text = log(150);
    const reports = reportsOf(text);
    const before: never[] = [];
    const whole = decodeDocument(
      null,
      reports.map((one) => {
        const explanation = explainReport(one);
        const judgement = judge(one, explanation);
        return {
          report: one,
          explanation,
          judgement,
          verdict: verdictOf(one, explanation, judgement, before),
        };
      }),
    );
    expect(whole.reports).toHaveLength(150);
    expect(whole.reports.filter(({ consequenceOf }) => consequenceOf !== null).length).toBeGreaterThan(100);
    const { stdout } = await oopslab(['decode', '--json'], { stdin: text });
    expect(stdout).toBe(`${visibleJson(whole, 2)}\n`);
  });

  it('keeps no more of its output than what stdout has not taken of one report', async () => {
    const { status, most, largest, size, text } = await slowly(['decode', '--json'], log(150));
    expect(status).toBe(0);
    expect((JSON.parse(text) as { reports: unknown[] }).reports).toHaveLength(150);
    expect(largest).toBeLessThan(size / 50);
    expect(most).toBeLessThan((1 << 16) + 2 * largest);
  });

  it('waits for stdout with text, too', async () => {
    const { most, size } = await slowly(['decode', '--each', '--full'], log(150));
    expect(most).toBeLessThan(size / 4);
  });

  it('ends a document that has begun with the error that ended the text', async () => {
    const parts: string[] = [];
    const sink = (into: string[]) =>
      new Writable({ write: (chunk: Buffer, _encoding, done) => (into.push(chunk.toString()), done()) });
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from(log(60));
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read', errno: -5 });
    }
    const said: string[] = [];
    const status = await main(['decode', '--json'], {
      stdin: Readable.from(broken()),
      stdout: sink(parts),
      stderr: sink(said),
    });
    expect(status).toBe(2);
    const document = JSON.parse(parts.join('')) as {
      reports: unknown[];
      error: { code: string; message: string; where: unknown };
    };
    expect(document.reports.length).toBeGreaterThan(50);
    expect(document.error).toMatchObject({ code: 'ERR_INPUT', where: { file: 'standard input' } });
    expect(Object.keys(document)).toEqual(['file', 'reports', 'groups', 'declined', 'error']);
    expect(said.join('')).not.toContain('internal error');
  });

  it('prints the error alone when no report was complete', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from('nothing');
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read', errno: -5 });
    }
    const parts: string[] = [];
    const stdout = new Writable({
      write: (chunk: Buffer, _encoding, done) => (parts.push(chunk.toString()), done()),
    });
    const stderr = new Writable({ write: (_chunk, _encoding, done) => done() });
    expect(await main(['decode', '--json'], { stdin: Readable.from(broken()), stdout, stderr })).toBe(2);
    expect(Object.keys(JSON.parse(parts.join('')) as object)).toEqual(['error']);
  });

  it('prints nothing else for a --report that the text does not have', async () => {
    const { status, stdout } = await oopslab(['decode', '--json', '--report', '9'], { stdin: log(3) });
    expect(status).toBe(2);
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual(['error']);
  });
});

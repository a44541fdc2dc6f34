// A text that is nothing but the bytes of a `Code:` line is decoded as scripts/decodecode does. The bytes are invented.
import { describe, expect, it } from 'vitest';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { oopslab } from '../helpers/oopslab.js';

const BYTES = '48 89 fb 48 8b 47 10 <8b> 40 04 5b c3';

describe('a text that is a Code: line', () => {
  it.each([
    ['as printed', `Code: ${BYTES}\n`],
    ['without its end', `Code: ${BYTES}`],
    ['without the word', `${BYTES}\n`],
    ['the mark of old kernels', `${BYTES.replace('<8b>', '(8b)')}\n`],
    ['on two lines', `48 89 fb 48 8b 47\n10 <8b> 40 04 5b c3\n`],
    ['cut inside a byte', `48 89 fb 48 8b 4\n7 10 <8b> 40 04 5b c3\n`],
    ['with the prefix of a log', `Nov  3 09:21:44 n1 kernel: [   12.345678] Code: ${BYTES}\n`],
    ['quoted, with lines around it', `\n> Code: ${BYTES}\n\n`],
    ['in capitals', `CODE: ${BYTES.toUpperCase()}\n`],
    ['in JSON', `{"log":${JSON.stringify(`Code: ${BYTES}\n`)},"stream":"stdout"}\n`],
  ])('is one report with the code: %s', (_, text) => {
    const reports = reportsOf(text);
    expect(reports).toHaveLength(1);
    const [{ code, firstLine }] = reports as [(typeof reports)[0]];
    expect(code).toMatchObject({ marked: 7 });
    expect(Buffer.from(code!.bytes).toString('hex')).toBe('4889fb488b47108b40045bc3');
    expect(firstLine).toBe(text.split('\n').findIndex((line) => /[Cc](?:ode|ODE):|48 89/u.test(line)) + 1);
  });

  it('has no mark where none is', () => {
    const [report] = reportsOf(`Code: ${BYTES.replace(/[<>]/gu, '')}\n`);
    expect(report!.code!.bytes).toHaveLength(12);
    expect(report!.code!.marked).toBeUndefined();
  });

  it('is not found in texts that only look so', () => {
    for (const text of [
      'de ad be ef\n', // hexadecimal, but no mark
      'Code: 48 89\n',
      'Code: see below\n',
      `${BYTES} and more words\n`,
      `${BYTES}\n${BYTES}\n`, // two marks
      `a line of a log\nCode: ${BYTES}\n`,
    ]) {
      expect(reportsOf(text), text).toEqual([]);
    }
  });

  it('is no report of its own after one', () => {
    const text = `kernel BUG at fs/frob.c:12!\n${'a line of a log\n'.repeat(400)}${BYTES}\n`;
    expect(reportsOf(text).map(({ kind }) => kind)).toEqual(['bug']);
  });

  it('is listed on the terminal', async () => {
    const { status, stdout } = await oopslab(['decode'], { stdin: `${BYTES}\n` });
    expect(status).toBe(0);
    expect(stdout).toContain('Report 1, line 1: code, and nothing else');
    expect(stdout).toMatch(/7:\*\s8b 40 04\s+mov {4}0x4\(%rax\),%eax\s+<-- trapping instruction/u);
  });
});

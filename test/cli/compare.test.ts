// `oopslab compare`: its text, its document, and how it reads values.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forensicsDocument } from '../../src/forensics/document.js';
import { formatForensics } from '../../src/forensics/text.js';
import { compareValues } from '../../src/forensics/compare.js';
import { readPair } from '../../src/forensics/input.js';
import { oopslab } from '../helpers/oopslab.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = (...args: string[]) => oopslab(['compare', ...args]);

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictTypes: false });
const schema = (name: string) =>
  ajv.compile(JSON.parse(readFileSync(join(root, `schema/${name}.schema.json`), 'utf8')) as object);
const valid = schema('compare');
const validError = schema('error');
const check = (document: unknown): void =>
  expect(valid(document), JSON.stringify(valid.errors, undefined, 1)).toBe(true);

describe('oopslab compare', () => {
  it('tells the two corruptions of the talk, and that / became \\ in both', async () => {
    const { status, stdout, stderr } = await run(
      '13008943',
      '13008988',
      'ffff880008012f80',
      'ffff880008015c80',
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const prose = stdout.replaceAll(/\s+/gu, ' ');
    expect(prose).toContain('expected 0x00c6802f 13008943 found 0x00c6805c 13008988');
    expect(prose).toContain('bits 5 differ, so no single bit flipped; 0 to 1: 4 6; 1 to 0: 0 1 5');
    expect(prose).toContain('certain Byte 0, 2f (`/`), became 5c (`\\`); the other 3 bytes did not change.');
    expect(prose).toContain('Both samples certain One byte 2f (`/`) became 5c (`\\`)');
    expect(prose).toContain('convert_delimiter()');
  });

  it('--json has the same, after its schema', async () => {
    const { status, stdout } = await run(
      '13008943',
      '13008988',
      '0xffff880008012f80',
      '0xffff880008015c80',
      '--json',
    );
    expect(status).toBe(0);
    const document = JSON.parse(stdout) as object;
    check(document);
    expect(document).toMatchObject({
      samples: [
        {
          size: 4,
          expected: { hex: '0xc6802f', unsigned: '13008943', bytes: '2f80c600', reading: 'decimal' },
          xor: '0x73',
          difference: '45',
          bytes: [{ at: 0, old: '0x2f', new: '0x5c', oldCharacter: '`/`', newCharacter: '`\\`' }],
        },
        { size: 8, expected: { signed: '-131941261037696' } },
      ],
      common: {
        samples: [1, 2],
        explanation: { kind: 'substitution', sure: 'certain', details: { old: 0x2f, new: 0x5c } },
        closest: null,
      },
    });
  });

  it('says that nothing differs, with exit code 0', async () => {
    const { status, stdout } = await run('7', '0x7');
    expect(status).toBe(0);
    expect(stdout).toContain('The values are the same.');
    expect((await run('7', '7', '8', '8')).stdout).toContain('Nothing differs in any sample.');
  });

  it('takes negative numbers, and --size', async () => {
    expect((await run('22', '-22')).stdout).toContain('+22 became -22');
    expect((await run('-1', '255', '--size', '1')).stdout).toContain('The values are the same.');
  });

  it('takes negative hexadecimal numbers and names of errors, and refuses other options', async () => {
    expect((await run('0', '-0x16')).stdout).toContain('-22');
    expect((await run('-ENOMEM', '-12')).stdout).toContain('The values are the same.');
    const { stdout } = await run('ffff8803f382cc60', '-ENOMEM', '--json');
    check(JSON.parse(stdout));
    expect(stdout).toContain('"reading": "errno"');
    expect((await run('1', '2', '--jsn')).stderr).toBe("oopslab: unknown option '--jsn'\n");
    expect((await run('1', '-x', '--hex')).stderr).toBe("oopslab: unknown option '-x'\n");
    expect((await run('10', '16', '--hex')).stdout).toContain('0x00000010');
    expect((await run('1', '2', '--hex', '--dec')).stderr).toBe('oopslab: choose --hex or --dec\n');
  });

  it('says a difference as unsigned numbers and modulo the size where they do not agree', async () => {
    const prose = (await run('ffff8803f382cc60', '0')).stdout.replaceAll(/\s+/gu, ' ');
    expect(prose).toContain(
      'difference -18446612149284555872 (-0xffff8803f382cc60) as unsigned numbers, which is +131924424995744 (+0x77fc0c7d33a0) modulo 2^64',
    );
    expect((await run('5', '3')).stdout).toContain('difference  -2 (-0x2)');
  });

  it('lists findings that merely fit after those that are certain about the same bits', async () => {
    const { stdout } = await run('0xffff880008012f80', '0xffff880008013f80');
    expect(stdout).toMatch(
      /certain +A single bit flipped[\s\S]*The same bits would also fit, .*\n +possible/u,
    );
  });

  it('--common says only what all pairs have in common', async () => {
    const pairs = ['13008943', '13008988', 'ffff880008012f80', 'ffff880008015c80'];
    const { stdout } = await run(...pairs, '--common');
    expect(stdout).toMatch(/^Both samples\n/u);
    expect((await run(...pairs)).stdout.endsWith(stdout)).toBe(true);
    const document = JSON.parse((await run(...pairs, '--common', '--json')).stdout) as { samples: unknown };
    check(document);
    expect(document.samples).toEqual([]);
    expect((await run('1', '2', '--common')).stdout).toContain('One sample alone');
  });

  it.each<[string, string[], RegExp]>([
    ['nothing', [], /missing required argument/u],
    ['an odd number of values', ['1', '2', '3'], /missing the value that was found instead of "3": EXPECTED and FOUND come in pairs/u],
    ['a word', ['1', 'two'], /FOUND: "two" is not a value; write 13008943/u],
    ['a value that is too wide', ['1', '2', '3', '0x11112222333344445'], /FOUND of pair 2: .* does not fit in 8 bytes/u],
    ['a value too wide for --size', ['1', '256', '--size', '1'], /FOUND: "256" does not fit in 1 byte/u],
    ['an empty value', ['', '1'], /EXPECTED: is empty/u],
    ['an odd size', ['1', '2', '--size', '3'], /--size.*1, 2, 4 or 8/u],
  ])('%s gets one clear message and exit code 2', async (_, args, message) => {
    const { status, stdout, stderr } = await run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^oopslab: .*\n$/u);
    const json = await run(...args, '--json');
    expect(json.status).toBe(2);
    expect(validError(JSON.parse(json.stdout)), JSON.stringify(validError.errors)).toBe(true);
  }); // prettier-ignore
});

describe('documents and text of any values', () => {
  const value = fc.oneof(
    fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    fc.nat(0xffff).map(BigInt),
    fc.constantFrom(0n, 0x6b6b6b6b6b6b6b6bn, 0xffff880008012f80n, 0xdead000000100108n, 0xffffffffffffffean),
  );
  const change = fc.oneof(
    value,
    fc.nat(0xff).map(BigInt),
    fc.nat(63).map((bit) => 1n << BigInt(bit)),
  );

  it('validate, and have no escape sequence and no long line', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, change), { minLength: 1, maxLength: 3 }), (samples) => {
        const given = samples.map(([expected, xor], index) =>
          readPair(String(expected), `0x${(expected ^ xor).toString(16)}`, undefined, index),
        );
        const found = compareValues(given.map(({ pair }) => pair));
        check(JSON.parse(JSON.stringify(forensicsDocument(found, given))));
        for (const line of formatForensics(found, given)) {
          expect(line).toMatch(/^[\x20-\x7e]*$/u);
          expect(line.length).toBeLessThanOrEqual(100);
        }
      }),
    );
  });

  it('know every kind of finding, and the numbers of each', () => {
    const { $defs } = JSON.parse(readFileSync(join(root, 'schema/compare.schema.json'), 'utf8')) as {
      $defs: { finding: { properties: { kind: { enum: string[] }; details: { properties: object } } } };
    };
    const source = readFileSync(join(root, 'src/forensics/explanation.ts'), 'utf8');
    const rows = [...source.matchAll(/\| \{ readonly kind: '([a-z-]+)'(.*)\}/gu)];
    const { kind, details } = $defs.finding.properties;
    expect(kind.enum.toSorted()).toEqual(rows.map(([, name]) => name!).toSorted());
    const fields = rows.flatMap(([, , rest]) =>
      [...rest!.matchAll(/readonly (\w+):/gu)].map(([, field]) => field!),
    );
    expect(Object.keys(details.properties).toSorted()).toEqual([...new Set(fields)].toSorted());
    expect(rows.length).toBeGreaterThan(30);
  });
});

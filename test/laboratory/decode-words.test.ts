// The words of a pasted text that a page makes clickable: each is where the text has it, and something is said of each.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type ReadReport, reportOf } from '../../page/model/decoded.js';
import { sortGiven } from '../../page/model/given.js';
import { type About, instructionAt, piecesOf } from '../../page/model/report-words.js';
import { factsOf } from '../../page/model/word-facts.js';
import { answerDecode } from '../../src/laboratory/decode.js';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const oops = readFileSync(at('golden/oops.txt'), 'utf8');

const reportsOf = (text: string, code?: string): ReadReport[] => {
  const decoded = answerDecode({ text, ...(code === undefined ? {} : { code }) }, () => undefined);
  return decoded.reports.map((_, index) => reportOf(decoded, index + 1)!);
};

const wordsOf = ({ report, printed }: ReadReport): { text: string; about: About }[] =>
  printed.lines.flatMap(([line, text]) =>
    piecesOf(report, line, text).flatMap(({ text: word, about }) =>
      about === undefined ? [] : [{ text: word, about }],
    ),
  );

const [published] = reportsOf(oops, 'shm_close');

const said = (text: string): string => {
  const found = wordsOf(published!).find((word) => word.text === text);
  if (found === undefined) throw new Error(`${text} is no word`);
  const { title, facts } = factsOf(published!.report, found.about);
  return [title, ...facts.map((fact) => fact.text)].join('\n');
};

describe('the words of a report', () => {
  const texts = ['golden', 'fixtures/decode'].flatMap((folder) =>
    readdirSync(at(folder)).map((name) => join(folder, name)),
  );
  it.each(texts)('are parts of its lines, and of each something is said: %s', (file) => {
    for (const one of reportsOf(readFileSync(at(file), 'utf8'))) {
      for (const [line, text] of one.printed.lines)
        expect(
          piecesOf(one.report, line, text)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(text);
      for (const { about } of wordsOf(one)) expect(factsOf(one.report, about).title).toMatch(/\S/u);
    }
  });

  it('of the published oops are all of its registers, words, bytes and frames', () => {
    const kinds = wordsOf(published!).map(({ about }) => about.kind);
    const count = (kind: About['kind']): number => kinds.filter((one) => one === kind).length;
    const { report } = published!;
    expect(count('byte')).toBe(64);
    expect(count('stack')).toBe(report.stack.length);
    expect(count('entry')).toBe(report.traces[0]!.entries.filter(({ symbol }) => symbol !== null).length);
    expect(count('register')).toBeGreaterThanOrEqual(17); // the general ones, and flags
  });

  it('say what a register holds and by which instruction, what a byte belongs to, and what a letter means', () => {
    expect(said('RAX: ffffffffffffffea')).toMatch(/^RAX = 0xffffffffffffffea, when the trap came\n/u);
    expect(said('RAX: ffffffffffffffea')).toContain('RAX reads as -22 = -EINVAL');
    expect(said('<0f>')).toMatch(/^shm_close\+0x3e {2}ud2\nThe instruction that trapped\n/u);
    expect(said('remove_vma+0x24/0x80')).toContain('A frame: it returns to byte 36 of 0x80 bytes');
    expect(said('X')).toMatch(/^Taint X\n\S/u);
  });

  it('name the instruction that each byte of the code is part of', () => {
    const { report } = published!;
    const first = Array.from({ length: 64 }, (_, byte) => instructionAt(report, byte)?.text);
    expect(first[43]).toBe('ud2');
    expect(first[44]).toBe('ud2');
    expect(first[45]).toMatch(/^jmp/u);
  });
});

describe('files that are given', () => {
  const file = (name: string, text: string) => ({ name, bytes: Buffer.from(text) });

  it('are code where they are ELF or a snippet, and texts where they are not', () => {
    const elf = file('../../frob.ko', '\u007FELF…');
    const log = file('console.json', '{"log":"BUG: …"}');
    expect(sortGiven([log, elf])).toEqual({
      code: {
        label: '../../frob.ko',
        code: '__.._frob.ko',
        libraries: [],
        files: [['__.._frob.ko', elf.bytes]],
      },
      texts: [log],
    });
    const manifest = file('frob.json', '{"function":"frob","release":"3.0","variant":"x","ranges":[]}');
    const bytes = file('frob.hex', '90');
    expect(sortGiven([bytes, manifest]).code).toMatchObject({
      label: 'frob.hex, frob.json',
      code: 'frob.x',
      files: [
        ['snippets/3.0/frob.hex', bytes.bytes],
        ['snippets/3.0/frob.json', manifest.bytes],
      ],
    });
    for (const one of ['null', '[]', '{"function":1}', 'no JSON', '']) {
      const text = file('a.json', one);
      expect(sortGiven([text])).toEqual({ code: undefined, texts: [text] });
    }
  });
});

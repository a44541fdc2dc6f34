// What comes in pieces is read up to a bound, whether or not it ends.
import { readFileSync, readdirSync } from 'node:fs';

import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_INPUT_LINE, linesOf, readStream, readTextOrPipe } from '../../src/base/read-stream.js';
import { cases } from '../helpers/effort.js';

const KIND = { what: 'a test', max: 100 };

/** Pieces without an end, and how many were taken. */
const endless = (piece: string) => {
  const taken = { pieces: 0 };
  const stream = Readable.from(
    (function* () {
      for (;;) {
        taken.pieces += 1;
        yield Buffer.from(piece);
      }
    })(),
    { highWaterMark: 1 },
  );
  return { stream, taken };
};

const allLines = async (pieces: readonly Uint8Array[]): Promise<string[]> => {
  const lines: string[] = [];
  for await (const line of linesOf(Readable.from(pieces))) lines.push(line);
  return lines;
};

describe('a stream', () => {
  it('is read as text, also where a character is cut', async () => {
    const bytes = Buffer.from('añb\n');
    expect(await readStream(Readable.from([bytes.subarray(0, 2), bytes.subarray(2)]), KIND)).toBe('añb\n');
    expect(await readStream(Readable.from([Buffer.alloc(100, 'a')]), KIND)).toBe('a'.repeat(100));
  });

  it('that does not end is refused at its bound', async () => {
    const { stream, taken } = endless('y\n'.repeat(10));
    await expect(readStream(stream, KIND)).rejects.toThrow(
      'has more than 100 bytes, the most that a test has',
    );
    expect(taken.pieces).toBeLessThan(12);
  });

  it('that is not text is refused', async () => {
    await expect(readStream(Readable.from([Buffer.from([0])]), KIND)).rejects.toThrow(
      'is not text; a test is',
    );
    await expect(readStream(Readable.from([Buffer.from([0xff])]), KIND)).rejects.toThrow('is not UTF-8');
  });
});

describe('the lines of a stream', () => {
  it('are those of the whole text, wherever it is cut', async () => {
    const text = fc
      .array(fc.constantFrom('a', 'ñ', '\n', '\r\n', '\r'), { maxLength: 12 })
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(12)), async (whole, cuts) => {
        const bytes = Buffer.from(whole);
        const places = [
          0,
          ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b),
          bytes.length,
        ];
        const pieces = places.slice(1).map((to, index) => bytes.subarray(places[index], to));
        const expected = whole.split(/\r\n|\n|\r/u);
        if (expected.at(-1) === '') expected.pop();
        expect(await allLines(pieces.filter(({ length }) => length > 0))).toEqual(expected);
      }),
      { numRuns: cases(300) },
    );
  });

  it('are refused where one does not end', async () => {
    const { stream, taken } = endless('x'.repeat(1 << 14));
    const read = async (): Promise<void> => {
      for await (const line of linesOf(stream)) expect(line).toBe('none');
    };
    await expect(read()).rejects.toThrow(`has a line of more than ${MAX_INPUT_LINE} characters`);
    expect(taken.pieces).toBeLessThan(10);
  });

  it('are not read further than they are taken', async () => {
    const { stream, taken } = endless('y\n');
    for await (const line of linesOf(stream)) {
      expect(line).toBe('y');
      break;
    }
    expect(taken.pieces).toBeLessThan(8);
  });
});

describe.skipIf(process.platform === 'win32')('a device', () => {
  it('is no script', async () => {
    await expect(readTextOrPipe('/dev/zero', KIND)).rejects.toThrow('is not a regular file; name a test');
  });
});

// Of all of src/: what reads with functions of its own, and why it is bounded.
const READERS: Readonly<Record<string, string>> = {
  'base/cpu-time.ts': 'a file that the kernel makes',
  'base/read-file.ts': 'the reader',
  'base/read-stream.ts': 'the reader',
  'cli/decode-input.ts': 'a piece at a time, each forgotten',
  'cli/reference.ts': 'the first bytes',
  'elf/source.ts': 'parts of a file that the reader has opened',
  'host/files.ts': 'the seam',
  'machine/address-space.ts': 'a file that the kernel makes',
  'machine/library-file.ts': 'parts of a file that the reader has opened',
  'machine/probe-watch.ts': 'a file that the kernel makes',
};

it('nothing else in src/ reads files or streams to their end', () => {
  const src = fileURLToPath(new URL('../../src/', import.meta.url));
  const reads = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (file) =>
      file.endsWith('.ts') &&
      /\b(?:readFileSync|readFile|readSync|createReadStream|stream\/consumers)\b/u.test(
        readFileSync(join(src, file), 'utf8'),
      ),
  );
  expect(reads.toSorted()).toEqual(Object.keys(READERS));
});

// Recordings as files: exact, and safe against whatever a file holds.
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { FormatError, InputError, OopslabError } from '../../src/base/errors.js';
import { formatOops } from '../../src/oops/collect.js';
import { outOfBounds } from '../../src/reading/out-of-bounds.js';
import { RecordedState } from '../../src/recording/state.js';
import {
  decodeRecording,
  encodeRecording,
  hashRecording,
  loadRecording,
  saveRecording,
} from '../../src/recording/file.js';
import { replayDocument } from '../../src/reading/replay-document.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { tellStory } from '../../src/reading/story.js';
import { reportOf } from '../../src/recording/trap.js';
import { cases } from '../helpers/effort.js';
import { makeFifo } from '../helpers/fifo.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-recording-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const recording = replay(loadScenario('shm-close-bug'));
const bytes = encodeRecording(recording);

/** Bytes with a checksum that fits, as somebody would write them who means harm. */
const sealed = (body: Uint8Array): Uint8Array =>
  Buffer.concat([body, createHash('sha256').update(body).digest()]);
const bodyOf = (file: Uint8Array): Buffer => Buffer.from(file.subarray(0, file.length - 32));
const START = Buffer.byteLength('oopslab recording 1\n');

/** The same recording with another header. */
const withHeader = (change: (header: Record<string, unknown>) => void): Uint8Array => {
  const body = bodyOf(bytes);
  const length = Number(body.readBigUInt64LE(START));
  const header = JSON.parse(body.subarray(START + 8, START + 8 + length).toString()) as Record<
    string,
    unknown
  >;
  change(header);
  const json = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  return sealed(Buffer.concat([body.subarray(0, START), size, json, body.subarray(START + 8 + length)]));
};

interface Forged {
  world: { cache: string | null; size: number; header: number }[];
  objects: { size: number }[];
  events: { kind: string; requested?: number; regs?: string }[];
  symbols: { size: number }[];
  regions: { start: string }[];
  steps: { to: number }[];
  extra: unknown;
}

// JSON.stringify() would not take what is nested too deeply: it is put in as text.
const forged = (change: (header: Record<string, unknown>) => void): Uint8Array => {
  let extra = '';
  const file = withHeader((header) => {
    change(header);
    if (header['extra'] === undefined) return;
    header['extra'] = 'EXTRA';
    extra = '['.repeat(50_000) + ']'.repeat(50_000);
  });
  if (extra === '') return file;
  const body = bodyOf(file);
  const length = Number(body.readBigUInt64LE(START));
  const json = Buffer.from(
    body
      .subarray(START + 8, START + 8 + length)
      .toString()
      .replace('"EXTRA"', extra),
  );
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  return sealed(Buffer.concat([body.subarray(0, START), size, json, body.subarray(START + 8 + length)]));
};

/** Everything that looks at a recording. */
const useAll = (file: Uint8Array): void => {
  const read = decodeRecording(file, 'x.rec');
  new RecordedState(read).end().seek(0);
  outOfBounds(read);
  replayDocument(read);
  tellStory(read, hashRecording(read));
  const report = reportOf(read, { provenance: true });
  if (report !== undefined) formatOops(report);
};

const expectRefusalOrUse = (file: Uint8Array): void => {
  try {
    useAll(file);
  } catch (error) {
    if (!(error instanceof OopslabError)) throw error;
  }
};

describe('a recording file', () => {
  it('read back is the same recording', () => {
    const read = decodeRecording(bytes, 'x.rec');
    expect(read.header).toEqual(recording.header);
    expect(read.data.registers).toEqual(recording.data.registers);
    expect(read.data.accesses).toEqual(recording.data.accesses);
    expect(Buffer.compare(read.data.memory, recording.data.memory)).toBe(0);
    expect(Buffer.compare(encodeRecording(read), bytes)).toBe(0);
    expect(hashRecording(read)).toBe(hashRecording(recording));
    expect(hashRecording(read)).toBe(`sha256:${createHash('sha256').update(bodyOf(bytes)).digest('hex')}`);
  });

  it('appears whole or not at all', () => {
    const path = join(folder, 'saved.rec');
    saveRecording(recording, path);
    saveRecording(recording, path);
    expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
    expect(hashRecording(loadRecording(path))).toBe(hashRecording(recording));
    mkdirSync(join(folder, 'taken.rec'));
    expect(() => saveRecording(recording, join(folder, 'taken.rec'))).toThrow(InputError);
    expect(() => saveRecording(recording, join(folder, 'no/where.rec'))).toThrow(InputError);
    expect(readdirSync(folder).toSorted()).toEqual(['saved.rec', 'taken.rec']);
  });

  it('may have a name as long as names get; a file that looks like a half-written one stays', () => {
    const place = mkdtempSync(join(folder, 'long-'));
    const [long, other] = ['n'.repeat(250), `n.rec.${process.pid}.part`];
    writeFileSync(join(place, other), 'mine');
    saveRecording(recording, join(place, long));
    saveRecording(recording, join(place, 'n.rec'));
    expect(readdirSync(place).toSorted()).toEqual(['n.rec', other, long].toSorted());
    expect(readFileSync(join(place, other), 'utf8')).toBe('mine');
    expect(() => saveRecording(recording, join(place, 'n'.repeat(300)))).toThrow(
      /ENAMETOOLONG \(the name is too long\)/u,
    );
    expect(() => saveRecording(recording, join(place, 'n.rec', 'below'))).toThrow(InputError);
    rmSync(place, { recursive: true });
  });

  it.skipIf(process.platform === 'win32')('goes through a symbolic link, and the link stays', () => {
    const [link, dangling] = [join(folder, 'link.rec'), join(folder, 'dangling.rec')];
    mkdirSync(join(folder, 'below'));
    writeFileSync(join(folder, 'below/real.rec'), 'old');
    symlinkSync('below/real.rec', link);
    symlinkSync('below/new.rec', dangling);
    for (const path of [link, dangling]) saveRecording(recording, path);
    expect(readdirSync(join(folder, 'below')).toSorted()).toEqual(['new.rec', 'real.rec']);
    for (const path of [link, dangling]) {
      expect(lstatSync(path).isSymbolicLink()).toBe(true);
      expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
    }
  });

  it.skipIf(process.platform === 'win32')('does not take the place of a fifo, named or linked to', () => {
    const fifo = join(folder, 'fifo');
    makeFifo(fifo);
    symlinkSync('fifo', join(folder, 'to-fifo'));
    for (const path of [fifo, join(folder, 'to-fifo')]) {
      expect(() => saveRecording(recording, path)).toThrow(/is not a regular file/u);
      expect(() => saveRecording(recording, path)).toThrow(InputError);
    }
    expect(lstatSync(fifo).isFIFO()).toBe(true);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('of another version says found, expected and what to do', () => {
    const other = Buffer.from(bytes);
    other.write('oopslab recording 2\n');
    expect(() => decodeRecording(other, 'x.rec')).toThrow(
      /format "2", but this oopslab reads 1: record it again/u,
    );
  });

  it.each([
    ['a missing file', 'missing.rec', undefined],
    ['a folder', '', undefined],
    ['an empty file', 'empty.rec', ''],
    ['a text', 'text.rec', 'hello\n'],
  ])('%s is refused by name', (_, name, content) => {
    const path = join(folder, name);
    if (content !== undefined) writeFileSync(path, content);
    expect(() => loadRecording(path)).toThrow(FormatError);
    if (content !== undefined) rmSync(path);
  });

  it('that was changed or cut anywhere is refused', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at]! ^= flip;
        expect(() => decodeRecording(changed, 'x.rec')).toThrow(FormatError);
        expect(() => decodeRecording(bytes.subarray(0, at), 'x.rec')).toThrow(FormatError);
      }),
      { numRuns: cases(200) },
    );
  });

  it('with a checksum that fits is refused or read, whatever it holds: never anything else', () => {
    const body = bodyOf(bytes);
    const headerEnd = START + 8 + Number(body.readBigUInt64LE(START));
    const place = fc.oneof(
      fc.nat(body.length - 1),
      fc.integer({ min: START, max: START + 8 }),
      fc.integer({ min: headerEnd, max: headerEnd + 64 }),
      fc.integer({ min: body.length - 40_000, max: body.length - 1 }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = Buffer.from(body);
        for (const [at, value] of changes) changed[at] = value;
        expectRefusalOrUse(sealed(changed));
      }),
      { numRuns: cases(60) },
    );
    fc.assert(
      fc.property(fc.nat(body.length), (length) => expectRefusalOrUse(sealed(body.subarray(0, length)))),
      { numRuns: cases(60) },
    );
  });

  it.each<[string, (header: Record<string, unknown>) => void]>([
    ['the header: the field "variants" is missing', (header) => delete header['variants']],
    [`the header's field "variants.strlen": should be text, found 7`, (header) => (header['variants'] = { strlen: 7 })],
    [`the header's field "events[0]": the field "what" is missing`, (header) => (header['events'] = [{ at: 0, accesses: 0, kind: 'host' }])],
    [`the header's field "events[0].kind": should be one of "allocate", "free", `, (header) => (header['events'] = [{ at: 0, accesses: 0, kind: 'hosts', what: '' }])],
    [`the header's field "symbols[0].prototype": should be a map, found "void"`, (header) => ((header['symbols'] as { prototype: unknown }[])[0]!.prototype = 'void')],
    [`the header's field "given.pid": should be a number, at least 0, or 0x…, found -1`, (header) => ((header['given'] as { pid: unknown }).pid = -1)],
    [`the header's field "title": should have at most 4096 characters, found 4097`, (header) => (header['title'] = 'a'.repeat(4097))],
    [`the header's field "claim": should have at most 65536 characters, found 65537`, (header) => (header['claim'] = 'a'.repeat(65_537))],
    [`the header's field "variants": should have names of at most 4096 characters, found one of 5000`, (header) => (header['variants'] = { ['a'.repeat(5000)]: 'x' })],
    [`the header's field "given.como": unknown field "como"; did you mean "comm"?`, (header) => ((header['given'] as { como: unknown }).como = 'a')],
  ])('whose header is wrong is refused: %s', (problem, change) => {
    expect(() => decodeRecording(withHeader(change), 'x.rec')).toThrow(problem);
  }); // prettier-ignore

  it.each<[string, (header: Forged) => void, RegExp]>([
    ['world', (header) => (header.world.find(({ cache }) => cache !== null)!.size = 2 ** 53 - 1), /field "world\[\d+\]\.size": should be a whole number from 0 to 4194304, found/u],
    ['world', (header) => (header.world[0]!.header = 2 ** 40), /field "world\[0\]\.header": should be/u],
    ['objects', (header) => (header.objects[0]!.size = (4 << 20) + 1), /field "objects\[0\]\.size": should be/u],
    ['events', (header) => (header.events.find(({ kind }) => kind === 'allocate')!.requested = 2 ** 40), /field "events\[\d+\]\.requested": should be/u],
    ['symbols', (header) => (header.symbols[0]!.size = 2 ** 53 - 1), /field "symbols\[0\]\.size": should be/u],
    ['regions', (header) => (header.regions[1]!.start = header.regions[0]!.start), /field "regions" has 0x[0-9a-f]+ twice/u],
    ['regs', (header) => (header.events.findLast(({ kind }) => kind === 'trap')!.regs = '0x1'), /field "events\[\d+\]\.regs" is 0x1, where the recording has no memory/u],
    ['regs', (header) => (header.events.findLast(({ kind }) => kind === 'trap')!.regs = '0xffffffffffffffff'), /events\[\d+\]\.regs/u],
    ['steps', (header) => (header.steps[1]!.to = 9e15), /field "steps\[1\]" does not follow/u],
    ['steps', (header) => header.steps.reverse(), /field "steps\[\d\]" does not follow/u],
    ['depth', (header) => (header.extra = 'nested'), /nested deeper than 16 levels/u],
  ])('with absurd %s is refused', (_, change, message) => {
    const json = (header: Record<string, unknown>): void => void change(header as unknown as Forged);
    const start = performance.now();
    expect(() => decodeRecording(forged(json), 'x.rec')).toThrow(message);
    expect(() => decodeRecording(forged(json), 'x.rec')).toThrow(FormatError);
    expect(performance.now() - start).toBeLessThan(5000);
  }); // prettier-ignore

  it('with any header value replaced is refused or read: never anything else', () => {
    const odd = fc.oneof(
      fc.constantFrom<unknown>(
        null,
        -1,
        1e300,
        '',
        'x',
        '0x',
        '0xffffffffffffffff',
        '0x6b6b6b6b6b6b6b6b',
        [],
        {},
        [null],
        true,
        4096.5,
      ),
      fc.jsonValue(),
    );
    const keys = Object.keys(recording.header);
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.nat(1000), fc.nat(10), odd, (key, index, inner, value) => {
        const file = withHeader((header) => {
          const field = header[key];
          if (Array.isArray(field) && field.length > 0 && typeof field[index % field.length] === 'object') {
            const item = field[index % field.length] as Record<string, unknown>;
            const names = Object.keys(item);
            item[names[inner % names.length]!] = value;
          } else if (typeof field === 'object' && field !== null && Object.keys(field).length > 0) {
            const names = Object.keys(field);
            (field as Record<string, unknown>)[names[inner % names.length]!] = value;
          } else header[key] = value;
        });
        expectRefusalOrUse(file);
      }),
      { numRuns: cases(1000) },
    );
  });
});

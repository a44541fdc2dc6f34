import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { DEFAULT_RELEASE } from '../../src/release/default-release.js';
import { formatListing, listingOf } from '../../src/release/listing.js';
import { type Snippet, loadFolder, loadRelease, makeSnippet } from '../../src/release/snippet.js';

const shipped = fileURLToPath(new URL(`../../snippets/${DEFAULT_RELEASE}`, import.meta.url));
const golden = (name: string): string => readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8');
const release = loadRelease();
const snippet = (name: string, variant?: string) => release.findSnippet(name, variant)!;

describe('published bytes', () => {
  it('shm_close holds the Code: line from +0x13 on, with the trap at +0x3e', () => {
    const code = /^Code: (.*)$/mu.exec(golden('oops.txt'))![1]!;
    const words = code.trim().split(' ');
    const dump = Uint8Array.from(words, (word) => Number.parseInt(word.replace(/[<>]/gu, ''), 16));

    expect(dump).toHaveLength(64);
    expect(snippet('shm_close').bytes.slice(0x13, 0x53)).toEqual(dump);
    expect(0x13 + words.findIndex((word) => word.startsWith('<'))).toBe(0x3e);
  });

  it('only shm_close and remove_vma have any; all other bytes say that they are reconstructed', () => {
    const published = release.snippets.filter(({ manifest }) =>
      manifest.ranges.some(({ kind }) => kind !== 'reconstructed'),
    );
    expect(published.map(({ name }) => name)).toEqual(['remove_vma', 'shm_close']);
    expect(snippet('shm_close').manifest.ranges.map(({ from, to, kind }) => [from, to, kind])).toEqual([
      [0, 0x13, 'published listing'],
      [0x13, 0x53, 'published dump'],
      [0x53, 0xb0, 'reconstructed'],
    ]);
    expect(snippet('remove_vma').manifest.ranges[0]).toMatchObject({
      from: 0,
      to: 0x2b,
      kind: 'published listing',
    });
  });

  it('sizes of published functions are those of the oops', () => {
    expect(release.symbols.parseLocation('shm_close+0x3e')).toBe(0xffffffff811e466en);
    expect(snippet('remove_vma').end).toBe(release.symbols.symbol('exit_mmap').address);
  });
});

describe('the sources', () => {
  it('exist for every snippet', () => {
    expect(readdirSync(shipped).filter((file) => file.endsWith('.S'))).toHaveLength(release.snippets.length);
  });
});

describe('the release', () => {
  it('agrees with its own schema', () => {
    expect(loadFolder(shipped, DEFAULT_RELEASE).snippets).toHaveLength(release.snippets.length);
  });

  it('selects plain versions, or a variant by name at the same place', () => {
    const plain = release.select();
    const control = release.select({ cifs_build_path_to_root: 'terminate-first' });
    expect(control.map(({ start }) => start)).toEqual(plain.map(({ start }) => start));
    expect(control.flatMap(({ variant }) => variant ?? [])).toEqual(['terminate-first']);
    expect(plain.flatMap(({ variant }) => variant ?? [])).toEqual([]);
  });

  it('names what exists when a variant or a release does not', () => {
    expect(() => release.select({ cifs_build_path_to_root: 'x' })).toThrow(/it has .*, terminate-first, /u);
    expect(() => release.select({ shm_close: 'x' })).toThrow(/no variants/u);
    expect(() => loadRelease('2.6.16')).toThrow(/shipped are 3\.0\.101-84-default/u);
  });

  it('has a symbol for every call, and bytes or a stub for every function', () => {
    const known = new Set([
      ...release.select().map((one) => one.function),
      ...release.stubSymbols().map(({ name }) => name),
    ]);
    for (const { manifest } of release.snippets)
      for (const { symbol, to } of manifest.calls) {
        expect(known).toContain(symbol);
        expect(release.symbols.symbol(symbol).address).toBe(to);
      }
  });

  it('keeps symbols without bytes out of the pages of snippets', () => {
    const pages = new Set(release.snippets.flatMap(({ start, end }) => [start >> 12n, (end - 1n) >> 12n]));
    expect(release.stubSymbols().filter(({ address }) => pages.has(address >> 12n))).toEqual([]);
    expect(pages).not.toContain(0xffffffff81128n);
  });

  it('declares frames that lead from exit_mmap to the user registers', () => {
    const returns: string[] = [];
    let rsp = 0xffff880211337dc8n;
    for (const name of ['exit_mmap', 'mmput', 'exit_mm', 'do_exit', 'do_group_exit', 'sys_exit_group']) {
      rsp += BigInt(release.symbols.symbol(name).frame![0]!.cfa);
      returns.push((rsp - 8n).toString(16).slice(-4));
    }
    expect(returns).toEqual(['7e70', '7e90', '7ed0', '7f40', '7f60', '7f80']);
    expect(rsp - BigInt(release.symbols.symbol('system_call_fastpath').userFrame!)).toBe(0xffff880211337f58n);
  });

  it('knows the BUG() of shm_close', () => {
    expect(release.bugsOf().find(({ address }) => address === 0xffffffff811e466en)).toMatchObject({
      line: 205,
    });
  });
});

describe('a wrong folder', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'oopslab-snippet-'));
    cpSync(shipped, folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const edit = (file: string, from: string | RegExp, to: string): InputError => {
    const path = join(folder, file);
    const before = readFileSync(path, 'utf8');
    const after = before.replace(from, to);
    expect(after).not.toBe(before);
    writeFileSync(path, after);
    try {
      loadFolder(folder, DEFAULT_RELEASE);
    } catch (error) {
      if (error instanceof InputError) return error;
      throw error;
    }
    throw new Error('it was accepted');
  };

  it.each([
    [
      'shm_close.hex',
      '41 54',
      '41 55',
      'sha256',
      /must be [0-9a-f]{64}, the hash of the bytes.*assemble-snippets\.mjs --write/u,
    ],
    ['shm_close.hex', '41 54', '54', 'size', /is 0xb0, but shm_close\.hex has 0xaf bytes/u],
    ['shm_close.hex', '41 54', 'xx 54', undefined, /holds xx; it must be pairs of hex digits/u],
    ['shm_close.json', '"from": "0x13"', '"from": "0x14"', 'ranges[1].from', /must begin at 0x13/u],
    ['shm_close.json', '"to": "0xb0"', '"to": "0xaf"', 'ranges', /must end at the size, 0xb0/u],
    [
      'shm_close.json',
      'published dump',
      'guess',
      'ranges[1].kind',
      /should be one of "published dump", .*found "guess"/u,
    ],
    [
      'shm_close.json',
      '"function"',
      '"funktion"',
      'funktion',
      /unknown field "funktion"; did you mean "function"/u,
    ],
    ['shm_close.json', '{', '{,', undefined, /is not JSON/u],
    [
      'shm_close.json',
      '"size": "0xb0"',
      '"size": "0xb1", "size": "0xb0"',
      undefined,
      /^the key "size" is there twice$/u,
    ],
    ['shm_close.json', '"to": "0x13"', '"to": "0x12", "t\\u006f": "0x13"', undefined, /^the key "to" is/u],
    [
      'symbols.json',
      '"symbols"',
      '"symbols": [], "symbols"',
      undefined,
      /^the key "symbols" is there twice$/u,
    ],
    ['shm_close.json', '"at": "0x20"', '"at": "0x21"', 'calls[0]', /no direct call at 0x21/u],
    [
      'shm_close.json',
      '"at": "0x3e"',
      '"at": "0x3f"',
      'bugs[0].at',
      /no ud2 at 0x3f; the function has ud2 at 0x3e/u,
    ],
    ['strlen.json', '"start": "0xffffffff81249100"', '"start": "0xffffffff81249130"', 'start', /lies in/u],
    [
      'symbols.json',
      '"0xffffffff8107c8a0"',
      '"nowhere"',
      'symbols[10].address',
      /should be text that matches .*, found "nowhere"/u,
    ],
  ])('%s with %s as %s is refused at %s', (file, from, to, field, message) => {
    const error = edit(file, from, to);
    expect(error.message).toMatch(message);
    expect(error.where.file).toContain(folder);
    expect(error.where.field).toBe(field);
    if (field !== undefined && /^(?:shm_close|symbols)\.json$/u.test(file))
      expect(error.where.line).toBeGreaterThan(1);
  });

  it('a BUG() that the bug table cannot reach is refused, with the manifest and the field', () => {
    const library = mkdtempSync(join(tmpdir(), 'oopslab-library-'));
    try {
      const own = join(library, 'snippets', DEFAULT_RELEASE);
      mkdirSync(own, { recursive: true });
      const bytes = Uint8Array.of(0x0f, 0x0b);
      const manifest = {
        function: 'far_away', release: DEFAULT_RELEASE, start: '0xffff800000000000', size: '0x2',
        addressSource: 'invented', source: 'far.c', bytes: 'far_away.hex',
        sha256: createHash('sha256').update(bytes).digest('hex'),
        prototype: { returns: 'void', arguments: [] },
        ranges: [{ from: '0x0', to: '0x2', kind: 'reconstructed', source: 'far_away.S', how: 'a test' }],
        lines: [], variables: [], frame: [], calls: [],
        bugs: [{ at: '0x0', file: 'far.c', line: 1 }],
      }; // prettier-ignore
      writeFileSync(join(own, 'far_away.json'), JSON.stringify(manifest));
      writeFileSync(join(own, 'far_away.hex'), '0f 0b\n');
      const load = () => loadRelease(DEFAULT_RELEASE, [library]);
      expect(load).toThrow(InputError);
      expect(load).toThrow(/ud2 at 0xffff800000000000 lies more than 2 GiB away from the bug table at/u);
      try {
        load();
      } catch (error) {
        const { where } = error as InputError;
        expect(where).toEqual({ file: join(own, 'far_away.json'), field: 'bugs[0].at' });
      }
    } finally {
      rmSync(library, { recursive: true });
    }
  });

  it('a library may replace a function, but not move it', () => {
    const library = mkdtempSync(join(tmpdir(), 'oopslab-library-'));
    try {
      const own = join(library, 'snippets', DEFAULT_RELEASE);
      for (const file of ['strlen.json', 'strlen.hex']) cpSync(join(shipped, file), join(own, file));
      const found = loadRelease(DEFAULT_RELEASE, [library]).findSnippet('strlen')!;
      expect(found.file).toContain(library);

      const manifest = join(own, 'strlen.json');
      const text = readFileSync(manifest, 'utf8')
        .replaceAll('strlen', 'fput')
        .replaceAll('fput.hex', 'strlen.hex');
      writeFileSync(join(own, 'fput.json'), text);
      expect(() => loadRelease(DEFAULT_RELEASE, [library])).toThrow(
        /must be 0xffffffff81160b30, where fput is called/u,
      );
    } finally {
      rmSync(library, { recursive: true });
    }
  });
});

describe('a snippet of many lines and ranges', () => {
  const COUNT = 2000;
  let reads = 0;
  // A list of items whose places count how often they are looked at.
  const counted = <T extends object>(field: 'offset' | 'from', make: (index: number) => T) =>
    Array.from({ length: COUNT }, (_, index) =>
      Object.defineProperty(make(index), field, {
        enumerable: true,
        get: () => {
          reads += 1;
          return 2 * index;
        },
      }),
    );
  const many = (): Snippet => {
    const { manifest } = snippet('shm_close');
    const own = {
      ...manifest,
      function: 'many',
      size: 2 * COUNT,
      bugs: [],
      calls: [],
      frame: [],
      lines: counted('offset', (index) => ({ offset: 0, file: 'many.c', line: index + 1 })),
      ranges: counted('from', (index) => ({
        ...manifest.ranges[0]!,
        from: 0,
        to: 2 * index + 2,
        how: `${index}`,
      })),
    };
    return makeSnippet(own, new Uint8Array(2 * COUNT).fill(0x90), 'many.json');
  };
  const once = (run: () => void): number => {
    reads = 0;
    run();
    return reads;
  };

  it('is listed in the time that its instructions take, with the line and range of each', () => {
    const one = many();
    let listing = listingOf(release, one);
    const most = 2 * COUNT * 2 * 16; // instructions, two lists, steps of a binary search
    expect(once(() => (listing = listingOf(release, one)))).toBeLessThan(most);
    expect(listing.instructions.map(({ line }) => line)).toEqual(
      listing.instructions.map((_, offset) => Math.floor(offset / 2) + 1),
    );
    let text: string[] = [];
    expect(once(() => (text = formatListing(listing, one.symbol)))).toBeLessThan(most);
    expect(text.filter((row) => row.startsWith('#'))).toHaveLength(COUNT);
    expect(text.filter((row) => row.startsWith('many.c: '))).toHaveLength(COUNT);
  });
});

// Reading from disk: whatever lies at a path, the answer is the file or one error that names it, at once.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FormatError, InputError } from '../../src/base/errors.js';
import { readBytes, readText } from '../../src/base/read-file.js';
import { loadRecording } from '../../src/recording/file.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { ScenarioFile } from '../../src/scenario/file.js';
import { DEFAULT_RELEASE } from '../../src/release/default-release.js';
import { loadRelease } from '../../src/release/snippet.js';
import { makeFifo } from '../helpers/fifo.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-read-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const KIND = { what: 'a test file', max: 100 };
const at = (name: string): string => join(folder, name);

/** The message of an input error, and the file that it names. */
const complaint = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return `${error.where.file?.slice(folder.length + 1) ?? ''}: ${error.message}`;
  }
  return 'no complaint';
};

describe('a file', () => {
  it('is read whole, also through a link, up to the bound', () => {
    writeFileSync(at('full'), 'x'.repeat(100));
    symlinkSync('full', at('link'));
    expect(readText(at('link'), KIND)).toBe('x'.repeat(100));
    writeFileSync(at('empty'), '');
    expect(readBytes(at('empty'), KIND)).toHaveLength(0);
  });

  it.runIf(process.platform === 'linux')('of size 0 that has content is read, up to the bound', () => {
    const version = readFileSync('/proc/version', 'utf8');
    expect(version).toMatch(/^Linux/u);
    expect(readText('/proc/version', { what: 'a test file', max: 1000 })).toBe(version);
    const short = { what: 'a test file', max: version.length };
    expect(readText('/proc/version', short)).toBe(version);
    expect(() => readText('/proc/version', { ...short, max: version.length - 1 })).toThrow(
      `has more than ${version.length - 1} bytes, the most that a test file has`,
    );
  });

  it.runIf(process.platform === 'linux')('of size 0 that fails when it is read is refused', () => {
    expect(() => readText('/proc/self/mem', KIND)).toThrow(/^cannot be read: EIO \(/u);
    expect(() => readBytes('/proc/self/clear_refs', KIND)).toThrow(/^cannot be read: EINVAL \(/u);
  });

  it.runIf(process.platform === 'linux')(
    'of size 0 without an end is read as far as memory is spent on it',
    () => {
      const before = process.memoryUsage().arrayBuffers;
      expect(() => readBytes('/proc/self/pagemap', { what: 'a test file', max: 2 ** 31 })).toThrow(
        /^has more than 67108864 bytes and does not say how many/u,
      );
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 27);
    },
  );

  it.skipIf(process.platform === 'win32')(
    'that is not a regular file, too large or not text is refused by name',
    () => {
      makeFifo(at('fifo'));
      symlinkSync('loop', at('loop'));
      writeFileSync(at('large'), '');
      truncateSync(at('large'), 2 ** 40);
      writeFileSync(at('binary'), Uint8Array.of(65, 0));
      writeFileSync(at('latin'), Uint8Array.of(65, 0xe9));
      const read = (name: string): string => complaint(() => readText(at(name), KIND));
      expect(['fifo', 'loop', 'large', 'binary', 'latin', 'none', 'full/none', '.', `${'n'.repeat(300)}`].map(read)).toEqual([
      'fifo: is not a regular file; name a test file',
      'loop: cannot be read: ELOOP (a loop of symbolic links)',
      `large: has ${2 ** 40} bytes; a test file has at most 100`,
      'binary: is not text; a test file is text in UTF-8',
      'latin: is not UTF-8; a test file is text in UTF-8',
      'none: cannot be read: ENOENT (there is no such file)',
      'full/none: cannot be read: ENOTDIR (its path leads through a file)',
      ': is a folder; name a test file',
      `${'n'.repeat(300)}: cannot be read: ENAMETOOLONG (the name is too long)`,
    ]); // prettier-ignore
    },
  );
});

describe.skipIf(process.platform === 'win32')('a fifo in the place of', () => {
  it('a scenario or a recording does not block', () => {
    makeFifo(at('fifo.yaml'));
    expect(complaint(() => new ScenarioFile(at('fifo.yaml')))).toMatch(
      /is not a regular file; name a scenario file$/u,
    );
    expect(() => loadRecording(at('fifo.yaml'))).toThrow(FormatError);
  });

  it.each(['strlen.json', 'strlen.hex', 'symbols.json'])('%s of a library does not block', (name) => {
    const library = mkdtempSync(join(folder, 'library-'));
    const release = join(library, 'snippets', DEFAULT_RELEASE);
    mkdirSync(join(library, 'snippets'));
    cpSync(new URL(`../../snippets/${DEFAULT_RELEASE}`, import.meta.url), release, { recursive: true });
    rmSync(join(release, name));
    makeFifo(join(release, name));
    expect(complaint(() => loadRelease(DEFAULT_RELEASE, [library]))).toMatch(
      new RegExp(`${name}: is not a regular file; name a`, 'u'),
    );
  });
});

describe('a library whose', () => {
  it.each<[string, (library: string) => void, RegExp]>([
    ['release is a file', (library) => { mkdirSync(join(library, 'snippets')); writeFileSync(join(library, 'snippets', DEFAULT_RELEASE), ''); }, /-default: is not a folder$/u],
    ['snippets are a file', (library) => writeFileSync(join(library, 'snippets'), ''), /snippets: is not a folder$/u],
    ['release leads to itself', (library) => { mkdirSync(join(library, 'snippets')); symlinkSync(DEFAULT_RELEASE, join(library, 'snippets', DEFAULT_RELEASE)); }, /-default: cannot be read: ELOOP/u],
    ['scenarios are a file', (library) => writeFileSync(join(library, 'scenarios'), ''), /scenarios: is not a folder$/u],
  ])('%s is refused by name', (_, make, expected) => {
    const library = mkdtempSync(join(folder, 'library-'));
    make(library);
    expect(complaint(() => (loadRelease(DEFAULT_RELEASE, [library]), loadScenario('shm-close-bug', [library])))).toMatch(expected);
  }); // prettier-ignore
});

// User-supplied candidates: .c, .S and .o files become snippets that run in the place of the shipped function.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Brought, bringCandidate } from '../../src/candidate/bring.js';
import { headerText } from '../../src/candidate/header.js';
import { headerFor } from '../../src/candidate/own-names.js';
import { isCandidateName, newCandidateText } from '../../src/candidate/folder.js';
import { FastReplay } from '../../src/run/fast-replay.js';
import { listingOf } from '../../src/release/listing.js';
import { formatText } from '../../src/scenario/parameters.js';
import { replay } from '../../src/run/replay.js';
import { type Scenario, loadScenario } from '../../src/scenario/scenario.js';
import { loadRelease } from '../../src/release/snippet.js';
import { COMPILATIONS, COMPILERS, Folder, fixture, has } from '../helpers/candidate-tools.js';

const NAME = 'cifs_build_path_to_root';
const folder = new Folder();
afterAll(() => folder.remove());

const scenario = loadScenario('shm-close-bug');
const withVariant = (variant: string): Scenario => scenario.with({ variants: { [NAME]: variant } });

let libraries = 0;
/** A new library with a candidate in it. */
const libraryOf = (brought: Brought): string => {
  libraries += 1;
  const library = join(folder.path, `library-${libraries}`);
  brought.saveAsLibrary(library);
  return library;
};

const text = (maxLength: number, minLength: number) =>
  fc.uint8Array({ min: 1, minLength, maxLength }).map((array) => formatText(array));

const worlds = fc.record(
  {
    tree: fc.oneof(text(20, 1), text(99, 1)),
    prepath: fc.oneof(text(12, 0), text(40, 0), text(400, 0)),
    delimiter: fc.constantFrom('/', '\\'),
    previous: fc.constantFrom('zero', 'shm_file_data', '2f'.repeat(32), '5c'.repeat(32)),
  },
  { requiredKeys: [] },
);

const isOfCandidate = (name: string): boolean => /stack|text|code/iu.test(name);

describe('the starting point', () => {
  const source = folder.write('mine.c', newCandidateText('mine', NAME));

  it.skipIf(COMPILERS.every(({ missing }) => missing))('is named by its file (needs gcc or clang)', () => {
    const { snippet } = bringCandidate(source);
    expect(snippet).toMatchObject({ name: `${NAME}.mine`, function: NAME, variant: 'mine' });
    expect(snippet.start).toBe(loadRelease().symbols.symbol(NAME).address);
  });

  it('takes names that a variant can have', () => {
    expect(['mine', 'fix-2', '3'].every(isCandidateName)).toBe(true);
    expect(['', 'Fix', '../x', '-x', 'a b', 'x'.repeat(61)].some(isCandidateName)).toBe(false);
  });

  for (const { cc, optimize, missing, title } of COMPILATIONS) {
    it.skipIf(missing)(`does what the shipped function does (${title})`, () => {
      const warnings = ['-Wall', '-Wextra', '-Werror'];
      const brought = bringCandidate(source, { cc, optimize, flags: warnings });
      using shipped = new FastReplay(scenario);
      using own = new FastReplay(withVariant('mine'), { libraries: [libraryOf(brought)] });
      const { regions } = replay(scenario).header;
      const shared = regions.filter(({ name }) => !isOfCandidate(name));
      fc.assert(
        fc.property(worlds, (world) => {
          const set = new Map(Object.entries(world));
          const expected = shipped.run(shipped.parameters(set));
          const found = own.run(own.parameters(set));
          expect(found.outcome).toEqual(expected.outcome);
          expect(found.findings).toEqual(expected.findings);
          for (const { start, size, name } of shared) {
            const same = Buffer.compare(
              shipped.memory.read(BigInt(start), size),
              own.memory.read(BigInt(start), size),
            );
            expect(same, name).toBe(0);
          }
        }),
        { numRuns: 300, seed: 1 },
      );
      expect(shared.length).toBeGreaterThan(3);
    });
  }
});

describe('a file with several functions and constants', () => {
  const source = fixture('several.c');

  for (const { cc, optimize, missing, title } of COMPILATIONS) {
    it.skipIf(missing)(`runs, and each function has its name (${title})`, () => {
      const brought = bringCandidate(source, { cc, optimize });
      expect(brought.notes).toEqual([]);
      const names = brought.snippet.symbols.map(({ name }) => name.replace(/\..*/u, ''));
      expect(names).toContain(NAME);
      expect(names).toContain('name_of');
      const library = libraryOf(brought);
      for (const [prepath, expected] of [
        ['/aaaa', 'none'],
        ['/C', 'many'],
        ['/?', 'many'],
      ] as const) {
        const recording = replay(withVariant('several'), {
          set: new Map([['prepath', prepath]]),
          libraries: [library],
        });
        const mount = recording.header.steps.find(({ step }) => step === 'mount')!;
        expect(mount.returned, prepath).not.toBeNull();
        using fast = new FastReplay(withVariant('several'), { libraries: [library] });
        fast.run(fast.parameters(new Map([['prepath', prepath]])));
        const path = fast.memory.read(BigInt(mount.returned!), expected.length + 1);
        expect(Buffer.from(path).toString('latin1'), prepath).toBe(`${expected}\0`);
      }
    });
  }
});

describe('source lines', () => {
  const source = fixture('several.c');
  const addr2line = !has('addr2line');
  const versions = [4, 5];
  const lines = readFileSync(source, 'utf8').split('\n').length;
  // binutils 2.40 gives functions of an included file to the file that includes it, under DWARF 5 of gcc -O0.
  const rightFile = (place: string): string => {
    const [file, line] = place.split(':');
    return file === 'several.c' && Number(line) > lines ? `oopslab.h:${line}` : place;
  };

  // The innermost of the inlined calls that is not in the header: its author wrote that line.
  const authorsLine = (chain: string): string => {
    const places = chain
      .trim()
      .split('\n')
      .map((line) => rightFile(line.replace(/ \(.*/u, '').replace(/:0$/u, ':?')));
    return places.find((place) => !place.startsWith('oopslab.h:')) ?? places[0]!;
  };

  for (const { cc, optimize, missing, title } of COMPILATIONS) {
    it.skipIf(missing || addr2line).each(versions)(
      `are those of addr2line (${title}, DWARF %i; needs binutils)`,
      (version) => {
        folder.write('oopslab.h', headerFor(headerText(loadRelease()), readFileSync(source, 'utf8')));
        const object = join(folder.path, `several-${cc}${optimize}-${version}.o`);
        let command: readonly string[] = [];
        const flags = [`-gdwarf-${version}`];
        bringCandidate(source, { cc, optimize, flags, onCommand: (used) => (command = used) });
        const args = command.slice(1).map((word) => word.replace(/^OUT\/candidate\.o$/u, object));
        const made = spawnSync(
          cc,
          args.map((word) => (word === 'OUT' ? folder.path : word)),
          {
            encoding: 'utf8',
          },
        );
        expect(made).toMatchObject({ status: 0, stderr: '' });

        const release = loadRelease();
        const { snippet } = bringCandidate(object);
        const listing = listingOf(release, snippet).instructions.filter(
          ({ text: line }) => !line.startsWith('.byte'),
        );
        for (const symbol of snippet.symbols) {
          const own = listing.filter(({ at }) => at.startsWith(`${symbol.name}+`));
          const offsets = own.map(({ at }) => at.split('+')[1]!);
          const section = `.text.${symbol.name}`;
          const run = spawnSync('addr2line', ['-s', '-a', '-i', '-e', object, '-j', section, ...offsets], {
            encoding: 'utf8',
          });
          expect(run.status).toBe(0);
          const expected = run.stdout
            .trim()
            .split(/^0x[0-9a-f]+\n/mu)
            .slice(1)
            .map(authorsLine);
          expect(own.map(({ file, line }) => `${basename(file ?? '??')}:${line ?? '?'}`)).toEqual(expected);
        }
        expect(listing.some(({ line }) => line !== null)).toBe(true);
      },
    );
  }
});

describe('a library', () => {
  it.skipIf(COMPILERS.every(({ missing }) => missing))(
    'keeps a candidate with names, lines and frames (needs gcc or clang)',
    () => {
      const brought = bringCandidate(fixture('several.c'));
      const library = libraryOf(brought);
      const { snippet } = brought;
      const found = loadRelease(undefined, [library]).findSnippet(NAME, 'several')!;
      expect({ ...found, file: '' }).toEqual({ ...snippet, file: '' });
      const [bytes, manifest] = brought.saveAsLibrary(library);
      expect(readFileSync(bytes!, 'utf8')).toBe(brought.hexText);
      expect(readFileSync(manifest!, 'utf8')).toBe(brought.manifestText);
    },
  );
});

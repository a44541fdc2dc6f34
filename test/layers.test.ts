// The rooms of src/ in one strict order, and three rules about who knows what. docs/architecture.md says why.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

// A room imports itself and rooms before it.
const ROOMS = [
  'host',
  'base',
  'elf',
  'image',
  'installed',
  'x86',
  'kernel',
  'shadow',
  'oops',
  'recording',
  'machine',
  'release',
  'candidate',
  'source',
  'scenario',
  'run',
  'forensics',
  'lifetimes',
  'lineage',
  'reading',
  'why',
  'decode/carry',
  'decode/read',
  'decode/code',
  'decode/types',
  'decode/explain',
  'decode/judge',
  'decode/show',
  'crash',
  'check/world',
  'check/scene',
  'check/property',
  'check/watch',
  'check/find',
  'check/tell',
  'check/run',
  'check/expect',
  'detectors',
  'step',
  'lesson',
  'chart',
  'report',
  'site',
  'laboratory',
  'serve',
  'cli',
  'limits',
];

/** The entries of the package. Nothing inside imports them. */
const ENTRIES = ['check', 'index', 'vitest', 'vitest-setup'];

/** Those that only pass on what others export. */
const BARRELS = ['check', 'index'];

/** Rooms that show a recording, or read one. */
const VIEWS = [
  'kernel',
  'oops',
  'recording',
  'forensics',
  'lifetimes',
  'lineage',
  'reading',
  'why',
  'decode',
  'crash',
  'step',
  'chart',
  'report',
];

/** What runs scenarios in those rooms. */
const RUNNING = ['chart/sweep', 'chart/sweep-picture'];

/** Parts of rooms that show a recording, in rooms that run scenarios too. */
const SHOWING = [
  'lesson/answers',
  'lesson/case',
  'lesson/reasons',
  'serve/guard',
  'laboratory/verdict',
  'laboratory/strip',
];

/** Rooms of the terminal: only the command line, and the lessons that show a prompt, import them. */
const TERMINALS = ['crash', 'step'];
const PROMPTS = ['lesson/case', 'lesson/show'];

/**
 * What opens a recording, besides reading/case, and why: each is below the Case, and the public API hands it a
 * recording alone.
 */
const OPENING: Readonly<Record<string, readonly string[]>> = {
  // Walks from the first instruction to the last with a memory of its own.
  'reading/out-of-bounds': ['recordedSymbols(', 'locateMisuse('],
  // Follows every instruction with cursors of its own.
  'lineage/lineage': ['new RecordedState(', 'recordedSymbols('],
  // Two runs, each with a cursor that goes far back and forth.
  'why/view': ['new RecordedState('],
  // Where no memory and no symbols are given.
  'recording/trap': ['new RecordedState(', 'recordedSymbols('],
};

/** What writes to a terminal, and why not through the Io of cli/output, which makes what is not seen visible. */
const WRITING: Readonly<Record<string, string>> = {
  'cli/output': 'it is the Io',
  'cli/main': 'the version, of package.json, before anything else is loaded',
  'cli/failed-write': 'the code of an error of the system, where the Io cannot write any more',
  'cli/step-terminal': 'a screen of ASCII, with movements of the cursor',
};

/** What gives a terminal to readline, which writes prompts, what is typed, and completions. */
const PROMPTING = ['cli/crash', 'cli/lesson'];

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll('\\', '/').replace(/\.ts$/u, ''))
  .toSorted();

const isIn = (file: string, room: string): boolean => file.startsWith(`${room}/`);
const roomOf = (file: string): number =>
  ENTRIES.includes(file) ? ROOMS.length : ROOMS.findIndex((room) => isIn(file, room));

/** What a file imports from `src`, types included. */
const importsOf = (file: string): string[] =>
  [
    ...readFileSync(join(src, `${file}.ts`), 'utf8').matchAll(
      /\bfrom '(\.[^']+)\.js'|\bimport\('(\.[^']+)\.js'\)/gu,
    ),
  ].map(([, named, dynamic]) => normalize(join(dirname(file), (named ?? dynamic)!)).replaceAll('\\', '/'));

const imports = new Map(files.map((file) => [file, importsOf(file)]));

/** Everything that a file imports, and what that imports in turn. */
const reach = (file: string): Set<string> => {
  const reached = new Set<string>();
  const visit = (one: string): void => {
    if (reached.has(one)) return;
    reached.add(one);
    imports.get(one)?.forEach(visit);
  };
  visit(file);
  return reached;
};

describe('the rooms', () => {
  it('hold every file', () => {
    expect(files.filter((file) => roomOf(file) < 0)).toEqual([]);
    expect(ROOMS.filter((room) => !files.some((file) => isIn(file, room)))).toEqual([]);
  });

  it('import rooms before their own only', () => {
    const upward = files.flatMap((file) =>
      imports
        .get(file)!
        .filter((imported) => roomOf(imported) > roomOf(file))
        .map((imported) => `${file} imports ${imported}`),
    );
    expect(upward).toEqual([]);
  });

  it('have no cycle of files', () => {
    const cycles = files.filter((file) => imports.get(file)!.some((imported) => reach(imported).has(file)));
    expect(cycles).toEqual([]);
  });

  it('are not entered through the barrels of the package, which are the only two', () => {
    expect(files.filter((file) => imports.get(file)!.some((one) => ENTRIES.includes(one)))).toEqual([]);
    const reexports = /^export (?:\*|\{[^}]*\}) from/gmu;
    const barrels = files.filter(
      (file) => (readFileSync(join(src, `${file}.ts`), 'utf8').match(reexports) ?? []).length > 2,
    );
    expect(barrels).toEqual(BARRELS);
  });
});

describe('who knows what', () => {
  // So that one preload can make any of them fail: test/helpers says how.
  it('only host/ uses the files, processes, threads and temporary folder of the machine', () => {
    const modules =
      /\b(?:from |import\(|require\(|getBuiltinModule\()'(?:node:)?(?:fs|fs\/promises|child_process|worker_threads|cluster)'|\btmpdir\b.*'node:os'/u;
    const found = files.filter((file) => modules.test(readFileSync(join(src, `${file}.ts`), 'utf8')));
    expect(found).toEqual(['host/files', 'host/processes']);
  });

  const shows = (file: string) =>
    SHOWING.includes(file) || (VIEWS.some((room) => isIn(file, room)) && !RUNNING.includes(file));

  it.each(files.filter(shows))('%s shows what was recorded: it reaches no engine', (file) => {
    expect([...reach(file)].filter((one) => isIn(one, 'machine'))).toEqual([]);
  });

  // The words of both (a step's result, a parameter's value) may be known elsewhere, as types.
  it('only run/ knows both a scenario and a machine', () => {
    const knows = (file: string, room: string) =>
      [
        ...readFileSync(join(src, `${file}.ts`), 'utf8').matchAll(
          /^import (?!type )[^;]*? from '([^']+)';/gmu,
        ),
      ]
        .map(([, from]) => normalize(join(dirname(file), from!)).replaceAll('\\', '/'))
        .some((imported) => isIn(imported, room));
    const both = files.filter((file) => knows(file, 'scenario') && knows(file, 'machine'));
    expect(both.filter((file) => !isIn(file, 'run'))).toEqual([]);
    expect(both).toContain('run/replay');
  });

  // A second engine or allocator is one more file, and one more name in the file on the left. The SLAB of debug kernels is
  // the same one with checks.
  it.each([
    ['machine/engines', 'machine/unicorn'],
    ['machine/unicorn-js-module', 'machine/unicorn-js'],
    ['run/debug-plan and run/slab-plan', 'run/slab-heap'],
    ['run/allocators and run/debug-plan', 'run/slab-plan'],
  ])('only %s chooses %s', (choosers, chosen) => {
    const found = files.filter((file) => imports.get(file)!.includes(chosen) && !ENTRIES.includes(file));
    expect(found.toSorted()).toEqual(choosers.split(' and '));
  });

  it.each(['lesson', 'chart', 'report', 'serve'])('%s imports no room of the terminal', (room) => {
    const found = files
      .filter((file) => isIn(file, room) && !PROMPTS.includes(file))
      .filter((file) =>
        imports.get(file)!.some((imported) => TERMINALS.some((terminal) => isIn(imported, terminal))),
      );
    expect(found).toEqual([]);
  });

  it('decode could be a package of its own: it reaches the disassembler, YAML for the snippets of --code, and what unpacks kernels', () => {
    const reached = new Set(files.filter((file) => isIn(file, 'decode')).flatMap((file) => [...reach(file)]));
    const packages = [...reached].flatMap((file) =>
      [
        ...readFileSync(join(src, `${file}.ts`), 'utf8').matchAll(
          /\b(?:from |import\(|require\()'(?!\.|node:)([^']+)'/gu,
        ),
      ].map(([, name]) => name),
    );
    expect([...new Set(packages)].toSorted()).toEqual([
      'fflate',
      'iced-x86',
      'xz-decompress',
      'yaml',
      'zstddec/stream',
    ]);
  });

  it('only the Case opens a recording', () => {
    const openings = ['new RecordedState(', 'recordedSymbols(', 'walkHeap(', 'locateMisuse('];
    const found = files
      .map((file) => [file, readFileSync(join(src, `${file}.ts`), 'utf8')] as const)
      .map(([file, text]) => [file, openings.filter((opening) => text.includes(opening))] as const)
      .filter(([, opened]) => opened.length > 0);
    expect(Object.fromEntries(found)).toEqual({ ...OPENING, 'reading/case': openings });
  });

  it('only the Io, and what must without it, writes to a terminal', () => {
    const found = (pattern: RegExp) =>
      files.filter((file) => pattern.test(readFileSync(join(src, `${file}.ts`), 'utf8')));
    const writes =
      /\bstd(?:out|err)[?!]?(?:\.write\b|\[)|\bconsole\.\w+\(|\bwrite(?:File)?Sync\([12],|\b(?:pipe|pipeline)\(|'\/dev\/(?:tty|std|fd)|\bemitWarning\(/u;
    expect(found(writes)).toEqual(Object.keys(WRITING).toSorted());
    expect(found(/\bprocess\.std(?:out|err)\b/u)).toEqual(['cli/main', 'cli/step-terminal']);
    expect(found(/\boutput: io\.stdout\b/u)).toEqual(PROMPTING);
    expect(found(/(?<!\boutput: )\bio\.std(?:out|err)\b(?!\.(?:columns|isTTY)\b)/u)).toEqual([]);
  }); // prettier-ignore

  it('lists only files that exist', () => {
    const listed = [
      ...SHOWING,
      ...RUNNING,
      ...PROMPTS,
      ...PROMPTING,
      ...Object.keys({ ...OPENING, ...WRITING }),
    ];
    expect(listed.filter((file) => !files.includes(file))).toEqual([]);
  });
});

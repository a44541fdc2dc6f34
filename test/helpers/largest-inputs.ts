// The largest inputs that the table of limits allows, made by code: the same bytes in every run. Each maker writes into a
// folder and gives the command lines that read what it wrote.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_SOURCE } from '../../src/candidate/compile.js';
import { MOST_COLUMNS, MOST_ROWS } from '../../src/cli/chart.js';
import { MAX_MODULES } from '../../src/decode/read/module-collector.js';
import { LESSON_FILE } from '../../src/lesson/lesson.js';
import { HEX, MANIFEST, SYMBOLS } from '../../src/release/manifest.js';
import { MAX_WORLD } from '../../src/run/places.js';
import { MAX_BUDGET, MAX_GIVEN_MEMORY, MAX_TEXT } from '../../src/scenario/form.js';
import { limits } from '../../src/limits/limits.js';
import { MAX_DATA } from '../../src/scenario/file.js';
import { writeGuest } from './guest-library.js';

/** A command line, what it reads from stdin, and how it must end: an input that is refused costs too little to count. */
export interface Line {
  readonly args: readonly string[];
  readonly stdin?: string;
  /** 0 where it is not given. */
  readonly exit?: 1 | 2;
  /** What stderr must say. */
  readonly says?: RegExp;
}

/** Command lines by the name that the table gives them. */
type Lines = Readonly<Record<string, Line>>;

/** The maximum that the table of limits states. */
const stated = (input: string, what: RegExp): number =>
  limits.find((row) => row.input === input && what.test(row.what))!.max;

const golden = readFileSync(new URL('../golden/oops.txt', import.meta.url), 'utf8');
const shipped = readFileSync(new URL('../../scenarios/shm-close-bug.yaml', import.meta.url), 'utf8');

const checked = readFileSync(new URL('../../scenarios/mount-arena.yaml', import.meta.url), 'utf8');

const write = (folder: string, name: string, content: string): string => {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
};

// So long that with what is there it is `size` bytes.
const filledTo = (size: number, text: string, piece: (index: number) => string): string => {
  const parts = [text];
  let length = text.length;
  for (let index = 0; ; index += 1) {
    const one = piece(index);
    if (length + one.length > size) return parts.join('');
    parts.push(one);
    length += one.length;
  }
};

const guestScenario = (memory = '', rest = ''): string => `format: oopslab scenario 1
name: guest
title: a test
release: 3.0.101-84-default
budget: ${MAX_BUDGET}
world:
  caches: { size-32: { frames: [0x20000] } }
  memory: [{ name: stack, at: 0xffff880211336000, size: 8192, source: test }${memory}]
steps:
  one: { do: [{ kzalloc: { as: one, size: 32 } }], call: { function: guest, arguments: ['0'], rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000 } }
  two: { call: { function: guest, arguments: ['0'], rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000 } }
expect: { outcome: { kind: returned } }
${rest}`;

const reading = (args: readonly string[]): Lines => ({
  replay: { args: ['replay', ...args] },
  // The run returns: there is no report to print.
  oops: { args: ['oops', ...args], exit: 1, says: /ended without a report/u },
  crash: { args: ['crash', ...args, '-c', 'kmem -s'] },
  step: { args: ['step', ...args, '--script', '-'], stdin: 't screen g screen' },
  lineage: { args: ['lineage', ...args] },
  chart: { args: ['chart', 'slab', ...args, '-o', 'slab.svg'] },
  report: { args: ['report', ...args, '-o', 'report.html'] },
});

// Not `check`: it tries each choice of a parameter, so what it costs is not that of reading.
const ofScenario = (file: string): Lines => ({
  replay: { args: ['replay', file] },
  report: { args: ['report', file, '-o', 'report.html'] },
  diff: { args: ['diff', file, 'shm-close-control'], exit: 1 },
});

// A parameter of the scenario with many choices, which its form allows.
const withChoices = (choices: readonly string[]): string =>
  shipped.replace(
    '\nparameters:\n',
    `\nparameters:\n  extra:\n    type: choice\n    default: c0\n    choices:\n${choices.map((choice) => `      ${choice}\n`).join('')}`,
  );

const DEPTH = stated('a scenario', /in each other/u);

// A key, its sign and its value are three; what the shipped scenario has takes its share.
const CHOICES = Math.floor((stated('a scenario', /^keys, values, signs/u) - 5000) / 3);

const ofText = (file: string): Lines => ({
  decode: { args: ['decode', file] },
  'decode --json': { args: ['decode', '--json', file] },
});

const withoutReport = (file: string): Lines =>
  Object.fromEntries(
    Object.entries(ofText(file)).map(([name, line]) => [
      name,
      { ...line, exit: 1, says: /no report of an x86-64 kernel was found/u },
    ]),
  );

const logLine = (index: number): string =>
  `[${(index / 7).toFixed(6).padStart(12)}] eth${index % 9}: link is up, 1000 Mbps full duplex, flow control rx/tx, ${index}\n`;

// mov $count,%ecx; each time mov %rcx,-8(%rsp) where memory is written; dec %ecx; jnz; ret
const loop = (count: number, stores: boolean): readonly number[] => [
  0xb9,
  ...new Uint8Array(Uint32Array.of(count).buffer),
  ...(stores ? [0x48, 0x89, 0x4c, 0x24, 0xf8, 0xff, 0xc9, 0x75, 0xf7] : [0xff, 0xc9, 0x75, 0xfc]),
  0xc3,
];

const library = (
  folder: string,
  code: readonly number[],
  scenario = guestScenario(),
  change = {},
): string => {
  const path = join(folder, 'library');
  writeGuest(path, code, scenario, change);
  return path;
};

// Its run, kept: what comes after reads the file.
const recorded = (path: string): Lines => ({
  'replay --record': { args: ['replay', 'guest', '--library', path, '--record', 'x.rec'] },
  ...reading(['--recording', 'x.rec', '--library', path]),
  diff: { args: ['diff', 'x.rec', 'x.rec', '--library', path] },
});

const MiB = 1 << 20;

/** The makers, by the name of the input in the table. */
export const LARGEST: Readonly<Record<string, (folder: string) => Lines>> = {
  // `check` needs a scenario that says what to check; the candidate breaks a property, as it should.
  'a scenario, all of it comments': (folder) => {
    const withComments = (scenario: string): string =>
      filledTo(MAX_DATA, scenario, (index) => `# ${'a comment '.repeat(4)}${index}\n`);
    const arena = write(folder, 'arena.yaml', withComments(checked));
    return {
      ...ofScenario(write(folder, 's.yaml', withComments(shipped))),
      check: { args: ['check', 'bug', '--scenario', arena, '--runs', '1', '--jobs', '1'] },
    };
  },
  'a scenario, all of it keys': (folder) =>
    ofScenario(
      write(folder, 's.yaml', withChoices(Array.from({ length: CHOICES }, (_, index) => `c${index}: 0x0`))),
    ),
  // The shipped scenario has some of its own.
  'a scenario, all of it aliases': (folder) =>
    ofScenario(
      write(
        folder,
        's.yaml',
        withChoices([
          'c0: &one 0x0',
          ...Array.from(
            { length: stated('a scenario', /^aliases/u) - 100 },
            (_, index) => `c${index + 1}: *one`,
          ),
        ]),
      ),
    ),
  'a scenario nested as deep as it may be, and deeper': (folder) => ({
    replay: {
      args: [
        'replay',
        write(folder, 's.yaml', `${shipped}\ndeep: ${'['.repeat(DEPTH - 1)}${']'.repeat(DEPTH - 1)}\n`),
      ],
      // No field of the form goes so deep: it is read, and the form names the field.
      exit: 2,
      says: /deep/u,
    },
    'replay, deeper': {
      args: ['replay', write(folder, 'd.yaml', `${shipped}\ndeep: ${'['.repeat(MAX_DATA - 100_000)}\n`)],
      exit: 2,
      says: /nested deeper than 100 levels/u,
    },
  }),
  'a scenario past its size': (folder) => ({
    replay: {
      args: ['replay', write(folder, 's.yaml', `${shipped}\n#${'x'.repeat(MAX_DATA)}\n`)],
      exit: 2,
      says: /a scenario file has at most 4194304/u,
    },
  }),
  // The shipped scenario allows 1023 bytes of it.
  'the longest `--set`': () => {
    const set = (bytes: number): readonly string[] => ['--set', `prepath=/${'a'.repeat(bytes - 1)}`];
    return {
      // The path ends elsewhere then, and the outcome is not the one that the scenario expects.
      replay: { args: ['replay', ...set(1023)], exit: 1 },
      'replay, more than any text has': {
        args: ['replay', ...set(MAX_TEXT + 1)],
        exit: 2,
        says: /at most 1023/u,
      },
      'replay, 100,000 bytes': { args: ['replay', ...set(100_000)], exit: 2, says: /at most 1023/u },
    };
  },
  'a world with the most memory': (folder) =>
    recorded(
      library(
        folder,
        [0xc3],
        guestScenario(
          Array.from(
            { length: MAX_WORLD / MAX_GIVEN_MEMORY - 1 },
            (_, index) =>
              `, { name: m${index}, at: 0xffff8803${(index * MAX_GIVEN_MEMORY).toString(16).padStart(8, '0')}, size: ${MAX_GIVEN_MEMORY}, source: test }`,
          ).join(''),
        ),
      ),
    ),
  'a run with the most instructions': (folder) => recorded(library(folder, loop(4_990_000, false))),
  'a run with the most accesses': (folder) => recorded(library(folder, loop(3_300_000, true))),
  'a snippet with the most bytes': (folder) => {
    const path = library(folder, [...Array<number>(Math.floor(HEX.max / 3) - 1).fill(0x90), 0xc3]);
    return {
      dis: { args: ['dis', 'guest', '--library', path] },
      snippets: { args: ['snippets', '--library', path] },
      replay: { args: ['replay', 'guest', '--library', path] },
    };
  },
  'a snippet with the longest manifest': (folder) => {
    const count = Math.floor(MANIFEST.max / 55);
    const lines = Array.from({ length: count }, (_, index) => ({
      offset: `0x${index.toString(16)}`,
      file: 'guest.c',
      line: 1,
    }));
    const path = library(folder, [...Array<number>(count - 1).fill(0x90), 0xc3], guestScenario(), { lines });
    return {
      dis: { args: ['dis', 'guest', '--library', path] },
      replay: { args: ['replay', 'guest', '--library', path] },
    };
  },
  'a library with the longest symbols.json': (folder) => {
    const path = library(folder, [0xc3]);
    const symbols = Array.from({ length: Math.floor(SYMBOLS.max / 100) }, (_, index) => ({
      name: `s${index}`,
      address: `0xffffffff8${(0x2000000 + index).toString(16)}`,
      size: '0x1',
      kind: 'data',
      source: 't',
    }));
    write(
      join(path, 'snippets', '3.0.101-84-default'),
      'symbols.json',
      JSON.stringify({ release: '3.0.101-84-default', symbols }),
    );
    return {
      snippets: { args: ['snippets', '--library', path] },
      replay: { args: ['replay', 'guest', '--library', path] },
    };
  },
  'a candidate with the longest source': (folder) => {
    const start =
      '#include "oopslab.h"\nchar *cifs_build_path_to_root(struct smb_vol *v, struct cifs_sb_info *s, struct cifs_tcon *t)\n{ (void)v; (void)s; (void)t; return NULL; }\n';
    const file = write(
      folder,
      'c.c',
      filledTo(MAX_SOURCE, start, (index) => `static int unused_${index};\n`),
    );
    const calls = write(
      folder,
      'd.c',
      filledTo(MAX_SOURCE, start, (index) => `void name_${index}(void);\n`),
    );
    // Both candidates return NULL, which is wrong.
    const check = (source: string): Line => ({
      args: ['check', source, '--runs', '1', '--jobs', '1'],
      exit: 1,
      says: /breaks result/u,
    });
    return { check: check(file), 'check, all of it declarations': check(calls) };
  },
  'a log of 100 MB with one report': (folder) => {
    const half = filledTo(50 * MiB, '', logLine);
    return ofText(write(folder, 'log.txt', `${half}${golden}${half}`));
  },
  '900 reports': (folder) => ofText(write(folder, 'r.txt', `${golden}\n`.repeat(900))),
  'a line of 100 MB': (folder) => withoutReport(write(folder, 'l.txt', 'x'.repeat(100 * MiB))),
  '150,000 modules': (folder) => {
    const names = Array.from({ length: Math.max(150_000, MAX_MODULES) }, (_, index) => `m${index}`);
    return ofText(
      write(folder, 'm.txt', golden.replace('Modules linked in:', `Modules linked in: ${names.join(' ')}`)),
    );
  },
  'lines of JSON, nested a million times': (folder) =>
    withoutReport(
      write(
        folder,
        'j.txt',
        [10, 1000, 100_000, 1_000_000]
          .map((depth) => `${'{"m":'.repeat(depth)}1${'}'.repeat(depth)}\n`)
          .join(''),
      ),
    ),
  'the longest text for `--redact`': (folder) => {
    const half = filledTo(60 * MiB, '', logLine);
    return {
      'decode --redact': {
        args: ['decode', '--redact', write(folder, 'log.txt', `${half}${golden}${half}`)],
      },
    };
  },
  'the longest lesson': (folder) => {
    const own = readFileSync(new URL('../../lessons/the-pattern.md', import.meta.url), 'utf8');
    const file = write(
      folder,
      'l.md',
      filledTo(LESSON_FILE.max, own, (index) => `A paragraph ${index}.\n\n`),
    );
    return { 'lesson --answers': { args: ['lesson', file, '--answers'] } };
  },
  'the largest screen, and a script of 10,000 keys': () => ({
    step: { args: ['step', '--script', '-'], stdin: `size 1000x1000 t screen ${'b s '.repeat(5000)} screen` },
  }),
  'commands at `crash>` at their limits': () => {
    const commands = [
      'rd ffff880001000000 131072',
      'dis shm_close 10000',
      `eval ${'('.repeat(63)}1${')'.repeat(63)}`,
      `eval ${'-'.repeat(60)}1`,
      'search 123456789abcdef',
      'list -H ffff8800148fcb80',
      'kmem -s',
      'ipcs -m',
      'ps',
      'vm',
      'struct list_head ffff880001000000 1000',
    ];
    return {
      crash: { args: ['crash', ...commands.flatMap((command) => ['-c', command])] },
      'crash, 10,000 commands': { args: ['crash'], stdin: 'sym shm_close\n'.repeat(10_000) },
    };
  },
  'a sweep of the most lengths and contents': () => ({
    chart: {
      args: [
        'chart',
        'sweep',
        '--lengths',
        `1-${MOST_COLUMNS}`,
        ...Array.from({ length: MOST_ROWS }, () => ['--previous', 'zero']).flat(),
        '-o',
        'sweep.svg',
      ],
    },
  }),
  'a shard past its size': (folder) => ({
    'check --merge': {
      args: ['check', '--merge', write(folder, 's.json', `{"format":"${'x'.repeat(MAX_DATA)}"}`)],
      exit: 2,
      says: /has at most 4194304/u,
    },
  }),
  'a shard, all of it keys': (folder) => ({
    'check --merge': {
      args: [
        'check',
        '--merge',
        write(
          folder,
          's.json',
          `${filledTo(MAX_DATA - 20, '{"format":"oopslab check shard 2"', (index) => `,"k${index}":1`)}}`,
        ),
      ],
      // No shard has other keys than those of its form: it is read whole, and the first one is named.
      exit: 2,
      says: /unknown field "k0"; known here: format/u,
    },
  }),
};

// What reads each kind of hostile input: the command lines, or functions where no command line reaches it. The corpus test
// runs all of them on each file of test/corpus/; the campaigns of test/fuzz/ draw from them.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { OopslabError, formatWhere } from '../../src/base/errors.js';
import { escapeInLine, findInvisibleInText } from '../../src/base/visible-text.js';
import { bringCandidate, openObject } from '../../src/candidate/bring.js';
import { madeCode } from '../../src/release/code.js';
import { loadRelease } from '../../src/release/snippet.js';
import { describeImage } from '../../src/source/describe.js';
import { linkImage } from '../../src/source/image.js';
import { findRefusal } from '../../src/serve/guard.js';
import { InputError } from '../../src/base/errors.js';
import { Bench } from '../../src/laboratory/bench.js';
import { answerRun } from '../../src/laboratory/run.js';
import { readWish } from '../../page/model/wish-link.js';
import { QUICK } from './effort.js';
import { oopslab } from './oopslab.js';

/** What became of an input: as of a command line. */
export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What was run, for messages. */
  readonly what: string;
}

/** One use of an input. */
export interface Use {
  readonly what: string;
  readonly run: () => Promise<Outcome>;
}

/** What reads one kind of input; the uses are those of an input written to a new folder. */
export interface CorpusReader {
  readonly name: string;
  /** Ending of its files. */
  readonly ending: string;
  readonly uses: (input: Uint8Array, folder: string) => readonly Use[];
}

const LINEAGE = ['lineage', '--json', '--all'];

// A command line, cut where it is long; findFault() must still see that it asks for JSON.
const lineOf = (args: readonly string[]): string => {
  const line = `oopslab ${args.join(' ')}`;
  if (line.length <= 200) return line;
  return `${line.slice(0, 200)}…${args.includes('--json') ? ' --json' : ''}`;
};

const commandLine = (args: readonly string[], around: Parameters<typeof oopslab>[1] = {}): Use => {
  const what = lineOf(args);
  return { what, run: async () => ({ ...(await oopslab(args, around)), what }) };
};

/** A function that answers or throws one of the errors that are meant, as an outcome. */
const functionCall = (what: string, call: () => unknown): Use => ({
  what,
  run: async () => {
    try {
      return { status: 0, stdout: String((await call()) ?? ''), stderr: '', what };
    } catch (error) {
      if (!(error instanceof OopslabError)) throw error;
      const place = formatWhere(error.where);
      return {
        status: 2,
        stdout: '',
        stderr: `oopslab: ${escapeInLine(`${place}: ${error.message}`)}\n`,
        what,
      };
    }
  },
});

const written = (folder: string, name: string, input: Uint8Array | string): string => {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, input);
  return file;
};

const text = (input: Uint8Array): string => Buffer.from(input).toString('utf8');

/** A part of an input that should be text: as it is, or as JSON. */
export const wordOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

// Inputs of several parts are JSON; those that are not are given in place of the first part.
const jsonOf = (input: Uint8Array): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(text(input));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};

/** A scenario that calls the function `guest` of a snippet. */
const GUEST = `format: oopslab scenario 1
name: guest
title: a test
release: 3.0.101-84-default
budget: 2000
world:
  gs: 0xffff88043fd00000
  caches: { size-32: { frames: [0x20000] }, size-64: { frames: [0x20001] } }
  memory: [{ name: stack, at: 0xffff880211336000, size: 8192, source: test }]
steps:
  call: { call: { function: guest, arguments: [1, 2], rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000 } }
expect: {}
`;

const RELEASE = '3.0.101-84-default';

const scenarioUses = (input: Uint8Array, folder: string): Use[] => {
  const file = written(folder, 'x.yaml', input);
  return [
    commandLine(['replay', file, '--json']),
    commandLine(['replay', file]),
    commandLine(['oops', file, '--provenance']),
    commandLine(['crash', file, '-c', 'bt -FF', '-c', 'kmem -s', '-c', 'ipcs', '--json']),
    commandLine([...LINEAGE, file]),
    commandLine(['chart', 'slab', file]),
    commandLine(['report', file, '--alone', '-o', '-']),
    commandLine(['step', file, '--script', '-'], { stdin: 't screen F screen' }),
    commandLine(['diff', file, 'lookup-empty-slot', '--json']),
    commandLine(['scenarios', '--json', '--library', libraryWith(folder, 'scenarios/x.yaml', input)]),
  ];
};

const libraryWith = (folder: string, name: string, input: Uint8Array): string => {
  written(join(folder, 'library'), name, input);
  return join(folder, 'library');
};

const snippetUses = (input: Uint8Array, folder: string): Use[] => {
  const { manifest = text(input), hex = 'c3', scenario = GUEST } = jsonOf(input);
  const library = join(folder, 'library');
  const json = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  written(library, `snippets/${RELEASE}/guest.json`, json);
  written(library, `snippets/${RELEASE}/guest.hex`, wordOf(hex));
  written(library, 'scenarios/guest.yaml', wordOf(scenario));
  return [
    commandLine(['replay', 'guest', '--library', library, '--json']),
    commandLine(['dis', 'guest', '--library', library, '--bytes']),
    commandLine(['snippets', '--library', library, '--json']),
    commandLine(['lineage', 'guest', '--library', library, '--all']),
    commandLine(['decode', '--code', 'guest', '--library', library], {
      stdin: 'RIP: 0010:guest+0x0/0x10\n',
    }),
  ];
};

const recordingUses = (input: Uint8Array, folder: string): Use[] => {
  const file = written(folder, 'x.rec', input);
  const of = ['--recording', file];
  return [
    commandLine(['oops', ...of, '--full', '--provenance']),
    commandLine(['crash', ...of, '-c', 'bt -FF', '-c', 'kmem -s', '-c', 'sym -l', '-c', 'ps', '-c', 'ipcs']),
    commandLine([...LINEAGE, ...of]),
    commandLine(['lineage', ...of, '--chart']),
    commandLine(['chart', 'lineage', ...of]),
    commandLine(['chart', 'slab', ...of]),
    commandLine(['report', ...of, '-o', '-']),
    commandLine(['step', ...of, '--script', '-'], { stdin: 't screen F screen b screen g screen w screen' }),
    commandLine(['diff', file, file, '--json']),
    commandLine(['diff', file, 'lookup-empty-slot']),
  ];
};

/** A report to go with machine code. */
const REPORT = `BUG: unable to handle kernel NULL pointer dereference at 0000000000000010
IP: [<ffffffffa0421041>] cifs_build_path_to_root+0x11/0x100
RIP: 0010:[<ffffffffa0421041>]  [<ffffffffa0421041>] cifs_build_path_to_root+0x11/0x100
RAX: 0000000000000000 RBX: 0000000000000000 RCX: 0000000000000000
Code: 48 89 5c 24 e8 48 89 6c 24 f0 4c 89 64 24 f8 48 83 ec 18 48 8b 47 10 <48> 8b 40 10 c3
`;

let release: ReturnType<typeof loadRelease> | undefined;

const candidateUses = (file: string): Use[] => [
  functionCall(`bringCandidate(${file})`, () => {
    const { snippet } = bringCandidate(file, { release: (release ??= loadRelease()) });
    return snippet.bytes.length;
  }),
];

/** C and assembly: it needs a compiler. */
export const SOURCE_READER: CorpusReader = {
  name: 'source',
  ending: '.c',
  uses: (input, folder) => [
    ...candidateUses(written(folder, 'x.c', input)),
    ...candidateUses(written(folder, 'x.S', input)),
  ],
};

const objectUses = (input: Uint8Array, folder: string): Use[] => {
  const file = written(folder, 'x.o', input);
  return [
    ...candidateUses(file),
    commandLine(['decode', '--code', file], { stdin: REPORT }),
    commandLine(['decode', '--code', file, '--json'], { stdin: REPORT }),
  ];
};

const decodeUses = (input: Uint8Array, folder: string): Use[] => {
  const file = written(folder, 'x.txt', input);
  return [[], ['--json'], ['--md'], ['--full'], ['--redact', '--full'], ['--decodecode'], ['--each']].map(
    (options) => commandLine(['decode', file, ...options]),
  );
};

const lessonUses = (input: Uint8Array, folder: string): Use[] => {
  const file = written(folder, 'x.md', input);
  const script = written(folder, 'answers.txt', 'rax\nhint\n1\nskip\nagain\n0x10\nskip\n');
  const env = { OOPSLAB_STATE: folder };
  return [
    commandLine(['lesson', file, '--answers', '--json']),
    commandLine(['lesson', file, '--answers']),
    commandLine(['lesson', file, '--script', script]),
    commandLine(['lesson', file], { stdin: 'x\nhint\nskip\nquit\n', env }),
  ];
};

const RECORDED = ['replay', 'lookup-empty-slot', '--record'];

let recordedBytes: Uint8Array | undefined;

// A recording to look at, made once: what reads scripts and commands is meant, not the run.
const recorded = async (folder: string): Promise<string> => {
  const file = join(folder, 'recorded.rec');
  if (recordedBytes === undefined) {
    await oopslab([...RECORDED, file]);
    recordedBytes = readFileSync(file);
  }
  return written(folder, 'recorded.rec', recordedBytes);
};

const onRecording = (folder: string, args: readonly string[], stdin: string): Use => ({
  what: lineOf(args),
  run: async () => commandLine([...args, '--recording', await recorded(folder)], { stdin }).run(),
});

const stepUses = (input: Uint8Array, folder: string): Use[] => {
  const file = written(folder, 'keys.txt', input);
  return [onRecording(folder, ['step', '--script', file], '')];
};

const commandLines = (input: Uint8Array): string[] =>
  text(input)
    .split('\n')
    .filter((line) => line !== '');

const crashUses = (input: Uint8Array, folder: string): Use[] => [
  onRecording(folder, ['crash'], text(input)),
  ...commandLines(input).map((line) => onRecording(folder, ['crash', `-c=${line}`, '--json'], '')),
];

const expressionUses = (input: Uint8Array, folder: string): Use[] =>
  commandLines(input).flatMap((line) =>
    ['eval -b', 'rd', 'dis', 'sym', 'struct list_head', 'kmem'].map((command) =>
      onRecording(folder, ['crash', `-c=${command} ${line}`], ''),
    ),
  );

/** The parts of an HTTP request, as Node's parser gives them. */
/** A link to a page with the values of a document, whatever it is. */
export const linkOf = (body: unknown): string => {
  const found = new URLSearchParams({ scenario: 'shm-close-bug' });
  const { set } = Object(body) as { readonly set?: unknown };
  for (const [name, value] of Object.entries(Object(set) as object))
    found.append(`set.${name}`, String(value));
  return `#${found.toString()}`;
};

const serveUses = (input: Uint8Array): Use[] => {
  const { method = 'POST', url = '/run', rawHeaders = [], body = text(input) } = jsonOf(input);
  const head = {
    method: wordOf(method),
    url: wordOf(url),
    rawHeaders: Array.isArray(rawHeaders) ? rawHeaders.map(wordOf) : [],
  };
  return [
    functionCall('findRefusal()', () => findRefusal(head, 8000)?.message),
    functionCall('readWish()', () => JSON.stringify(readWish(linkOf(body))).length),
    functionCall('answerRun()', () => {
      const { wish, problem = '' } = readWish(linkOf(body));
      if (wish === undefined) throw new InputError(problem);
      let told = 0;
      answerRun(new Bench([]), wish, (trial) => (told += JSON.stringify(trial).length));
      return told;
    }),
  ];
};

const isInside = (name: string): boolean => {
  const path = normalize(name);
  return !path.startsWith('..') && !path.startsWith('/') && !path.includes('\0');
};

/** The files of an input, which is JSON of names and contents, in a folder. A name that ends in `/` is a folder. */
export const writeFiles = (folder: string, input: Uint8Array): void => {
  for (const [name, content] of Object.entries(jsonOf(input))) {
    if (!isInside(name)) continue;
    try {
      if (name.endsWith('/')) mkdirSync(join(folder, name), { recursive: true });
      else written(folder, name, wordOf(content));
    } catch {
      // a folder where a file is, or a name that is too long: the rest is an input as well
    }
  }
};

// A case without its source: what is kept of it is read, and no compiler is run.
const caseUses = (input: Uint8Array, folder: string): Use[] => {
  const own = join(folder, 'own');
  mkdirSync(own);
  writeFiles(own, input);
  const script = written(folder, 'answers.txt', 'rax\nhint\n1\nskip\nshow\ndis\n0x10\nskip\nskip\n');
  return [
    commandLine(['replay', `${own}/`, '--json']),
    commandLine(['replay', `${own}/`]),
    commandLine(['why', `${own}/`]),
    commandLine(['why', `${own}/`, '--json']),
    commandLine(['crash', `${own}/`, '-c', 'bt -FF', '-c', 'kmem -s', '-c', 'struct parcel', '-c', 'sym -l']),
    commandLine([...LINEAGE, `${own}/`]),
    commandLine(['chart', 'slab', `${own}/`]),
    commandLine(['report', `${own}/`, '--alone', '-o', '-']),
    commandLine(['step', `${own}/`, '--script', '-'], { stdin: 't screen F screen b screen' }),
    commandLine(['detectors', `${own}/`]),
    commandLine(['diff', `${own}/`, 'lookup-empty-slot', '--json']),
    commandLine(['lesson', `${own}/`, '--answers', '--json']),
    commandLine(['lesson', `${own}/`, '--script', script]),
  ];
};

const SOURCES = [{ file: 'case.c', text: 'int x;\n', sha256: '0'.repeat(64) }];

/** The object of a case, as the compiler gives it: what would be kept of it, as text. */
export const describedObject = (input: Uint8Array): string => {
  const own = (release ??= loadRelease());
  const { text: told } = describeImage(linkImage(openObject(input, 'case.o'), own), {
    flags: [], module: 'case', release: own, file: 'case.c', sources: SOURCES,
  }); // prettier-ignore
  return `${madeCode(told, 'case.json').functions.length} ${JSON.stringify(told)}`;
};

const libraryUses = (input: Uint8Array, folder: string): Use[] => {
  const library = join(folder, 'library');
  mkdirSync(library);
  writeFiles(library, input);
  const of = ['--library', library];
  return [
    commandLine(['scenarios', ...of, '--json']),
    commandLine(['snippets', ...of, '--json']),
    commandLine(['lesson', ...of, '--json'], { env: { OOPSLAB_STATE: folder } }),
    commandLine(['dis', 'strlen', ...of]),
    commandLine(['headers', ...of]),
    commandLine(['replay', 'lookup-empty-slot', ...of, '--json']),
  ];
};

const progressUses = (input: Uint8Array, folder: string): Use[] => {
  written(folder, 'lessons.json', input);
  const env = { OOPSLAB_STATE: folder };
  return [
    commandLine(['lesson'], { env }),
    commandLine(['lesson', '--json'], { env }),
    commandLine(['lesson', 'which-id'], { env, stdin: 'skip\nskip\nquit\n' }),
    commandLine(['lesson', 'which-id', '--reset'], { env }),
  ];
};

const argumentUses = (input: Uint8Array, folder: string): Use[] => {
  const { args = [], stdin = '', columns } = jsonOf(input);
  const list = Array.isArray(args) ? args.map(wordOf) : [];
  return [
    commandLine(list, {
      stdin: wordOf(stdin),
      cwd: folder,
      env: { OOPSLAB_STATE: folder },
      ...(typeof columns === 'number' ? { columns } : {}),
    }),
  ];
};

const shardUses = (input: Uint8Array, folder: string): Use[] => {
  const file = written(folder, 'x.json', input);
  const to = ['--counterexamples', join(folder, 'kept')];
  return [
    commandLine(['check', '--merge', file, '--json', ...to]),
    commandLine(['check', '--merge', file, file, ...to]),
  ];
};

/** All kinds. */
export const CORPUS_READERS: readonly CorpusReader[] = [
  { name: 'scenario', ending: '.yaml', uses: scenarioUses },
  { name: 'snippet', ending: '.json', uses: snippetUses },
  { name: 'recording', ending: '.rec', uses: recordingUses },
  { name: 'object', ending: '.o', uses: objectUses },
  { name: 'decode', ending: '.txt', uses: decodeUses },
  { name: 'lesson', ending: '.md', uses: lessonUses },
  { name: 'step-script', ending: '.txt', uses: stepUses },
  { name: 'shard', ending: '.json', uses: shardUses },
  { name: 'crash-commands', ending: '.txt', uses: crashUses },
  { name: 'expression', ending: '.txt', uses: expressionUses },
  { name: 'serve-request', ending: '.json', uses: serveUses },
  { name: 'library', ending: '.json', uses: libraryUses },
  { name: 'progress', ending: '.json', uses: progressUses },
  { name: 'arguments', ending: '.json', uses: argumentUses },
  { name: 'case', ending: '.json', uses: caseUses },
  {
    name: 'image',
    ending: '.o',
    uses: (input) => [functionCall('describedObject()', () => describedObject(input).length)],
  },
];

const MAX_OUTPUT = 16 << 20; // bytes: an HTML page of a recording has two million

const isDocument = (stdout: string): boolean => {
  try {
    const { error } = JSON.parse(stdout) as { error?: { code?: string } };
    return error?.code !== 'ERR_INTERNAL';
  } catch {
    return false;
  }
};

/** What is wrong with an outcome; `undefined` when it is an answer, or one clear message. */
export const findFault = ({ status, stdout, stderr, what }: Outcome): string | undefined => {
  if (![0, 1, 2].includes(status)) return `exit code ${status}`;
  if (/internal error|ERR_INTERNAL|\n\s+at .*:\d+:\d+/u.test(stderr))
    return `stderr: ${stderr.slice(0, 400)}`;
  const json = / --json\b/u.test(what);
  if (json && !isDocument(stdout)) return `stdout is not a document: ${stdout.slice(0, 400)}`;
  if (!json && status === 2 && !stderr.startsWith('Usage: ') && !/^(?:oopslab: [^\n]+\n)+$/u.test(stderr))
    return `exit code 2, and stderr is not lines of messages: ${stderr.slice(0, 400)}`;
  if (stdout.length + stderr.length > MAX_OUTPUT) return `${stdout.length + stderr.length} bytes of output`;
  const hidden = findInvisibleInText(stdout) ?? findInvisibleInText(stderr);
  return hidden === undefined ? undefined : `${hidden.shown} in the output`;
};

/**
 * Put an input to all that reads its kind, in a new folder that is removed; in `npm run test:quick` to the first.
 *
 * @returns what is wrong, one line for each use that ends otherwise than it should
 */
export const useAll = async (
  reader: CorpusReader,
  input: Uint8Array,
  temporary: string,
): Promise<string[]> => {
  const folder = mkdtempSync(join(temporary, 'input-'));
  try {
    const faults: string[] = [];
    for (const use of reader.uses(input, folder).slice(0, QUICK ? 1 : undefined)) {
      const fault = findFault(await use.run());
      if (fault !== undefined) faults.push(`${use.what}: ${fault}`);
    }
    return faults;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

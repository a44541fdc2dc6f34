// The machine refuses a call, or ends the program there: files are the old or the new ones, nothing else is left, and one
// message says why. By kind of call and by its number; OOPSLAB_FULL=1 goes through all of them.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FULL } from '../helpers/effort.js';
import { FAULT_KINDS, type Fault, withFault } from '../helpers/faults.js';
import { oopslab } from '../helpers/oopslab.js';

interface Tried {
  readonly args: readonly string[];
  /** What lies there before, by name. */
  readonly before?: Readonly<Record<string, string>>;
  /** What the command writes. */
  readonly writes?: readonly string[];
  /** Only with OOPSLAB_FULL=1: it takes seconds. */
  readonly long?: true;
}

const LESSON = 'oopslab lesson progress 1';
const PROGRESS = JSON.stringify({ format: LESSON, lessons: { 'which-id': { q: { right: true, wrong: 0, hints: 0, points: 1 } }, other: {} } }); // prettier-ignore
const OLD = 'old\n';
const report = readFileSync('test/golden/oops.txt', 'utf8');
const source = readFileSync('candidates/cifs_build_path_to_root.c', 'utf8');

// One of each way in which commands use files; the others do with OOPSLAB_FULL=1.
const COMMANDS: readonly Tried[] = [
  { args: ['replay', '--record', 'out'], before: { out: OLD }, writes: ['out'] },
  { args: ['oops', '--json'], long: true },
  { args: ['oops', '--recording', 'in.rec'] },
  { args: ['chart', 'slab', '-o', 'out'], before: { out: OLD }, writes: ['out'], long: true },
  { args: ['chart', 'lineage', '-o', 'out'], before: { out: OLD }, writes: ['out'], long: true },
  { args: ['report', '--recording', 'in.rec', '-o', 'out'], before: { out: OLD }, writes: ['out'], long: true },
  { args: ['check', '--new', 'fix'], writes: ['fix.c'] },
  { args: ['check', './mine.c', '--runs', '1', '--jobs', '1', '--shard', '1/2', '--out', 'out', '--counterexamples', 'kept'], before: { 'mine.c': source, out: OLD }, writes: ['out'], long: true },
  { args: ['check', 'copy-the-nul', '--runs', '1', '--jobs', '1', '--junit', 'out', '--coverage', 'more'], before: { out: OLD, more: OLD }, writes: ['out', 'more'], long: true },
  { args: ['lesson'], before: { 'state/lessons.json': PROGRESS } },
  { args: ['lesson', 'which-id', '--reset'], before: { 'state/lessons.json': PROGRESS }, writes: ['state/lessons.json'] },
  { args: ['lesson', 'which-id', '--reset'], writes: ['state/lessons.json'] },
  { args: ['lesson', '--new', 'mine'], writes: ['mine.md'], long: true },
  { args: ['decode', 'report.txt', '--json'], before: { 'report.txt': report } },
  { args: ['decode', 'report.txt', '--code', 'shm_close'], before: { 'report.txt': report }, long: true },
  { args: ['headers'] },
  { args: ['doctor'], long: true },
  { args: ['snippets'], long: true },
  { args: ['scenarios'], long: true },
  { args: ['dis', 'shm_close'], long: true },
  { args: ['diff', 'shm-close-bug', 'shm-close-control'], long: true },
  { args: ['lineage', '--recording', 'in.rec'], long: true },
]; // prettier-ignore

const ERRORS: Readonly<Record<string, readonly Fault['what'][]>> = {
  write: ['ENOSPC', 'EIO', 'short', 'EINTR'],
  create: ['EACCES', 'EROFS', 'ENOSPC', 'EMFILE'],
  mkdir: ['EACCES', 'EROFS', 'ENOSPC'],
  mkdtemp: ['EACCES', 'EROFS', 'ENOSPC'],
  rename: ['EACCES', 'EIO', 'ENOSPC'],
  fsync: ['EIO', 'ENOSPC', 'EDQUOT'],
  spawn: ['EAGAIN', 'ENOMEM', 'EMFILE'],
  read: ['EIO', 'EINTR', 'ENOMEM'],
  memory: ['ENOMEM'],
  thread: ['ERR_WORKER_INIT_FAILED'],
};
const READING: readonly Fault['what'][] = ['EMFILE', 'EACCES', 'EIO', 'EINTR', 'ENOMEM'];
const FEW = ['read', 'open', 'stat', 'readdir', 'close', 'memory']; // as many as the files that a command reads

const top = mkdtempSync(join(tmpdir(), 'oopslab-faults-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));
const folder = join(top, 'here');
const temporary = join(top, 'temporary');
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  expect((await oopslab(['replay', '--record', join(top, 'in.rec')])).status).toBe(0);
});

const prepare = ({ before = {}, args }: Tried): void => {
  for (const one of [folder, temporary]) {
    rmSync(one, { recursive: true, force: true });
    mkdirSync(one, { recursive: true });
  }
  if (args.includes('in.rec')) cpSync(join(top, 'in.rec'), at('in.rec'));
  for (const [name, text] of Object.entries(before)) {
    mkdirSync(dirname(at(name)), { recursive: true });
    writeFileSync(at(name), text);
  }
};

const run = ({ args }: Tried) =>
  oopslab(args, { cwd: folder, env: { OOPSLAB_STATE: at('state'), TMPDIR: temporary, CC: undefined } });

const contentOf = (name: string): string | undefined =>
  existsSync(at(name)) ? readFileSync(at(name), 'utf8') : undefined;

const allFiles = (): string[] =>
  [folder, temporary]
    .flatMap((one) => readdirSync(one, { recursive: true, encoding: 'utf8' }))
    .filter((name) => name !== 'state' && !name.startsWith('kept'))
    .toSorted();

interface Good {
  readonly status: number;
  readonly stdout: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly written: ReadonlyMap<string, string | undefined>;
}

const runWell = async (tried: Tried): Promise<Good> => {
  prepare(tried);
  await run(tried); // modules and shipped files are loaded once in a process
  prepare(tried);
  const { found, counts } = await withFault({ kind: 'none', nth: 0, what: 'EIO' }, () => run(tried));
  const written = new Map((tried.writes ?? []).map((name) => [name, contentOf(name)]));
  expect([...written.values()]).not.toContain(undefined);
  return { ...found, counts, written };
};

const isOldOrNew = ({ before = {}, writes = [] }: Tried, good: Good): boolean =>
  writes.every((name) => [before[name], good.written.get(name)].includes(contentOf(name)));

// What is wrong with how a command took a fault; undefined when nothing is.
const problemOf = (
  tried: Tried,
  good: Good,
  { what }: Fault,
  { status, stdout, stderr }: { status: number; stdout: string; stderr: string },
): string | undefined => {
  if (!isOldOrNew(tried, good)) return 'a file is neither the old nor the new one';
  const known = [...Object.keys(tried.before ?? {}), ...(tried.writes ?? []), 'in.rec'];
  const left = allFiles().filter((name) => !known.includes(name));
  if (left.length > 0) return `left: ${left.join(', ')}`;
  const said = `${stderr}${stdout}`;
  if (/internal error|ERR_INTERNAL|^ {4}at |injected/mu.test(said)) return said;
  if (status === good.status && (stdout === good.stdout || said.includes(what))) return undefined; // as of a scenario in a list
  if (status === 1 && tried.args[0] === 'doctor') return undefined; // it looks for what is missing
  if (status !== 2) return `status ${status}: ${said}`;
  const json = tried.args.includes('--json');
  const message = json ? (JSON.parse(stdout) as { error: { message: string } }).error.message : stderr.trim().split('\n').at(-1)!; // prettier-ignore
  return message.includes(what) || message.includes('too little memory')
    ? undefined
    : `does not say why: ${message}`;
};

const placesOf = (kind: string, count: number): number[] => {
  const all = Array.from({ length: count }, (_, index) => index + 1);
  if (FULL || !FEW.includes(kind) || count <= 3) return all;
  return [1, Math.ceil(count / 2), count];
};

const faultsOf = (kind: string, count: number): Fault[] => {
  const errors = ERRORS[kind] ?? READING;
  return placesOf(kind, count).flatMap((nth) =>
    (FEW.includes(kind) ? [errors[nth % errors.length]!] : errors).map((what) => ({
      kind,
      nth,
      what,
    })),
  );
};

const commands = COMMANDS.filter(({ long }) => FULL || long !== true);
let tries = 0;
/** For the record of the long run. */
const tell = ({ args }: Tried): void => {
  if (FULL) process.stderr.write(`faults: ${tries} tries after ${args.join(' ')}\n`);
};

describe.each(commands)('oopslab $args, $before', { timeout: 3_600_000 }, (tried) => {
  it('ends with an answer or one message, whatever call the machine refuses', async () => {
    const good = await runWell(tried);
    const problems: string[] = [];
    for (const kind of FAULT_KINDS)
      for (const fault of faultsOf(kind, good.counts[kind] ?? 0)) {
        prepare(tried);
        const { found } = await withFault(fault, () => run(tried));
        tries += 1;
        const problem = problemOf(tried, good, fault, found);
        if (problem !== undefined) problems.push(`${fault.kind} ${fault.nth} ${fault.what}: ${problem}`);
      }
    tell(tried);
    expect(problems).toEqual([]);
  });
});

const writing = commands.filter(({ writes }) => writes !== undefined);

describe.each(writing)('oopslab $args, $before', { timeout: 3_600_000 }, (tried) => {
  it('leaves the old or the new file, wherever it is ended, and the next run works', async () => {
    const good = await runWell(tried);
    const isWritten = (): boolean => [...good.written].every(([name, text]) => contentOf(name) === text);
    const problems: string[] = [];
    for (let nth = 1; ; nth += 1) {
      prepare(tried);
      const { counts } = await withFault({ kind: 'change', nth, what: 'freeze' }, () => run(tried));
      if ((counts['counted'] ?? 0) < nth) break;
      tries += 1;
      if (!isOldOrNew(tried, good)) problems.push(`${nth}: neither the old nor the new`);
      if (tried.args.includes('--new') && isWritten()) continue; // it is never written over
      const { status, stderr } = await run(tried);
      if (status !== good.status || !isWritten()) problems.push(`${nth}: then ${status} ${stderr}`);
    }
    tell(tried);
    expect(problems).toEqual([]);
  });
});

// Makes the n-th call of one kind that src/host/ makes fail, or take less than it was given, or be the last one: what
// the machine does to a program. Loaded by a test, or by `node --require` with OOPSLAB_FAULT, a plan in JSON, which the
// processes and threads that it starts read, too. CommonJS, because --require is.
'use strict';
const childProcess = require('node:child_process');
const fs = require('node:fs');
const threads = require('node:worker_threads');

/** By kind, the functions that are counted together. */
const CALLS = {
  open: ['openSync'], // for reading; 'create' for writing
  read: ['readSync', 'readFileSync'],
  write: ['writeSync'],
  fsync: ['fsyncSync'],
  rename: ['renameSync', 'linkSync'],
  remove: ['rmSync'],
  mkdir: ['mkdirSync'],
  mkdtemp: ['mkdtempSync'],
  stat: ['statSync', 'lstatSync', 'fstatSync', 'realpathSync', 'readlinkSync'],
  readdir: ['readdirSync'],
  close: ['closeSync'],
};
const STARTS = ['spawnSync', 'fork'];
const KINDS = [...Object.keys(CALLS), 'create', 'spawn', 'thread', 'memory'];

/** The calls that change what is on the disk: a kill between two others is no other. */
const CHANGES = ['create', 'write', 'fsync', 'rename', 'remove', 'mkdir', 'mkdtemp'];

const MEMORY = 4096; // smaller pieces of memory are not counted

const SYSCALLS = {
  readdir: 'scandir',
  remove: 'unlink',
  create: 'open',
  mkdtemp: 'mkdtemp',
};
const NUMBERS = {
  EPERM: 1,
  EINTR: 4,
  EIO: 5,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EMFILE: 24,
  ENOSPC: 28,
  EROFS: 30,
  EDQUOT: 122,
};

/** The plan that holds at present: `kind`, `nth` from 1, and `what`: an error number, `short`, `kill`, or `freeze`. */
let plan;
/** How many calls of each kind there were. */
let counts = {};
let frozen = false;

// Its own code alone: Node's loader of modules reads files with the same functions.
const isOurs = () => {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 4;
  const [, , , caller = ''] = new Error('where').stack.split('\n');
  Error.stackTraceLimit = limit;
  return /[/\\](?:host[/\\](?:files|processes|memory)\.|dist[/\\]program[/\\])/u.test(caller);
};

const errorOf = (kind, code, path) => {
  const syscall = SYSCALLS[kind] ?? kind;
  const named = typeof path === 'string' ? ` '${path}'` : '';
  return Object.assign(new Error(`${code}: injected, ${syscall}${named}`), {
    code,
    errno: -NUMBERS[code],
    syscall,
    ...(named === '' ? {} : { path }),
  });
};

// What becomes of a call: undefined when it is made as it is.
const befall = (kind, path) => {
  if (plan === undefined) return undefined;
  if (frozen) throw errorOf(kind, 'EIO', path);
  const isCounted = plan.kind === kind || (plan.kind === 'change' && CHANGES.includes(kind));
  counts[kind] = (counts[kind] ?? 0) + 1;
  if (!isCounted) return undefined;
  counts.counted = (counts.counted ?? 0) + 1;
  if (counts.counted !== plan.nth) return undefined;
  if (plan.what === 'kill') process.kill(process.pid, 'SIGKILL');
  if (plan.what === 'freeze') {
    frozen = true;
    throw errorOf(kind, 'EIO', path);
  }
  if (plan.what === 'short') return 'short';
  throw errorOf(kind, plan.what, path);
};

const kindOf = (kind, [, flags]) => (kind === 'open' && /[wax+]/u.test(String(flags)) ? 'create' : kind);

const real = {};

const patch = () => {
  for (const [kind, names] of Object.entries(CALLS))
    for (const name of names) {
      real[name] = fs[name];
      fs[name] = (...args) => {
        const fate = plan !== undefined && isOurs() ? befall(kindOf(kind, args), args[0]) : undefined;
        if (fate === 'short' && args[3] > 1) args[3] = Math.ceil(args[3] / 2); // of buffer, offset and length
        return real[name](...args);
      };
    }
  for (const name of STARTS) {
    real[name] = childProcess[name];
    childProcess[name] = (...args) => {
      if (plan === undefined || !isOurs()) return real[name](...args);
      try {
        befall('spawn', undefined);
      } catch (error) {
        if (name !== 'spawnSync') throw error;
        return { error, pid: 0, status: null, signal: null, stdout: null, stderr: null };
      }
      return real[name](...args);
    };
  }
  real.Worker = threads.Worker;
  threads.Worker = new Proxy(real.Worker, {
    construct(target, args, self) {
      if (plan !== undefined && isOurs()) befall('thread', undefined);
      return Reflect.construct(target, args, self);
    },
  });
  real.ArrayBuffer = globalThis.ArrayBuffer;
  globalThis.ArrayBuffer = new Proxy(real.ArrayBuffer, {
    construct(target, args, self) {
      const counted = plan !== undefined && args[0] >= MEMORY && isOurs();
      try {
        if (counted) befall('memory', undefined);
      } catch {
        throw new RangeError('Array buffer allocation failed');
      }
      return Reflect.construct(target, args, self);
    },
  });
};

const unpatch = () => {
  for (const name of Object.values(CALLS).flat()) fs[name] = real[name];
  for (const name of STARTS) childProcess[name] = real[name];
  threads.Worker = real.Worker;
  globalThis.ArrayBuffer = real.ArrayBuffer;
};

/** From now on a plan holds. */
const arm = (next) => {
  patch();
  plan = next;
  counts = {};
  frozen = false;
};

/** Everything is as before. @returns how many calls of each kind there were; `counted`: of the plan's */
const disarm = () => {
  plan = undefined;
  unpatch();
  return counts;
};

module.exports = { KINDS, arm, disarm };

const given = process.env.OOPSLAB_FAULT;
if (given !== undefined) {
  const { report, where, ...first } = JSON.parse(given);
  // In the main process, in those that it starts, or in threads; everywhere without it.
  const here = threads.isMainThread ? (/\bmain\.js$/u.test(process.argv[1]) ? 'main' : 'child') : 'thread';
  if (where === undefined || where === here) arm(first);

  const { appendFileSync } = fs;
  // A line of each process: its calls.
  process.on('exit', () => report !== undefined && appendFileSync(report, `${JSON.stringify(disarm())}\n`));
}

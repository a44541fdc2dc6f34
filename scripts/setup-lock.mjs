// One setup at a time in one checkout: the others wait for it. Node built-ins only.
//
// The lock is a folder. It is held while a file is in it, the claim of the one that works. A claim is made in a folder
// of its own, which is then renamed to that of the lock: that fails unless the lock is absent or empty, so that of
// several exactly one gets it, and no claim can be seen half-written. A claim has a name that nobody else uses, so who
// removes the claim of a dead process can never remove another one.
//
// A holder can be killed at any time. Where it can be told, by its process id and its time of start, that it lives no
// more, its claim is removed. Elsewhere (another machine on a shared folder, another container) a holder that lives is
// known by a number in its claim that it counts up; no time is compared with a clock of another machine.

import {
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';

const FOLDER = '.setup-lock';
const BEAT_DIGITS = 12;

// The environment variable by which the processes that a setup has started are found when it is gone: its checkout.
const MARK = 'OOPSLAB_SETUP_IN';

const readText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

const namespace = () => {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
};

// What tells this machine, since it was started, and this container from all others; empty where nothing does.
const place = () => {
  const boot = readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  const pids = namespace();
  return boot === '' || pids === '' ? '' : `${boot} ${pids}`;
};

// State and time of start (in ticks since the boot) of a process of this machine, from what follows its name, which may
// hold spaces and parentheses.
const statOf = (pid) => {
  const text = readText(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], start: fields[19] };
};

// Whether the process that made a claim lives: 'yes', 'no', or 'unknown'.
const isAlive = ({ where, pid, start }) => {
  if (typeof where !== 'string' || where === '' || where !== place() || !Number.isSafeInteger(pid))
    return 'unknown';
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return 'no';
  }
  const stat = statOf(pid);
  if (stat === undefined) return 'unknown'; // of another user, where those are hidden
  // A process that nobody waited for keeps its number after its death.
  return stat.start === start && stat.state !== 'Z' && stat.state !== 'X' ? 'yes' : 'no';
};

// The processes that a dead setup has left at work in this checkout, npm for instance; those of this container only.
const leftAtWork = (root) => {
  const wanted = `${MARK}=${root}`;
  let all;
  try {
    all = readdirSync('/proc');
  } catch {
    return [];
  }
  return all
    .filter((name) => /^\d+$/u.test(name) && Number(name) !== process.pid)
    .filter((name) => readText(`/proc/${name}/environ`)?.split('\0').includes(wanted))
    .filter((name) => !['Z', 'X', undefined].includes(statOf(name)?.state));
};

const claimText = (holder, beat) => `${JSON.stringify(holder)}\n${String(beat).padStart(BEAT_DIGITS)}\n`;

const readClaim = (path) => {
  const text = readText(path);
  if (text === undefined) return undefined;
  try {
    return { text, holder: Object(JSON.parse(text.slice(0, text.indexOf('\n')))) };
  } catch {
    return { text, holder: {} }; // not written by a setup, or damaged: it lives as long as it changes
  }
};

// Folders that belong to setups which were killed: nobody else makes any while the lock is held.
const removeLeft = (root) => {
  for (const name of readdirSync(root))
    if (/^(?:dist\.\d+\.(?:part|old)|\.setup-lock\..+\.part)$/u.test(name))
      rmSync(join(root, name), { recursive: true, force: true });
};

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Do some work while no other setup works in the same checkout.
 *
 * @param root the checkout
 * @param work what it starts is known by the environment of this process
 * @param say prints one line, when it has to wait
 * @param pollMs between two looks at the lock
 * @param quiet so many looks in a row have to find a claim unchanged before a holder that cannot be seen is given up
 * @throws the system's error where the lock cannot be made, EROFS for example
 */
export const withLock = async (root, work, { say, pollMs = 250, quiet = 120 }) => {
  const lock = join(root, FOLDER);
  const claim = randomUUID();
  const held = join(lock, claim);
  const prepared = join(root, `${FOLDER}.${claim}.part`);
  const holder = { pid: process.pid, start: statOf(process.pid)?.start, where: place(), host: hostname() };

  const take = () => {
    mkdirSync(prepared);
    try {
      writeFileSync(join(prepared, claim), claimText(holder, 0));
      try {
        rmdirSync(lock); // an empty one; not every system renames over it
      } catch {
        // absent, or held
      }
      renameSync(prepared, lock);
      return true;
    } catch (error) {
      // Over a network a change can succeed and be reported as failed.
      if (readText(held) !== undefined) return true;
      // Held, or released just now; ENOENT: who held it took the folder of this claim for a left one.
      if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(error.code) || claims().length > 0) return false;
      throw error;
    } finally {
      rmSync(prepared, { recursive: true, force: true });
    }
  };
  const claims = () => {
    try {
      return readdirSync(lock);
    } catch (error) {
      if (error.code === 'ENOENT') return [];
      throw error;
    }
  };
  const remove = (name) => {
    try {
      unlinkSync(join(lock, name));
    } catch (error) {
      if (error.code !== 'ENOENT')
        throw Object.assign(
          new Error(
            `a setup that is not there any more left ${lock}, which cannot be removed (${error.code}): remove it.`,
          ),
          { code: error.code },
        );
    }
  };

  // What stands in the way is said once, however many work one after the other.
  const told = new Set();
  const tell = (kind, text) => {
    if (!told.has(kind)) say(text);
    told.add(kind);
  };
  const seen = new Map();
  const isGone = (name) => {
    const found = readClaim(join(lock, name));
    if (found === undefined) return false; // released just now
    const { pid = '?', host = '?' } = found.holder;
    const alive = isAlive(found.holder);
    const before = seen.get(name);
    const looks = before?.text === found.text ? before.looks + 1 : 0;
    seen.set(name, { text: found.text, looks });
    if (alive === 'no' || (alive === 'unknown' && looks >= quiet)) return true;
    const other = alive === 'yes' ? `process ${pid}` : `process ${pid} on ${host}`;
    tell('holder', `another setup is at work in this folder (${other}); waiting for it`);
    return false;
  };

  while (!take()) {
    for (const name of claims()) if (isGone(name)) remove(name);
    if (claims().length > 0) await pause(pollMs);
  }
  let beat = 0;
  const timer = setInterval(() => {
    try {
      writeFileSync(held, claimText(holder, (beat += 1)), { flag: 'r+' });
    } catch {
      // the next one may succeed
    }
  }, pollMs);
  try {
    for (let left = leftAtWork(root); left.length > 0; left = leftAtWork(root)) {
      tell('left', `a setup that was killed left process ${left[0]} at work; waiting for its end`);
      await pause(pollMs);
    }
    removeLeft(root);
    process.env[MARK] = root;
    return await work();
  } finally {
    delete process.env[MARK];
    clearInterval(timer);
    rmSync(held, { force: true });
    try {
      rmdirSync(lock);
    } catch {
      // another one has it already
    }
  }
};

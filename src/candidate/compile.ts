// Compiles C and assembly to an object with the system's compiler. A shell sets its limit of CPU time, and sees the
// command as arguments only. Leaves no files.

import { type SpawnSyncOptionsWithStringEncoding, spawnSync } from '../host/processes.js';
import { dirname, isAbsolute, join } from 'node:path';
import { InputError } from '../base/errors.js';
import { isThere, readBytes, readText } from '../base/read-file.js';
import { systemProblem } from '../base/system-words.js';
import { makeFolder, replaceFile } from '../base/replace-file.js';
import {
  TemporaryFolderError,
  makeTemporaryFolder,
  ofTemporary,
  removeTemporaryFolder,
} from '../base/temporary-folder.js';
import { headerFor } from './own-names.js';

/** How a source is compiled. */
export interface CompileOptions {
  /** The compiler, with its arguments after blanks; otherwise CC of the environment, gcc or clang. */
  readonly cc?: string;
  /** `-O0` to `-Os`; `-O2` without it. */
  readonly optimize?: string;
  /** Further flags, after ours. */
  readonly flags?: readonly string[];
  /** Called with the command before it runs; the folder of its output is shown as `OUT`. */
  readonly onCommand?: (command: readonly string[]) => void;
  /** Most CPU time that each process of the compiler may take, in milliseconds; a minute without it. */
  readonly timeLimit?: number;
}

/** Largest object that is read, in bytes. */
export const MAX_OBJECT = 16 << 20;

export const MAX_SOURCE = 4 << 20; // bytes

/**
 * The flags that make code fit for the sandbox: as the kernel's Makefile sets them, where it does (no red zone, no
 * floating point, addresses in the top 2 GiB), and frames that the unwinder can follow.
 */
export const KERNEL_FLAGS: readonly string[] = [
  '-g',
  '-ffreestanding',
  '-fno-stack-protector',
  '-mno-red-zone',
  '-mcmodel=kernel',
  '-fno-pic',
  '-fno-pie',
  '-fcf-protection=none',
  '-mno-mmx',
  '-mno-sse',
  '-mno-avx',
  '-mno-80387',
  '-msoft-float',
  '-fno-strict-aliasing',
  '-fno-common',
  '-fwrapv',
  '-fno-jump-tables',
  '-fno-lto',
  '-ffunction-sections',
  '-fomit-frame-pointer',
  '-fasynchronous-unwind-tables',
];

/** Most CPU time of each process of the compiler, in milliseconds. */
export const TIME_LIMIT = 60_000;

/**
 * So much more time may pass in all: a compiler that waits for something uses no CPU time. Far more than a busy machine
 * needs.
 */
export const MOST_WAITING = 15;

export const MAX_SAID = 1 << 20;
const SHOWN = 4000; // characters of a compiler's output

const words = (text: string): string[] => text.split(/\s+/u).filter((word) => word !== '');

const choices = ({
  cc,
}: CompileOptions): { readonly commands: readonly string[][]; readonly from: string } => {
  const own = cc === undefined ? [] : words(cc);
  if (cc !== undefined) {
    if (own.length === 0) throw new InputError('needs the name of a compiler, found ""', { field: '--cc' });
    return { commands: [own], from: '--cc' };
  }
  const variable = words(process.env['CC'] ?? '');
  if (variable.length > 0) return { commands: [variable], from: 'CC' };
  return { commands: [['gcc'], ['clang']], from: '--cc' };
};

const NOT_THERE = ['ENOENT', 'ENOTDIR', 'EACCES', 'ENOEXEC']; // not a program, or not one for this user

interface Run {
  readonly found: boolean;
  /** Why it was stopped; undefined where it ended. */
  readonly stopped: string | undefined;
  readonly status: number | null;
  readonly said: string;
}

const SHELL = '/bin/sh';
const NOT_FOUND = 'no such command';

// Of each process that it starts, too; one that goes on after the signal is killed. Source: setrlimit(2), RLIMIT_CPU; sh(1), ulimit
const LIMITED = `command -v "$2" >/dev/null 2>&1 || { echo '${NOT_FOUND}'; exit 127; }
ulimit -S -t "$1" && ulimit -H -t "$(($1 + 5))"; shift; exec "$@"`;

// What ends at the limit: the compiler itself, or a process whose end it tells. Source: strsignal(3), of Linux and macOS
const OVER = /(?:^|: )cpu ?time limit exceeded/imu;

// Where there is no such shell only the clock bounds it.
const limitedCommand = (command: readonly string[], limit: number): [string, ...string[]] =>
  isThere(SHELL)
    ? [SHELL, '-c', LIMITED, 'sh', String(Math.ceil(limit / 1000)), ...command]
    : (command as [string, ...string[]]);

// In a separate process group, because a compiler driver that is killed leaves its children running.
const run = (words: readonly string[], folder: string, limit: number): Run => {
  const [command, ...args] = limitedCommand(words, limit);
  const options: SpawnSyncOptionsWithStringEncoding & { detached: true } = {
    detached: true, // not among the declared options of spawnSync, but it takes it
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', TMPDIR: folder, SOURCE_DATE_EPOCH: '0', GCC_COLORS: '' },
    killSignal: 'SIGKILL',
    maxBuffer: MAX_SAID,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limit * MOST_WAITING,
    windowsHide: true,
  };
  const { error, pid, status, signal, stdout, stderr } = spawnSync(command, args, options);
  const code = error === undefined ? undefined : (error as NodeJS.ErrnoException).code;
  const stopped = code === 'ETIMEDOUT' || code === 'ENOBUFS';
  if (stopped && pid > 0) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // all of them have ended
    }
  }
  if (error !== undefined && !stopped) {
    if (NOT_THERE.includes(code ?? '')) return { found: false, stopped: undefined, status, said: '' };
    throw new InputError(`${words[0]!} ${systemProblem('started', error)}`, { field: '--cc' });
  }
  const said = `${stderr}${stdout}`;
  const seconds = limit / 1000;
  const why =
    code === 'ETIMEDOUT'
      ? `did not end within ${seconds * MOST_WAITING} s`
      : signal === 'SIGXCPU' || (status !== 0 && OVER.test(said))
        ? `used more than ${Math.ceil(seconds)} s of CPU time`
        : undefined;
  return { found: status !== 127 || said.trim() !== NOT_FOUND, stopped: why, status, said };
};

// The output of a compiler, at most a screen, without the name of the temporary folder.
const tidy = (said: string, folder: string): string => {
  const text = said.replaceAll(folder, 'OUT').trim();
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}\n…` : text;
};

/** A compiler failed. */
export class CompileError extends InputError {
  /**
   * @param file the source
   * @param said the compiler's output, in lines
   */
  constructor(
    message: string,
    file: string,
    readonly said: string,
  ) {
    super(message, { file });
  }
}

const firstComplaint = (said: string): string =>
  said.split('\n').find((line) => /\berror\b/iu.test(line)) ?? said.split('\n')[0] ?? '';

const WHAT = "the compiler's files";

const saveHeader = (file: string, text: string): void => {
  try {
    replaceFile(file, text);
  } catch (error) {
    throw ofTemporary(error, WHAT);
  }
};

// Headers of the kernel that a source includes: all that the sandbox has of them is in oopslab.h.
const KERNEL_HEADER =
  /^[ \t]*#[ \t]*include[ \t]*<((?:linux|asm|asm-generic|net|uapi)\/(?:\w[\w-]*\/)*\w[\w-]*\.h)>/gmu;

const MOST_HEADERS = 100;

const saveKernelHeaders = (folder: string, text: string): void => {
  const names = new Set([...text.matchAll(KERNEL_HEADER)].map(([, name]) => name!));
  for (const name of [...names].slice(0, MOST_HEADERS)) {
    const file = join(folder, name);
    makeFolder(dirname(file));
    saveHeader(file, '#include "oopslab.h"\n');
  }
};

/**
 * Compile a source.
 *
 * @param path as the user names it; messages and debug information name it so
 * @param header the text of `oopslab.h`, which the source may include
 * @returns the bytes of an object
 * @throws {CompileError} when the compiler complains
 * @throws {TemporaryFolderError} when there is no place for the compiler's files
 * @throws {InputError} when there is no compiler, or it takes too long
 */
export const compileSource = (path: string, header: string, options: CompileOptions = {}): Uint8Array => {
  const text = readText(path, { what: 'a source', max: MAX_SOURCE });
  const folder = makeTemporaryFolder('oopslab-candidate-', WHAT);
  try {
    saveHeader(join(folder, 'oopslab.h'), headerFor(header, text));
    saveKernelHeaders(folder, text);
    const object = join(folder, 'candidate.o');
    const { optimize = '-O2', flags = [], timeLimit = TIME_LIMIT, onCommand } = options;
    const source = path.startsWith('-') ? `./${path}` : path;
    // __FILE__ must not show the path on this machine.
    const named = isAbsolute(path) ? [`-fmacro-prefix-map=${dirname(path)}/=`] : [];
    const args = [...KERNEL_FLAGS, ...named, optimize, '-I', folder, ...flags, '-c', '-o', object, source];
    const { commands, from } = choices(options);
    for (const compiler of commands) {
      const command = [...compiler, ...args] as [string, ...string[]];
      const { found, stopped, status, said } = run(command, folder, timeLimit);
      if (!found) continue;
      onCommand?.(command.map((word) => word.replaceAll(folder, 'OUT')));
      const complaint = tidy(said, folder);
      if (stopped !== undefined)
        throw new InputError(`${compiler[0]!} ${stopped} and was stopped`, { file: path });
      if (/\bNo space left on device\b/u.test(said))
        throw new TemporaryFolderError(
          `${compiler[0]!} has no space for its files there; set TMPDIR to a folder with space`,
          { file: dirname(folder) },
        );
      if (status !== 0 || !isThere(object))
        throw new CompileError(
          `${compiler.join(' ')} cannot compile it: ${firstComplaint(complaint)}`,
          path,
          complaint,
        );
      return readBytes(object, { what: 'an object', max: MAX_OBJECT });
    }
    const names = commands.map((compiler) => compiler[0]!);
    throw new InputError(
      `there is no ${names.join(' and no ')} here to compile it; install one, or name a compiler with ${from}`,
      { file: path, field: from },
    );
  } finally {
    removeTemporaryFolder(folder);
  }
};

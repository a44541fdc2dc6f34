// Compiles C and assembly to an object with the system's compiler. Runs no shell and leaves no files.

import { type SpawnSyncOptionsWithStringEncoding, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { InputError } from '../base/errors.js';
import { readBytes, readText } from '../base/read-file.js';
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
  /** Most time that the compiler may take, in milliseconds; a minute without it. */
  readonly timeLimit?: number;
}

/** Largest object that is read, in bytes. */
export const MAX_OBJECT = 16 << 20;

const MAX_SOURCE = 4 << 20; // bytes

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

const TIME_LIMIT = 60_000;
const MAX_SAID = 1 << 20;
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

interface Run {
  readonly found: boolean;
  readonly ended: boolean; // in time
  readonly status: number | null;
  readonly said: string;
}

// In a separate process group, because a compiler driver that is killed leaves its children running.
const run = ([command, ...args]: readonly [string, ...string[]], folder: string, limit: number): Run => {
  const options: SpawnSyncOptionsWithStringEncoding & { detached: true } = {
    detached: true, // not among the declared options of spawnSync, but it takes it
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', TMPDIR: folder, SOURCE_DATE_EPOCH: '0', GCC_COLORS: '' },
    killSignal: 'SIGKILL',
    maxBuffer: MAX_SAID,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limit,
    windowsHide: true,
  };
  const { error, pid, status, stdout, stderr } = spawnSync(command, args, options);
  const code = error === undefined ? undefined : (error as NodeJS.ErrnoException).code;
  const stopped = code === 'ETIMEDOUT' || code === 'ENOBUFS';
  if (stopped && pid > 0) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // all of them have ended
    }
  }
  if (error !== undefined && !stopped)
    return { found: false, ended: true, status, said: code ?? error.message };
  return { found: true, ended: code !== 'ETIMEDOUT', status, said: `${stderr}${stdout}` };
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

/**
 * Compile a source.
 *
 * @param path as the user names it; messages and debug information name it so
 * @param header the text of `oopslab.h`, which the source may include
 * @returns the bytes of an object
 * @throws {CompileError} when the compiler complains
 * @throws {InputError} when there is no compiler, or it takes too long
 */
export const compileSource = (path: string, header: string, options: CompileOptions = {}): Uint8Array => {
  const folder = mkdtempSync(join(tmpdir(), 'oopslab-candidate-'));
  try {
    const text = readText(path, { what: 'a source', max: MAX_SOURCE });
    writeFileSync(join(folder, 'oopslab.h'), headerFor(header, text));
    const object = join(folder, 'candidate.o');
    const { optimize = '-O2', flags = [], timeLimit = TIME_LIMIT, onCommand } = options;
    const source = path.startsWith('-') ? `./${path}` : path;
    // __FILE__ must not show the path on this machine.
    const named = isAbsolute(path) ? [`-fmacro-prefix-map=${dirname(path)}/=`] : [];
    const args = [...KERNEL_FLAGS, ...named, optimize, '-I', folder, ...flags, '-c', '-o', object, source];
    const { commands, from } = choices(options);
    for (const compiler of commands) {
      const command = [...compiler, ...args] as [string, ...string[]];
      const { found, ended, status, said } = run(command, folder, timeLimit);
      if (!found) continue;
      onCommand?.(command.map((word) => word.replaceAll(folder, 'OUT')));
      const text = tidy(said, folder);
      if (!ended)
        throw new InputError(`${compiler[0]!} took more than ${timeLimit / 1000} s and was stopped`, {
          file: path,
        });
      if (status !== 0 || !existsSync(object))
        throw new CompileError(
          `${compiler.join(' ')} cannot compile it: ${firstComplaint(text)}`,
          path,
          text,
        );
      return readBytes(object, { what: 'an object', max: MAX_OBJECT });
    }
    const names = commands.map((compiler) => compiler[0]!);
    throw new InputError(
      `there is no ${names.join(' and no ')} here to compile it; install one, or name a compiler with ${from}`,
      { file: path, field: from },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

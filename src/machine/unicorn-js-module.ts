// Finds and loads unicorn.js: a package that is installed, or a file that OOPSLAB_UNICORN_JS names. Its factory gives a
// promise, so it is loaded before the first machine is made.

import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { compileFunction } from 'node:vm';
import { InputError, LibraryError } from '../base/errors.js';
import { readText } from '../base/read-file.js';
import type { LibraryVersion } from './library-probe.js';
import { decodeVersion, formatVersion } from './library.js';
import { CPU_METHODS, MODULE_FUNCTIONS, type UnicornJs } from './unicorn-js-api.js';
import { cpusOf } from './unicorn-js.js';
import * as UC from './unicorn-constants.js';
import type { OpenCpu } from './unicorn-cpu.js';

/** The environment variable that names a file with it. */
export const UNICORN_JS_VARIABLE = 'OOPSLAB_UNICORN_JS';

const PACKAGE = '@alexaltea/unicorn-js';
/** How to get it. */
export const UNICORN_JS_WAYS: readonly string[] = [
  `npm install ${PACKAGE}`,
  `or set ${UNICORN_JS_VARIABLE} to the path of its file, such as unicorn_x86.js`,
];

const FILE = { what: 'a file of unicorn.js, such as unicorn_x86.js', max: 1 << 26 };
// It takes a second or two; one that never starts would end the process without a word.
const MOST_SECONDS = 60;

/** unicorn.js, loaded. */
export interface LoadedUnicornJs {
  /** The path that it was loaded from. */
  readonly path: string;
  readonly version: LibraryVersion;
  readonly openCpu: OpenCpu;
}

const firstLine = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).trim().split('\n', 1)[0] ?? '';

const require = createRequire(import.meta.url);

/** @returns its path; undefined where it is not installed */
const findPackage = (): string | undefined => {
  for (const name of [`${PACKAGE}/x86`, PACKAGE]) {
    try {
      return require.resolve(name);
    } catch {
      // the other one, perhaps
    }
  }
  return undefined;
};

interface Place {
  readonly file: string;
  readonly field?: string;
}

const findPlace = (): Place => {
  const named = process.env[UNICORN_JS_VARIABLE] ?? '';
  if (named !== '') return { file: resolve(named), field: UNICORN_JS_VARIABLE };
  const file = findPackage();
  if (file !== undefined) return { file };
  throw new LibraryError(
    `the engine "unicorn.js" needs the package ${PACKAGE}, which is not installed. Get it with:\n` +
      UNICORN_JS_WAYS.map((line) => `  ${line}`).join('\n'),
  );
};

/** Whether there is something to load. */
export const isUnicornJsThere = (): boolean =>
  (process.env[UNICORN_JS_VARIABLE] ?? '') !== '' || findPackage() !== undefined;

type Refuse = (problem: string) => LibraryError;

// As a script of CommonJS, which it is, whatever package.json lies beside it.
const runScript = (text: string, file: string, refuse: Refuse): unknown => {
  let script: (...args: unknown[]) => unknown;
  try {
    script = compileFunction(text, ['exports', 'require', 'module', '__filename', '__dirname'], {
      filename: file,
    }) as typeof script;
  } catch (error) {
    throw refuse(`is not a script in CommonJS, as unicorn.js is one (${firstLine(error)})`);
  }
  const module = { exports: {} as unknown };
  try {
    script.call(module.exports, module.exports, createRequire(file), module, file, dirname(file));
  } catch (error) {
    throw refuse(`ends with an error when it is loaded (${firstLine(error)})`);
  }
  return module.exports;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

const startFactory = async (factory: () => unknown, refuse: Refuse): Promise<unknown> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`it is not ready after ${MOST_SECONDS} s`)),
      MOST_SECONDS * 1000,
    );
  });
  try {
    return await Promise.race([Promise.resolve(factory()), late]);
  } catch (error) {
    throw refuse(`does not start (${firstLine(error)})`);
  } finally {
    clearTimeout(timer);
  }
};

const missingFrom = (found: Record<string, unknown>, names: readonly string[]): string[] =>
  names.filter((name) => typeof found[name] !== 'function');

const CODE = 0xffff_ffff_8100_0000n;
const INCREMENT = Uint8Array.of(0x48, 0xff, 0xc0); // inc %rax
const BEFORE = 0x1234_5678_9abcn;

// One instruction, with the API that the engine uses.
const tryOut = (module: UnicornJs, refuse: Refuse): void => {
  const cpu = new module.Unicorn(UC.ARCH_X86, UC.MODE_64);
  try {
    const missing = missingFrom(cpu as unknown as Record<string, unknown>, CPU_METHODS);
    if (missing.length > 0)
      throw refuse(
        `lacks ${missing.join(', ')}; what begins with ctl_ came after the tag v2.1.4: build unicorn.js from its source of ` +
          '24 June 2026 or later',
      );
    cpu.ctl_tlb_mode(UC.TLB_VIRTUAL);
    cpu.mem_map(CODE, 0x1000, UC.PROT['read-execute']);
    cpu.mem_write(CODE, INCREMENT);
    cpu.reg_write_i64(UC.X86_REG.rax, BEFORE);
    cpu.emu_start(CODE, CODE + BigInt(INCREMENT.length), 0, 10);
    if (cpu.reg_read_i64(UC.X86_REG.rax) !== BEFORE + 1n)
      throw refuse('is damaged: it runs an instruction wrongly');
  } finally {
    cpu.close();
  }
};

const checkModule = (found: unknown, refuse: Refuse): { module: UnicornJs; version: LibraryVersion } => {
  const missing = isObject(found) ? missingFrom(found, MODULE_FUNCTIONS) : MODULE_FUNCTIONS;
  if (missing.length > 0) throw refuse(`is not unicorn.js 2.1: it lacks ${missing.join(', ')}`);
  const module = found as UnicornJs;
  try {
    const version = decodeVersion(module.version() >>> 0);
    if (version.major !== 2 || version.minor !== 1)
      throw refuse(`is Unicorn ${formatVersion(version)}; 2.1 is needed`);
    if (!module.arch_supported(UC.ARCH_X86))
      throw refuse('is built without x86; unicorn.js or unicorn_x86.js is needed');
    tryOut(module, refuse);
    return { module, version };
  } catch (error) {
    if (error instanceof LibraryError) throw error;
    throw refuse(`does not work (${firstLine(error)})`);
  }
};

const load = async (where: Place): Promise<LoadedUnicornJs> => {
  const { file } = where;
  const refuse: Refuse = (problem) => new LibraryError(problem, where);
  let text: string;
  try {
    text = readText(file, FILE);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw refuse(error.message);
  }
  const exported = runScript(text, file, refuse);
  const factory = isObject(exported) && typeof exported !== 'function' ? exported['default'] : exported;
  if (typeof factory !== 'function')
    throw refuse('exports no function; the file of unicorn.js exports one, which makes it');
  const { module, version } = checkModule(await startFactory(factory as () => unknown, refuse), refuse);
  return { path: file, version, openCpu: cpusOf(module) };
};

const loading = new Map<string, Promise<LoadedUnicornJs>>();

/**
 * Load unicorn.js, once per process or thread, unless it could not be.
 *
 * @throws {LibraryError} when it is not there, or cannot be used
 */
export const loadUnicornJs = async (): Promise<LoadedUnicornJs> => {
  const place = findPlace();
  const known = loading.get(place.file) ?? load(place);
  loading.set(place.file, known);
  try {
    return await known;
  } catch (error) {
    loading.delete(place.file);
    throw error;
  }
};

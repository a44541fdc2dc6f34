// `oopslab doctor`: what was found, what is missing and how to get it. Installs nothing.

import { delimiter, join } from 'node:path';
import { HostError, LibraryError, formatWhere } from '../base/errors.js';
import type { TypeOf } from '../base/form.js';
import { PROGRAMS } from '../image/decompress.js';
import { existsSync } from '../host/files.js';
import type { doctorForm } from './forms.js';
import { type SearchResult, describeSearch, formatVersion, loadKoffi } from '../machine/library.js';
import { ENGINE_NAMES, ENGINE_VARIABLE, chosenEngine } from '../machine/engine-names.js';
import { LIBRARY_VARIABLE, installCommands } from '../machine/library-search.js';
import { hasWebAssembly } from '../x86/disasm.js';
import { LIBRARY_FOLDERS, findLibraryProblem, librariesOfEnvironment } from './options.js';
import { EXIT } from './output.js';
import { packageVersion } from './version.js';

// The oldest Node that is supported: `engines` in package.json.
const NODE_NEEDED = { major: 20, minor: 19 };

/** What `oopslab doctor --json` prints. */
export type Diagnosis = TypeOf<typeof doctorForm>;

const versionOf = ({ version }: SearchResult): string | null =>
  version === undefined ? null : formatVersion(version);

const missingLibrary = () => ({
  what: 'libunicorn 2',
  why: 'it is the emulated CPU of the engine "unicorn", which is chosen',
  get: [
    ...installCommands(),
    `or set ${LIBRARY_VARIABLE} to the path of the library`,
    `or do without it: ${ENGINE_VARIABLE}=wasm`,
  ],
});

const missingKoffi = (why: string) => ({
  what: 'koffi',
  why,
  get: ['npm ci --include=optional'],
});

const missingWebAssembly = () => ({
  what: 'WebAssembly',
  why: 'it runs the disassembler, and this Node was started without it',
  get: ['node without --jitless and --no-expose-wasm, in NODE_OPTIONS too'],
});

// What koffi is, or why it is missing.
const findKoffi = (): { version: string } | { problem: string } => {
  try {
    return { version: loadKoffi().version };
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return { problem: error.message };
  }
};

const missingUnicornJs = ({ problem, ways }: FoundUnicornJs) => ({
  what: 'unicorn.js',
  why: problem ?? '',
  get: [...ways, `or do without it: ${ENGINE_VARIABLE}=${ENGINE_NAMES[0]}`],
});

interface Found {
  readonly version: string | null;
  readonly path: string | null;
  readonly problem: string | null;
}

interface FoundUnicornJs extends Found {
  /** How to get it. */
  readonly ways: readonly string[];
}

// The only one that is loaded to be looked at: nothing else says whether it works.
const findUnicornJs = async (): Promise<FoundUnicornJs> => {
  const {
    UNICORN_JS_WAYS: ways,
    isUnicornJsThere,
    loadUnicornJs,
  } = await import('../machine/unicorn-js-module.js');
  const nothing = { version: null, path: null, ways };
  if (!isUnicornJsThere()) return { ...nothing, problem: 'not installed' };
  try {
    const { version, path } = await loadUnicornJs();
    return { version: formatVersion(version), path, problem: null, ways };
  } catch (error) {
    if (!(error instanceof LibraryError)) throw error;
    const where = formatWhere(error.where);
    return { ...nothing, problem: where === '' ? error.message : `${where}: ${error.message}` };
  }
};

const unknownChoice = () => ({
  what: `the engine "${process.env[ENGINE_VARIABLE] ?? ''}"`,
  why: `${ENGINE_VARIABLE} names it, and there is none`,
  get: ENGINE_NAMES.map((name) => `${ENGINE_VARIABLE}=${name}`),
});

const missingNode = () => ({
  what: `Node ${NODE_NEEDED.major}.${NODE_NEEDED.minor}`,
  why: `this is Node ${process.versions.node}`,
  get: ['https://nodejs.org/en/download'],
});

const missingFolders = () =>
  librariesOfEnvironment().flatMap((folder) => {
    const problem = findLibraryProblem(folder);
    if (problem === undefined) return [];
    return [
      {
        what: `the library ${folder}`,
        why: `${LIBRARY_FOLDERS} names it, and every command that reads scenarios or snippets does: ${problem}`,
        get: [
          `mkdir -p ${folder}/scenarios ${folder}/snippets`,
          `or unset ${LIBRARY_FOLDERS}, or correct it`,
        ],
      },
    ];
  });

const isProgram = (name: string): boolean =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && existsSync(join(folder, name)));

// None is required: few kernels are packed so.
const programs = () =>
  Object.entries(PROGRAMS).map(([unpacks, { command, from }]) => {
    const [name = ''] = command;
    const usable = isProgram(name);
    return { name, unpacks, usable, get: usable ? [] : [`apt install ${from}`] };
  });

/** Look at everything that oopslab needs on this machine. */
export const diagnose = async (): Promise<Diagnosis> => {
  const koffi = findKoffi();
  const searched = 'version' in koffi ? describeSearch() : [];
  const found = searched.find((result) => result.version !== undefined);
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const tooOld = major < NODE_NEEDED.major || (major === NODE_NEEDED.major && minor < NODE_NEEDED.minor);
  const chosen = chosenEngine();
  const unicornJs = await findUnicornJs();
  const { version, path, problem } = unicornJs;
  const engines: Readonly<Record<(typeof ENGINE_NAMES)[number], Found>> = {
    unicorn: {
      version: found === undefined ? null : versionOf(found),
      path: found?.place ?? null,
      problem: found === undefined ? 'there is no libunicorn' : null,
    },
    wasm: { version: null, path: null, problem: hasWebAssembly() ? null : 'there is no WebAssembly' },
    'unicorn.js': { version, path, problem },
  };
  const missing = [
    ...(chosen === undefined ? [unknownChoice()] : []),
    ...(chosen === 'unicorn.js' && unicornJs.problem !== null ? [missingUnicornJs(unicornJs)] : []),
    ...(chosen !== 'unicorn'
      ? []
      : 'problem' in koffi
        ? [missingKoffi(koffi.problem)]
        : found === undefined
          ? [missingLibrary()]
          : []),
    ...(hasWebAssembly() ? [] : [missingWebAssembly()]),
    ...(tooOld ? [missingNode()] : []),
    ...missingFolders(),
  ];
  return {
    usable: missing.length === 0,
    oopslab: packageVersion(),
    node: process.versions.node,
    koffi: 'version' in koffi ? koffi.version : null,
    libunicorn: found === undefined ? null : { version: versionOf(found)!, path: found.place },
    searched: searched.map((result) => ({
      place: result.place,
      version: versionOf(result),
      problem: result.problem ?? null,
    })),
    engines: ENGINE_NAMES.map((name) => ({
      name,
      usable: engines[name].problem === null,
      chosen: name === chosen,
      why: name !== chosen ? null : isByVariable() ? `${ENGINE_VARIABLE} names it` : 'it is the default',
      ...engines[name],
    })),
    programs: programs(),
    missing,
  };
};

const programText = ({ name, unpacks, usable, get }: Diagnosis['programs'][number]): string =>
  `${unpacks} ${usable ? `by ${name}` : `needs ${name} (Debian: ${get.join('')})`}`;

const engineText = ({ name, usable, chosen }: Diagnosis['engines'][number]): string =>
  `${name}${chosen ? `, ${isByVariable() ? `as ${ENGINE_VARIABLE} says` : 'the default'}` : ''}${usable ? '' : ', cannot be used'}`;

const isByVariable = (): boolean => (process.env[ENGINE_VARIABLE] ?? '') !== '';

const unicornJsText = ({ engines }: Diagnosis): string => {
  const { version, path, problem } = engines.find(({ name }) => name === 'unicorn.js')!;
  return version === null ? (problem ?? '') : `${version}    ${path ?? ''}`;
};

/** The same for people. */
export const formatDiagnosis = (diagnosis: Diagnosis): string => {
  const { libunicorn } = diagnosis;
  return [
    `oopslab     ${diagnosis.oopslab}`,
    `Node        ${diagnosis.node}`,
    `koffi       ${diagnosis.koffi ?? 'missing'}`,
    `libunicorn  ${libunicorn === null ? 'missing' : `${libunicorn.version}    ${libunicorn.path}`}`,
    `unicorn.js  ${unicornJsText(diagnosis)}`,
    `engine      ${diagnosis.engines.map(engineText).join('; ')}`,
    `kernels     gzip, xz and zstd by oopslab; ${diagnosis.programs.map(programText).join('; ')}`,
    '',
    'Looked for libunicorn, in this order:',
    ...diagnosis.searched.map(({ place, version, problem }) => `  ${place}: ${version ?? problem ?? ''}`),
    '',
    ...(diagnosis.usable ? ['Nothing is missing.'] : []),
    ...diagnosis.missing.flatMap(({ what, why, get }) => [
      `Missing: ${what} (${why}). Get it with one of:`,
      ...get.map((line) => `  ${line}`),
    ]),
  ].join('\n');
};

export const run = async () => {
  const diagnosis = await diagnose();
  return {
    json: () => diagnosis,
    text: () => formatDiagnosis(diagnosis),
    exit: diagnosis.usable ? EXIT.asExpected : EXIT.notAsExpected,
  };
};

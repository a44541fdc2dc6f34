// `oopslab doctor`: what was found, what is missing and how to get it. Installs nothing.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  describeSearch,
  formatVersion,
  installCommands,
  LIBRARY_VARIABLE,
  loadKoffi,
  type SearchResult,
} from '../machine/library.js';
import { packageFolder } from '../base/package-folder.js';
import { defineCommand } from './command.js';
import { LIBRARY_FOLDERS, findLibraryProblem, librariesOfEnvironment } from './library-option.js';
import { EXIT } from './output.js';

/** The oldest major version of Node that is supported: `engines` in package.json. */
const NODE_NEEDED = 20;

/** What `oopslab doctor --json` prints. */
export interface Diagnosis {
  /** Nothing that is needed is missing. */
  readonly usable: boolean;
  readonly oopslab: string;
  readonly node: string;
  readonly koffi: string;
  /** The libunicorn that is used: the first place that has one. */
  readonly libunicorn: { readonly version: string; readonly path: string } | null;
  /** Every place, in the order in which they are tried. */
  readonly searched: readonly {
    readonly place: string;
    readonly version: string | null;
    readonly problem: string | null;
  }[];
  readonly missing: readonly {
    readonly what: string;
    readonly why: string;
    /** Commands to choose from. */
    readonly get: readonly string[];
  }[];
}

const versionOf = ({ version }: SearchResult): string | null =>
  version === undefined ? null : formatVersion(version);

const missingLibrary = () => ({
  what: 'libunicorn 2',
  why: 'it is the emulated CPU: nothing can be replayed without it',
  get: [...installCommands(), `or set ${LIBRARY_VARIABLE} to the path of the library`],
});

const missingNode = () => ({
  what: `Node ${NODE_NEEDED}`,
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

/** Look at everything that oopslab needs on this machine. */
export const diagnose = (): Diagnosis => {
  const packageJson = readFileSync(join(packageFolder(), 'package.json'), 'utf8');
  const searched = describeSearch();
  const found = searched.find((result) => result.version !== undefined);
  const tooOld = Number(process.versions.node.split('.')[0]) < NODE_NEEDED;
  const missing = [
    ...(found === undefined ? [missingLibrary()] : []),
    ...(tooOld ? [missingNode()] : []),
    ...missingFolders(),
  ];
  return {
    usable: missing.length === 0,
    oopslab: (JSON.parse(packageJson) as { version: string }).version,
    node: process.versions.node,
    koffi: loadKoffi().version,
    libunicorn: found === undefined ? null : { version: versionOf(found)!, path: found.place },
    searched: searched.map((result) => ({
      place: result.place,
      version: versionOf(result),
      problem: result.problem ?? null,
    })),
    missing,
  };
};

/** The same for people. */
export const formatDiagnosis = (diagnosis: Diagnosis): string => {
  const { libunicorn } = diagnosis;
  return [
    `oopslab     ${diagnosis.oopslab}`,
    `Node        ${diagnosis.node}`,
    `koffi       ${diagnosis.koffi}`,
    `libunicorn  ${libunicorn === null ? 'missing' : `${libunicorn.version}    ${libunicorn.path}`}`,
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

const HELP = `
Examples:
  $ oopslab doctor
  $ oopslab doctor --json
  $ ${LIBRARY_VARIABLE}=/opt/unicorn/lib/libunicorn.so.2 oopslab doctor

Exit status: 0 nothing is missing, 1 something that is needed is missing, 2 bad usage.`;

/** `oopslab doctor` */
export const doctorCommand = defineCommand({
  name: 'doctor',
  description: 'say what was found on this machine, what is missing and how to get it',
  json: 'print one JSON document instead of text',
  help: HELP,
  run() {
    const diagnosis = diagnose();
    return {
      json: () => diagnosis,
      text: () => formatDiagnosis(diagnosis),
      exit: diagnosis.usable ? EXIT.asExpected : EXIT.notAsExpected,
    };
  },
});

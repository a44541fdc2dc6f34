// One YAML file, of a scenario or of other data: its value, and the place of each field.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Node, Scalar } from 'yaml';
import { type FieldPath, findProblem, formatPath } from '../base/check-form.js';
import { defined } from '../base/defined.js';
import { InputError } from '../base/errors.js';
import type { Form } from '../base/form.js';
import { findRepeatedKey } from '../base/json.js';
import { SCENARIO_FORMAT } from './form.js';
import { readText } from '../base/read-file.js';
import { sha256 } from '../base/sha256.js';
import { YamlText, yaml } from '../base/yaml.js';

/** A place in a file. */
export interface FilePlace {
  readonly file: string;
  readonly line: number; // from 1, as columns
  readonly column: number;
}

/** What messages call a file. */
export interface DataKind {
  /** With an article: `a scenario`. */
  readonly what: string;
  /** The text after `format:`. */
  readonly format: string;
  /** Whether a program writes it, as JSON. */
  readonly json?: boolean;
}

/** Largest file of plain YAML or JSON, in bytes: a scenario, candidates.yaml. */
export const MAX_DATA = 4 << 20;

const SCENARIO: DataKind = { what: 'a scenario', format: SCENARIO_FORMAT };

const readData = (file: string, { what, format }: DataKind): string => {
  const text = readText(file, { what: `${what} file`, max: MAX_DATA });
  if (text === '') throw new InputError(`is empty; ${what} starts with "format: ${format}"`, { file });
  return text;
};

/**
 * Values of files by the hash of their text, as JSON: what the build writes beside this module for the shipped
 * scenarios. Reading them as YAML takes 60 ms, a fifth of a cold start; a file that was edited since has another
 * hash and is read as it stands.
 */
export const compileScenarioFiles = (files: readonly string[]): string =>
  JSON.stringify(
    Object.fromEntries(files.map((file) => [sha256(readData(file, SCENARIO)), new ScenarioFile(file).value])),
  );

const MAX_COMPILED = 16 << 20; // bytes

/** Name of the file that the build writes. */
export const COMPILED_SCENARIOS = 'scenarios.json';

let compiled: Readonly<Record<string, unknown>> | undefined;

const compiledValue = (text: string): unknown => {
  if (compiled === undefined) {
    try {
      // By way of the folder above: the bundled program has this code in another one.
      const file = join(dirname(fileURLToPath(import.meta.url)), '..', 'scenario', COMPILED_SCENARIOS);
      compiled = JSON.parse(
        readText(file, { what: 'the compiled scenarios', max: MAX_COMPILED }),
      ) as Readonly<Record<string, unknown>>;
    } catch {
      compiled = {}; // not built: slower, and the same
    }
  }
  return compiled[sha256(text)];
};

// `undefined` of what is not JSON.
const jsonValue = (text: string, file: string): unknown => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { message, ...place } = findRepeatedKey(text) ?? {};
  if (message !== undefined) throw new InputError(message, { file, ...place });
  return value;
};

const plain = ({ what }: DataKind): string => `${what} is plain YAML 1.2`;

/** What is wrong with a node of YAML, or at the node of a pair's key. */
interface Slip {
  readonly at: Node | undefined;
  readonly problem: string;
}

const problemOfNode = (node: unknown, kind: DataKind): Slip | undefined =>
  !yaml().isNode(node) || node.tag === undefined
    ? undefined
    : { at: node, problem: `${plain(kind)}, without tags such as ${node.tag}` };

const INSTEAD = '; "extends" takes over another file';

const problemOfKey = (key: unknown, kind: DataKind): Slip | undefined => {
  const { isNode, isScalar } = yaml();
  const at = isNode(key) ? key : undefined;
  if (!isScalar(key)) return { at, problem: `${plain(kind)}: a key is text, not a list, a map or an alias` };
  if (key.value === '<<')
    return { at, problem: `${plain(kind)}, without merge keys (<<)${kind === SCENARIO ? INSTEAD : ''}` };
  return key.value === null ? { at, problem: `${plain(kind)}: a key is text, not nothing` } : undefined;
};

const problemOfScalar = (scalar: Scalar): Slip | undefined => {
  const { anchor, value, source } = scalar;
  if (anchor !== undefined && value === null) {
    const problem = `YAML takes &${anchor} for an anchor of nothing; quote a reference: '&${anchor}'`;
    return { at: scalar, problem };
  }
  if (typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)) return undefined;
  const problem = `${source ?? value} has more digits than a decimal number keeps here; write it as 0x…`;
  return { at: scalar, problem };
};

/** One file, read. */
export class ScenarioFile {
  /** What it holds, as YAML's core schema reads it, but hexadecimal numbers stay text; null when it holds nothing. */
  readonly value: unknown;
  readonly #text: string;
  readonly #isJson: boolean;
  #yaml: YamlText | undefined;

  /** @throws {InputError} when the file cannot be read or is not YAML */
  constructor(
    readonly file: string,
    readonly kind: DataKind = SCENARIO,
  ) {
    this.#text = readData(file, kind);
    const json = kind.json === true ? jsonValue(this.#text, file) : undefined;
    this.#isJson = json !== undefined;
    this.value = json ?? compiledValue(this.#text) ?? this.#parsed().value();
  }

  #parsed(): YamlText {
    if (this.#yaml !== undefined) return this.#yaml;
    this.#refuseDirectives();
    const parsed = new YamlText(this.#text);
    if (parsed.problem !== undefined) {
      const { message, ...place } = parsed.problem;
      throw new InputError(message, { file: this.file, ...place });
    }
    this.#refuseSlips(parsed);
    return (this.#yaml = parsed);
  }

  // Directives stand before the first content; they can change how everything after them reads.
  #refuseDirectives(): void {
    const rows = this.#text.split(/\r?\n/u);
    const first = rows.findIndex((row) => !/^\uFEFF?\s*(?:#.*)?$/u.test(row));
    if (rows[first]?.replace('\uFEFF', '').startsWith('%') !== true) return;
    throw new InputError(`${plain(this.kind)}, without directives such as ${rows[first]}`, {
      file: this.file,
      line: first + 1,
      column: 1,
    });
  }

  // Values that YAML reads otherwise than they look, and what only some readers of YAML know.
  #refuseSlips(parsed: YamlText): void {
    const { isPair, isScalar, visit } = yaml();
    visit(parsed.document, (_key, node) => {
      const found = isPair(node)
        ? problemOfKey(node.key, this.kind)
        : isScalar(node)
          ? problemOfScalar(node)
          : undefined;
      const { at, problem } = found ?? problemOfNode(node, this.kind) ?? {};
      if (problem === undefined) return;
      throw new InputError(problem, { file: this.file, ...parsed.placeOfNode(at) });
    });
  }

  // JSON may be longer than YAML is read: then nothing of it has a place.
  #findPlace(path: FieldPath): ReturnType<YamlText['placeOf']> {
    return (this.#isJson ? new YamlText(this.#text) : this.#parsed()).placeOf(path);
  }

  /** What it holds, of a form. @throws {InputError} with the place of the first thing that is not */
  read<T>(form: Form<T>): T {
    const problem = findProblem(form, this.value);
    if (problem !== undefined) throw this.error(problem.path, problem.message);
    return this.value as T;
  }

  /** A complaint about a field, with its place. */
  error(path: FieldPath, message: string): InputError {
    const { line, column } = this.#findPlace(path) ?? {};
    const field = formatPath(path) || undefined;
    return new InputError(message, { file: this.file, ...defined({ line, column, field }) });
  }

  /** Where a field, or the nearest parent that the file has, stands; `undefined` where it has nothing of the path. */
  placeOf(path: FieldPath): FilePlace | undefined {
    const { depth, line, column } = this.#findPlace(path) ?? {};
    if (line === undefined || column === undefined || (depth === 0 && path.length > 0)) return undefined;
    return { file: this.file, line, column };
  }
}

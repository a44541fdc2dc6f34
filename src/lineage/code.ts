// Facts about functions besides their bytes: prototypes, C variables, and which bytes are published; for a recording,
// since a release may have several versions of a function.

import type { Addr } from '../base/address.js';
import type { RecordedState } from '../recording/state.js';
import type { Recording } from '../recording/recording.js';
import { REGISTER_INDEX, isRegisterName } from '../x86/registers.js';
import type { Release, Snippet, Variable } from '../release/snippet.js';
import type { KernelSymbol, Prototype } from '../kernel/symbols.js';

// Where a C variable arrives: the first bytes of a register, before the instruction at an offset.
interface Arrival {
  readonly name: string;
  readonly type: string;
  readonly register: number; // index
  readonly offset: number; //   of the instruction, from the function's start
}

// A C variable that is set from an expression or a result.
interface NamedSource {
  readonly name: string;
  readonly type: string;
}

export interface CodeFacts {
  readonly name: string;
  readonly start: Addr;
  readonly size: number; // bytes
  readonly prototype: Prototype | undefined;
  /** Variables that are set from an expression, `vma->vm_file` or `&ns->ids[2]`. */
  readonly expressions: ReadonlyMap<string, NamedSource>;
  /** Variables that are set from the result of a function, by its name. */
  readonly results: ReadonlyMap<string, NamedSource>;
  readonly arrivals: readonly Arrival[];
  /** Whether all bytes from offset `from` to `to`, excluded, were published. */
  isPublished(from: number, to: number): boolean;
}

const ARRIVAL = /^([a-z0-9]+) at \+(0x[0-9a-f]+)$/u;
const RESULT = /^result of ([A-Za-z_]\w*)\(\)$/u;
const CALL = /^([A-Za-z_]\w*)\(.*\)$/u;
const EXPRESSION = /^&?[A-Za-z_]\w*->[\w.[\]]+$/u;

/** The 64-bit register of a name, and only of its lowest part: not `ah`. */
const registerOf = (name: string): number => {
  const full = name
    .replace(/^(r\d+)[bwd]$/u, '$1')
    .replace(/^e?([abcd])[xl]$/u, 'r$1x')
    .replace(/^e?(si|di|bp|sp)l?$/u, 'r$1');
  return isRegisterName(full) ? REGISTER_INDEX[full] : -1;
};

/** How expressions are compared: an array's first element is the array. */
export const expressionKey = (expression: string): string => expression.replaceAll('[0]', '');

const arrivalOf = ({ name, type }: Variable, text: string): Arrival | undefined => {
  const [, register, offset] = ARRIVAL.exec(text) ?? [];
  if (register === undefined || registerOf(register) < 0) return undefined;
  return { name, type, register: registerOf(register), offset: Number(offset) };
};

/**
 * The variables of a manifest, by how they are set: `rdi at +0x0`, `result of ipc_lock()` or `strlen(…)`, and
 * `vma->vm_file`. `at` adds an arrival where `from` is an expression of another form, which is for people.
 */
const variablesOf = (
  variables: readonly Variable[],
): Pick<CodeFacts, 'expressions' | 'results' | 'arrivals'> => {
  const expressions = new Map<string, NamedSource>();
  const results = new Map<string, NamedSource>();
  const arrivals: Arrival[] = [];
  for (const variable of variables) {
    const { name, type, from = '', at } = variable;
    const arrival = arrivalOf(variable, at ?? from);
    const called = RESULT.exec(from)?.[1] ?? CALL.exec(from)?.[1];
    if (arrival !== undefined) arrivals.push(arrival);
    if (called !== undefined) results.set(called, { name, type });
    else if (EXPRESSION.test(from)) expressions.set(expressionKey(from), { name, type });
  }
  return { expressions, results, arrivals };
};

const NO_VARIABLES = variablesOf([]);

const isPrototype = (value: unknown): value is Prototype =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Prototype).returns === 'string' &&
  Array.isArray((value as Prototype).arguments) &&
  (value as Prototype).arguments.every(
    (part: unknown) =>
      typeof part === 'object' &&
      part !== null &&
      typeof (part as { name?: unknown }).name === 'string' &&
      typeof (part as { type?: unknown }).type === 'string',
  );

const factsOf = (symbol: KernelSymbol, snippet: Snippet | undefined): CodeFacts => {
  const ranges = (snippet?.manifest.ranges ?? []).filter(({ kind }) => kind !== 'reconstructed');
  // A recording's file may hold anything.
  const prototype: unknown = snippet?.manifest.prototype ?? symbol.prototype;
  return {
    name: symbol.name,
    start: symbol.address,
    size: Math.max(1, symbol.size),
    prototype: isPrototype(prototype) ? prototype : undefined,
    ...(snippet === undefined && symbol.variables === undefined
      ? NO_VARIABLES
      : variablesOf(snippet?.manifest.variables ?? symbol.variables ?? [])),
    isPublished: (from, to) => {
      let at = from;
      for (const range of ranges) if (range.from <= at && range.to > at) at = range.to;
      return at >= to;
    },
  };
};

// Of the versions of a function the one whose bytes are in memory.
const findSnippet = (
  release: Release | undefined,
  symbol: KernelSymbol,
  memory: RecordedState,
): Snippet | undefined =>
  release?.snippets.find(
    ({ function: name, start, bytes }) =>
      name === symbol.name &&
      start === symbol.address &&
      memory.isMapped(start, bytes.length) &&
      Buffer.compare(memory.read(start, bytes.length), bytes) === 0,
  );

/**
 * The facts of every function that a recording knows.
 *
 * @param release where manifests are; without it, or for functions that are not in it, only the facts in the recording
 */
export const codeFactsOf = (
  recording: Recording,
  symbols: Iterable<KernelSymbol>,
  release: Release | undefined,
  memory: RecordedState,
): CodeFacts[] => {
  const functions = [...symbols].filter(({ kind }) => kind === 'function');
  const matching = release?.name === recording.header.release ? release : undefined;
  return functions.map((symbol) => factsOf(symbol, findSnippet(matching, symbol, memory)));
};

export class CodeIndex {
  readonly #sorted: readonly CodeFacts[];
  readonly #byName: ReadonlyMap<string, CodeFacts>;

  constructor(facts: Iterable<CodeFacts>) {
    this.#sorted = [...facts].sort((a, b) => (a.start < b.start ? -1 : 1));
    this.#byName = new Map(this.#sorted.map((one) => [one.name, one]));
  }

  find(address: Addr): CodeFacts | undefined {
    const found = this.#sorted.findLast(({ start }) => start <= address);
    return found !== undefined && address < found.start + BigInt(found.size) ? found : undefined;
  }

  named(name: string): CodeFacts | undefined {
    return this.#byName.get(name);
  }
}

// A linked module as the document that is kept of it: functions with lines, frames and variables, data, layouts.

import { hex } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { sha256 } from '../base/sha256.js';
import { replaceInvisible } from '../base/visible-text.js';
import { debugInfoOf } from '../candidate/debug-info.js';
import { callsOf } from '../candidate/manifest-of.js';
import { ByteReader } from '../elf/byte-reader.js';
import {
  type Described,
  type DescribedFunction,
  type LocalVariable,
  describeTypes,
} from '../elf/dwarf-types.js';
import { structTexts } from '../kernel/struct-form.js';
import type { Prototype } from '../kernel/symbols.js';
import type { CodeText } from '../release/code-form.js';
import type { Part } from '../release/manifest.js';
import { COMPILED, type Release } from '../release/snippet.js';
import { decodeOne } from '../x86/disasm.js';
import { ARGUMENT_REGISTERS } from '../x86/registers.js';
import { Layouts, plainType, typeText } from './c-types.js';
import type { Image } from './image.js';

// Source: System V ABI for AMD64, table 3.36
const DWARF_REGISTERS = 'rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');

/** Functions that give memory: what is put into a variable after a call of one is what the allocation is for. */
const ALLOCATORS: readonly string[] = ['__kmalloc'];

const TAB = 8;
export const MAX_LINE = 1000; // characters of a source line that are kept
export const MAX_LINES = 20_000;

/** What the debug information of an object says. @throws {InputError} when it is damaged, or there is none */
export const describe = (image: Pick<Image, 'readAside'>, file: string): Described => {
  const fail = (problem: string): never => {
    throw new InputError(`its debug information is damaged: ${problem}`, { file });
  };
  const whole = (name: string): ByteReader | undefined => {
    const bytes = image.readAside(name);
    return typeof bytes === 'object'
      ? new ByteReader(bytes, (problem) => fail(`${name}: ${problem}`))
      : undefined;
  };
  const info = whole('.debug_info');
  if (info === undefined) {
    const problem =
      'has no debug information, from which its structs and functions are read; compile with -g -gz=none';
    throw new InputError(problem, { file });
  }
  return describeTypes({
    info,
    sectionAt: (name, offset) => {
      const section = whole(name);
      if (section === undefined || offset >= section.end) return undefined;
      section.at = offset;
      return section;
    },
    fail: (problem) => fail(`.debug_info: ${problem}`),
  });
};

const prototypeOf = (described: DescribedFunction | undefined): Prototype => ({
  returns: described === undefined ? 'long' : typeText(described.returns),
  arguments: (described?.variables ?? [])
    .filter(({ isArgument }) => isArgument)
    .map(({ name, type }) => ({ name, type: typeText(type) })),
});

// The variable that gets an allocation: the register of the result holds it when the call is back, or the one that the
// next instruction moves it to does.
const allocatedTo = (
  variables: readonly LocalVariable[],
  moves: readonly { readonly at: bigint; readonly register: string }[],
  isOnly: boolean,
): LocalVariable | undefined => {
  const pointers = variables.filter(
    ({ type, isArgument }) => !isArgument && plainType(type)?.kind === 'pointer',
  );
  const held = pointers.find((variable) =>
    variable.held.some(({ from, register }) =>
      moves.some(({ at, register: name }) => from === at && DWARF_REGISTERS[register] === name),
    ),
  );
  if (held !== undefined || !isOnly) return held;
  const always = pointers.filter(
    ({ register }) => register !== undefined && DWARF_REGISTERS[register] === 'rax',
  );
  return always.length === 1 ? always[0] : undefined;
};

type Variable = Exclude<CodeText['functions'][number]['variables'], undefined>[number];

const localsOf = (
  { variables }: DescribedFunction,
  start: bigint,
  part: Part,
  allocations: readonly { readonly offset: number; readonly variable: LocalVariable }[],
): Variable[] => {
  const size = BigInt(part.to - part.from);
  return variables.flatMap((variable): Variable[] => {
    if (variable.isArgument) return [];
    const { name, type, held } = variable;
    const allocation = allocations.find((one) => one.variable === variable);
    const place = held[0];
    const at =
      allocation !== undefined
        ? `rax at +${hex(allocation.offset)}`
        : place !== undefined && place.from > start && place.from < start + size
          ? `${DWARF_REGISTERS[place.register]!} at +${hex(place.from - start)}`
          : undefined;
    return at === undefined ? [] : [{ name, type: typeText(type), at }];
  });
};

type Calls = ReturnType<typeof callsOf>;

const CALL = 5; // bytes of a direct call

const allocationsIn = (image: Image, part: Part, calls: Calls, described: DescribedFunction) => {
  const own = calls.filter(
    ({ at, symbol }) => Number(at) >= part.from && Number(at) < part.to && ALLOCATORS.includes(symbol),
  );
  return own.flatMap(({ at }) => {
    const back = Number(at) + CALL;
    if (back >= part.to) return [];
    const address = image.placement.start + BigInt(back);
    const next = decodeOne(image.bytes.subarray(back, part.to), address);
    const moved = /^mov %rax,%(r\w+)$/u.exec(next.text.replaceAll(/\s+/gu, ' '))?.[1];
    const moves = [
      { at: address, register: 'rax' },
      ...(moved === undefined
        ? []
        : ['rax', moved].map((register) => ({ at: address + BigInt(next.length), register }))),
    ];
    const variable = allocatedTo(described.variables, moves, own.length === 1);
    return variable === undefined ? [] : [{ offset: back - part.from, variable }];
  });
};

/** The lines of a source as they are kept: without tabs and characters that are not seen. */
export const keptLines = (text: string): string[] =>
  text
    .replace(/\n$/u, '')
    .split(/\r?\n/u)
    .slice(0, MAX_LINES)
    .map((line) => {
      let wide = '';
      for (const character of line.slice(0, MAX_LINE))
        wide += character === '\t' ? ' '.repeat(TAB - (wide.length % TAB)) : character;
      return replaceInvisible(wide, () => '?').trimEnd();
    });

/** What a document says besides what the object holds. */
interface Origin {
  readonly flags: readonly string[];
  readonly module: string;
  readonly release: Release;
  /** Name of the main source, as messages and lines have it. */
  readonly file: string;
  readonly sources: readonly { readonly file: string; readonly text: string; readonly sha256: string }[];
}

const withoutZeros = (bytes: Uint8Array): Uint8Array => {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
};

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/**
 * Describe a linked module.
 *
 * @returns the document, and warnings
 * @throws {InputError} when its debug information is damaged, or there is none
 */
export const describeImage = (
  image: Image,
  { flags, module, release, file, sources }: Origin,
): { readonly text: CodeText; readonly notes: readonly string[] } => {
  const described = describe(image, file);
  const base = image.placement.start;
  const { lines, frame, notes } = debugInfoOf(image, file);
  const calls = callsOf(image, release);
  const byAddress = new Map(described.functions.map((one) => [one.address, one]));
  const within = <T>(list: readonly T[], part: Part, offsetOf: (one: T) => number): T[] =>
    list.filter((one) => offsetOf(one) >= part.from && offsetOf(one) < part.to);
  const functions = image.parts.map((part): CodeText['functions'][number] => {
    const start = base + BigInt(part.from);
    const found = byAddress.get(start);
    const code = image.bytes.subarray(part.from, part.to);
    const allocations = found === undefined ? [] : allocationsIn(image, part, calls, found);
    const prototype = prototypeOf(found);
    const relative = (offset: number): string => hex(offset - part.from);
    return {
      function: part.name,
      release: release.name,
      start: hex(start),
      addressSource: 'invented: where a case lies',
      module,
      source: file,
      prototype,
      ranges: [{ from: '0x0', to: hex(code.length), kind: 'reconstructed', source: file, how: COMPILED }],
      lines: within(lines, part, ({ offset }) => offset).map((rule) => ({
        ...rule,
        offset: relative(rule.offset),
      })),
      variables: [
        ...prototype.arguments
          .slice(0, ARGUMENT_REGISTERS.length)
          .map(({ name, type }, index) => ({ name, type, from: `${ARGUMENT_REGISTERS[index]!} at +0x0` })),
        ...(found === undefined ? [] : localsOf(found, start, part, allocations)),
      ],
      frame: within(frame, part, ({ offset }) => offset).map(({ offset, cfa }) => ({
        offset: relative(offset),
        cfa: hex(cfa),
      })),
      calls: within(calls, part, ({ at }) => Number(at)).map((call) => ({
        ...call,
        at: relative(Number(call.at)),
      })),
      bugs: image.bugs
        .map(({ address, line }) => ({ at: Number(address - base), line }))
        .filter(({ at }) => at >= part.from && at < part.to)
        .toSorted((a, b) => a.at - b.at)
        .map(({ at, line }) => ({ at: relative(at), file, line })),
      code: hexOf(code),
      sha256: sha256(code),
    };
  });
  const layouts = new Layouts();
  for (const { name, type } of described.structs) layouts.add(name, type);
  const dataTypes = new Map(described.data.map(({ address, type }) => [address, type]));
  return {
    notes,
    text: {
      format: 'oopslab code 1',
      sources: sources.map(({ file: name, sha256: hash }) => ({ file: name, sha256: hash })),
      compiler: described.producer,
      flags,
      release: release.name,
      module,
      functions,
      data: image.data.map(({ name, start, bytes, writable }) => {
        const kept = withoutZeros(bytes);
        return {
          name,
          start: hex(start),
          size: hex(bytes.length),
          writable,
          bytes: hexOf(kept),
          sha256: sha256(kept),
        };
      }),
      symbols: image.variables.map(({ name, address, size }) => {
        const type = dataTypes.get(address);
        return {
          name,
          address: hex(address),
          size: hex(size),
          kind: 'data',
          source: file,
          module,
          ...(type === undefined ? {} : { type: typeText(type) }),
        };
      }),
      structs: structTexts(ownStructs(layouts, release)),
      text: sources.map(({ file: name, text }) => ({ file: name, lines: keptLines(text) })),
    },
  };
};

/** Layouts, without those that the release has with the same fields. */
export const ownStructs = (layouts: Layouts, { structs }: Release) =>
  layouts.all().filter((struct) => {
    const known = structs.find(struct.name);
    if (known === undefined || known.size !== struct.size) return true;
    return Object.entries(struct.fields).some(([name, [offset, type]]) => {
      const other = known.fields[name];
      return other === undefined
        ? !name.startsWith('unknown_')
        : other[0] !== offset || other[1].size !== type.size;
    });
  });

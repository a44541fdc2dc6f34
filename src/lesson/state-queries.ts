// Queries on registers, memory and the trap.

import { hex } from '../address.js';
import { searchMemory } from '../crash/search.js';
import { describeAddress } from '../crash/label.js';
import { decode, usesOf } from '../disasm.js';
import { InputError } from '../errors.js';
import { type FieldPlace, decodeScalar, findField } from '../layout.js';
import { isRegisterName } from '../registers.js';
import { loadRelease } from '../snippet.js';
import { identifySlabAddress } from '../slab-identify.js';
import { findStruct } from '../structs/all.js';
import { reportOf } from '../trap-report.js';
import { type Answer, numberText, readAddress, readNumber, readRegister } from './answers.js';
import type { Case } from './case.js';
import type { Key, QueryForm, Setting } from './query.js';
import { bitsAt, holdsText, instructionFact, listText, registerAt, whatItIs } from './reasons.js';

interface Scalar {
  readonly value: bigint;
  readonly size: number;
}

// OBJECT.FIELD of the scenario, or STRUCT@ADDRESS.FIELD.
const fieldOf = (which: Case, text: string): { address: bigint; field: FieldPlace } => {
  const [, head, at, path] = /^(\w+)(?:@(0x[0-9a-f]+))?\.([\w.[\]]+)$/u.exec(text) ?? [];
  const object = at === undefined ? which.objects.find(({ name }) => name === head) : undefined;
  const struct = findStruct(at === undefined ? (object?.struct ?? '') : head!);
  const field = struct === undefined || path === undefined ? undefined : findField(struct, path);
  const address = at ?? object?.address;
  if (field === undefined || address === undefined) {
    throw new InputError(
      `${text} is no field: an object of the scenario or STRUCT@0x…, a dot, and a field of its struct`,
    );
  }
  return { address: BigInt(address) + BigInt(field.offset), field };
};

/** What a field holds in a state. */
const readField = (which: Case, text: string, state: number): Scalar => {
  const { address, field } = fieldOf(which, text);
  const { type } = field;
  if (type.kind !== 'integer' && type.kind !== 'pointer')
    throw new InputError(`${text} is a ${type.kind}; ask for one of its parts`);
  const memory = which.stateAt(state);
  if (!memory.isMapped(address, type.size))
    throw new InputError(`${text}: nothing is mapped at ${hex(address)}`);
  const bytes = memory.read(address, type.size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { value: BigInt(decodeScalar(type, view, 0)), size: type.size };
};

/** A number, or what a field holds at the end. */
export const operand = (which: Case, text: string): Scalar => {
  const number = readNumber(text);
  if (number !== undefined) return { value: number, size: number >= 1n << 32n ? 8 : 4 };
  return readField(which, text, which.last);
};

const numbers = (
  { which, steps }: Setting,
  state: number,
  found: readonly Scalar[],
  subject: string,
): Key => ({
  answers: found.map(({ value, size }) => ({ kind: 'number', value, size })),
  why: found.map(({ value, size }) => `${subject}: ${numberText(value, size)}`),
  state,
  reason: (given) =>
    given.kind === 'number' ? `${whatItIs(which, state, given.value)}. Asked for is ${subject}${steps}` : '',
});

const instructions = (which: Case, found: readonly bigint[], why: readonly string[]): Key => ({
  answers: found.map((address) => ({ kind: 'instruction', address })),
  why,
  state: which.last,
  reason: (given) => (given.kind === 'instruction' ? instructionFact(which, given.address) : ''),
});

const trapOf = ({ recording: { header } }: Case) => {
  const { outcome } = header;
  if (outcome.kind !== 'bug' && outcome.kind !== 'fault')
    throw new InputError(`the run has no trap: its outcome is ${outcome.kind}`);
  return outcome;
};

const reportFields = (which: Case) => {
  const report = reportOf(which.recording);
  if (report === undefined) throw new InputError('the run ended without an oops');
  return report;
};

// The instruction that an address lies in, by the bytes of its function.
const covering = ({ which, book }: Setting, address: bigint): bigint => {
  const release = loadRelease(which.recording.header.release, book.libraries);
  const name = which.symbols.findLocation(address)?.symbol.name;
  const snippet = name === undefined ? undefined : release.findSnippet(name);
  const found =
    snippet === undefined
      ? undefined
      : decode(snippet.bytes, snippet.start).findLast((one) => one.address <= address);
  if (found === undefined) throw new InputError(`${hex(address)} lies in no code that has bytes`);
  return found.address;
};

/** Bytes of the Code: line before the trap. Source: show_registers(), arch/x86/kernel/dumpstack_64.c, v3.0.101 */
const PROLOGUE = 43n;

const TAINT: Readonly<Record<string, string>> = {
  G: 'all loaded modules are GPL', P: 'a proprietary module was loaded', F: 'a module was loaded by force',
  S: 'an SMP kernel on CPUs not made for it', R: 'a module was unloaded by force', M: 'a machine check happened',
  B: 'a bad page was found', U: 'user space asked for it', D: 'the kernel had died before',
  A: 'an ACPI table was overridden', W: 'a warning came before', C: 'a staging driver was loaded',
  I: 'a firmware bug was worked around', E: 'an unsigned module was loaded', X: 'an externally supported module',
}; // prettier-ignore

const AT = '(?: at (?<at>\\S+))?';

/** Queries on registers, memory and the trap. */
export const STATE_QUERIES: readonly QueryForm[] = [
  {
    form: 'register REGISTER [at LOCATION]',
    meaning: 'what a register holds before an instruction; without a location at the trap, or at the end',
    pattern: new RegExp(`^register (?<register>\\w+)${AT}$`, 'u'),
    kinds: ['value', 'address'],
    run: ({ register, at }, setting) => {
      const { which } = setting;
      const name = readRegister(register!);
      if (name === undefined) throw new InputError(`${register} is no register`);
      const state = which.at(at);
      const value = registerAt(which, state, name);
      return numbers(setting, state, [{ value, size: 8 }], `${name} at ${which.whereIs(state)}`);
    },
  },
  {
    form: 'field OBJECT.FIELD [at LOCATION]',
    meaning: 'what a field holds: of an object that the scenario names, or of STRUCT@0xADDRESS',
    pattern: new RegExp(`^field (?<field>\\S+)${AT}$`, 'u'),
    kinds: ['value', 'address'],
    run: ({ field, at }, setting) => {
      const { which } = setting;
      const state = which.at(at);
      return numbers(
        setting,
        state,
        [readField(which, field!, state)],
        `${field} at ${which.whereIs(state)}`,
      );
    },
  },
  {
    form: 'word ADDRESS [at LOCATION]',
    meaning: 'the 64-bit word at an address: 0x…, [rsp+8], OBJECT.FIELD or a symbol',
    pattern: new RegExp(`^word (?<address>\\S+)${AT}$`, 'u'),
    kinds: ['value', 'address'],
    run: ({ address, at }, setting) => {
      const { which } = setting;
      const state = which.at(at);
      const where = readAddress(address!, which, state);
      const value =
        where === undefined ? undefined : bitsAt(which, state, { kind: 'memory', address: where });
      if (value === undefined) throw new InputError(`"${address}" is no address with memory`);
      return numbers(setting, state, [{ value, size: 8 }], `the word at ${address}`);
    },
  },
  {
    form: 'address of OBJECT[.FIELD]',
    meaning: 'where something that the scenario names lies',
    pattern: /^address of (?<object>\S+)$/u,
    kinds: ['address', 'place'],
    run: ({ object }, setting) => {
      const { which } = setting;
      const value = readAddress(object!, which, which.last);
      if (value === undefined) throw new InputError(`"${object}" is no object of the scenario`);
      const key = numbers(setting, which.last, [{ value, size: 8 }], `the address of ${object}`);
      const answers: Answer[] = [...key.answers, { kind: 'memory', address: value }];
      return {
        ...key,
        answers,
        reason: (given) =>
          given.kind === 'register'
            ? `${given.register}: ${holdsText(which, which.last, given)}`
            : key.reason(given),
      };
    },
  },
  {
    form: 'hits VALUE [in CACHE]',
    meaning:
      'where a number, or what a field holds, lies in memory; with a cache: the objects of it that have it',
    pattern: /^hits (?<value>\S+)(?: in (?<cache>\S+))?$/u,
    kinds: ['address'],
    run: ({ value, cache }, { which }) => {
      const { dump } = which.session;
      const { value: bits } = operand(which, value!);
      const hits = searchMemory(dump, [BigInt.asUintN(64, bits)]).flatMap(({ address }) => {
        if (cache === undefined) return [address];
        const place = identifySlabAddress(dump.memory, address);
        return place?.cacheName === cache && 'object' in place ? [place.object] : [];
      });
      const why = hits.map((address) => `${hex(address)}: ${describeAddress(dump, address)}`);
      return {
        answers: hits.map((address): Answer => ({ kind: 'number', value: address, size: 8 })),
        why,
        state: which.last,
        reason: (given) => {
          if (given.kind !== 'number') return '';
          if (given.value > 0xffffn)
            return `${whatItIs(which, which.last, given.value)}; ${value} does not lie in it`;
          const all = searchMemory(dump, [BigInt.asUintN(64, bits)]);
          const outside = all.find(({ address }) => {
            const place = identifySlabAddress(dump.memory, address);
            return cache !== undefined && place?.cacheName !== cache;
          });
          if (given.value === BigInt(all.length) && outside !== undefined)
            return `that counts all hits; the one at ${hex(outside.address)} is no object of ${cache}: ${describeAddress(dump, outside.address)}`;
          const first = all[0];
          return first === undefined
            ? `${numberText(bits, 8)} lies nowhere in memory`
            : `a search for ${numberText(bits, 8)} says otherwise; its first hit is ${hex(first.address)} (${describeAddress(dump, first.address)})`;
        },
      };
    },
  },
  {
    form: 'trap',
    meaning: 'the instruction that trapped',
    pattern: /^trap$/u,
    kinds: ['instruction', 'address'],
    run: (_parts, { which }) => {
      const { at } = trapOf(which);
      const address = which.symbols.parseLocation(at)!;
      const key = instructions(which, [address], [`${at}: ${which.lineage.textAt(which.last)}`]);
      return {
        ...key,
        answers: [...key.answers, { kind: 'number', value: address, size: 8 }],
        reason: (given) => {
          if (given.kind === 'number') return whatItIs(which, which.last, given.value);
          const ran = given.kind === 'instruction' && which.runsOf(given.address) > 0;
          return `${key.reason(given)}${ran ? '; the CPU went on behind it' : ''}`;
        },
      };
    },
  },
  {
    form: 'trap line',
    meaning: 'the source line that the bug table gives for a BUG',
    pattern: /^trap line$/u,
    kinds: ['value'],
    run: (_parts, setting) => {
      const { which } = setting;
      const outcome = trapOf(which);
      if (outcome.kind !== 'bug') throw new InputError('the trap is no BUG: it has no source line');
      return numbers(
        setting,
        which.last,
        [{ value: BigInt(outcome.line), size: 8 }],
        `the line of the BUG in ${outcome.file}`,
      );
    },
  },
  {
    form: 'caller N',
    meaning: 'the return address in line N of the call trace, from 1',
    pattern: /^caller (?<line>\d+)$/u,
    kinds: ['instruction', 'address'],
    run: ({ line }, { which }) => {
      const { entries } = reportFields(which).trace;
      const entry = entries[Number(line) - 1];
      if (entry === undefined) throw new InputError(`the call trace has ${entries.length} lines`);
      const { symbols } = which;
      const key = instructions(
        which,
        [entry.address],
        [`${symbols.formatLocation(entry.address)}, read from the stack at ${hex(entry.slot)}`],
      );
      return {
        ...key,
        answers: [...key.answers, { kind: 'number', value: entry.address, size: 8 }],
        reason: (given) => {
          const address =
            given.kind === 'instruction' ? given.address : given.kind === 'number' ? given.value : 0n;
          const other = entries.findIndex((one) => one.address === address);
          if (other >= 0) return `${symbols.formatLocation(address)} is line ${other + 1} of the call trace`;
          return `${hex(address)} is in no line of the call trace; line 1 begins at ${hex(entries[0]!.address)}`;
        },
      };
    },
  },
  {
    form: 'start of the Code line',
    meaning: 'the instruction that the first byte of the Code: line belongs to',
    pattern: /^start of the Code line$/u,
    kinds: ['instruction'],
    run: (_parts, setting) => {
      const { which } = setting;
      const rip = which.symbols.parseLocation(trapOf(which).at)!;
      const start = covering(setting, rip - PROLOGUE);
      return instructions(
        which,
        [start],
        [
          `the line begins ${PROLOGUE} bytes before the trap, at ${which.symbols.formatLocation(rip - PROLOGUE)}; ` +
            instructionFact(which, start),
        ],
      );
    },
  },
  {
    form: 'registers written by LOCATION',
    meaning: 'the registers that an instruction writes, the stack pointer and flags apart',
    pattern: /^registers written by (?<at>\S+)$/u,
    kinds: ['register', 'place'],
    run: ({ at }, { which }) => {
      const state = which.at(at);
      const rip = registerAt(which, state, 'rip');
      const uses = usesOf(which.stateAt(state).read(rip, 15), rip).registers;
      const names = uses
        .filter(({ written, full }) => written && !['rsp', 'rip', 'rflags'].includes(full))
        .map(({ full }) => full);
      return {
        answers: [...new Set(names)]
          .filter(isRegisterName)
          .map((register) => ({ kind: 'register', register })),
        why: [instructionFact(which, rip)],
        state,
        reason: (given) =>
          given.kind === 'register'
            ? `"${which.lineage.textAt(state)}" leaves ${given.register} as it is: ${numberText(registerAt(which, state, given.register), 8)} before and after`
            : `"${which.lineage.textAt(state)}" writes no memory there`,
      };
    },
  },
  {
    form: 'taint flags',
    meaning: 'the letters of the Tainted: line',
    pattern: /^taint flags$/u,
    kinds: ['choice'],
    run: (_parts, { which }) => {
      const text = String(which.recording.header.given['taint'] ?? '');
      const letters = text.replace(/^Tainted:/u, '').match(/[A-Z]/gu) ?? [];
      return {
        answers: letters.map((word) => ({ kind: 'word', word })),
        why: letters.map((letter) => `${letter}: ${TAINT[letter] ?? 'unknown'}`),
        state: which.last,
        reason: (given) =>
          given.kind === 'word'
            ? `${given.word} would mean: ${TAINT[given.word] ?? 'unknown'}; the line says "${text.replaceAll(/ +/gu, ' ')}", the letters ${listText(letters)}`
            : '',
      };
    },
  },
];

// Queries on the trap and its oops, and on single instructions.

import { hex } from '../base/address.js';
import { decode, usesOf } from '../x86/disasm.js';
import { InputError } from '../base/errors.js';
import { loadRelease } from '../release/snippet.js';
import { numberText } from './answers.js';
import { readPart } from './register-names.js';
import type { LessonCase } from './case.js';
import type { Key, QueryForm, Setting } from './query.js';
import { inFull, instructionFact, registerAt, whatItIs } from './reasons.js';
import { numbers } from './state-queries.js';

const instructions = (which: LessonCase, found: readonly bigint[], why: readonly string[]): Key => ({
  answers: found.map((address) => ({ kind: 'instruction', address })),
  why,
  state: which.last,
  reason: (given) => (given.kind === 'instruction' ? [instructionFact(which, given.address)] : []),
});

const trapOf = ({ recording: { header } }: LessonCase) => {
  const { outcome } = header;
  if (outcome.kind !== 'bug' && outcome.kind !== 'fault')
    throw new InputError(`the run has no trap: its outcome is ${outcome.kind}`);
  return outcome;
};

// Its instruction.
const trapAddress = (which: LessonCase): bigint => {
  const { at } = trapOf(which);
  const address = which.symbols.addressOf(at);
  if (address === undefined) throw new InputError(`the run trapped at ${at}, which is not in its symbols`);
  return address;
};

const reportFields = (which: LessonCase) => {
  const report = which.oops();
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

const TAINT: ReadonlyMap<string, string> = new Map(Object.entries({
  G: 'all loaded modules are GPL', P: 'a proprietary module was loaded', F: 'a module was loaded by force',
  S: 'an SMP kernel on CPUs not made for it', R: 'a module was unloaded by force', M: 'a machine check happened',
  B: 'a bad page was found', U: 'user space asked for it', D: 'the kernel had died before',
  A: 'an ACPI table was overridden', W: 'a warning came before', C: 'a staging driver was loaded',
  I: 'a firmware bug was worked around', E: 'an unsigned module was loaded', X: 'an externally supported module',
})); // prettier-ignore

export const TRAP_QUERIES: readonly QueryForm[] = [
  {
    form: 'trap',
    meaning: 'the instruction that trapped',
    pattern: /^trap$/u,
    kinds: ['instruction', 'address'],
    run: (_parts, { which }) => {
      const { at } = trapOf(which);
      const address = trapAddress(which);
      const key = instructions(
        which,
        [address],
        [
          which.whereIs(which.last) === at
            ? `${at}: ${which.lineage.textAt(which.last)}`
            : `no instruction could be read at ${at}`,
        ],
      );
      return {
        ...key,
        answers: [...key.answers, { kind: 'number', value: address, size: 8 }],
        reason: (given) => {
          if (given.kind === 'number') return whatItIs(which, which.last, given.value);
          const ran = given.kind === 'instruction' && which.runsOf(given.address) > 0;
          return [...key.reason(given), ...(ran ? ['the CPU went on after it'] : [])];
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
      if (outcome.kind !== 'bug') throw new InputError('the trap is not a BUG: it has no source line');
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
          return other >= 0
            ? [`${symbols.formatLocation(address)} is line ${other + 1} of the call trace`]
            : [`${hex(address)} is in no line of the call trace`];
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
      const rip = trapAddress(which);
      const start = covering(setting, rip - PROLOGUE);
      return instructions(
        which,
        [start],
        [
          `the line begins ${PROLOGUE} bytes before the trap, at ${which.symbols.formatLocation(rip - PROLOGUE)}; ` +
            inFull(instructionFact(which, start)),
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
      const parts = uses
        .filter(({ written, full }) => written && !['rsp', 'rip', 'rflags'].includes(full))
        .flatMap(({ register }) => readPart(register) ?? []);
      const destination = readPart(/%(\w+)$/u.exec(which.lineage.textAt(state))?.[1] ?? '');
      const names = [...new Set(parts.map(({ register }) => register))];
      return {
        // Writing 32 bits clears the upper half, so it writes all 64; writing less leaves the rest.
        answers: names.map((register) => {
          const bits = parts.filter((part) => part.register === register).map((part) => part.bits);
          const is32 = destination?.register === register && destination.bits === 32;
          return { kind: 'register', register, widths: is32 ? [32, 64] : bits };
        }),
        why: [inFull(instructionFact(which, rip))],
        state,
        reason: (given) =>
          given.kind === 'register'
            ? [
                `it leaves ${given.register} as it is: ${numberText(registerAt(which, state, given.register), 8)} before and after`,
              ]
            : ['it writes no memory there'],
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
        why: letters.map((letter) => `${letter}: ${TAINT.get(letter) ?? 'unknown'}`),
        state: which.last,
        reason: (given) =>
          given.kind === 'word'
            ? [
                `${given.word} would mean: ${TAINT.get(given.word) ?? 'unknown'}`,
                `the line does not have the letter ${given.word}`,
              ]
            : [],
      };
    },
  },
];

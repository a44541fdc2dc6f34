// Instructions of a run that acted by a flag which the manual leaves undefined: on another CPU they could have done otherwise.

import type { Addr } from '../base/address.js';
import type { TypeOf } from '../base/form.js';
import { plural } from '../base/words.js';
import type { Recording } from '../recording/recording.js';
import type { RecordedState } from '../recording/state.js';
import type { SymbolTable } from '../kernel/symbols.js';
import { decodeOne } from '../x86/disasm.js';
import { fetchCode } from '../x86/fetch.js';
import { FLAG_BITS, type FlagRule, flagRuleOf } from '../x86/flag-effect.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import { conditionHolds } from '../x86/transfer.js';
import type { undefinedFlagForm } from './replay-form.js';

/** One such instruction, as `replay --json` lists it. */
type UndefinedFlag = TypeOf<typeof undefinedFlagForm>;

/** The same, with its place in the recording. */
export interface LocatedUndefinedFlag extends UndefinedFlag {
  /** The first time; counts executed instructions over the whole recording, from 0. */
  readonly instruction: number;
}

type FlagName = keyof typeof FLAG_BITS;
const NAMES = Object.keys(FLAG_BITS) as readonly FlagName[];

// Those of the undefined flags that a condition turns on.
const decisive = (condition: number, flags: number, unknown: readonly FlagName[]): readonly FlagName[] => {
  const bits = unknown.map((name) => FLAG_BITS[name]);
  const every = Array.from({ length: 2 ** bits.length }, (_, choice) =>
    bits.reduce((all, bit, index) => ((choice >> index) & 1 ? all | bit : all & ~bit), flags),
  );
  return unknown.filter((name) =>
    every.some((one) => conditionHolds(condition, one) !== conditionHolds(condition, one ^ FLAG_BITS[name])),
  );
};

/**
 * Find them. A place that does so many times is told once, with how often.
 *
 * @param memory of the run, for its code
 */
export const locateUndefinedFlags = (
  recording: Recording,
  memory: RecordedState,
  symbols: SymbolTable,
): readonly LocatedUndefinedFlag[] => {
  const rules = new Map<Addr, FlagRule | undefined>();
  const found = new Map<string, LocatedUndefinedFlag & { times: number }>();
  const starts = new Set(recording.header.steps.map(({ from }) => from));
  const writers = new Map<FlagName, Addr>(); // of the flags that are undefined
  const wordOf = (at: Addr): string => decodeOne(fetchCode(memory, at), at).mnemonic;
  let instruction = -1;
  for (const registers of recording.registerRows()) {
    instruction += 1;
    if (instruction === recording.instructions) break;
    if (starts.has(instruction)) writers.clear(); // a call begins with flags of its own
    const at = registers[REGISTER_INDEX.rip]!;
    let rule = rules.get(at);
    if (rule === undefined && !rules.has(at)) {
      rule = memory.isMapped(at, 1) ? flagRuleOf(fetchCode(memory, at), at) : undefined;
      rules.set(at, rule);
    }
    if (rule === undefined) continue;
    const { reads, sets, leavesUndefined } = rule.effect(registers[REGISTER_INDEX.rcx]!);
    if (writers.size > 0 && reads !== 0) {
      const unknown = [...writers.keys()].filter((name) => (reads & FLAG_BITS[name]) !== 0);
      const flags =
        rule.condition < 0 || unknown.length === 0
          ? unknown
          : decisive(rule.condition, Number(registers[REGISTER_INDEX.rflags]! & 0xfffn), unknown);
      for (const flag of flags) {
        const by = writers.get(flag)!;
        const key = `${at} ${flag} ${by}`;
        const known = found.get(key);
        if (known !== undefined) known.times += 1;
        else
          found.set(key, {
            at: symbols.formatLocation(at),
            instruction,
            does: wordOf(at),
            flag,
            leftBy: symbols.formatLocation(by),
            leaves: wordOf(by),
            times: 1,
          });
      }
    }
    if ((sets | leavesUndefined) === 0) continue;
    for (const name of NAMES) {
      if ((leavesUndefined & FLAG_BITS[name]) !== 0) writers.set(name, at);
      else if ((sets & FLAG_BITS[name]) !== 0) writers.delete(name);
    }
  }
  return [...found.values()];
};

/** Without its place, as `replay --json` prints it. */
export const withoutInstruction = (found: LocatedUndefinedFlag): UndefinedFlag => {
  const { at, does, flag, leftBy, leaves, times } = found;
  return { at, does, flag, leftBy, leaves, times };
};

/** One in a sentence: `f+0x9: jo goes by OF, which shl at f+0x3 leaves undefined`. */
export const tellUndefinedFlag = ({ at, does, flag, leftBy, leaves, times }: UndefinedFlag): string =>
  `${at}: ${does} goes by ${flag}, which ${leaves} at ${leftBy} leaves undefined` +
  `${times === 1 ? '' : ` (${plural(times, 'time')})`}: another CPU may go on otherwise`;

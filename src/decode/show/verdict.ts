// The verdict: at most six lines that answer what, where, which value, from where, which class, and what to look at next.

import { hex } from '../../base/address.js';
import { weaker } from '../code/analysis.js';
import { isFragment } from '../code/fragment.js';
import type { Sure } from '../code/statement.js';
import { type Explanation, explainedRegisters } from '../explain/explain.js';
import type { BadValue } from '../explain/bad-value.js';
import { readPointer } from '../explain/pointer-reading.js';
import { type HardwareCause, hardwareCause } from '../judge/hardware-cause.js';
import type { Judgement } from '../judge/judgement.js';
import { skipOf } from '../judge/skips.js';
import { bareSymbol } from '../judge/symbol.js';
import type { CodeLocation, KernelReport } from '../read/report.js';
import { fit } from './fit.js';
import { machineCheckWords } from './hardware-words.js';
import { nextStep } from './next-step.js';
import { locationWords, taskWords } from './report-words.js';
import { type Condition, conditionOf, conditionWords } from './verdict-condition.js';
import { type FindingParts, findingParts } from './finding-words.js';
import { pointerWords, wantedWords } from './type-words.js';
import { waitWords } from './wait-words.js';
import { originOf } from './verdict-origin.js';
import { FAULTS, shortPath, whatWords } from './verdict-what.js';

/** A line of the verdict. */
interface VerdictLine {
  readonly label: 'What' | 'Where' | 'Value' | 'From' | 'Who' | 'Why' | 'Class' | 'Next';
  readonly text: string;
}

export type Verdict = readonly VerdictLine[];

const withSure = (text: string, sure: Sure): string => (sure === 'certain' ? text : `${text} (${sure})`);

// The trap's own function is not in its trace: its callers are the first entries. Reporting functions that stand before
// them called nothing of it.
const callersOf = (report: KernelReport, { guilty }: Judgement): string | undefined => {
  if (guilty?.symbol === undefined) return undefined;
  const reliable = report.traces.map(({ entries }) => entries.filter((entry) => entry.reliable));
  const has = (some: readonly CodeLocation[]) => some.some(({ symbol }) => symbol === guilty.symbol);
  const entries = reliable.find(has) ?? reliable.find((some) => some.length > 0) ?? [];
  const at = entries.findIndex(({ symbol }) => symbol === guilty.symbol);
  // The registers of the trap may stand in the trace of the panic: what called the function follows them.
  const trapLine = report.registers.find(({ role }) => role === 'trap')?.line ?? 0;
  const after = at < 0 ? entries.filter(({ line }) => line > trapLine) : entries.slice(at + 1);
  const names = after.flatMap(({ symbol }) => symbol ?? []);
  const callers = names.filter(
    (name) => name !== guilty.symbol && skipOf(bareSymbol(name), new Set()) === undefined,
  );
  return callers.length === 0 ? undefined : `called from ${callers.slice(0, 2).join(', ')}`;
};

/** A place with its own line alone. */
const placeWords = ({ source, ...place }: CodeLocation): string =>
  locationWords({
    ...place,
    inlines: [],
    ...(source === undefined ? {} : { source: { ...source, file: shortPath(source.file) } }),
  });

const whereWords = (report: KernelReport, judgement: Judgement): string | undefined => {
  const { guilty } = judgement;
  const { trap, release } = report;
  const place = guilty ?? report.place ?? trap;
  const through =
    guilty !== undefined && trap?.symbol !== undefined && trap.symbol !== guilty.symbol
      ? `trapped below it in ${locationWords({ symbol: trap.symbol, ...(trap.offset === undefined ? {} : { offset: trap.offset }) })}`
      : undefined;
  const parts = [
    place === undefined ? undefined : placeWords(place),
    through,
    callersOf(report, judgement),
    taskWords(report) || undefined,
    release === undefined ? undefined : `kernel ${release}`,
  ];
  const text = fit(parts);
  return text === '' ? undefined : text;
};

const FIELD = /; the field at offset 0x[0-9a-f]+ was wanted$/u;

// With types, the field has a name.
const valueWords = (
  { indirect, holder, value, detail, sure }: BadValue,
  wanted: ReturnType<typeof wantedWords>,
): string => {
  const said = detail.replace(`${hex(value)}, `, '');
  const text = `${holder} is ${indirect === true ? detail : `${hex(value)}: ${said}`}`;
  if (wanted === undefined || indirect === true) return withSure(text, sure);
  const named = `${text.replace(FIELD, '')}; ${wanted.text} was wanted`;
  return withSure(named, weaker(sure, wanted.sure));
};

// Without registers or code the address of the headline is all that is known.
const addressWords = ({ kind, faultAddress: address, headline }: KernelReport): string | undefined => {
  if (address === undefined || !FAULTS.has(kind)) return undefined;
  const reading = readPointer(address);
  if (reading !== undefined)
    return withSure(
      `the address ${hex(address)}: ${reading.detail.replace(`${hex(address)}, `, '')}`,
      reading.sure,
    );
  return headline?.text.includes('non-canonical') === true
    ? `the address ${hex(address)}: the kernel says that it is probably not canonical`
    : undefined;
};

/**
 * What a checker found by itself. Of a fault of the processor the checker only guesses the address, and the registers say
 * more.
 */
const foundBySoftware = (report: KernelReport): FindingParts | undefined =>
  report.finding === undefined || FAULTS.has(report.kind)
    ? undefined
    : findingParts(report.finding, report.traces);

// A checker looked at the object itself: its words go before what registers look like.
const valueOf = (report: KernelReport, explanation: Explanation, condition: Condition | undefined) => {
  const { bad } = explanation;
  const [found] = foundBySoftware(report)?.value ?? [];
  if (found !== undefined) return found;
  const [record] = report.machineChecks ?? [];
  if (report.kind === 'hardware' && record !== undefined) return machineCheckWords(record)[1];
  if (bad !== undefined) return valueWords(bad, wantedWords(explanation));
  const address = addressWords(report);
  if (address !== undefined) return address;
  if (report.message !== undefined) return fit([`the kernel's message: ${report.message}`]);
  return condition === undefined ? undefined : withSure(conditionWords(condition), condition.sure);
};

// The line has the bytes from the function's first one on.
const startOf = (report: KernelReport): string | undefined => {
  const set = explainedRegisters(report);
  const code = set?.code ?? report.code;
  const { symbol, offset } = set?.rip ?? {};
  const isWhole = offset !== undefined && code?.marked !== undefined && offset <= code.marked;
  return symbol !== undefined && isWhole && !isFragment(symbol) ? `${symbol}+0x0` : undefined;
};

const originWords = (
  report: KernelReport,
  explanation: Explanation,
  condition: Condition | undefined,
): string | undefined => {
  const found = foundBySoftware(report)?.origin ?? [];
  if (found.length > 0) return fit(found, '; ');
  const typed = pointerWords(explanation);
  if (typed !== undefined) return withSure(typed.text, typed.sure);
  const { bad } = explanation;
  const register = bad === undefined ? condition?.register : bad.register;
  const origin = register === undefined ? undefined : originOf(explanation, register, startOf(report));
  return origin === undefined ? undefined : withSure(origin.text, origin.sure);
};

const classWords = (
  { class: slug, sure, module, subsystem }: Judgement,
  cause: HardwareCause | undefined,
): string =>
  fit([
    withSure(slug, sure),
    cause === undefined
      ? undefined
      : cause.sure === 'likely'
        ? 'the hardware is the likelier cause'
        : 'the hardware may be the cause',
    cause?.because[0],
    module === undefined ? undefined : `module ${module}`,
    subsystem === undefined ? undefined : `subsystem ${subsystem}`,
  ]);

/**
 * The verdict of a report; lines about which nothing is known are left out.
 *
 * @param before reports of the hardware that stand before it in the same text
 */
export const verdictOf = (
  report: KernelReport,
  explanation: Explanation,
  judgement: Judgement,
  before: readonly KernelReport[] = [],
): Verdict => {
  // An assertion is about a value that is wrong for it, not for the processor.
  const asserted = judgement.class === 'assertion' || judgement.class === 'warning';
  const condition = asserted ? conditionOf(explanation, explainedRegisters(report)) : undefined;
  const value = valueOf(report, explanation, condition);
  const from = originWords(report, explanation, condition);
  // Of tasks that wait, no value is bad: who waits for whom takes the place of both lines.
  const [who, why] =
    value === undefined && from === undefined && report.waits !== undefined ? waitWords(report.waits) : [];
  const cause = hardwareCause(report, before, explanation.bad);
  const lines: [VerdictLine['label'], string | undefined][] = [
    ['What', whatWords(report, explanation)],
    ['Where', whereWords(report, judgement)],
    ['Value', value],
    ['From', from],
    ['Who', who],
    ['Why', why],
    ['Class', classWords(judgement, cause)],
    ['Next', nextStep(report, explanation, judgement)],
  ];
  return lines.flatMap(([label, text]) => (text === undefined || text === '' ? [] : [{ label, text }]));
};

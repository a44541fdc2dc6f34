// The story of a run for a reader who does not know the case.

import { hex } from '../base/address.js';
import { plural, wrap } from '../base/words.js';
import { formatOops } from '../oops/collect.js';
import { damageText } from './damage.js';
import { findingText } from './findings.js';
import { tellOutOfBounds } from './out-of-bounds-text.js';
import { formatOutcome } from '../recording/outcome.js';
import type { RecordedEvent, RecordedStep, Recording } from '../recording/recording.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import { formatSlabFinding } from '../kernel/slab.js';
import { tellSurfacing } from './surfacing.js';
import { Case } from './case.js';
import { sourceLinesOf } from './source-lines.js';
import { tellUndefinedFlag } from './undefined-flags.js';

/** What an event did, in words: none or one line. */
export const tellEvent = (run: Case, event: RecordedEvent, index: number): string[] => {
  switch (event.kind) {
    case 'allocate': {
      const name = event.name ?? 'unnamed';
      return [`allocates ${name}: ${plural(event.requested, 'byte')} at ${event.address} (${event.cache})`];
    }
    case 'free': {
      const name = run.nameAt(event.address, index);
      return [`frees ${name ?? 'an object'} at ${event.address} (${event.cache})`];
    }
    case 'host':
      return [event.what];
    case 'finding':
      return [`the heap finds: ${event.message}`];
    case 'call': {
      const values = event.arguments.map((value) => {
        const name = run.nameAt(value, index);
        return name === null ? value : `${value} (${name})`;
      });
      return [`calls ${event.symbol}(${values.join(', ')})`];
    }
    default:
      return [];
  }
};

// How a call ended; a function that returns nothing leaves something in RAX all the same, which means nothing.
const tellReturn = ({ symbols }: Case, { call, returned }: RecordedStep): string => {
  if (returned === null) return '; it does not return';
  const isVoid = call !== null && symbols.findSymbol(call)?.prototype?.returns === 'void';
  return isVoid ? '' : `; returns ${returned}`;
};

// The functions that a range of instructions enters, in that order.
const functionsOf = (run: Case): ((from: number, to: number) => string[]) => {
  const entries = new Map(run.symbols.all().map(({ address, name }) => [address, name]));
  return (from, to) => {
    const entered = new Set<string>();
    let row = from;
    for (const registers of run.recording.registerRows(from)) {
      if (row >= to) break;
      const name = entries.get(registers[REGISTER_INDEX.rip]!);
      if (name !== undefined) entered.add(name);
      row += 1;
    }
    return [...entered];
  };
};

// What is not told access by access: uses after free, wrong frees, bits that nobody wrote, leaks.
const tellFindings = (run: Case, { step }: RecordedStep): string[] => {
  const own = run.findings.filter((one) => one.kind !== 'out-of-bounds' && one.step === step);
  const told = own.slice(0, MOST_FINDINGS).map(findingText);
  return own.length === told.length
    ? told
    : [...told, `… and ${own.length - told.length} more findings; replay --json lists each.`];
};

// Bytes that are damaged at the end, run by run.
const tellDamage = (run: Case): string[] => {
  const damaged = run.damage.at(run.last);
  const lines = damaged.slice(0, MOST_FINDINGS).map((one) => {
    const name = run.objects.nameOf(one.address, run.last, true) ?? 'memory';
    return `${hex(one.address)} (${name}): ${damageText(one)}`;
  });
  const more = damaged.length - lines.length;
  return more === 0 ? lines : [...lines, `… and ${plural(more, 'more byte')}.`];
};

const MOST_FINDINGS = 20;

const tellStep = (
  run: Case,
  step: RecordedStep,
  number: number,
  entered: ReturnType<typeof functionsOf>,
  width: number,
): string[] => {
  const { events } = run.recording.header;
  const { from, to } = step.events;
  const did = events.slice(from, to).flatMap((event, index) => tellEvent(run, event, from + index));
  const ran = entered(step.from, step.to);
  const instructions = step.to - step.from;
  const lines = [
    ...did,
    ...(step.call === null
      ? []
      : [`${plural(instructions, 'instruction')} in ${ran.join(', ')}${tellReturn(run, step)}`]),
  ];
  const found = tellFindings(run, step);
  const flags = run.undefinedFlags
    .filter(({ instruction }) => instruction >= step.from && instruction < step.to)
    .map(tellUndefinedFlag);
  return [
    `${number}. ${step.step}`,
    ...(step.says === '' ? [] : wrap(step.says, width, '   ')),
    ...lines.flatMap((line) => wrap(line, width, '   - ', '     ')),
    ...[...tellOutOfBounds(run, step), ...found, ...flags].flatMap((line) => [
      ...wrap(line, width, '   ! ', '     '),
      ...sourceLinesOf(run, line).map((source) => `       ${source}`),
    ]),
    '',
  ];
};

const tellVariants = (variants: Readonly<Record<string, string>>): string[] => {
  const lines = Object.entries(variants).map(
    ([name, variant]) => `  with ${name}.${variant} in place of ${name}`,
  );
  return lines.length === 0 ? [] : [...lines, ''];
};

/**
 * The story of a recording, in lines.
 *
 * @param width columns to wrap prose at
 */
export const tellStory = (recording: Recording, hash: string, width = 100): string[] => {
  const run = new Case(recording);
  const { header } = recording;
  const entered = functionsOf(run);
  const surfacing = tellSurfacing(run);
  const damage = tellDamage(run);
  const heap = run.heapAt(recording.instructions).findings.map(formatSlabFinding);
  const report = run.oops();
  return [
    `${header.scenario}: ${header.title}`,
    '',
    ...(header.claim === '' ? [] : [...wrap(`The scenario's claim: ${header.claim}`, width), '']),
    ...Object.entries(header.parameters).map(([name, value]) => `  ${name} = ${value}`),
    ...(Object.keys(header.parameters).length === 0 ? [] : ['']),
    ...tellVariants(header.variants),
    ...header.steps.flatMap((step, index) => tellStep(run, step, index + 1, entered, width)),
    ...(surfacing.length === 0
      ? []
      : ['How it surfaced', ...surfacing.flatMap((line) => wrap(line, width, '  ')), '']),
    ...(damage.length === 0
      ? []
      : ['What is damaged at the end', ...damage.flatMap((line) => wrap(line, width, '  ')), '']),
    ...(heap.length === 0
      ? []
      : ['What a check of the heap finds', ...heap.flatMap((line) => wrap(line, width, '  ')), '']),
    `Outcome: ${formatOutcome(header.outcome)}`,
    ...sourceLinesOf(run, formatOutcome(header.outcome)).map((source) => `  ${source}`),
    ...(header.asExpected
      ? ['  as the scenario expects']
      : ['  not as the scenario expects:', ...header.unexpected.map((line) => `  - ${line}`)]),
    '',
    ...(report === undefined
      ? ['The kernel reports nothing.']
      : ['What the kernel reports:', '', ...formatOops(report).trimEnd().split('\n')]),
    '',
    `${plural(recording.instructions, 'instruction')} recorded; the recording's hash is ${hash}`,
  ];
};
